"""Delivery with the in-memory store, and events for it."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.delivery.dispatch import Dispatch
from functions.delivery.handoff import Operators
from functions.delivery.order import Order
from functions.delivery.outbox import OutboxWriter
from functions.delivery.sending import Sender
from functions.delivery.stage import Delivery
from shared.channels.port import Settings
from shared.events.catalogue import ActionRequested, RepliesDecided, Reply, TurnSummary
from shared.events.envelope import Envelope
from shared.outbound import Outbound
from shared.stores.opening import open_store


@dataclass
class Bench:
    """A delivery stage at a time that the test sets; pauses only move the clock."""

    settings: Mapping[str, Settings] = field(default_factory=dict)
    store: Any = field(default_factory=lambda: open_store("memory:"))
    now: float = 1_800_000_000.0
    paused: list[float] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    operators: Operators = field(default_factory=Operators)
    outbound: Outbound = field(default_factory=Outbound)
    stage: Delivery = field(init=False)

    def __post_init__(self) -> None:
        self.stage = self.delivery(self.outbound)

    def delivery(self, outbound: Any, timeout: float = 1.0) -> Delivery:
        """Another instance of the stage on the same store."""
        return self.delivery_with(self.sender(outbound, timeout))

    def delivery_with(self, sender: Sender) -> Delivery:
        numbers = itertools.count()

        def owner() -> str:
            return f"{id(sender)}-{next(numbers)}"

        def clock() -> float:
            return self.now

        order = Order(self.store.ledger, owner, 86400.0, clock=clock)
        return Delivery(
            Dispatch(self.store.ledger, sender, order, owner, 60.0, 86400.0, clock),
            OutboxWriter(self.store.outbox, 86400.0, self.posted.append, clock),
            settings=self.settings,
            operators=self.operators,
            clock=clock,
        )

    def sender(self, outbound: Any, timeout: float) -> Sender:
        return Sender(outbound, timeout, clock=lambda: self.now, sleep=self.pause)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds

    def outbox(self, conversation: str = "webchat:c") -> list[dict[str, Any]]:
        return [dict(message.document) for message in self.store.outbox.read_after(conversation, 0, self.now)]


def decided(*texts: str, channel: str = "callback", said: int = 0, **changes: Any) -> Envelope:
    """The replies at the end of a turn."""
    turn = TurnSummary(message=f"{channel}:m1", intent="greet", started_at="2027-01-15T07:59:58Z")
    data = RepliesDecided("me", tuple(Reply(text=text) for text in texts), turn, said=said)
    return _envelope(f"{channel}:m1.decided", channel, data, RepliesDecided.TYPE, **changes)


def requested(*texts: str, channel: str = "callback", said: int = 0, ident: str = "m1.requested") -> Envelope:
    """The replies before an action."""
    data = ActionRequested("action_slow", "me", replies=tuple(Reply(text=text) for text in texts), said=said)
    return _envelope(f"{channel}:{ident}", channel, data, ActionRequested.TYPE, hasreplies=bool(texts))


def _envelope(ident: str, channel: str, data: Any, kind: str, **changes: Any) -> Envelope:
    return Envelope(
        **{
            "id": ident,
            "source": "/parley/dialogue",
            "subject": f"{channel}:c",
            "data": data,
            "type": kind,
            "message": f"{channel}:m1",
            "channel": channel,
            **changes,
        }
    )
