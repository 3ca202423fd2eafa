"""The order of replies: within a turn whose replies come in more than one event, and between turns of a conversation.

What is said before a slow action (ActionRequested) and what is said at the end (RepliesDecided) reach delivery as two
events, in any order. Each says how many replies of the turn went `said` before its own; a record of the turn in the
ledger says how many were sent. An event whose `said` is not reached yet waits: Conflict, and the broker brings it
again. A turn whose replies come in one event (nearly every turn) costs no record at all.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.errors import Conflict, Unavailable
from shared.events.identity import to_token
from shared.stores.ports import Ledger

LEASE = 10.0
"""Seconds; the record is held for two calls to the store."""

WAIT = 30.0
"""Seconds for which one sending may hold a conversation. Below the time for which the broker retries
(knative/base/broker.yaml), or what waits is given up first."""
HOLD = 3.0
"""Seconds for which it is held on where the platform does not take the replies now: the next retries come sooner."""


@dataclass(frozen=True, slots=True)
class Order:
    """The turn's record, kept under the id of its message."""

    ledger: Ledger
    owner: Callable[[], str]
    keep_seconds: float
    clock: Callable[[], float] = time.time

    def wait_for(self, message: str, conversation: str, said: int) -> None:
        """Return where `said` replies of the turn were sent; Conflict where they were not yet."""
        if said and self._note_sent(message, conversation, 0) < said:
            raise Conflict("replies of this turn that come before these are not delivered yet")

    def note_sent(self, message: str, conversation: str, total: int) -> None:
        """Remember that the first `total` replies of the turn were sent."""
        self._note_sent(message, conversation, total)

    @contextmanager
    def turn(self, conversation: str, event: str) -> Iterator[None]:
        """Sending to this conversation, as the only one; Conflict where the replies of another event are at it.

        Where the platform does not take them now, the conversation stays with this event a little longer, so that the
        broker's retry comes before later turns. It does not stay for long: later turns have retries of their own, and
        must not become dead letters because of this one. A refusal gives way at once: nobody retries it.
        """
        key, owner = to_token(f"sending:{conversation}"), to_token(event)
        if self._claim(key, conversation, owner, WAIT) == "busy":
            raise Conflict("earlier replies of this conversation are not delivered yet")
        try:
            yield
        except Unavailable:
            self._claim(key, conversation, owner, HOLD)
            raise
        except BaseException:
            self.ledger.release(key, owner)
            raise
        self.ledger.release(key, owner)

    def _claim(self, key: str, conversation: str, owner: str, lease: float) -> str:
        now = self.clock()
        return self.ledger.claim(key, conversation, owner, now, lease, now + self.keep_seconds).state

    def _note_sent(self, message: str, conversation: str, total: int) -> int:
        """How many were sent, after it was raised to `total`."""
        key, owner, now = to_token(f"turn:{message}"), self.owner(), self.clock()
        claim = self.ledger.claim(key, conversation, owner, now, LEASE, now + self.keep_seconds)
        if claim.state == "busy":
            raise Conflict("another delivery of this turn is at work")
        if claim.progress < total:
            self.ledger.advance(key, owner, total)
        self.ledger.release(key, owner)
        return max(claim.progress, total)
