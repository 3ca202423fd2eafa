"""The rate limit of one person over all gateways: `POST /rate`, for gateways, with the count in the ledger.

    {"conversation": ..., "before": 4, "count": 1, "per_minute": 60, "burst": 30}  ->  {"wait": 0.0}

`before` are messages that were let through without asking, and count in any case; `count` are let through where `wait`
is 0. One number is kept for each person: the time until which what they wrote uses up their rate (the generic cell rate
algorithm), so that nothing has to be counted down.
"""

import time
from collections.abc import Callable
from typing import Any

from shared.channels.body import read_object
from shared.errors import Conflict, Rejected
from shared.events.identity import is_token, to_token
from shared.serving import Answer, Request, body_of, json_answer
from shared.stores.ports import Ledger

BODY_LIMIT = 4096
LEASE = 2.0
TRIES, PAUSE = 8, 0.01
"""Another gateway asks for the same person just now: it is done within milliseconds."""


class RateCounts:
    """Counts messages for every gateway."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        owner: Callable[[], str],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._clock = clock
        self._sleep = sleep

    def __call__(self, request: Request) -> Answer:
        document = read_object(body_of(request, BODY_LIMIT))
        conversation = document.get("conversation")
        if not isinstance(conversation, str) or not is_token(conversation):
            raise Rejected("conversation must be the id of one")
        numbers = [_read_number(document, name) for name in ("before", "count", "per_minute", "burst")]
        return json_answer(200, {"wait": self.count(conversation, *numbers)})

    def count(self, conversation: str, before: int, count: int, per_minute: int, burst: int) -> float:
        """Seconds after which `count` more messages may come; 0 where they may now, and are counted."""
        key, owner = to_token(f"rate:{conversation}"), self._owner()
        each = 60_000 / max(per_minute, 1)
        used_up = self._claim(key, conversation, owner, each * burst / 1000)
        now = self._clock() * 1000
        until = max(float(used_up), now) + before * each
        wait = until + count * each - now - burst * each
        # Beyond twice the burst nothing is added: who was let through elsewhere by mistake is not locked out for long.
        until = min(until if wait > 0 else until + count * each, now + 2 * burst * each)
        try:
            self._ledger.advance(key, owner, round(until))
        finally:
            self._ledger.release(key, owner)
        return round(max(0.0, wait) / 1000, 3)

    def _claim(self, key: str, conversation: str, owner: str, seconds: float) -> int:
        for last in (*[False] * (TRIES - 1), True):
            now = self._clock()
            claim = self._ledger.claim(key, conversation, owner, now, LEASE, now + 2 * seconds + 60)
            if claim.state == "claimed":
                return claim.progress
            if not last:
                self._sleep(PAUSE)
        raise Conflict("too many gateways count for this person at once")


def _read_number(document: dict[str, Any], name: str) -> int:
    value = document.get(name)
    if type(value) is not int or not 0 <= value <= 100_000:
        raise Rejected(f"{name} must be a whole number up to 100000")
    return value
