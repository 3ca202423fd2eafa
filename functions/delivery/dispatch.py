"""Sending the calls of an event once each: claimed in the ledger, in the conversation's order, marked one by one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.delivery.order import Order
from functions.delivery.sending import Judge, Sender, Unreachable
from shared.channels.port import Call
from shared.errors import Conflict, Failure
from shared.events.envelope import Envelope
from shared.events.identity import to_token
from shared.stores.ports import Ledger

MARGIN = 5.0
"""Seconds of the lease that are left for marking what was sent."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is still to be sent of an event's calls; both instances and redeliveries find what others did."""

    ledger: Ledger
    sender: Sender
    order: Order
    owner: Callable[[], str]
    """A name for one claim."""
    lease: float
    """Seconds in which one delivery must be done before another may take it over."""
    keep_seconds: float
    clock: Callable[[], float] = time.time

    def send(self, module: Judge, envelope: Envelope, calls: Sequence[Call], aside: str = "") -> None:
        """Send the calls that the claim says are still to be sent, marking each. `aside` names what is not for the
        person, and has a claim and an order of its own.

        Where one fails the claim is given back with its progress. That holds for a refusal too: nobody retries it,
        but whoever mends the cause and replays the dead letter must get the rest of the replies sent, and only those.
        Raises what `Sender.send` does, and Conflict where another delivery of the same is at work.
        """
        if not calls:
            return
        key, owner, now = to_token(envelope.id + aside), self.owner(), self.clock()
        claim = self.ledger.claim(key, envelope.subject, owner, now, self.lease, now + self.keep_seconds)
        if claim.state == "settled":
            return
        if claim.state == "busy":
            raise Conflict("another delivery of these replies is at work")
        try:
            with self.order.turn(envelope.subject + aside, envelope.id), self.sender.slots.hold(module.name):
                for number, call in enumerate(calls[claim.progress :], start=claim.progress + 1):
                    first = number == claim.progress + 1
                    self.sender.send(module, call, now + self.lease - MARGIN, first=first)
                    self.ledger.advance(key, owner, number)
        except Unreachable as exc:
            self.ledger.settle(key, owner, f"unreachable:{exc.cause}")
            raise
        except Failure:
            self.ledger.release(key, owner)
            raise
        self.ledger.settle(key, owner, "delivered")
