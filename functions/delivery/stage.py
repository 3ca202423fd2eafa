"""Replies out: rendered by their channel, sent in order, once each as far as a platform lets us know.

Towards a platform it is at least once: a crash between sending and marking sends one message again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from functions.delivery.handoff import Operators, Webhook
from functions.delivery.order import Order
from functions.delivery.sending import Judge, Places, Sender
from shared.channels.catalogue import channel
from shared.channels.port import Call, Channel, Document, Outgoing, Recipient, Settings
from shared.errors import Conflict, Failure, Rejected
from shared.events.catalogue import ActionRequested, RepliesDecided, TurnCompleted
from shared.events.envelope import Envelope
from shared.events.identity import token
from shared.stores.ports import Ledger, Outbox

MARGIN = 5.0
"""Seconds of the lease that are left for marking what was sent."""


class Delivery:
    """Takes decided replies, and those that are said before an action; says when a turn is completed."""

    CONSUMES = (RepliesDecided, ActionRequested)
    PRODUCES = (TurnCompleted,)

    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        sender: Sender,
        order: Order,
        *,
        owner: Callable[[], str],
        settings: Mapping[str, Settings],
        lease: float,
        keep_seconds: float,
        clock: Callable[[], float] = time.time,
        posted: Callable[[str], None] = lambda _: None,
        places: Places | None = None,
        operators: Operators | None = None,
    ) -> None:
        self._ledger = ledger
        self._outbox = outbox
        self._sender = sender
        self._order = order
        self._owner = owner
        self._settings = settings
        self._lease = lease
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._places = places or Places(8)
        self._operators = operators or Operators()
        self._posted = posted
        """Is told of each conversation whose outbox grew."""

    def __call__(self, envelope: Envelope) -> Envelope | None:
        data = envelope.data
        if not isinstance(data, RepliesDecided | ActionRequested):
            raise Rejected(f"delivery takes {RepliesDecided.TYPE} and {ActionRequested.TYPE}, not {envelope.type}")
        last = isinstance(data, RepliesDecided)
        if not last and not data.replies:
            return None
        module = channel(envelope.channel)
        if data.replies or not _for_operators_only(envelope.channel, data):
            to = Recipient(data.sender, data.address, envelope.message, last, data.said, _in_hands(data))
            outgoing = module.render(data.replies, to, self._settings.get(module.name, {}))
            self._order.wait_for(envelope.message, envelope.subject, data.said)
            self._deliver(module, envelope, outgoing)
        if not isinstance(data, RepliesDecided):
            self._order.sent(envelope.message, envelope.subject, data.said + len(data.replies))
            return None
        if data.handoff is not None:
            self._tell(envelope, data)
            if data.handoff.operator or envelope.channel == "rest":
                # An operator's words are no turn of the assistant's, and a turn of REST was completed by the gateway.
                return None
        calls, retries = self._sender.tally.told(module.name)
        seconds = _seconds_since(data.turn.started_at, self._clock())
        completed = TurnCompleted(data.turn, "delivered", seconds, calls, retries)
        return envelope.answer(completed, source="/parley/delivery", step="completed")

    def _tell(self, envelope: Envelope, decided: RepliesDecided) -> None:
        """Tell the operators, once each as far as they let us know, after the person has their replies."""
        told = self._operators
        self._send(Webhook(), envelope, told.webhook(envelope, decided, self._clock), ".webhook")
        if told.chat is not None:
            self._send(channel(told.chat.channel), envelope, told.messages(envelope, decided), ".operators")

    def _deliver(self, module: Channel, envelope: Envelope, outgoing: Sequence[Outgoing]) -> None:
        """Post the documents to the outbox and send the calls; both do nothing where they were done before."""
        documents = [item.content for item in outgoing if isinstance(item, Document)]
        if documents:
            now = self._clock()
            self._outbox.append(envelope.subject, envelope.id, documents, now, now + self._keep_seconds)
            self._posted(envelope.subject)
        if calls := [item for item in outgoing if isinstance(item, Call)]:
            self._send(module, envelope, calls)

    def _send(self, module: Judge, envelope: Envelope, calls: Sequence[Call], aside: str = "") -> None:
        """Send the calls that the claim says are still to be sent, marking each. `aside` names what is not for the
        person, and has a claim and an order of its own.

        Where one fails the claim is given back with its progress. That holds for a refusal too: nobody retries it,
        but whoever mends the cause and replays the dead letter must get the rest of the replies sent, and only those.
        """
        if not calls:
            return
        key, owner, now = token(envelope.id + aside), self._owner(), self._clock()
        claim = self._ledger.claim(key, envelope.subject, owner, now, self._lease, now + self._keep_seconds)
        if claim.state == "settled":
            return
        if claim.state == "busy":
            raise Conflict("another delivery of these replies is at work")
        try:
            with self._order.turn(envelope.subject + aside, envelope.id), self._places.one(module.name):
                for number, call in enumerate(calls[claim.progress :], start=claim.progress + 1):
                    first = number == claim.progress + 1
                    self._sender.send(module, call, now + self._lease - MARGIN, first=first)
                    self._ledger.advance(key, owner, number)
        except Failure:
            self._ledger.release(key, owner)
            raise
        self._ledger.settle(key, owner, "delivered")


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
