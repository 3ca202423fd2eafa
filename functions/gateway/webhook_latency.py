"""How long platforms waited for their webhooks' responses: reported to the broker in batches, after the fact.

The response of a webhook is over when it could be measured, so it cannot ride on the message's own event; and while the
broker refuses, which is when platforms are answered late, nothing can be reported. So it is kept for a while, and goes
out with the next batch.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from functions.gateway.background import Background
from shared.channels.catalogue import find_channel as registered
from shared.errors import Failure
from shared.events.catalogue import WebhookAnswer, WebhooksAnswered
from shared.events.envelope import Envelope
from shared.telemetry import measure_since_start

MAX_KEPT: Final = 500
"""Measurements; the oldest are dropped beyond that."""
BATCH_SECONDS: Final = 1.0
"""In which webhooks are batched into one event."""
COLD_START_SECONDS: Final = 1.0
"""A first request this soon after the process was ready has waited for its start."""


class WebhookLatency:
    """Batches how webhooks were answered, of those channels whose platform has an ack deadline."""

    def __init__(
        self,
        publish: Callable[[Envelope], None],
        *,
        pause: float = BATCH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        start: float | None = None,
    ) -> None:
        self._publish = publish
        self._pause = pause
        self._clock = clock
        self._start = measure_since_start() if start is None else start
        self._ready = clock()
        self._first = True
        self._lock = threading.Lock()
        self._kept: list[WebhookAnswer] = []
        self._reporting = False
        """Whether a report of what is kept is due already."""
        self._background = Background("webhook latency", 1)

    def record(self, channel: str, seconds: float, status: int, undelivered: Sequence[str] = ()) -> None:
        """A webhook was answered. A caller's own mistakes (4xx) are none of the platform's deadline."""
        first, self._first = self._first, False
        deadline = registered(channel).ack_seconds
        if deadline is None or (400 <= status < 500 and status != 429):
            return
        if first and self._start is not None and self._clock() - seconds - self._ready < COLD_START_SECONDS:
            seconds += self._start
        with self._lock:
            self._kept.append(WebhookAnswer(channel, round(seconds, 4), deadline, status, first, tuple(undelivered)))
            del self._kept[:-MAX_KEPT]
            reporting, self._reporting = self._reporting, True
        if not reporting and not self._background.submit(self._report):
            self._reporting = False

    def join(self) -> None:
        self._background.join()

    def _report(self) -> None:
        time.sleep(self._pause)
        with self._lock:
            answers, self._kept, self._reporting = self._kept, [], False
        if not answers:
            return
        data = WebhooksAnswered(tuple(answers))
        event_id = f"webhooks:{secrets.token_hex(12)}"
        event = Envelope(event_id, "/parley/gateway", "", data, data.TYPE, event_id)
        try:
            self._publish(event)
        except Failure:
            with self._lock:
                self._kept = [*answers, *self._kept][-MAX_KEPT:]
            raise
