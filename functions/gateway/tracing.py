"""What the gateway tells of a message: one log line when it is through, and a span where traces are exported."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.errors import Failure
from shared.events.envelope import Envelope
from shared.logs import INFO, WARNING, get_logger
from shared.serving import describe_event

if TYPE_CHECKING:
    from shared.otlp import Tracer

log = get_logger(__name__)
SERVER = 2
"""The kind of span that begins a trace's way through us (OpenTelemetry, trace.proto)."""


class Tracing:
    """Accompanies messages through the gateway."""

    def __init__(self, tracer: "Tracer | None") -> None:
        self._tracer = tracer

    @contextmanager
    def trace_message(self, envelope: Envelope, status: int = 200) -> Iterator[Envelope]:
        """The event as a part of the gateway's span; at the end of the block it is logged, with what became of it."""
        started = time.perf_counter()
        span, traced = self._tracer.begin(envelope, None, SERVER) if self._tracer is not None else (None, envelope)
        cause = ""
        try:
            yield traced
        except Failure as exc:
            status, cause = exc.status, str(exc)
            raise
        except GeneratorExit:
            status, cause = 499, "the caller hung up"
            raise
        except BaseException:
            status, cause = 500, "a bug"
            raise
        finally:
            self._log(envelope, status, cause, time.perf_counter() - started)
            if self._tracer is not None:
                self._tracer.end(span, status, cause=cause)

    def _log(self, envelope: Envelope, status: int, cause: str, seconds: float) -> None:
        level = WARNING if cause else INFO
        if log.isEnabledFor(level):
            fields = {"stage": "gateway", "status": status, "milliseconds": round(seconds * 1000, 1)}
            more = {"cause": cause} if cause else {}
            what = "refused" if cause else "taken"
            log.log(level, what, extra={"fields": {**fields, **describe_event(envelope), **more}})


UNTRACED = Tracing(None)
