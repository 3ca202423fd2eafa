"""Wiring of the gateway stage."""

import os
from typing import Any

from functions.gateway.access import access
from functions.gateway.assets import Page
from functions.gateway.asynchronous import Asynchronous
from functions.gateway.background import Background
from functions.gateway.config import Config
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.limits import body_limit as path_limit
from functions.gateway.rate_limit import Pace, counted
from functions.gateway.rest import Rest
from functions.gateway.stage import Gateway
from functions.gateway.tracing import Tracing
from functions.gateway.typing_signs import TypingSigns
from functions.gateway.waking import Waking
from functions.gateway.walk import Walk
from functions.gateway.webchat import Webchat
from functions.gateway.webhook_latency import WebhookLatency
from shared.channels.catalogue import ChannelSettings
from shared.config import read
from shared.handoff import operators_chat
from shared.outbound import Outbound
from shared.process import open_process
from shared.publishing import publisher
from shared.serving import Answer

PROCESS = open_process("gateway", os.environ)
CONFIG = read(Config, os.environ)
STAGES = {
    "speech": CONFIG.speech_url,
    "nlu": CONFIG.nlu_url,
    "dialogue": CONFIG.dialogue_url,
    "actions": CONFIG.actions_url,
    "delivery": CONFIG.delivery_url,
}
OUTBOUND = Outbound(trace=PROCESS.tracer)
PUBLISH = publisher(OUTBOUND, CONFIG.broker_url, CONFIG.publish_timeout)
TRACING = Tracing(PROCESS.tracer)
WEBHOOK_LATENCY = WebhookLatency(PUBLISH)
WAKING = Waking(STAGES if CONFIG.wake_ahead else {}, OUTBOUND, awake_seconds=CONFIG.awake_seconds)
WALK = Walk(STAGES, OUTBOUND, answered=WAKING.answered)
OPERATORS = Operators(
    WALK,
    PUBLISH if CONFIG.broker_url else None,
    OUTBOUND,
    token=CONFIG.handoff_token,
    chat=operators_chat(CONFIG.handoff_to),
    delivery_url=CONFIG.delivery_url,
)
COUNTING = Background("publish", 1000)

REST = Rest(
    WALK,
    WAKING,
    PUBLISH if CONFIG.broker_url else None,
    COUNTING,
    deadline=CONFIG.rest_deadline,
    at_once=CONFIG.rest_at_once,
    answer_within=CONFIG.answer_within,
    tracing=TRACING,
    process=PROCESS.ready(),
    shadow=publisher(OUTBOUND, CONFIG.shadow_url, 10.0) if CONFIG.shadow_url else None,
)
STAGE = Gateway(
    access(CONFIG.rest_auth, CONFIG.rest_token, CONFIG.cors_origins, CONFIG.rest_jwt_key, CONFIG.rest_jwt_method),
    REST,
    Asynchronous(
        PUBLISH if CONFIG.broker_url else None,
        WAKING,
        settings=ChannelSettings("gateway", os.environ),
        answer_within=CONFIG.answer_within,
        keys=Keys(OUTBOUND),
        pace=Pace(
            CONFIG.person_rate,
            CONFIG.person_burst,
            counted=counted(OUTBOUND, CONFIG.delivery_url, CONFIG.person_rate, CONFIG.person_burst),
        ),
        budget=CONFIG.publish_timeout,
        at_once=REST.replies,
        listening=bool(CONFIG.speech_url),
        tracing=TRACING,
        operators=OPERATORS,
        answered=WEBHOOK_LATENCY.record,
        join_seconds=CONFIG.join_seconds,
        typing=TypingSigns(OUTBOUND),
    ),
    Webchat(OUTBOUND, CONFIG.delivery_url, CONFIG.speech_url, long_polls=CONFIG.long_polls),
    Page(CONFIG.chat_title, listening=bool(CONFIG.speech_url)),
    operators=OPERATORS,
    public_url=CONFIG.public_url,
)


def handle(request: Any) -> Answer:
    return STAGE(request)


def body_limit(request: Any) -> int:
    """Bytes that the body may have; the image's server asks before it keeps one of them."""
    return path_limit(request)


def finish() -> None:
    """Turns that were answered and are not counted yet: told to the broker before the process ends."""
    COUNTING.join(5.0)
