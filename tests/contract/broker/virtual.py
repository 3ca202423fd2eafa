"""The whole pipeline in one process at a time of its own: an hour passes in a second, and any part can be away.

The local broker's dispatcher, the journal, the manifests and the stages are the real ones. What stands between them,
HTTP, is a function call; what understands is a stub, and what a platform took is written down.
"""

import asyncio
import itertools
import selectors
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.dead_letter.stage import DeadLetterStage
from functions.delivery.dispatch import Dispatch
from functions.delivery.order import Order
from functions.delivery.outbox import OutboxWriter
from functions.delivery.sending import Sender
from functions.delivery.stage import Delivery
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import Table
from knative.local.broker.dispatch import Dispatcher, Limits
from knative.local.broker.events import parse
from knative.local.broker.journal import Journal
from knative.local.routes import load
from knative.local.stages import ROOT, STAGES, name_service
from shared.errors import Unavailable
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Intent,
    MessageReceived,
    MessageUnderstood,
    TurnCompleted,
)
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.outbound import Answered
from shared.process import Process
from shared.serving import Endpoint, Stage
from shared.stores.memory import memory_store
from shared.stores.ports import Store
from tests.loopback import Asked, Stub

START = 1_800_000_000.0
ANSWER_WITHIN = 120.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on which waiting takes no time."""

    def __init__(self) -> None:
        self.now = START
        super().__init__(_Jumping(self))
        # Of seconds since the epoch a float keeps a quarter of a microsecond.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._loop.now += timeout
        return super().select(0)


@dataclass
class Parts:
    """What is away just now: stages by their names, `store`, and `disk`, which is the broker's."""

    away: set[str] = field(default_factory=set)

    def need(self, part: str) -> None:
        if part in self.away:
            raise Unavailable(f"{part} is away")


class _Port:
    """A port of the store, which fails while the store is away."""

    def __init__(self, port: Any, need: Callable[[], None]) -> None:
        self._port, self._need = port, need

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._need()
            return method(*arguments, **named)

        return call


class _Journal(Journal):
    """A journal whose disk may be away."""

    def __init__(self, path: Path, parts: Parts) -> None:
        super().__init__(path)
        self._parts = parts

    @contextmanager
    def _begin_transaction(self) -> Iterator[Any]:
        self._parts.need("disk")
        with super()._begin_transaction() as db:
            yield db


@dataclass
class Platform:
    """What the callback's address took, by recipient; it may refuse for now."""

    parts: Parts
    taken: list[bytes] = field(default_factory=list)

    def request(self, method: str, url: str, **given: Any) -> Answered:  # noqa: ARG002 - an Outbound's signature
        if "platform" in self.parts.away:
            raise Unavailable("the platform is away")
        self.taken.append(given["body"])
        return Answered(200, {}, b"")


