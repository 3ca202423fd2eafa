"""An assistant behind the real gateway, outbox and page, in this process: it does as a test tells it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.stores.opening import open_store
from werkzeug.wrappers import Request

from functions.delivery.order import Order
from functions.delivery.outbox import PREFIX, Arrivals, OutboxServing
from functions.delivery.sending import Sender
from functions.delivery.stage import Delivery
from functions.gateway.access import access
from functions.gateway.assets import Page
from functions.gateway.asynchronous import Asynchronous
from functions.gateway.background import Background
from functions.gateway.rest import Rest
from functions.gateway.stage import Gateway
from functions.gateway.waking import Waking
from functions.gateway.walk import Walk
from functions.gateway.webchat import Webchat
from shared.events.catalogue import Button, MessageReceived, RepliesDecided, Reply, TurnSummary
from shared.events.envelope import Envelope
from shared.events.http import decode
from shared.outbound import Outbound
from shared.publishing import publisher
from shared.serving import failed
from tests.loopback import served

PIXEL = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='320' height='180'%3E%3Crect width='320' "
    "height='180' fill='%23467'/%3E%3Ccircle cx='160' cy='90' r='50' fill='%23fc6'/%3E%3C/svg%3E"
)


def scripted(text: str) -> tuple[Reply, ...]:
    """What the stand-in answers."""
    match text:
        case "buttons":
            choices = (
                Button("Horror", "/inform_horror"),
                Button("Comedy", "/inform_comedy"),
                Button("Surprise me", "/any"),
            )
            return (Reply(text="What kind of film would you like?", buttons=choices),)
        case "picture":
            return (Reply(text="Here is the poster:", image=PIXEL),)
        case "links":
            return (Reply(text="See https://example.invalid/a?b=1&c=2. <b>Not bold</b> <img src=x onerror=alert(1)>"),)
        case "long":
            return tuple(
                Reply(text=f"Paragraph {number}. " + "Some more words follow here. " * 6) for number in range(8)
            )
        case "nothing":
            return ()
        case _:
            return (Reply(text=f"You said: {text}"),)


@dataclass
class Standin:
    """A running stand-in."""

    url: str = ""
    port: int = 0
    received: list[MessageReceived] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Method and path of all that the page asked the gateway for."""
    delay: float = 0.15
    """Seconds until an answer comes."""
    broken: bool = False
    """Whether the broker refuses."""
    answering: threading.Event = field(default_factory=threading.Event)
    """While it is cleared no answer comes."""
    replies: Callable[[str], tuple[Reply, ...]] = scripted
    store: Any = field(default_factory=lambda: open_store("memory:"))
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Standin"]:
        self.answering.set()
        with ExitStack() as stack:
            outbound = Outbound()
            stack.callback(outbound.close)
            arrivals = Arrivals()
            names = iter(range(10**9))
            stage = Delivery(
                self.store,
                self.store,
                Sender(outbound, 1.0),
                Order(self.store, lambda: str(next(names)), 1e6),
                owner=lambda: str(next(names)),
                settings={},
                lease=60.0,
                keep_seconds=1e6,
                posted=arrivals.posted,
            )
            outbox = OutboxServing(self.store, arrivals, long_polls=8)
            delivery_url = stack.enter_context(
                served(lambda request: outbox(request) if request.path.startswith(PREFIX) else failed(404, "no"))
            )
            broker_url = stack.enter_context(served(lambda request: self._take(request, stage)))
            waking = Waking({}, outbound)
            publish = publisher(outbound, broker_url, 2.0)
            gateway = Gateway(
                access("loopback", "", ()),
                Rest(Walk({}, outbound), waking, publish, Background("t", 1), deadline=1.0, answer_within=120.0),
                Asynchronous(publish, waking, settings={}, answer_within=120.0),
                Webchat(outbound, delivery_url, long_polls=8),
                Page("Parley"),
            )

            def counted(request: Request) -> Any:
                self.requests.append(f"{request.method} {request.path}")
                return gateway(request)

            self.url = stack.enter_context(served(counted, self.port))
            try:
                yield self
            finally:
                self.answering.set()
                for thread in self._threads:
                    thread.join()

    def _take(self, request: Request, stage: Delivery) -> Any:
        """The broker, with all stages behind it."""
        if self.broken:
            return "", 503, {}
        event = decode({name.lower(): value for name, value in request.headers.items()}, request.get_data())
        assert isinstance(event.data, MessageReceived)
        self.received.append(event.data)
        thread = threading.Thread(target=self._answer, args=(event, event.data, stage))
        self._threads.append(thread)
        thread.start()
        return "", 202, {}

    def _answer(self, event: Envelope, message: MessageReceived, stage: Delivery) -> None:
        time.sleep(self.delay)
        self.answering.wait(30)
        data = RepliesDecided(message.sender, self.replies(message.text), TurnSummary(message=event.id))
        stage(event.answer(data, "/standin", "decided"))
