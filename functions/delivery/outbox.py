"""The outbox over HTTP, for the gateway: `GET /outbox/CONVERSATION?after=N&wait=SECONDS&limit=N`.

A long poll looks into the store with growing pauses, and at once when this very process posts something. Nobody holds
a connection but while an answer is awaited, so the store is not asked by pages on which nobody talks.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.errors import Rejected
from shared.events.identity import is_token
from shared.serving import Answer, Request, json_answer, query_of, read_whole_number
from shared.stores.ports import Outbox, Posted

PREFIX = "/outbox/"
MAX_WAIT = 25.0
FIRST_PAUSE, MAX_PAUSE = 0.1, 1.5
"""Seconds between two looks; about 20 reads in the longest wait, which matters where a store charges for each."""
LIMIT = 100


class Arrivals:
    """Wakes those who wait for a conversation's next message in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[threading.Event]] = {}

    def notify(self, conversation: str) -> None:
        with self._lock:
            for event in self._waiting.get(conversation, ()):
                event.set()

    @contextmanager
    def subscribe(self, conversation: str) -> Iterator[threading.Event]:
        """An event that is set when something was posted."""
        event = threading.Event()
        with self._lock:
            self._waiting.setdefault(conversation, set()).add(event)
        try:
            yield event
        finally:
            with self._lock:
                waiting = self._waiting[conversation]
                waiting.discard(event)
                if not waiting:
                    del self._waiting[conversation]


@dataclass(frozen=True, slots=True)
class OutboxWriter:
    """Posts documents, and wakes those who wait for them in this process."""

    outbox: Outbox
    keep_seconds: float
    notify: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.time

    def post(self, conversation: str, key: str, documents: Sequence[Any]) -> None:
        """Does nothing where it was done before, under the same key."""
        if documents:
            now = self.clock()
            self.outbox.append(conversation, key, documents, now, now + self.keep_seconds)
            self.notify(conversation)


class OutboxReader:
    """Answers what was posted after a number."""

    def __init__(
        self,
        outbox: Outbox,
        arrivals: Arrivals,
        *,
        long_polls: int,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._arrivals = arrivals
        # Waiting requests hold threads; some must stay free for events, or nothing that is waited for ever comes.
        self._slots = threading.BoundedSemaphore(max(long_polls, 1))
        self._now = now
        self._clock = clock

    def __call__(self, request: Request) -> Answer:
        conversation = request.path.removeprefix(PREFIX)
        if not is_token(conversation):
            raise Rejected("the path must be /outbox/ and the id of a conversation")
        query = query_of(request)
        after, limit = read_whole_number(query, "after"), read_whole_number(query, "limit") or LIMIT
        wait = min(float(read_whole_number(query, "wait")), MAX_WAIT)
        held = wait > 0 and self._slots.acquire(blocking=False)
        try:
            posted = self._wait(conversation, after, limit, wait if held else 0.0)
        finally:
            if held:
                self._slots.release()
        return json_answer(200, {"messages": [_in_json(message) for message in posted]})

    def _wait(self, conversation: str, after: int, limit: int, seconds: float) -> Sequence[Posted]:
        """What is there; where that is nothing, what comes within `seconds`."""
        deadline = self._clock() + seconds
        pause = FIRST_PAUSE
        with self._arrivals.subscribe(conversation) as arrived:
            while True:
                arrived.clear()
                found = self._outbox.read_after(conversation, after, self._now(), min(limit, LIMIT))
                left = deadline - self._clock()
                if found or left <= 0:
                    return found
                arrived.wait(min(pause, left))
                pause = min(pause * 1.5, MAX_PAUSE)


def _in_json(posted: Posted) -> dict[str, Any]:
    return {"number": posted.number, "at": posted.at, "message": posted.document}
