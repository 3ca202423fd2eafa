"""What was given up because something was away is published again, by a tick, until it is taken.

The broker waits out an outage of an hour; this waits out longer ones, and brokers that wait for less. What a stage
refused (400) or has a bug with (422) stays until somebody mends the cause and says `task replay`.
"""

import json
import re
from collections.abc import Callable, Iterator

from shared.errors import Failure
from shared.events.envelope import Envelope
from shared.events.http import decode
from shared.logs import get_logger
from shared.stores.ports import DeadLetter, DeadLetters

log = get_logger(__name__)

PAUSE = 60.0
"""Seconds that a dead letter lies before it is sent again."""
LONGEST = 86_400.0
"""Seconds after the time until which its answer was wanted (expirytime), from which on it is left to people."""
AT_ONCE = 500
"""Dead letters that one tick sends; the rest goes with the next."""
AWAY = re.compile(r"\S+ answered (5\d\d|404|408|409|429)\b")
"""How a cause begins that time may mend: the statuses that Knative retries."""


class Replaying:
    """One tick: publishes again, oldest first, what a stage could not take when it came."""

    def __init__(
        self, dead_letters: DeadLetters, publish: Callable[[Envelope], None], *, clock: Callable[[], float]
    ) -> None:
        self._dead_letters = dead_letters
        self._publish = publish
        self._clock = clock

    def __call__(self) -> None:
        """Stops at the first that the broker does not take; the next tick goes on there."""
        sent = 0
        for (dead_letter, event), _ in zip(self._list_waiting(), range(AT_ONCE), strict=False):
            # Before it is sent: given up again at once, it would be taken for the one that is there.
            self._dead_letters.mark_replayed(dead_letter.id, self._clock())
            try:
                self._publish(event)
            except Failure as exc:
                self._dead_letters.mark_replayed(dead_letter.id, None)
                log.warning("a dead letter is not sent again yet", extra={"fields": {"cause": str(exc)}})
                break
            sent += 1
        if sent:
            log.warning("dead letters were sent again", extra={"fields": {"count": sent}})

    def _list_waiting(self) -> Iterator[tuple[DeadLetter, Envelope]]:
        """Those whose cause may be gone and whose answer may still be wanted, oldest first, with their events."""
        now = self._clock()
        after = now - LONGEST
        while page := self._dead_letters.list_kept(now, after):
            for dead_letter in page:
                due = dead_letter.replayed_at is None and dead_letter.kept_at <= now - PAUSE
                if not due or not AWAY.match(dead_letter.cause):
                    continue
                event = event_of(dead_letter)
                if event.wanted_until is not None and now < event.wanted_until + LONGEST:
                    yield dead_letter, event
            after = page[-1].kept_at


def event_of(dead_letter: DeadLetter) -> Envelope:
    """The event as it came, marked as one that is sent again."""
    body = json.dumps({**dead_letter.event, "purpose": "replay"}).encode()
    return decode({"content-type": "application/cloudevents+json"}, body, known=())
