"""How fast one person may write: a bucket of tokens for each in this process, and one count over all gateways.

Nearly everybody writes slower than this process needs to ask about. Whoever wrote several messages in a row is counted
in the store too, by delivery, so that the limit holds however many gateways there are; where delivery does not answer,
this process's own count is what holds, and no message waits or is lost for it.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import Failure, Unavailable
from shared.logs import logger
from shared.outbound import Outbound

log = logger(__name__)

MOST_PEOPLE = 10_000
"""Who wrote longest ago is forgotten first; forgetting gives a full bucket."""
UNASKED = 5
"""Messages of one person that this process lets through before it asks: n gateways let n times as many through unasked,
on top of the burst."""
TIMEOUT = 0.5
REST = 10.0
"""Seconds for which nobody is asked after no answer came."""


class TooFast(Failure):
    """This person writes faster than PERSON_RATE allows; platforms send the message again later."""

    status = 429

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many messages from this person; the next is taken in {wait:.0f} s")
        self.wait = wait


@dataclass(slots=True)
class Bucket:
    left: float
    since: float
    unreported: int = 0
    """Messages that were let through and that delivery does not know of."""


Counted = Callable[[str, int, int], float]
"""Conversation, messages before that were let through, messages now; the seconds to wait."""


class Pace:
    """Lets `burst` messages of a person through at once, and `per_minute` in the long run."""

    def __init__(
        self,
        per_minute: int,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        counted: Counted | None = None,
    ) -> None:
        self._rate = per_minute / 60
        self._burst = max(burst, 1)
        self._clock = clock
        self._counted = counted
        self._rest_until = 0.0
        self._lock = threading.Lock()
        self._people: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, conversation: str, messages: int = 1) -> None:
        """Count messages of one webhook, or raise TooFast; 0 a minute means that nobody is held back.

        A webhook with more of them than a burst counts as a burst, or it could never be taken.
        """
        if self._rate <= 0:
            return
        messages = min(messages, self._burst)
        bucket, ask = self._mine(conversation, messages)
        if not ask or self._counted is None or self._clock() < self._rest_until:
            return
        with self._lock:
            before, bucket.unreported = bucket.unreported - messages, 0
        try:
            wait = self._counted(conversation, max(before, 0), messages)
        except Failure as exc:
            self._rest_until = self._clock() + REST
            log.warning("counting alone", extra={"fields": {"stage": "gateway", "cause": str(exc)}})
            with self._lock:
                bucket.unreported += before + messages
            return
        if wait > 0:
            raise TooFast(max(1.0, wait))

    def _mine(self, conversation: str, messages: int) -> tuple[Bucket, bool]:
        """The bucket after it gave the messages, and whether delivery is to be asked; TooFast where it is empty."""
        now = self._clock()
        with self._lock:
            bucket = self._people.pop(conversation, None) or Bucket(self._burst, now)
            bucket.left = min(self._burst, bucket.left + (now - bucket.since) * self._rate)
            bucket.since = now
            self._people[conversation] = bucket
            if len(self._people) > MOST_PEOPLE:
                self._people.popitem(last=False)
            if bucket.left < messages:
                raise TooFast(max(1.0, (messages - bucket.left) / self._rate))
            if bucket.left == self._burst:
                bucket.unreported = 0
            bucket.left -= messages
            bucket.unreported += messages
            return bucket, self._burst - bucket.left > UNASKED


def counted(outbound: Outbound, delivery_url: str, per_minute: int, burst: int) -> Counted | None:
    """Delivery's count; None where nobody said where delivery is."""
    if not delivery_url:
        return None

    def ask(conversation: str, before: int, messages: int) -> float:
        asked = {"conversation": conversation, "before": before, "count": messages}
        body = json.dumps({**asked, "per_minute": per_minute, "burst": max(burst, 1)}).encode()
        headers = {"content-type": "application/json"}
        answered = outbound.post(f"{delivery_url.rstrip('/')}/rate", body, headers, TIMEOUT)
        try:
            return float(json.loads(answered.body)["wait"])
        except (ValueError, TypeError, KeyError, RecursionError) as exc:
            raise Unavailable(f"delivery answered {answered.status} to a count") from exc

    return ask
