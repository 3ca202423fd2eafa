"""Somebody else's code within its time: threads that are left behind where it takes too long."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_Job = tuple[Callable[[], object], "queue.SimpleQueue[object]"]


class TookTooLong(Exception):
    """What was run gave nothing within its time. It runs on, and its result is dropped."""


class TooMany(Exception):
    """As many as may run at once run or hang; nothing was run."""


class Threads:
    """Runs functions in threads of its own, `most` at once; safe to share between threads."""

    def __init__(self, most: int, name: str) -> None:
        self._slots = threading.BoundedSemaphore(max(most, 1))
        self._name = name
        self._idle: list[queue.SimpleQueue[_Job]] = []
        """Threads that wait for another function, by what they are given it in: no more than ever ran at once."""

    def run(self, function: Callable[[], T], seconds: float) -> T:
        """What `function` returns within `seconds`; whatever it raises is raised. Raises TookTooLong and TooMany.

        Python cannot stop a function from outside, so one that takes too long runs on and holds its thread.
        """
        if not self._slots.acquire(blocking=False):
            raise TooMany
        outcome: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._start((function, outcome))
        try:
            result = outcome.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise TookTooLong from None
        if isinstance(result, _Raised):
            raise result.error
        return result  # type: ignore[return-value]

    def _start(self, job: _Job) -> None:
        """Give it to a thread that has nothing to do, or to a new one."""
        try:
            given = self._idle.pop()
        except IndexError:
            given = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(given,), name=self._name, daemon=True).start()
        given.put(job)

    def _work(self, given: "queue.SimpleQueue[_Job]") -> None:
        while True:
            function, outcome = given.get()
            try:
                outcome.put(function())
            except BaseException as exc:  # noqa: BLE001
                # Nothing of it may end the thread; it is raised where somebody waits for it.
                outcome.put(_Raised(exc))
            # What it was given is released, or it would be kept until the next call.
            del function, outcome
            self._idle.append(given)
            self._slots.release()


class _Raised:
    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error
