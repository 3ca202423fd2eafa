"""The gateway, put together from its settings: the one of its own process, and the one with the stages beside it."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.gateway.access import read_access, read_trusted_addresses
from functions.gateway.arrivals import Arrivals
from functions.gateway.assets import Page
from functions.gateway.config import Config
from functions.gateway.conversations import Conversations
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.marks import read_marks
from functions.gateway.outlasting import Outlasting
from functions.gateway.pipeline import Ask, Pipeline, ask_over_http
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
from shared.events.envelope import Envelope
from shared.handoff import read_operators_chat
from shared.outbound import Outbound
from shared.process import Process
from shared.publishing import make_publisher

if TYPE_CHECKING:
    from functions.gateway.rasa_api.api import RasaApi


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other stages, as the gateway reaches them."""

    ask: Ask
    """Takes an event to a stage, for the pipeline."""
    outbound: Outbound
    """Takes other requests, at the addresses of the settings."""
    sleeping: Mapping[str, str]
    """The addresses of stages that may have to be woken."""
    max_publishing: int | None = None
    """Webhooks that wait for the broker at once; no limit where nothing is said."""


def neighbours_over_http(config: Config, outbound: Outbound) -> Neighbours:
    """Each stage is a process of its own, at its URL."""
    urls = {
        "speech": config.speech_url,
        "nlu": config.nlu_url,
        "dialogue": config.dialogue_url,
        "actions": config.actions_url,
        "delivery": config.delivery_url,
        "nlu@canary": config.canary_nlu_url,
    }
    return Neighbours(ask_over_http(urls, outbound), outbound, urls if config.prewarm else {})


def _make_publisher(config: Config, outbound: Outbound) -> Callable[[Envelope], None]:
    if not config.publish_hold:
        return make_publisher(outbound, config.broker_url, config.publish_timeout)
    held = make_publisher(outbound, config.broker_url, config.publish_timeout + config.publish_hold)
    return Outlasting(held, config.publish_timeout)


def open_gateway(
    config: Config, process: Process, environ: Mapping[str, str], neighbours: Neighbours
) -> tuple[Gateway, Callable[[float], None]]:
    """The gateway, and what waits at the end until every answered turn is reported, at most so many seconds."""
    outbound = neighbours.outbound
    publish = _make_publisher(config, outbound) if config.broker_url else None
    shadow = make_publisher(outbound, config.shadow_url, 10.0) if config.shadow_url else None
    tracing = Tracing(process.tracer)
    prewarming = Prewarming(neighbours.sleeping, outbound, awake_seconds=config.awake_seconds)
    pipeline = Pipeline(neighbours.ask, on_answer=prewarming.note_answer)
    reports = TurnReports(publish, process.mark_ready(), shadow)
    turns = Turns(pipeline, prewarming, reports, tracing)
    marks = read_marks(config.probe_token, config.canary_percent)
    arrivals = Arrivals(
        config.answer_within, transcribes=bool(config.speech_url), join_seconds=config.join_seconds, marks=marks
    )
    # Knative has several gateways, and none for hours: they need one secret. A single container may make its own.
    secrets = process.secrets or (() if process.revision else (os.urandom(32).hex(),))
    conversations = Conversations(secrets, config.widget_secret)
    operators = Operators(
        pipeline,
        publish,
        outbound,
        token=config.handoff_token,
        chat=read_operators_chat(config.handoff_to),
        delivery_url=config.delivery_url,
    )
    entrance = Entrance(
        read_access(
            config.rest_auth,
            config.rest_token,
            config.cors_origins,
            config.rest_jwt_key,
            config.rest_jwt_method,
            relay_token=config.local_relay_token,
        ),
        AnonymousLimit(config.address_rate, config.anonymous_rate),
        read_trusted_addresses(config.trusted_proxies),
        config.public_url,
        marks,
    )
    at_once = neighbours.max_publishing
    places = threading.BoundedSemaphore(at_once) if at_once is not None else None
    webhooks = Webhooks(
        ChannelReader(ChannelSettings("gateway", environ), Keys(outbound), conversations, TypingSigns(outbound)),
        arrivals,
        Publishing(publish, prewarming, tracing, config.publish_timeout, places=places),
        turns=turns,
        person_limit=PersonLimit(
            config.person_rate,
            config.person_burst,
            count=count_by_delivery(outbound, config.delivery_url, config.person_rate, config.person_burst),
        ),
        operators=operators,
        record=WebhookLatency(publish).record
        if publish is not None
        else lambda _channel, _seconds, _status, _undelivered: None,
    )
    webchat = Webchat(
        conversations,
        outbound,
        config.delivery_url,
        config.speech_url,
        long_polls=config.long_polls,
        publish=publish,
        uploads=config.uploads,
    )

    def rasa_api(rest: Rest) -> "RasaApi":
        from functions.gateway.rasa_api.api import RasaApi
        from functions.gateway.rasa_api.asking import Dialogue

        dialogue = Dialogue(config.dialogue_url, outbound)
        return RasaApi(dialogue, pipeline, turns, arrivals, publish, rest.hold_slot, config.rest_deadline)

    gateway = Gateway(
        entrance,
        Rest(arrivals, turns, deadline=config.rest_deadline, max_concurrent=config.rest_at_once, api=rasa_api),
        webhooks,
        webchat,
        Page(
            config.chat_title,
            listening=bool(config.speech_url),
            uploads=config.uploads,
            origins=config.cors_origins,
            settings=config.chat_settings,
        ),
        operators=operators,
        sockets=SocketIo(webhooks, conversations, webchat.read_outbox, long_polls=config.long_polls),
    )
    return gateway, reports.join
