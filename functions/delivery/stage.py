"""Replies out: rendered by their channel, sent in order, once each as far as a platform lets us know.

Towards a platform it is at least once: a crash between sending and marking sends one message again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from functions.delivery.dispatch import Dispatch
from functions.delivery.handoff import Operators, Webhook
from functions.delivery.outbox import OutboxWriter
from functions.delivery.sending import Unreachable
from shared.channels.catalogue import find_channel
from shared.channels.port import Call, Channel, Document, Outgoing, Recipient, Settings
from shared.errors import Rejected
from shared.events.catalogue import ActionRequested, RepliesDecided, TurnCompleted
from shared.events.envelope import Envelope
from shared.logs import get_logger

log = get_logger(__name__)


class Delivery:
    """Takes decided replies, and those that are said before an action; says when a turn is completed."""

    CONSUMES = (RepliesDecided, ActionRequested)
    PRODUCES = (TurnCompleted,)

    def __init__(
        self,
        dispatch: Dispatch,
        outbox: OutboxWriter,
        *,
        settings: Mapping[str, Settings],
        operators: Operators | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._dispatch = dispatch
        self._order = dispatch.order
        self._outbox = outbox
        self._settings = settings
        self._operators = operators or Operators()
        self._clock = clock

    def __call__(self, envelope: Envelope) -> Envelope | None:
        data = envelope.data
        if not isinstance(data, RepliesDecided | ActionRequested):
            raise Rejected(f"delivery takes {RepliesDecided.TYPE} and {ActionRequested.TYPE}, not {envelope.type}")
        last = isinstance(data, RepliesDecided)
        if not last and not data.replies:
            return None
        module = find_channel(envelope.channel)
        unreachable = ""
        if data.replies or not _for_operators_only(envelope.channel, data):
            to = Recipient(data.sender, data.address, envelope.message, last, data.said, _in_hands(data))
            outgoing = module.render(data.replies, to, self._settings.get(module.name, {}))
            self._order.wait_for(envelope.message, envelope.subject, data.said)
            try:
                self._deliver(module, envelope, outgoing)
            except Unreachable as exc:
                unreachable = exc.cause
                fields = {"stage": "delivery", "event": envelope.id, "channel": envelope.channel, "cause": str(exc)}
                log.warning("unreachable", extra={"fields": fields})
        if not isinstance(data, RepliesDecided):
            self._order.note_sent(envelope.message, envelope.subject, data.said + len(data.replies))
            return None
        if data.handoff is not None:
            self._notify_operators(envelope, data)
            if data.handoff.operator or envelope.channel == "rest":
                # An operator's words are no turn of the assistant's, and a turn of REST was completed by the gateway.
                return None
        calls, retries = self._dispatch.sender.tally.take(module.name)
        seconds = _seconds_since(data.turn.started_at, self._clock())
        outcome: Literal["delivered", "unreachable"] = "unreachable" if unreachable else "delivered"
        completed = TurnCompleted(data.turn, outcome, seconds, calls, retries)
        return envelope.answer(completed, source="/parley/delivery", step="completed")

    def _notify_operators(self, envelope: Envelope, decided: RepliesDecided) -> None:
        """Once each as far as they let us know, after the person has their replies."""
        operators = self._operators
        self._dispatch.send(Webhook(), envelope, operators.webhook_calls(envelope, decided, self._clock), ".webhook")
        if operators.chat is not None:
            calls = operators.chat_calls(envelope, decided)
            self._dispatch.send(find_channel(operators.chat.channel), envelope, calls, ".operators")

    def _deliver(self, module: Channel, envelope: Envelope, outgoing: Sequence[Outgoing]) -> None:
        """Post the documents to the outbox and send the calls; both do nothing where they were done before."""
        documents = [item.content for item in outgoing if isinstance(item, Document)]
        self._outbox.post(envelope.subject, envelope.id, documents)
        self._dispatch.send(module, envelope, [item for item in outgoing if isinstance(item, Call)])


def _seconds_since(started_at: str | None, now: float) -> float | None:
    try:
        return None if started_at is None else round(max(0.0, now - datetime.fromisoformat(started_at).timestamp()), 3)
    except ValueError:
        return None


def _in_hands(data: RepliesDecided | ActionRequested) -> bool:
    """Whether somebody will answer later, and not the assistant."""
    return isinstance(data, RepliesDecided) and data.handoff is not None and data.handoff.kind != "ended"


def _for_operators_only(channel: str, data: RepliesDecided | ActionRequested) -> bool:
    """Whether there is nothing to show the person, not even that nothing is said: what is told is the operators'."""
    handoff = data.handoff if isinstance(data, RepliesDecided) else None
    return handoff is not None and (channel == "rest" or handoff.operator)
