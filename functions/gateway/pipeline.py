"""The synchronous pipeline: the same event that the broker would route, taken from stage to stage to the end.

A stage that is busy or down is asked again, with backoff, until the deadline; stages are idempotent, so asking twice
is harmless. What a broker does in minutes the pipeline does within the caller's patience.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from functions.gateway.route import END, ROUTE
from shared.errors import Failure, Unavailable
from shared.events.catalogue import ActionRequested, RepliesDecided
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.outbound import Answered, Outbound

RETRIED = (408, 409, 429, 502, 503, 504)
"""Statuses after which the same request may succeed; a stage answers its bug with 422, which stays one."""
MAX_STEPS = 64
"""More than any conversation's longest turn; ends a loop that no stage ended."""
FIRST_PAUSE, MAX_PAUSE = 0.05, 1.0

Ask = Callable[[str, Envelope, float], Envelope]
"""A stage's answer to an event within so many seconds. Raises Unavailable or TooLate where the same may succeed later,
and another Failure (Broken, NoAddress) where it will not."""


class Broken(Failure):
    """A stage refused what it should take, or answered what it should not."""

    status = 502

    def __init__(self, cause: str, answered: int = 0) -> None:
        super().__init__(cause)
        self.answered = answered
        """The status with which the stage refused."""


class TooLate(Failure):
    """A stage did not answer before the deadline."""

    status = 504


class NoAddress(Failure):
    """Nobody said where a stage is."""

    status = 503


class Pipeline:
    """Takes events through the stages; keeps nothing."""

    def __init__(
        self,
        ask: Ask,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_answer: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._sleep = sleep
        self._on_answer = on_answer
        """Is called with each stage that answered."""

    def run(self, envelope: Envelope, seconds: float) -> Iterator[Envelope]:
        """Each event of the turn as it comes, the last of them RepliesDecided.

        Raises Unavailable, TooLate or Broken, saying which stage was the matter, where that takes over `seconds`.
        """
        deadline = self._clock() + seconds
        for _ in range(MAX_STEPS):
            stage = ROUTE.get(envelope.type)
            if stage is None:
                raise Broken(f"no stage takes {envelope.type} on the way to an answer")
            envelope = self._step(stage, envelope, deadline)
            yield envelope
            if envelope.type == END:
                return
        raise Broken(f"the turn did not end within {MAX_STEPS} steps")

    def take(self, envelope: Envelope, seconds: float) -> Envelope:
        """The event with which the next stage answers, its data read; raises as `run` does."""
        stage = ROUTE[envelope.type]
        event = self._step(stage, envelope, self._clock() + seconds)
        headers, body = encode(event)
        return decode(headers, body)

    def _step(self, stage: str, envelope: Envelope, deadline: float) -> Envelope:
        pause = FIRST_PAUSE
        cause: Failure = TooLate(f"{stage} was not asked in time")
        while (left := deadline - self._clock()) > 0:
            try:
                answer = self._ask(stage, envelope, left)
            except (Unavailable, TooLate) as exc:
                cause = exc
            except Broken:
                self._on_answer(stage)
                raise
            else:
                self._on_answer(stage)
                return answer
            if (left := deadline - self._clock()) <= 0:
                break
            self._sleep(min(pause, left))
            pause = min(pause * 2, MAX_PAUSE)
        raise cause


def ask_over_http(urls: Mapping[str, str], outbound: Outbound) -> Ask:
    """Asks each stage at its URL (`STAGE@ARM`: who answers a canary's conversations); NoAddress where it has none."""

    def ask(stage: str, envelope: Envelope, seconds: float) -> Envelope:
        url = (urls.get(f"{stage}@{envelope.arm}") if envelope.arm else None) or urls.get(stage)
        if not url:
            raise NoAddress(f"the gateway does not know where {stage} is: set {stage.upper()}_URL")
        headers, body = encode(envelope)
        try:
            answered = outbound.post(f"{url.rstrip('/')}/", body, headers, seconds)
        except Unavailable as exc:
            if isinstance(exc.__cause__, TimeoutError):
                raise TooLate(f"{stage} did not answer in time") from exc
            raise Unavailable(f"{stage}: {exc}") from exc
        if answered.status in RETRIED:
            raise Unavailable(f"{stage} answered {answered.status}: {_make_error(answered)}")
        return _make_event(stage, answered)

    return ask


def ask_in_process(stages: Mapping[str, Callable[[Envelope], Envelope | None]]) -> Ask:
    """Asks stages that run in this process, by a call. A call cannot be given up: what a stage waits for has limits of
    its own, and the time is looked at between two stages."""

    def ask(stage: str, envelope: Envelope, seconds: float) -> Envelope:  # noqa: ARG001 - an Ask's signature
        try:
            answer = stages[stage](envelope)
        except Failure as exc:
            cause = f"{stage} answered {exc.status}: {exc}"
            if exc.status in RETRIED:
                raise Unavailable(cause) from exc
            raise Broken(cause, exc.status) from exc
        if answer is None:
            raise Broken(f"{stage} ended the turn without replies", 204)
        return answer

    return ask


def _make_event(stage: str, answered: Answered) -> Envelope:
    """The event in a stage's answer, or Broken."""
    if answered.status == 204 or (answered.status == 200 and not answered.body):
        raise Broken(f"{stage} ended the turn without replies", answered.status)
    if answered.status != 200:
        raise Broken(f"{stage} answered {answered.status}: {_make_error(answered)}", answered.status)
    try:
        return decode(answered.headers, answered.body, _read(answered.headers))
    except Failure as exc:
        raise Broken(f"{stage} answered something that is no event of the catalogue: {exc}") from exc


def _read(headers: Mapping[str, str]) -> Sequence[Any]:
    """The types whose data is of use here: those with replies. What else a stage answers goes on to the next as it
    came, for that stage reads and checks it; reading it here as well would be half of what a turn costs."""
    return (RepliesDecided, ActionRequested) if headers.get("ce-hasreplies") == "true" else (RepliesDecided,)


def _make_error(answered: Answered) -> str:
    """The cause that a stage states; stages put no user content into it."""
    try:
        cause = json.loads(answered.body)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "without saying why"
    return str(cause)[:500]
