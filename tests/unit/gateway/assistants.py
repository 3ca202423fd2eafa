"""A small assistant for the gateway's tests: three stages on loopback that echo, and a gateway that walks them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from functions.gateway.access import read_access
from functions.gateway.arrivals import Arrivals
from functions.gateway.assets import Page
from functions.gateway.conversations import Conversations
from functions.gateway.handoff import Operators
from functions.gateway.marks import Marks
from functions.gateway.pipeline import Pipeline, ask_over_http
from functions.gateway.prewarming import Prewarming
from functions.gateway.rasa_api.api import RasaApi
from functions.gateway.rasa_api.asking import Dialogue
from functions.gateway.rate_limit import AnonymousLimit
from functions.gateway.rest import Rest
from functions.gateway.socketio import SocketIo
from functions.gateway.stage import Entrance, Gateway
from functions.gateway.tracing import UNTRACED
from functions.gateway.turns import TurnReports, Turns
from functions.gateway.webchat import Webchat
from functions.gateway.webhooks import ChannelReader, Publishing, Webhooks
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    HandoffAnswered,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
    TurnSummary,
)
from shared.events.envelope import Envelope
from shared.handoff import read_operators_chat
from shared.outbound import Outbound
from shared.process import Process
from shared.publishing import make_publisher
from tests.loopback import Recorder, Stub, served, stage

SECRET = "s" * 32
CONVERSATION, OTHER = (Conversations((SECRET,)).issue() for _ in range(2))
DIALOGUE = (MessageUnderstood, ActionCompleted, HandoffAnswered)


def understood(envelope: Envelope) -> Envelope:
    data = envelope.data
    assert isinstance(data, MessageReceived)
    return envelope.answer(
        MessageUnderstood(MessageReceived(data.text, data.sender, metadata=data.metadata), Intent("say", 0.9)),
        "/t/nlu",
        "understood",
    )


def decided(replies: Callable[[MessageUnderstood], tuple[Reply, ...]]) -> Callable[[Envelope], Envelope]:
    """A dialogue that answers at once, or after an action where the text is `act`."""

    def decide(envelope: Envelope) -> Envelope:
        turn = TurnSummary(message=envelope.message, intent="say")
        if isinstance(envelope.data, ActionCompleted):
            return envelope.answer(RepliesDecided("s", (Reply(text="done"),), turn, said=1), "/t/dialogue", "decided")
        assert isinstance(envelope.data, MessageUnderstood)
        if envelope.data.message.text == "act":
            asked = ActionRequested("action_slow", "s", replies=(Reply(text="one moment"),))
            return envelope.answer(asked, "/t/dialogue", "requested", hasreplies=True)
        return envelope.answer(RepliesDecided("s", replies(envelope.data), turn), "/t/dialogue", "decided")

    return decide


def acted(envelope: Envelope) -> Envelope:
    assert isinstance(envelope.data, ActionRequested)
    return envelope.answer(ActionCompleted(envelope.data.action), "/t/actions", "completed")


def echo(message: MessageUnderstood) -> tuple[Reply, ...]:
    return (Reply(text=f"you said {message.message.text}"),)


@dataclass
class Assistant:
    """A gateway in this process in front of stages and a broker on loopback."""

    nlu: Stub = field(default_factory=lambda: Stub(understood))
    dialogue: Stub = field(default_factory=lambda: Stub(decided(echo)))
    actions: Stub = field(default_factory=lambda: Stub(acted))
    broker: Recorder = field(default_factory=Recorder)
    delivery: Callable[[Request], Any] = field(default_factory=Recorder)
    settings: dict[str, Any] = field(default_factory=dict)
    client: Client = field(init=False)
    gateway: Gateway = field(init=False)
    conversations: Conversations = field(init=False)
    reports: TurnReports = field(init=False)

    @contextmanager
    def running(self) -> Iterator["Assistant"]:
        with ExitStack() as stack:
            outbound = Outbound()
            stack.callback(outbound.close)
            urls = {
                "nlu": stack.enter_context(stage("nlu", self.nlu, (MessageReceived,))),
                "dialogue": stack.enter_context(stage("dialogue", self.dialogue, DIALOGUE)),
                "actions": stack.enter_context(stage("actions", self.actions, (ActionRequested,))),
                "delivery": stack.enter_context(served(self.delivery)),
                **self.settings.get("urls", {}),
            }
            broker_url = self.settings.get("broker_url", stack.enter_context(served(self.broker)))
            publish = make_publisher(outbound, broker_url, 1.0) if broker_url else None
            prewarming = Prewarming({}, outbound)
            rules = self.settings.get("access") or read_access(
                self.settings.get("auth", "loopback"), self.settings.get("token", ""), self.settings.get("origins", ())
            )
            rules = replace(rules, is_local=self.settings.get("is_local", lambda _address, _port: True))
            pipeline = Pipeline(ask_over_http(urls, outbound), on_answer=prewarming.note_answer)
            operators = Operators(
                pipeline,
                publish,
                outbound,
                token=self.settings.get("handoff_token", ""),
                chat=read_operators_chat(self.settings.get("handoff_to", "")),
                delivery_url=urls["delivery"],
            )
            self.conversations = Conversations((SECRET,), self.settings.get("widget_secret", ""))
            self.reports = TurnReports(publish, Process("gateway"), self.settings.get("shadow"))
            turns = Turns(pipeline, prewarming, self.reports, UNTRACED)
            marks = Marks(self.settings.get("probe_token", ""), self.settings.get("canary_percent", 0.0))
            arrivals = Arrivals(120.0, transcribes=bool(self.settings.get("speech_url")), marks=marks)
            webhooks = Webhooks(
                ChannelReader(self.settings.get("platforms", {}), conversations=self.conversations),
                arrivals,
                Publishing(publish, prewarming),
                operators=operators,
            )
            webchat = Webchat(
                self.conversations,
                outbound,
                urls["delivery"],
                self.settings.get("speech_url", ""),
                long_polls=2,
                publish=publish,
                uploads=self.settings.get("uploads", True),
            )
            self.gateway = Gateway(
                Entrance(rules, self.settings.get("limit", AnonymousLimit(0, 0)), marks=marks),
                Rest(
                    arrivals,
                    turns,
                    deadline=self.settings.get("deadline", 5.0),
                    max_concurrent=self.settings.get("max_concurrent", 12),
                    api=lambda rest: RasaApi(
                        Dialogue(urls["dialogue"], outbound), pipeline, turns, arrivals, publish, rest.hold_slot, 5.0
                    ),
                ),
                webhooks,
                webchat,
                Page("Test & Co"),
                operators=operators,
                sockets=SocketIo(webhooks, self.conversations, webchat.read_outbox, long_polls=2),
            )
            self.client = Client(_application(self.gateway))
            try:
                yield self
            finally:
                self.reports.join()
                prewarming.join()

    def say(self, body: Any, query: str = "", **headers: str) -> Any:
        """The gateway's response to a REST message."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post(f"/webhooks/rest/webhook{query}", content, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The gateway's response to a program on this machine."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        here = {"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "1"}
        return self.client.open(path, method=method, data=content, headers=named, environ_overrides=here)

    def post(self, path: str, content: bytes, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            path, data=content, headers=named, environ_overrides={"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "1"}
        )


def _application(gateway: Gateway) -> Any:
    @Request.application
    def application(request: Request) -> Response:
        body, status, headers = gateway(request)
        return Response(body, status, headers)

    return application
