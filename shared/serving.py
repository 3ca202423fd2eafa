"""How a stage is served: HTTP in, one event or nothing out, and the one place where failures become statuses.

Written against the few things that it needs of a request, so that it runs under functions-framework (whose HTTP
signature hands over a Flask request) and under any other server.

`@functions_framework.cloud_event` is not used: it discards what the function returns and answers `OK`, which a
Knative broker takes for a failed delivery (facts: a non-empty 2xx that is no CloudEvent becomes 502).
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.errors import Failure, Rejected, TooLarge, Unavailable
from shared.events.catalogue import PREFIX
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.logs import ERROR, INFO, WARNING, logger
from shared.telemetry import add_timing, hashed, open_tracer, this_process, trace_of

log = logger(__name__)

MAX_EVENT_BYTES = 1024 * 1024

Answer = tuple[Any, int, dict[str, str]]
"""Body, status, headers: what Flask makes a response of."""


class Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Request(Protocol):
    """The part of a Flask request that stages use."""

    method: str
    path: str

    @property
    def headers(self) -> Any: ...
    @property
    def stream(self) -> Stream: ...
    @property
    def content_length(self) -> int | None: ...


class Stage(Protocol):
    """A pipeline stage: takes an event, answers at most one."""

    CONSUMES: tuple[Any, ...]
    """The catalogue types that it takes; empty where it takes any event, known or not."""
    PRODUCES: tuple[Any, ...]

    def __call__(self, envelope: Envelope) -> Envelope | None: ...


class Serving:
    """Serves one stage. The first event that it answers counts as cold."""

    def __init__(
        self,
        name: str,
        stage: Stage,
        *,
        clock: Callable[[], float] = time.perf_counter,
        limit: int = MAX_EVENT_BYTES,
        nothing: int = 204,
        calls: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self._name = name
        self._stage = stage
        self._clock = clock
        self._limit = limit
        self._nothing = nothing
        """The status of having nothing to say."""
        self._calls = calls or {}
        """Path -> what a POST there does, whatever its body; answered 202 and empty."""
        self._cold = True
        self._tracer = open_tracer(name, os.environ)
        self._process = this_process(os.environ)

    def __call__(self, request: Request) -> Answer:
        started = self._clock()
        if request.method == "GET" and request.path == "/healthz":
            return text(200, "ok")
        if request.method != "POST":
            return failed(405, "send a CloudEvent with POST")
        if request.path == "/wake":
            return "", 202, {}
        call = self._calls.get(request.path)
        if request.path != "/" and call is None:
            return failed(404, f"{self._name} takes events at / and nothing at this path")
        if call is not None:
            return self._called(request.path, call)
        return self._answer(request, started)

    def _called(self, path: str, call: Callable[[], None]) -> Answer:
        try:
            call()
        except Failure as exc:
            fields = {"stage": self._name, "path": path, "status": exc.status, "cause": str(exc)}
            log.warning("refused", extra={"fields": fields})
            return failed(exc.status, str(exc))
        except Exception as exc:
            log.exception("failed", extra={"fields": {"stage": self._name, "path": path}})
            return failed(500, f"{self._name} has a bug: {type(exc).__name__}; its log has the traceback")
        return "", 202, {}

    def _answer(self, request: Request, started: float) -> Answer:
        """Read the event, let the stage decide, and say in one log line what came of it."""
        envelope: Envelope | None = None
        answer: Envelope | None = None
        bug: Exception | None = None
        span, cause, status = None, "", 200
        try:
            headers = lowered(request.headers)
            envelope = self._read(headers, request)
            if self._tracer is None:
                answer = self._stage(envelope)
            else:
                span, traced = self._tracer.begin(envelope, headers.get("traceparent"))
                with self._tracer.working(span):
                    answer = self._stage(traced)
            status = self._nothing if answer is None else 200
        except Failure as exc:
            status, cause = exc.status, str(exc)
        except Exception as exc:  # noqa: BLE001 - logged below, with its traceback
            bug, status = exc, 500
            cause = f"{self._name} has a bug: {type(exc).__name__}; its log has the traceback"
        cold = self._cold and status < 300
        if cold:
            self._cold = False
        seconds = self._clock() - started
        self._log(envelope, status, seconds, cold, cause, bug)
        if self._tracer is not None:
            self._tracer.end(span, status, cause=cause, **{"faas.coldstart": cold})
        if cause:
            return failed(status, cause)
        if answer is None or envelope is None:
            return "", status, {}
        timings = add_timing(envelope.timings, self._name, seconds, cold=cold, process=self._process)
        out_headers, body = encode(answer, timings)
        return body, 200, out_headers

    def _read(self, headers: Mapping[str, str], request: Request) -> Envelope:
        envelope = decode(headers, body_of(request, self._limit), self._stage.CONSUMES)
        consumes = [cls.TYPE for cls in self._stage.CONSUMES]
        if consumes and envelope.type not in consumes:
            cause = f"{self._name} does not take {envelope.type}; it takes {', '.join(consumes)}"
            # Triggers send a stage only what it takes, so this one is older than whoever wrote the event: in the middle
            # of an upgrade the event comes again, and finds the newer one.
            if envelope.type.startswith(PREFIX):
                raise Unavailable(f"{cause}; a newer {self._name} may")
            raise Rejected(cause)
        return envelope

    def _log(
        self, envelope: Envelope | None, status: int, seconds: float, cold: bool, cause: str, bug: Exception | None
    ) -> None:
        level = ERROR if bug else WARNING if cause else INFO
        if not log.isEnabledFor(level):
            return
        fields: dict[str, Any] = {"stage": self._name, "status": status, "milliseconds": round(seconds * 1000, 1)}
        if envelope is not None:
            fields |= event_fields(envelope)
        if cold:
            fields["cold"] = True
        if cause:
            fields["cause"] = cause
        what = "failed" if bug else "refused" if cause else "taken"
        log.log(level, what, exc_info=bug, extra={"fields": fields})


def event_fields(envelope: Envelope) -> dict[str, Any]:
    """What log lines say of an event: ids, never content."""
    return {
        "event": envelope.id,
        "type": envelope.type,
        "message_id": envelope.message,
        "conversation": hashed(envelope.subject),
        "channel": envelope.channel,
        "trace": trace_of(envelope.traceparent),
    }


def body_of(request: Request, limit: int) -> bytes:
    """The request's body, or TooLarge before more than `limit` bytes of it are held."""
    if (request.content_length or 0) > limit:
        raise TooLarge(f"the body has {request.content_length} bytes; at most {limit} are taken here")
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"the body has more than the {limit} bytes that are taken here")
    return body


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def text(status: int, body: str) -> Answer:
    return body, status, {"content-type": "text/plain; charset=utf-8"}


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return json.dumps(body, ensure_ascii=False), status, {"content-type": "application/json", **(headers or {})}


def failed(status: int, cause: str) -> Answer:
    """A failure's answer, in the one shape that every endpoint uses."""
    return json_answer(status, {"error": cause})
