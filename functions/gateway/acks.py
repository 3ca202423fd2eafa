"""How long platforms waited for their webhooks' answers: told to the broker in batches, after the fact.

The answer of a webhook is over when it could be measured, so it cannot ride on the message's own event; and while the
broker refuses, which is when platforms are answered late, nothing can be told. So it is kept for a while, and told with
the next batch.
"""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from functions.gateway.background import Background
from shared.errors import Failure
from shared.events.catalogue import WebhookAnswer, WebhooksAnswered
from shared.events.envelope import Envelope
from shared.telemetry import since_start

ACK_SECONDS: Final = {
    # Each platform's own word, or where it gives none, what is told of it.
    "slack": 3.0,
    "discord": 3.0,
    "teams": 15.0,
    "twilio": 15.0,
    "gchat": 30.0,
    "whatsapp": 5.0,
    "messenger": 5.0,
    "line": 5.0,
    "telegram": 10.0,
}
"""Seconds that a platform waits. Telegram's limit is 60, but webhooks are reported to fail from 10 on."""
KEPT = 500
PAUSE = 1.0
"""Seconds in which webhooks are gathered into one event."""
WAITED = 1.0
"""A first request this soon after the process was ready has waited for it."""


class Acks:
    """Gathers how webhooks were answered, of those channels whose platform has a budget."""

    def __init__(
        self,
        publish: Callable[[Envelope], None],
        *,
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
        start: float | None = None,
    ) -> None:
        self._publish = publish
        self._pause = pause
        self._clock = clock
        self._start = since_start() if start is None else start
        self._ready = clock()
        self._first = True
        self._lock = threading.Lock()
        self._kept: list[WebhookAnswer] = []
        self._telling = False
        """Whether somebody is about to tell what is kept."""
        self._background = Background("acks", 1)

    def answered(self, channel: str, seconds: float, status: int) -> None:
        """A webhook was answered. A caller's own mistakes (4xx) are none of the platform's budget."""
        first, self._first = self._first, False
        budget = ACK_SECONDS.get(channel)
        if budget is None or (400 <= status < 500 and status != 429):
            return
        if first and self._start is not None and self._clock() - seconds - self._ready < WAITED:
            seconds += self._start
        with self._lock:
            self._kept.append(WebhookAnswer(channel, round(seconds, 4), budget, status, first))
            del self._kept[:-KEPT]
            telling, self._telling = self._telling, True
        if not telling and not self._background.submit(self._tell):
            self._telling = False

    def join(self) -> None:
        self._background.join()

    def _tell(self) -> None:
        time.sleep(self._pause)
        with self._lock:
            answers, self._kept, self._telling = self._kept, [], False
        if not answers:
            return
        data = WebhooksAnswered(tuple(answers))
        ident = f"webhooks:{secrets.token_hex(12)}"
        event = Envelope(ident, "/parley/gateway", "", data, data.TYPE, ident)
        try:
            self._publish(event)
        except Failure:
            with self._lock:
                self._kept = [*answers, *self._kept][-KEPT:]
            raise
