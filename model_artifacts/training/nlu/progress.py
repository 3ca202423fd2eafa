"""A progress bar with the time left, on standard error."""

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

RECENT = 60.0
"""Seconds that tell how fast it goes now; other work on the machine comes and goes."""
SOON = 5.0
"""Seconds after the first step when the time left is shown where no terminal shows it all along. The first step loads
what later ones find loaded: it tells nothing of how long the rest takes."""


@dataclass(slots=True)
class Progress:
    title: str
    total: int
    done: int = 0
    """What an earlier run has done counts as done, and tells nothing of how long the rest takes."""
    _times: deque[tuple[float, int]] = field(init=False, default_factory=deque)
    """When how much was done."""
    _shown: float | None = field(init=False, default=None)

    def step(self, note: Callable[[], str] = str, count: int = 1) -> None:
        """Count what is done; it is shown, and `note` asked, at most five times a second on a terminal, and elsewhere
        after five seconds and then every 20."""
        self.done += count
        now = time.monotonic()
        self._times.append((now, self.done))
        while len(self._times) > 2 and now - self._times[0][0] > RECENT:
            self._times.popleft()
        terminal = sys.stderr.isatty()
        since = now - (self._times[0][0] if self._shown is None else self._shown)
        pause = 0.2 if terminal else SOON if self._shown is None else 20
        if self.done < self.total and (since < pause or len(self._times) < 2):
            return
        self._shown = now
        filled = 30 * self.done // self.total
        bar = "#" * filled + "." * (30 - filled)
        line = f"{self.title} [{bar}] {self.done}/{self.total}  {_clock(self._estimate_left(now))} left  {note()}"
        end = "\n" if not terminal or self.done >= self.total else ""
        print(f"\r{line:<100}" if terminal else line, end=end, file=sys.stderr, flush=True)

    def _estimate_left(self, now: float) -> float:
        then, done = self._times[0]
        return (now - then) / max(1, self.done - done) * (self.total - self.done)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