@dataclass
class World:
    """One assistant and its broker; `parts.away` says what does not answer."""

    table: Table
    loop: VirtualLoop
    path: Path
    limits: Limits = field(default_factory=Limits)
    parts: Parts = field(default_factory=Parts)
    accepted: dict[str, list[str]] = field(default_factory=dict)
    """Conversation -> the messages that were accepted, in order."""
    completed: list[str] = field(default_factory=list)
    """Messages whose turns the observer was told of."""
    calls: list[str] = field(default_factory=list)
    """Of the assistant's own action: for which message."""

    def __post_init__(self) -> None:
        self.kept = memory_store()
        away = {
            name: _Port(getattr(self.kept, name), lambda: self.parts.need("store"))
            for name in Store.__dataclass_fields__
        }
        store = Store(**away)
        self.platform = Platform(self.parts)
        numbers = itertools.count()

        def owner() -> str:
            return f"owner{next(numbers)}"

        sender = Sender(self.platform, 5.0, clock=self.loop.time, sleep=lambda _: None)  # type: ignore[arg-type]
        order = Order(store.ledger, owner, 86400.0, clock=self.loop.time)
        stages: dict[str, Stage] = {
            "nlu": Stub(_understood, CONSUMES=(MessageReceived,)),
            "dialogue": Dialogue(self.table, store.conversations, clock=self.loop.time, action_seconds=20.0),
            "actions": Stub(self._acted, CONSUMES=(ActionRequested,)),
            "delivery": Delivery(
                Dispatch(store.ledger, sender, order, owner, 60.0, 86400.0, self.loop.time),
                OutboxWriter(store.outbox, 86400.0, lambda _: None, self.loop.time),
                settings={"callback": {"url": "http://platform/"}},
                clock=self.loop.time,
            ),
            "observer": Stub(self._observed),
            "dead_letter": DeadLetterStage(
                store.dead_letters, self.publish, clock=self.loop.time, keep_seconds=86400.0 * 30
            ),
        }
        self._endpoints = {f"http://{name}": Endpoint(Process(name), stage) for name, stage in stages.items()}
        services = {name_service(stage): f"http://{stage}" for stage in STAGES}
        self.journal = _Journal(self.path / "journal.db", self.parts)
        self.dispatcher = Dispatcher(
            load(ROOT / "knative" / "base", services),
            self.journal,
            "parley",
            self._send,
            self.limits,
            clock=self.loop.time,
        )

    def close(self) -> None:
        self.loop.run_until_complete(self.dispatcher.stop())
        self.journal.close()
        self.loop.close()

    def publish(self, envelope: Envelope) -> None:
        headers, body = encode(envelope)
        self.dispatcher.take(parse(headers, body), "default")

    async def say(self, channel: str, person: str, number: int, text: str) -> None:
        """A platform brings a message, and again until it is accepted, as platforms do."""
        ident, conversation = f"{channel}:{person}-{number}", f"{channel}:{person}"
        while True:
            now = datetime.fromtimestamp(self.loop.time(), UTC)
            data = MessageReceived(text, person, sent_at=now.isoformat())
            expires = (now + timedelta(seconds=ANSWER_WITHIN)).isoformat()
            event = Envelope(
                ident, "/parley/gateway", conversation, data, data.TYPE, ident, channel, expirytime=expires
            )
            try:
                self.publish(event)
            except Unavailable:
                await asyncio.sleep(20.0)
                continue
            self.accepted.setdefault(conversation, []).append(ident)
            return

    async def quiet(self, within: float) -> None:
        """Until nothing is to be delivered any more, or so many seconds have passed."""
        end = self.loop.time() + within
        while self.loop.time() < end:
            await asyncio.sleep(1.0)
            if not any(counts.get("queued") for counts in self.dispatcher.counts.values()):
                return

    def turns(self, conversation: str) -> list[str]:
        """The messages that have a turn, in the turns' order."""
        found: list[str] = []
        after = 0
        while page := self.kept.conversations.history(conversation, self.loop.time(), after):
            found += [turn.id for turn in page]
            after = page[-1].number
        return found

    def list_posts(self, conversation: str) -> list[tuple[str, str]]:
        """What lies in the outbox, in its order: the message that was answered, and the text."""
        posts: list[Any] = []
        while page := self.kept.outbox.read_after(conversation, posts[-1].number if posts else 0, self.loop.time()):
            posts += page
            if len(page) < 100:
                break
        return [
            (str(post.document["message"]), str(post.document["text"])) for post in posts if "text" in post.document
        ]

    def dead_letters(self) -> Sequence[Any]:
        return self.kept.dead_letters.list_kept(self.loop.time(), limit=10_000)

    async def _send(
        self, target: str, headers: Mapping[str, str], body: bytes, _timeout: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        await asyncio.sleep(0.002)
        stage = target.removeprefix("http://").strip("/")
        if stage in self.parts.away:
            raise OSError("connection refused")
        answer, status, answered = self._endpoints[f"http://{stage}"](Asked(headers=dict(headers), body=body))
        return status, answered, answer if isinstance(answer, bytes) else answer.encode()

    def _acted(self, envelope: Envelope) -> Envelope:
        self.calls.append(envelope.message)
        return envelope.answer(ActionCompleted("action_go"), "/parley/actions", "completed")

    def _observed(self, envelope: Envelope) -> None:
        if envelope.type == TurnCompleted.TYPE:
            self.completed.append(envelope.message)


def _understood(envelope: Envelope) -> Envelope:
    message = envelope.data
    assert isinstance(message, MessageReceived)
    data = MessageUnderstood(message, Intent(message.text.lstrip("/"), 1.0))
    return envelope.answer(data, "/parley/nlu", "understood")
