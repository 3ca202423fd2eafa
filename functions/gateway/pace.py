"""How fast one person may write: a bucket of tokens for each, in this process.

Where gateways scale out, each counts for itself, so that nobody waits for a shared counter: n gateways allow n times
as much at most. The limit is there to keep one person from using up the assistant, and that it does.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from shared.errors import Failure

MOST_PEOPLE = 10_000
"""Who wrote longest ago is forgotten first; forgetting gives a full bucket."""


class TooFast(Failure):
    """This person writes faster than PERSON_RATE allows; platforms send the message again later."""

    status = 429

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many messages from this person; the next is taken in {wait:.0f} s")
        self.wait = wait


class Pace:
    """Lets `burst` messages of a person through at once, and `per_minute` in the long run."""

    def __init__(self, per_minute: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = float(max(burst, 1))
        self._clock = clock
        self._lock = threading.Lock()
        self._people: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, person: str) -> None:
        """Count one message, or raise TooFast; 0 a minute means that nobody is held back."""
        if self._rate <= 0:
            return
        now = self._clock()
        with self._lock:
            left, since = self._people.pop(person, (self._burst, now))
            left = min(self._burst, left + (now - since) * self._rate)
            allowed = left >= 1
            self._people[person] = (left - 1 if allowed else left, now)
            if len(self._people) > MOST_PEOPLE:
                self._people.popitem(last=False)
        if not allowed:
            raise TooFast(max(1.0, (1 - left) / self._rate))
