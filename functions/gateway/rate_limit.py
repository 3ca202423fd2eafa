"""How fast people may write, and how much callers that nobody knows may ask for.

**One person** (`PersonLimit`): a bucket of tokens for each in this process, and one count over all gateways. Nearly
everybody writes slower than this process needs to ask about. Whoever wrote several messages in a row is counted in the
store too, by delivery, so that the limit holds however many gateways there are; where delivery does not answer, this
process's own count is what holds, and no message waits or is lost for it.

**Callers that nobody knows** (`AnonymousLimit`): a bucket for each address and one for all of them together, before
anything is woken, asked or stored for them. In this process alone.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import Failure, Unavailable
from shared.logs import get_logger
from shared.outbound import Outbound

log = get_logger(__name__)

MAX_BUCKETS = 10_000
"""Whose is used longest ago is forgotten first; forgetting gives a full bucket."""
UNASKED = 5
"""Messages of one person that this process lets through before it asks: n gateways let n times as many through unasked,
on top of the burst."""
TIMEOUT = 0.5
PAUSE_SECONDS = 10.0
"""For which nobody is asked after no answer came."""


class TooFast(Failure):
    """More than the rate allows; platforms send the message again later."""

    status = 429

    def __init__(self, wait: float, whom: str = "from this person") -> None:
        super().__init__(f"too many messages {whom}; the next is taken in {wait:.0f} s")
        self.wait = wait
        """Seconds."""


@dataclass(slots=True)
class Bucket:
    left: float
    since: float
    unreported: int = 0
    """Messages that were let through and that delivery does not know of."""


class Buckets:
    """A bucket of tokens for each key, which fills up again with `per_minute`. Not safe to share without a lock."""

    def __init__(self, per_minute: float, burst: int) -> None:
        self.rate = per_minute / 60
        self.burst = max(burst, 1)
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def fill(self, key: str, now: float) -> Bucket:
        """The key's bucket as it is now, before anything is taken."""
        bucket = self._buckets.pop(key, None) or Bucket(self.burst, now)
        bucket.left = min(self.burst, bucket.left + (now - bucket.since) * self.rate)
        bucket.since = now
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket

    def wait(self, bucket: Bucket, tokens: float) -> float:
        """Seconds until so many are in it; 0 where they are."""
        return max(0.0, (tokens - bucket.left) / self.rate)


class AnonymousLimit:
    """Lets so many requests of one address through, and so many of all; safe to share between threads."""

    def __init__(self, address_rate: int, anonymous_rate: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Both a minute, with half of a minute's at once; 0: no limit."""
        self._addresses = Buckets(address_rate, address_rate // 2)
        self._all = Buckets(anonymous_rate, anonymous_rate // 2)
        self._clock = clock
        self._lock = threading.Lock()

    def take(self, address: str, requests: int = 1) -> None:
        """Count so many requests, or raise TooFast. What one address is refused is not counted for all."""
        with self._lock:
            now = self._clock()
            kinds = (
                (self._addresses, _find_network(address), "from this address"),
                (self._all, "", "from callers that nobody knows"),
            )
            filled = [(buckets, buckets.fill(key, now), whom) for buckets, key, whom in kinds if buckets.rate > 0]
            for buckets, bucket, whom in filled:
                if (wait := buckets.wait(bucket, requests)) > 0:
                    raise TooFast(max(1.0, wait), whom)
            for _, bucket, _ in filled:
                bucket.left -= requests


def _find_network(address: str) -> str:
    """What one caller has of addresses: an IPv4 address, or the half of an IPv6 address that names a network."""
    return address if ":" not in address or "." in address else ":".join(address.split(":")[:4])


Count = Callable[[str, int, int], float]
"""Conversation, messages before that were let through, messages now; the seconds to wait."""


class PersonLimit:
    """Lets `burst` messages of a person through at once, and `per_minute` in the long run."""

    def __init__(
        self,
        per_minute: int,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        count: Count | None = None,
    ) -> None:
        self._buckets = Buckets(per_minute, burst)
        self._clock = clock
        self._count = count
        self._paused_until = 0.0
        self._lock = threading.Lock()

    def take(self, conversation: str, messages: int = 1) -> None:
        """Count messages of one webhook, or raise TooFast; 0 a minute means that nobody is held back.

        A webhook with more of them than a burst counts as a burst, or it could never be taken.
        """
        if self._buckets.rate <= 0:
            return
        messages = min(messages, self._buckets.burst)
        bucket, ask = self._take_here(conversation, messages)
        if not ask or self._count is None or self._clock() < self._paused_until:
            return
        with self._lock:
            before, bucket.unreported = bucket.unreported - messages, 0
        try:
            wait = self._count(conversation, max(before, 0), messages)
        except Failure as exc:
            self._paused_until = self._clock() + PAUSE_SECONDS
            log.warning("counting alone", extra={"fields": {"stage": "gateway", "cause": str(exc)}})
            with self._lock:
                bucket.unreported += before + messages
            return
        if wait > 0:
            raise TooFast(max(1.0, wait))

    def _take_here(self, conversation: str, messages: int) -> tuple[Bucket, bool]:
        """The bucket after it gave the messages, and whether delivery is to be asked; TooFast where it is empty."""
        with self._lock:
            bucket = self._buckets.fill(conversation, self._clock())
            if (wait := self._buckets.wait(bucket, messages)) > 0:
                raise TooFast(max(1.0, wait))
            if bucket.left == self._buckets.burst:
                bucket.unreported = 0
            bucket.left -= messages
            bucket.unreported += messages
            return bucket, self._buckets.burst - bucket.left > UNASKED


def count_by_delivery(outbound: Outbound, delivery_url: str, per_minute: int, burst: int) -> Count | None:
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
