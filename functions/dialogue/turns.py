"""One event at a time, where the store is a file of this machine.

SQLite has one writer anyway, and each of its calls lets go of Python's interpreter lock: with eight events at once the
threads took that lock from each other so often that an event cost half as much CPU again. With Firestore an event
mostly waits for the network, so there many go on at once.
"""

import threading

from shared.errors import Unavailable
from shared.events.envelope import Envelope
from shared.serving import Stage

PATIENCE = 10.0
"""Seconds that an event waits for those before it; SQLite itself waits 5 for a writer elsewhere."""


class InTurn:
    """The same stage, which takes the next event when it is done with the one before."""

    def __init__(self, stage: Stage, patience: float = PATIENCE) -> None:
        self.CONSUMES, self.PRODUCES = stage.CONSUMES, stage.PRODUCES
        self._stage = stage
        self._patience = patience
        self._free = threading.Lock()

    def __call__(self, envelope: Envelope) -> Envelope | None:
        if not self._free.acquire(timeout=self._patience):
            raise Unavailable("the events before this one take too long; send it again in a moment")
        try:
            return self._stage(envelope)
        finally:
            self._free.release()


def take_in_turn(stage: Stage, store_url: str) -> Stage:
    return InTurn(stage) if store_url.startswith("sqlite:") else stage
