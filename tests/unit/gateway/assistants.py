"""A small assistant for the gateway's tests: three stages on loopback that echo, and a gateway that walks them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from functions.gateway.access import access
from functions.gateway.assets import Page
from functions.gateway.asynchronous import Asynchronous
from functions.gateway.background import Background
from functions.gateway.handoff import Operators
from functions.gateway.rest import Rest
from functions.gateway.stage import Gateway
from functions.gateway.waking import Waking
from functions.gateway.walk import Walk
from functions.gateway.webchat import Webchat
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
from shared.handoff import operators_chat
from shared.outbound import Outbound
from shared.publishing import publisher
from tests.loopback import Recorder, Stub, served, stage

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
    background: Background = field(default_factory=lambda: Background("publish", 100))
    client: Client = field(init=False)
    gateway: Gateway = field(init=False)
    waking: Waking = field(init=False)

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
            publish = publisher(outbound, broker_url, 1.0)
            self.waking = Waking({}, outbound)
            rules = access(
                self.settings.get("auth", "loopback"), self.settings.get("token", ""), self.settings.get("origins", ())
            )
            walk = Walk(urls, outbound, answered=self.waking.answered)
            operators = Operators(
                walk,
                publish if broker_url else None,
                outbound,
                token=self.settings.get("handoff_token", ""),
                chat=operators_chat(self.settings.get("handoff_to", "")),
                delivery_url=urls["delivery"],
            )
            self.gateway = Gateway(
                rules,
                Rest(
                    walk,
                    self.waking,
                    publish,
                    self.background,
                    deadline=self.settings.get("deadline", 5.0),
                    answer_within=120.0,
                    at_once=self.settings.get("at_once", 12),
                    shadow=self.settings.get("shadow"),
                ),
                Asynchronous(
                    publish if broker_url else None,
                    self.waking,
                    settings=self.settings.get("platforms", {}),
                    answer_within=120.0,
                    operators=operators,
                ),
                Webchat(outbound, urls["delivery"], long_polls=2),
                Page("Test & Co"),
                operators=operators,
            )
            self.client = Client(_application(self.gateway))
            try:
                yield self
            finally:
                self.background.join()
                self.waking.join()

    def say(self, body: Any, query: str = "", **headers: str) -> Any:
        """The gateway's response to a REST message."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post(f"/webhooks/rest/webhook{query}", content, **headers)

    def post(self, path: str, content: bytes, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, data=content, headers=named, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})


def _application(gateway: Gateway) -> Any:
    @Request.application
    def application(request: Request) -> Response:
        body, status, headers = gateway(request)
        return Response(body, status, headers)

    return application
