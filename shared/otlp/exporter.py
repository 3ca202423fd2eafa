"""Sending spans to an OTLP receiver, in JSON (opentelemetry-proto, JSON mapping: ids in hex, 64-bit numbers as text).

Nobody waits for an export: spans go into a bounded queue, a thread of its own sends them in batches, and what finds the
queue full, or a receiver that does not take it, is dropped and counted.
"""

import json
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any

from shared.errors import Unavailable
from shared.logs import get_logger
from shared.otlp.spans import Span
from shared.outbound import Outbound
from shared.telemetry import run_at_end

log = get_logger(__name__)

FAILED = 2
"""STATUS_CODE_ERROR"""
AGAIN = (429, 502, 503, 504)
"""Answers after which the same batch may be sent once more (OTLP specification, "retryable response codes")."""


class Exporter:
    """Sends spans to an OTLP receiver, from a thread that begins with the first span."""

    def __init__(
        self,
        url: str,
        resource: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
        capacity: int = 2048,
        batch: int = 256,
        pause: float = 1.0,
    ) -> None:
        self._url = url
        self._resource = _write_attributes(resource)
        self._headers = {"content-type": "application/json", **(headers or {})}
        self._timeout = timeout
        self._batch = batch
        self._pause = pause
        self._outbound = Outbound()
        self._spans: queue.Queue[Span] = queue.Queue(capacity)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        self.sent = self.dropped = 0
        """Spans since the process started."""

    def __call__(self, span: Span) -> None:
        """Take the span on, at once; it is dropped where too many wait."""
        if self._thread is None:
            self._start()
        try:
            self._spans.put_nowait(span)
        except queue.Full:
            self.dropped += 1

    def finish(self, seconds: float = 2.0) -> None:
        """Send what waits, for at most so long; then the process may end."""
        self._hurry.set()
        end = time.monotonic() + seconds
        while self._spans.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.01)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="otlp", daemon=True)
                self._thread.start()
                run_at_end(self.finish)

    def _work(self) -> None:
        while True:
            spans = [self._spans.get()]
            self._hurry.wait(self._pause)
            while len(spans) < self._batch:
                try:
                    spans.append(self._spans.get_nowait())
                except queue.Empty:
                    break
            try:
                self._send(spans)
            except Exception:
                # Whatever is the matter with one batch, the next one is sent.
                log.exception("spans cannot be sent")
                self.dropped += len(spans)
            for _ in spans:
                self._spans.task_done()

    def _send(self, spans: list[Span]) -> None:
        body = json.dumps(request_of(self._resource, spans), separators=(",", ":")).encode()
        cause = ""
        for last in (False, True):
            try:
                status = self._outbound.post(self._url, body, self._headers, self._timeout).status
            except Unavailable as exc:
                status, cause = 503, str(exc)
            if 200 <= status < 300:
                self.sent += len(spans)
                return
            if status not in AGAIN or last or self._hurry.wait(self._pause):
                break
        self.dropped += len(spans)
        fields = {"cause": cause or f"the receiver answered {status}", "dropped": self.dropped}
        log.warning("spans were dropped", extra={"fields": fields})


def request_of(resource: list[dict[str, Any]], spans: list[Span]) -> dict[str, Any]:
    """The body of an ExportTraceServiceRequest in JSON."""
    scope = {"scope": {"name": "parley"}, "spans": [_write_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}


def _write_span(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace,
        "spanId": span.ident,
        "parentSpanId": span.parent,
        "flags": int(span.flags, 16),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(max(span.ended, span.began)),
        "attributes": _write_attributes(span.attributes),
        "status": {"code": FAILED, "message": span.error[:500]} if span.error else {},
    }


def _write_attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _write_value(value)} for key, value in values.items()]


def _write_value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
    # A lone surrogate, which JSON may hold, has no UTF-8 form.
    return {"stringValue": str(value).encode("utf-8", "replace").decode()}
