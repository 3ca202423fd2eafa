"""Spans: what a stage worked on, for whom, and how long (W3C Trace Context, OpenTelemetry's trace.proto).

Names of attributes: OpenTelemetry's semantic conventions (cloudevents, faas, http, messaging).
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from shared.errors import Unavailable
from shared.events.envelope import Envelope
from shared.outbound import Answered
from shared.telemetry import hash_conversation, parse_traceparent

SERVER, CLIENT, CONSUMER = 2, 3, 5
"""Kinds of spans, as trace.proto numbers them."""


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

    def __init__(
        self, export: Callable[[Span], None], ratio: float = 1.0, dropped: Callable[[], int] = lambda: 0
    ) -> None:
        """`dropped`: how many spans were lost since the process started."""
        self._export = export
        self._bound = round(ratio * 2**64)
        self._dropped = dropped
        self._told = 0

    def take_dropped(self) -> int:
        """How many spans were dropped since somebody last asked."""
        dropped = self._dropped()
        new, self._told = dropped - self._told, dropped
        return new

    def begin(
        self, envelope: Envelope, header: str | None = None, kind: int = CONSUMER
    ) -> tuple[Span | None, Envelope]:
        """The span of work on this event, and the event as a part of it; no span where it belongs to no trace.

        Of a trace that is not recorded a span is sent only where it fails: what went wrong is always kept.

        `header` is the hop's own traceparent. It counts where it belongs to the event's trace: then somebody between
        (the walk, a broker) has a span of its own.
        """
        found = parse_traceparent(envelope.traceparent)
        if found is None:
            return None, envelope
        hop = parse_traceparent(header)
        trace, parent, flags = hop if hop is not None and hop[0] == found[0] else found
        attributes = {
            "cloudevents.event_id": envelope.id,
            "cloudevents.event_type": envelope.type,
            "cloudevents.event_source": envelope.source,
            "messaging.system": "cloudevents",
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.destination.name": envelope.type,
            "messaging.message.id": envelope.id,
            "messaging.message.conversation_id": envelope.message,
            "parley.message": envelope.message,
            "parley.channel": envelope.channel,
            "parley.conversation": hash_conversation(envelope.subject),
        }
        span = Span(envelope.type.removeprefix("dev.parley."), kind, trace, parent, flags, attributes)
        if envelope.purpose:
            attributes["parley.purpose"] = envelope.purpose
        # The next stage is a child of a span that is there.
        return span, replace(envelope, traceparent=span.traceparent) if self._is_recorded(found) else envelope

    @contextmanager
    def work_in(self, span: Span | None) -> Iterator[None]:
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
            span.attributes["error.type"] = str(status)
        if span.error or self._is_recorded((span.trace, span.parent, span.flags)):
            self._export(span)

    def client(self, call: Callable[..., Answered], method: str, url: str, **options: Any) -> Answered:
        """An outgoing call as a span. The address is told by its host alone: paths and queries may hold secrets."""
        headers = options.get("headers") or {}
        parent = parse_traceparent(headers.get("traceparent"))
        span = self._begin_child(method, url, parent)
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

    def _begin_child(self, method: str, url: str, parent: tuple[str, str, str] | None) -> Span | None:
        if parent is None:
            current = CURRENT.get()
            if current is None:
                return None
            parent = (current.trace, current.ident, current.flags)
        if not self._is_recorded(parent):
            return None
        parts = urlsplit(url)
        attributes: dict[str, Any] = {"http.request.method": method, "server.address": parts.hostname or ""}
        if parts.port is not None:
            attributes["server.port"] = parts.port
        return Span(f"{method} {parts.hostname}", CLIENT, parent[0], parent[1], parent[2], attributes)

    def _is_recorded(self, parent: tuple[str, str, str]) -> bool:
        """As OpenTelemetry's TraceIdRatioBased under ParentBased: all stages decide the same about one trace."""
        return bool(int(parent[2], 16) & 1) and int(parent[0][16:], 16) < self._bound
