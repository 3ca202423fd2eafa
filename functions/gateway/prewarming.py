"""Prewarming: the stages that a message will need later start while the first of them works.

In series cold starts add up; in parallel the slowest counts. A stage that answered a moment ago is awake and is not
asked, so that a busy assistant pays nothing.
"""

import time
from collections.abc import Callable, Mapping

from functions.gateway.background import Background
from shared.outbound import Outbound

AWAKE_SECONDS = 20.0
"""A stage that answered less than this ago has not been scaled to zero since (Knative waits 30 s or more)."""
CALL_SECONDS = 10.0


class Prewarming:
    """Knows which stages answered lately; calls the others."""

    def __init__(
        self,
        urls: Mapping[str, str],
        outbound: Outbound,
        *,
        awake_seconds: float = AWAKE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._urls = {stage: url for stage, url in urls.items() if url}
        self._outbound = outbound
        self._awake_seconds = awake_seconds
        self._clock = clock
        self._awake: dict[str, float] = {}
        # One call at a time for each stage: a cold stage holds the call until it is up, and no second one is needed.
        self._callers = {stage: Background(f"wake-{stage}", 1) for stage in self._urls}

    def note_answer(self, stage: str) -> None:
        """This stage answered just now."""
        self._awake[stage] = self._clock()

    def prewarm(self, *stages: str) -> None:
        """Call those of these stages that may sleep; at once, without waiting for any."""
        for stage in stages:
            if stage in self._urls and self._is_asleep(stage):
                # Counted as awake from now on, so that a burst of messages makes one call.
                self.note_answer(stage)
                self._callers[stage].submit(lambda stage=stage: self._call(stage))  # type: ignore[misc]

    def join(self) -> None:
        for caller in self._callers.values():
            caller.join()

    def _is_asleep(self, stage: str) -> bool:
        answered = self._awake.get(stage)
        return answered is None or self._clock() - answered >= self._awake_seconds

    def _call(self, stage: str) -> None:
        try:
            self._outbound.post(f"{self._urls[stage].rstrip('/')}/wake", b"", {}, CALL_SECONDS)
        except Exception:
            self._awake.pop(stage, None)
            raise
