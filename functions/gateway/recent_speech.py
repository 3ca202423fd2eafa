"""Who spoke a moment ago: what they write before that has become text waits for it, or it would be answered first.

In this process's memory, for a few seconds: another gateway may take the next message, and then it waits for nothing.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from shared.events.envelope import Envelope

SECONDS = 15.0
"""In which a minute's recording becomes text on one core, with the start of the stage; nobody waits longer."""
MAX_PEOPLE = 10_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was spoken before a message."""

    message: str
    until: float
    """How long that is waited for, in seconds since the epoch."""


class RecentSpeech:
    """Remembers what people spoke last; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._people: OrderedDict[str, Spoken] = OrderedDict()

    def remember(self, event: Envelope, at: datetime) -> None:
        with self._lock:
            self._people.pop(event.subject, None)
            self._people[event.subject] = Spoken(event.message, at.timestamp() + SECONDS)
            if len(self._people) > MAX_PEOPLE:
                self._people.popitem(last=False)

    def find(self, conversation: str, at: datetime) -> Spoken | None:
        """What the person spoke just before; None for nearly everybody."""
        if not self._people:
            return None
        with self._lock:
            spoken = self._people.get(conversation)
            if spoken is None or spoken.until > at.timestamp():
                return spoken
            del self._people[conversation]
            return None
