"""Who just spoke: what they write before that has become text waits for it, or it would be answered first.

In this process's memory, for a few seconds: another gateway may take the next message, and then it waits for nothing.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from shared.events.envelope import Envelope

SECONDS = 15.0
"""In which a minute's recording becomes text on one core, with the start of the stage; nobody waits longer."""
MOST_PEOPLE = 10_000


@dataclass(frozen=True, slots=True)
class Before:
    """What was spoken before a message."""

    message: str
    until: float
    """How long that is waited for, in seconds since the epoch."""


class Spoken:
    """Remembers what people spoke last; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._people: OrderedDict[str, Before] = OrderedDict()

    def note(self, event: Envelope, at: datetime) -> None:
        with self._lock:
            self._people.pop(event.subject, None)
            self._people[event.subject] = Before(event.message, at.timestamp() + SECONDS)
            if len(self._people) > MOST_PEOPLE:
                self._people.popitem(last=False)

    def before(self, conversation: str, at: datetime) -> Before | None:
        """What the person spoke just before; None for nearly everybody."""
        if not self._people:
            return None
        with self._lock:
            spoke = self._people.get(conversation)
            if spoke is None or spoke.until > at.timestamp():
                return spoke
            del self._people[conversation]
            return None
