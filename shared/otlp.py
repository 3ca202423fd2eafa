"""Spans, and their export by OTLP/HTTP in JSON. Imported only where an exporter's address is set (shared.process).

Written out instead of taken from OpenTelemetry's SDK, whose import costs a cold start more than all of a small stage's
own (tests/bench/README.md). Formats: opentelemetry-proto `trace.proto` and its JSON mapping (ids in hex, 64-bit numbers
as text), W3C Trace Context. Names of attributes: OpenTelemetry's semantic conventions (cloudevents, faas, http).

Nobody waits for an export: spans go into a bounded queue, a thread of its own sends them in batches, and what finds the
queue full, or a receiver that does not take it, is dropped and counted.
"""

import json
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.config import Misconfigured
from shared.errors import Unavailable
from shared.events.envelope import Envelope
from shared.logs import logger
from shared.outbound import Answered, Outbound
from shared.settings import Settings
from shared.telemetry import at_end, hashed

log = logger(__name__)

SERVER, CLIENT, CONSUMER = 2, 3, 5
"""Kinds of spans, as trace.proto numbers them."""
FAILED = 2
"""STATUS_CODE_ERROR"""
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})")
AGAIN = (429, 502, 503, 504)
"""Answers after which the same batch may be sent once more (OTLP specification, "retryable response codes")."""


@dataclass(slots=True)
class Span:
    """One piece of work of a trace; `traceparent` is what the work that follows from it carries."""

    name: str
    kind: int
    trace: str
    parent: str
    flags: str
    attributes: dict[str, Any]
    began: int = field(default_factory=time.time_ns)
    ident: str = field(default_factory=lambda: os.urandom(8).hex())
    ended: int = 0
    error: str = ""

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace}-{self.ident}-{self.flags}"


CURRENT: ContextVar[Span | None] = ContextVar("span", default=None)
"""The span of the event that this thread works on."""


class Tracer:
    """Begins and ends the spans of one stage."""

    def __init__(self, export: Callable[[Span], None], ratio: float = 1.0) -> None:
        self._export = export
        self._bound = round(ratio * 2**64)

    def begin(
        self, envelope: Envelope, header: str | None = None, kind: int = CONSUMER
    ) -> tuple[Span | None, Envelope]:
        """The span of work on this event, and the event as a part of it; no span where the trace is not recorded.

        `header` is the hop's own traceparent. It counts where it belongs to the event's trace: then somebody between
        (the walk, a broker) has a span of its own.
        """
        found = _parsed(envelope.traceparent)
        if found is None or not self._recorded(found):
            return None, envelope
        hop = _parsed(header)
        trace, parent, flags = hop if hop is not None and hop[0] == found[0] else found
        attributes = {
            "cloudevents.event_id": envelope.id,
            "cloudevents.event_type": envelope.type,
            "cloudevents.event_source": envelope.source,
            "parley.message": envelope.message,
            "parley.channel": envelope.channel,
            "parley.conversation": hashed(envelope.subject),
        }
        span = Span(envelope.type.removeprefix("dev.parley."), kind, trace, parent, flags, attributes)
        return span, replace(envelope, traceparent=span.traceparent)

    @contextmanager
    def working(self, span: Span | None) -> Iterator[None]:
        """Whatever this thread calls meanwhile belongs to the span."""
        token = CURRENT.set(span)
        try:
            yield
        finally:
            CURRENT.reset(token)

    def end(self, span: Span | None, status: int, *, cause: str = "", **attributes: Any) -> None:
        if span is None:
            return
        span.ended = time.time_ns()
        span.attributes["http.response.status_code"] = status
        span.attributes.update(attributes)
        if status >= 400:
            span.error = cause or f"status {status}"
        self._export(span)

    def client(self, call: Callable[..., Answered], method: str, url: str, **options: Any) -> Answered:
        """An outgoing call as a span. The address is told by its host alone: paths and queries may hold secrets."""
        headers = options.get("headers") or {}
        parent = _parsed(headers.get("traceparent"))
        span = self._child(method, url, parent)
        if span is None:
            return call(method, url, **options)
        if parent is not None:
            options["headers"] = {**headers, "traceparent": span.traceparent}
        try:
            answered = call(method, url, **options)
        except Unavailable as exc:
            self.end(span, 503, cause=str(exc))
            raise
        self.end(span, answered.status)
        return answered

    def _child(self, method: str, url: str, parent: tuple[str, str, str] | None) -> Span | None:
        if parent is None:
            current = CURRENT.get()
            if current is None:
                return None
            parent = (current.trace, current.ident, current.flags)
        if not self._recorded(parent):
            return None
        parts = urlsplit(url)
        attributes: dict[str, Any] = {"http.request.method": method, "server.address": parts.hostname or ""}
        if parts.port is not None:
            attributes["server.port"] = parts.port
        return Span(f"{method} {parts.hostname}", CLIENT, parent[0], parent[1], parent[2], attributes)

    def _recorded(self, parent: tuple[str, str, str]) -> bool:
        """As OpenTelemetry's TraceIdRatioBased under ParentBased: all stages decide the same about one trace."""
        return bool(int(parent[2], 16) & 1) and int(parent[0][16:], 16) < self._bound


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
        self._resource = _attributes(resource)
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
                at_end(self.finish)

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
    scope = {"scope": {"name": "parley"}, "spans": [_wire(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}


def _wire(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace,
        "spanId": span.ident,
        "parentSpanId": span.parent,
        "flags": int(span.flags, 16),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(max(span.ended, span.began)),
        "attributes": _attributes(span.attributes),
        "status": {"code": FAILED, "message": span.error[:500]} if span.error else {},
    }


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
    # A lone surrogate, which JSON may hold, has no UTF-8 form.
    return {"stringValue": str(value).encode("utf-8", "replace").decode()}


def _parsed(traceparent: str | None) -> tuple[str, str, str] | None:
    """Trace, span and flags of a W3C traceparent."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    return (found.group(1), found.group(2), found.group(3)) if found else None


def tracer_of(stage: str, settings: Settings) -> Tracer:
    """The tracer that OpenTelemetry's settings ask for, or Misconfigured with the mistake."""
    url = settings.otlp_traces_endpoint or f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Misconfigured(f"parley: OTEL_EXPORTER_OTLP_ENDPOINT must be http://HOST:PORT, not {url!r}")
    if not 0.0 <= settings.sampled <= 1.0 or not settings.otlp_timeout > 0.0:
        raise Misconfigured(
            "parley: OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, OTEL_EXPORTER_OTLP_TIMEOUT milliseconds"
        )
    headers, timeout = _pairs(settings.otlp_headers), settings.otlp_timeout / 1000
    return Tracer(Exporter(url, resource_of(stage, settings), headers=headers, timeout=timeout), settings.sampled)


def resource_of(stage: str, settings: Settings) -> dict[str, Any]:
    """What sends the spans: the stage, its revision and its pod."""
    named = {
        "service.name": settings.service_name or f"parley-{stage.replace('_', '-')}",
        "service.namespace": "parley",
        "service.instance.id": settings.hostname,
        "faas.version": settings.revision,
    }
    return {key: value for key, value in named.items() if value} | _pairs(settings.resource)


def _pairs(text: str) -> dict[str, str]:
    """`key=value,key=value`, percent-encoded, as OpenTelemetry's variables have it."""
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {key.strip(): unquote(value.strip()) for key, _, value in pairs}
