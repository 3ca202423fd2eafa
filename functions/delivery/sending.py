"""Calls to a platform, in order, each with a few tries: how long to wait, when to stop, what to report."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.channels.body import read_object
from shared.channels.port import Call, Verdict
from shared.channels.tokens import Tokens
from shared.errors import Rejected, Unavailable
from shared.logs import get_logger
from shared.outbound import Outbound

log = get_logger(__name__)

PAUSES = (0.2, 0.8)
"""Seconds between the tries of one call; what then still fails comes back with the broker's own retries."""
MAX_RETRY_AFTER = 5.0
"""A platform that asks for more than this is asked again by the broker, not from here."""


class Refused(Rejected):
    """The platform does not take this call and never will: dead letter at once."""


class Unreachable(Rejected):
    """The person does not take messages (any more), and nobody can mend that: the turn ends, and is no dead letter."""

    def __init__(self, channel: str, cause: str) -> None:
        super().__init__(f"{channel}: the person cannot be reached ({cause})")
        self.cause = cause
        """The platform's own word or number."""


class Denied(Unavailable):
    """The platform does not accept our token, or its rights: somebody must mend a setting; then it will be taken."""


class Judge(Protocol):
    """A channel as far as sending needs it."""

    @property
    def name(self) -> str: ...

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict: ...


class Slots:
    """How many deliveries may be at one platform at once, so that a slow one does not hold all threads."""

    def __init__(self, each: int) -> None:
        self._each = max(each, 1)
        self._lock = threading.Lock()
        self._taken: dict[str, int] = {}

    @contextmanager
    def hold(self, platform: str) -> Iterator[None]:
        """One slot at this platform, or Unavailable at once: the broker brings the event again."""
        with self._lock:
            taken = self._taken.get(platform, 0)
            if taken >= self._each:
                raise Unavailable(f"{platform} is slow: {taken} deliveries wait for it already")
            self._taken[platform] = taken + 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[platform] -= 1


class Tally:
    """What platforms answered since it was last taken; kept here, because a failed attempt has no event to say it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, dict[str, int]] = {}
        self._retries: dict[str, int] = {}

    def count(self, channel: str, answer: str, *, again: bool) -> None:
        with self._lock:
            calls = self._calls.setdefault(channel, {})
            calls[answer] = calls.get(answer, 0) + 1
            self._retries[channel] = self._retries.get(channel, 0) + again

    def take(self, channel: str) -> tuple[Mapping[str, int], int]:
        """Answers with their numbers, and how many calls were repetitions; they are forgotten here."""
        with self._lock:
            return self._calls.pop(channel, {}), self._retries.pop(channel, 0)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends calls over kept connections."""

    outbound: Outbound
    timeout: float
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    tokens: Tokens | None = None
    """For platforms that hand out access tokens."""
    tally: Tally = field(default_factory=Tally)
    slots: Slots = field(default_factory=lambda: Slots(8))

    def send(self, channel: Judge, call: Call, until: float, *, first: bool = True) -> None:
        """Return once the platform took the call, or its fallback.

        Raises Refused where it never will, Unreachable where the person takes no messages, Denied where it does not
        accept our token, Unavailable where not before `until`. `first` says that nothing was sent just before, so that
        the call's pause is not needed.
        """
        if call.pause and not first:
            self.sleep(max(0.0, min(call.pause, until - self.clock())))
        found: Call | None = call
        while found is not None:
            try:
                return self._send(channel, found, until)
            except Refused:
                if found.fallback is None:
                    raise
                found = found.fallback
        return None

    def _send(self, channel: Judge, call: Call, until: float) -> None:
        for number, pause in enumerate((*PAUSES, None)):
            left = until - self.clock()
            if left <= 0:
                raise Unavailable(f"{channel.name} took too long; the rest is sent with the next attempt")
            cause, wait = self._try(channel, call, min(self.timeout, left), again=number > 0)
            if cause is None:
                return
            if pause is None or wait > MAX_RETRY_AFTER:
                raise cause
            self.sleep(max(pause, wait))
        raise AssertionError("the last try has no pause")

    def _try(self, channel: Judge, call: Call, timeout: float, *, again: bool) -> tuple[Unavailable | None, float]:
        """One try: why it must be tried again and the seconds to wait, or (None, 0)."""
        try:
            answered = self._call_platform(call, timeout)
        except NoToken as exc:
            self.tally.count(channel.name, "no_token", again=again)
            return Unavailable(f"{channel.name}: {exc}"), 0.0
        except Unavailable:
            self.tally.count(channel.name, "unreachable", again=again)
            # The cause may name the address, and an address may hold a secret.
            return Unavailable(f"the platform of {channel.name} cannot be reached or does not answer"), 0.0
        status, verdict = answered[0], channel.judge(*answered)
        self.tally.count(channel.name, _answer(status, verdict), again=again)
        why = f"{status} ({verdict.cause})" if verdict.cause else f"{status}"
        match verdict.outcome:
            case "taken":
                return None, 0.0
            case "later":
                return Unavailable(f"{channel.name} answered {why}"), verdict.retry_after or 0.0
            case "denied":
                return self._renew_token(channel, call, why)
            case "unreachable":
                raise Unreachable(channel.name, verdict.cause or f"{status}")
            case "moved" if (moved := _amend_call(call, verdict)).body != call.body:
                log.warning("moved", extra={"fields": {"stage": "delivery", "cause": verdict.cause}})
                return self._try(channel, moved, timeout, again=True)
            case "refused" | "moved":
                raise Refused(f"{channel.name} refused the message with {why}; retrying cannot help")

    def _call_platform(self, call: Call, timeout: float) -> tuple[int, dict[str, str], bytes]:
        headers = dict(call.headers)
        if call.grant is not None:
            if self.tokens is None:
                raise NoToken("this delivery was not given a way to get access tokens")
            try:
                headers["authorization"] = f"Bearer {self.tokens.fetch_token(call.grant, timeout)}"
            except Unavailable as exc:
                raise NoToken(str(exc)) from exc
        answered = self.outbound.request(call.method, call.url, body=call.body, headers=headers, timeout=timeout)
        return answered.status, dict(answered.headers), answered.body

    def _renew_token(self, channel: Judge, call: Call, why: str) -> tuple[Unavailable | None, float]:
        """A token that was handed out may have been taken back: once more with a new one. One in a setting stays."""
        if call.grant is not None and self.tokens is not None:
            self.tokens.forget(call.grant)
            return Denied(f"{channel.name} does not accept our token: {why}; mend its settings"), 0.0
        # Whoever mends the token gets the message sent, by the broker's retries or from the dead letters.
        raise Denied(f"{channel.name} does not accept our token: {why}; mend its settings on delivery")


class NoToken(Unavailable):
    """There is no access token; the cause is safe to show."""


def _answer(status: int, verdict: Verdict) -> str:
    """What a platform answered, for the metric: some answer 200 to what they refuse, and most say why in the body."""
    if verdict.outcome == "taken":
        return f"{status}"
    cause = f":{verdict.cause}" if verdict.cause and verdict.cause != f"{status}" else ""
    return f"{status}_{verdict.outcome}{cause}"


def _amend_call(call: Call, verdict: Verdict) -> Call:
    """The call with what the platform says has moved; None takes a field out."""
    try:
        body = {**read_object(call.body), **verdict.amended}
    except Rejected:
        return call
    kept = {name: value for name, value in body.items() if value is not None}
    return replace(call, body=json.dumps(kept, ensure_ascii=False).encode())
