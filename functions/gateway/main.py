"""Wiring of the gateway stage."""

import os
from typing import Any

from functions.gateway.access import access, addresses
from functions.gateway.arrivals import Arrivals
from functions.gateway.assets import Page
from functions.gateway.config import Config
from functions.gateway.conversations import Conversations
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.limits import body_limit as path_limit
from functions.gateway.pipeline import Pipeline
from functions.gateway.prewarming import Prewarming
from functions.gateway.rate_limit import AnonymousLimit, PersonLimit, count_by_delivery
from functions.gateway.rest import Rest
from functions.gateway.socketio import SocketIo
from functions.gateway.stage import Entrance, Gateway
from functions.gateway.tracing import Tracing
from functions.gateway.turns import TurnReports, Turns
from functions.gateway.typing_signs import TypingSigns
from functions.gateway.webchat import Webchat
from functions.gateway.webhook_latency import WebhookLatency
from functions.gateway.webhooks import ChannelReader, Publishing, Webhooks
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
PUBLISH = publisher(OUTBOUND, CONFIG.broker_url, CONFIG.publish_timeout) if CONFIG.broker_url else None
SHADOW = publisher(OUTBOUND, CONFIG.shadow_url, 10.0) if CONFIG.shadow_url else None
TRACING = Tracing(PROCESS.tracer)
PREWARMING = Prewarming(STAGES if CONFIG.wake_ahead else {}, OUTBOUND, awake_seconds=CONFIG.awake_seconds)
PIPELINE = Pipeline(STAGES, OUTBOUND, on_answer=PREWARMING.note_answer)
REPORTS = TurnReports(PUBLISH, PROCESS.ready(), SHADOW)
TURNS = Turns(PIPELINE, PREWARMING, REPORTS, TRACING)
ARRIVALS = Arrivals(CONFIG.answer_within, transcribes=bool(CONFIG.speech_url), join_seconds=CONFIG.join_seconds)
# Knative has several gateways, and none for hours: they need one secret. A single container may make its own.
SECRETS = PROCESS.secrets or (() if PROCESS.revision else (os.urandom(32).hex(),))
CONVERSATIONS = Conversations(SECRETS, CONFIG.widget_secret)
OPERATORS = Operators(
    PIPELINE,
    PUBLISH,
    OUTBOUND,
    token=CONFIG.handoff_token,
    chat=operators_chat(CONFIG.handoff_to),
    delivery_url=CONFIG.delivery_url,
)
ENTRANCE = Entrance(
    access(
        CONFIG.rest_auth,
        CONFIG.rest_token,
        CONFIG.cors_origins,
        CONFIG.rest_jwt_key,
        CONFIG.rest_jwt_method,
        relay_token=CONFIG.local_relay_token,
    ),
    AnonymousLimit(CONFIG.address_rate, CONFIG.anonymous_rate),
    addresses(CONFIG.trusted_proxies),
    CONFIG.public_url,
)
WEBHOOKS = Webhooks(
    ChannelReader(ChannelSettings("gateway", os.environ), Keys(OUTBOUND), CONVERSATIONS, TypingSigns(OUTBOUND)),
    ARRIVALS,
    Publishing(PUBLISH, PREWARMING, TRACING, CONFIG.publish_timeout),
    turns=TURNS,
    person_limit=PersonLimit(
        CONFIG.person_rate,
        CONFIG.person_burst,
        count=count_by_delivery(OUTBOUND, CONFIG.delivery_url, CONFIG.person_rate, CONFIG.person_burst),
    ),
    operators=OPERATORS,
    record=WebhookLatency(PUBLISH).record if PUBLISH is not None else lambda _channel, _seconds, _status: None,
)
WEBCHAT = Webchat(CONVERSATIONS, OUTBOUND, CONFIG.delivery_url, CONFIG.speech_url, long_polls=CONFIG.long_polls)
STAGE = Gateway(
    ENTRANCE,
    Rest(ARRIVALS, TURNS, deadline=CONFIG.rest_deadline, max_concurrent=CONFIG.rest_at_once),
    WEBHOOKS,
    WEBCHAT,
    Page(
        CONFIG.chat_title,
        listening=bool(CONFIG.speech_url),
        origins=CONFIG.cors_origins,
        settings=CONFIG.chat_settings,
    ),
    operators=OPERATORS,
    sockets=SocketIo(WEBHOOKS, CONVERSATIONS, WEBCHAT.read_outbox, long_polls=CONFIG.long_polls),
)


def handle(request: Any) -> Answer:
    return STAGE(request)


def body_limit(request: Any) -> int:
    """Bytes that the body may have; the image's server asks before it keeps one of them."""
    return path_limit(request)


def finish() -> None:
    """Turns that were answered and are not counted yet are reported to the broker before the process ends."""
    REPORTS.join(5.0)
