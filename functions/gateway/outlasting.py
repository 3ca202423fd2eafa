"""Publishing that goes on after its caller was answered.

Knative's in-memory channel works within the publisher's request: whoever hangs up ends the retries of the whole chain,
and no dead letter is sent. A platform does not wait for as long as a chain that fails. So the request goes on here, and
whoever waited is told to come again; the same message is the same event, however often it comes.
"""

import threading
from collections.abc import Callable

from shared.errors import Unavailable
from shared.events.envelope import Envelope
from shared.logs import WARNING, get_logger

log = get_logger(__name__)

AT_ONCE = 64
"""Requests at the broker at once, each in a thread; more messages are refused."""


class Outlasting:
    """Publishes as `publish` does, and waits for that so many seconds and no longer."""

    def __init__(self, publish: Callable[[Envelope], None], patience: float, at_once: int = AT_ONCE) -> None:
        self._publish = publish
        self._patience = patience
        self._places = threading.BoundedSemaphore(at_once)

    def __call__(self, envelope: Envelope) -> None:
        """Return once the broker holds the event; raises what `publish` does, and Unavailable where that goes on."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("the broker is at work on as much as it can hold; send this message again in a moment")
        request = _Request(self._publish, envelope, self._places)
        threading.Thread(target=request.run, name="publish", daemon=True).start()
        if not request.ended.wait(self._patience):
            request.awaited = False
            raise Unavailable("the broker takes too long; it goes on with this event, so send it under the same id")
        if request.failure is not None:
            raise request.failure


class _Request:
    """One event on its way to the broker."""

    def __init__(
        self, publish: Callable[[Envelope], None], envelope: Envelope, places: threading.BoundedSemaphore
    ) -> None:
        self._publish = publish
        self._envelope = envelope
        self._places = places
        self.ended = threading.Event()
        self.awaited = True
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self._publish(self._envelope)
        except Exception as exc:  # noqa: BLE001 - raised again by whoever waits
            self.failure = exc
            if not self.awaited:
                fields = {"event": self._envelope.id, "cause": type(exc).__name__}
                log.log(WARNING, "not published", extra={"fields": fields})
        finally:
            self._places.release()
            self.ended.set()
