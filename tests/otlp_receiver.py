"""A receiver of OTLP/HTTP for tests: reads requests with OpenTelemetry's own protobuf definitions, strictly."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from werkzeug.wrappers import Request

from tests.loopback import served


@dataclass
class Receiver:
    """Answers as it is told and keeps what it was sent."""

    statuses: list[int] = field(default_factory=list)
    """For the next requests; 200 after them."""
    delay: float = 0.0
    spans: list[tuple[str, Any]] = field(default_factory=list)
    """Name of the service, and the Span of opentelemetry-proto."""
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        with served(self._take) as self.url:
            yield self

    def wait(self, count: int, seconds: float = 20.0) -> list[tuple[str, Any]]:
        end = time.monotonic() + seconds
        while len(self.spans) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.spans) >= count, f"{len(self.spans)} spans came, not {count}"
        return self.spans

    def _take(self, request: Request) -> Any:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        threading.Event().wait(self.delay)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            assert request.path == "/v1/traces"
            for spans in parsed(request.get_data()).resource_spans:
                names = {item.key: item.value.string_value for item in spans.resource.attributes}
                for scope in spans.scope_spans:
                    self.spans += [(names["service.name"], span) for span in scope.spans]
        return "{}", status, {"content-type": "application/json"}


def parsed(body: bytes) -> Any:
    """The request; OTLP writes ids in hex where protobuf's own JSON has base64, everything else is protobuf's."""
    document = json.loads(body)
    for spans in document["resourceSpans"]:
        for scope in spans["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return Parse(json.dumps(document), ExportTraceServiceRequest())


def attributes(span: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in span.attributes}
