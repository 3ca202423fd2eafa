"""A progress bar with the time left, on standard error."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    title: str
    total: int
    done: int = 0
    """What an earlier run has done counts as done, and tells nothing of how long the rest takes."""
    _before: int = field(init=False)
    _started: float = field(init=False)
    _shown: float = 0.0

    def __post_init__(self) -> None:
        self._before, self._started = self.done, time.monotonic()

    def step(self, note: Callable[[], str] = str, count: int = 1) -> None:
        """Count what is done; it is shown, and `note` asked, at most five times a second on a terminal, and every 20
        seconds elsewhere."""
        self.done += count
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if self.done < self.total and now - self._shown < (0.2 if terminal else 20):
            return
        self._shown = now
        left = (now - self._started) / (self.done - self._before) * (self.total - self.done)
        filled = 30 * self.done // self.total
        bar = "#" * filled + "." * (30 - filled)
        line = f"{self.title} [{bar}] {self.done}/{self.total}  {_clock(left)} left  {note()}"
        end = "\n" if not terminal or self.done >= self.total else ""
        print(f"\r{line:<100}" if terminal else line, end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
