"""The outbox over HTTP, for the gateway: `GET /outbox/CONVERSATION?after=N&wait=SECONDS&limit=N`.

A long poll looks into the store with growing pauses, and at once when this very process posts something. Nobody holds
a connection but while an answer is awaited, so the store is not asked by pages on which nobody talks.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from urllib import parse

from shared.errors import Failure, Rejected
from shared.events.identity import is_token
from shared.logs import logger
from shared.serving import Answer, failed, json_answer
from shared.stores.ports import Outbox, Posted

log = logger(__name__)

PREFIX = "/outbox/"
LONGEST_WAIT = 25.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.5
"""Seconds between two looks; about 20 reads in the longest wait, which matters where a store charges for each."""
LIMIT = 100


class Request(Protocol):
    """The part of a Flask request that is used here."""

    method: str
    path: str
    query_string: bytes


class Arrivals:
    """Wakes those who wait for a conversation's next message in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[threading.Event]] = {}

    def posted(self, conversation: str) -> None:
        with self._lock:
            for event in self._waiting.get(conversation, ()):
                event.set()

    @contextmanager
    def awaited(self, conversation: str) -> Iterator[threading.Event]:
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


class OutboxServing:
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
        self._places = threading.BoundedSemaphore(max(long_polls, 1))
        self._now = now
        self._clock = clock

    def __call__(self, request: Request) -> Answer:
        if request.method != "GET":
            return failed(405, "the outbox is read with GET")
        conversation = request.path.removeprefix(PREFIX)
        try:
            if not is_token(conversation):
                raise Rejected("the path must be /outbox/ and the id of a conversation")
            query = dict(parse.parse_qsl(request.query_string.decode("utf-8", "replace")))
            after, limit = _whole(query, "after", 0), _whole(query, "limit", LIMIT) or LIMIT
            wait = min(float(_whole(query, "wait", 0)), LONGEST_WAIT)
            held = wait > 0 and self._places.acquire(blocking=False)
            try:
                posted = self._wait(conversation, after, limit, wait if held else 0.0)
            finally:
                if held:
                    self._places.release()
        except Failure as exc:
            return failed(exc.status, str(exc))
        except Exception as exc:
            log.exception("failed", extra={"fields": {"stage": "delivery"}})
            return failed(500, f"delivery has a bug: {type(exc).__name__}; its log has the traceback")
        return json_answer(200, {"messages": [_shown(message) for message in posted]})

    def _wait(self, conversation: str, after: int, limit: int, seconds: float) -> Sequence[Posted]:
        """What is there; where that is nothing, what comes within `seconds`."""
        deadline = self._clock() + seconds
        pause = FIRST_PAUSE
        with self._arrivals.awaited(conversation) as arrived:
            while True:
                arrived.clear()
                found = self._outbox.read_after(conversation, after, self._now(), min(limit, LIMIT))
                left = deadline - self._clock()
                if found or left <= 0:
                    return found
                arrived.wait(min(pause, left))
                pause = min(pause * 1.5, LONGEST_PAUSE)


def _shown(posted: Posted) -> dict[str, Any]:
    return {"number": posted.number, "at": posted.at, "message": posted.document}


def _whole(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Rejected(f"{name} must be a whole number")
    return int(text)
