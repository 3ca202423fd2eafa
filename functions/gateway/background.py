"""Work that nobody waits for: one thread, a bounded queue, and a counted loss where it is full or fails."""

import queue
import threading
from collections.abc import Callable

from shared.errors import Failure
from shared.logs import get_logger

log = get_logger(__name__)

Job = Callable[[], object]


class Background:
    """Runs jobs one after the other in a thread that starts with the first (functions-framework forks before)."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._jobs: queue.Queue[Job] = queue.Queue(limit)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Jobs that were given up since the process started."""

    def submit(self, job: Job) -> bool:
        """Take the job on, at once; False where it was dropped, because too many wait."""
        if self._thread is None:
            self._start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._drop("too many wait")
            return False
        return True

    def join(self, seconds: float | None = None) -> bool:
        """Wait until everything that was taken on is done or lost, at most `seconds`; whether it is."""
        with self._jobs.all_tasks_done:
            return self._jobs.all_tasks_done.wait_for(lambda: not self._jobs.unfinished_tasks, seconds)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except Failure as exc:
                self._drop(str(exc))
            except Exception:
                log.exception("failed", extra={"fields": {"background": self._name}})
                self._drop("a bug")
            finally:
                self._jobs.task_done()

    def _drop(self, cause: str) -> None:
        self.dropped += 1
        log.warning("dropped", extra={"fields": {"background": self._name, "cause": cause, "dropped": self.dropped}})
