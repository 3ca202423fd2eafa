"""Tells a main thread that waits that it shall end, also from within a signal's handler."""

import time


class Ending:
    """A flag that is set once, and waited for; unlike threading.Event it may be set by a signal's handler.

    A handler runs between two steps of the main thread, which may just hold the lock that Event.set takes: then both
    would wait for ever. So this is a flag without a lock, which is looked at.
    """

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._set

    def set(self) -> None:
        """Set it, from any thread or handler."""
        self._set = True

    def wait(self, seconds: float) -> bool:
        """Whether it is set after so many seconds, or at once where it is set already."""
        if not self._set:
            time.sleep(seconds)
        return self._set
