"""How a stage is served: HTTP in, one event or nothing out, and the one place where failures become statuses.

Written against the few things that it needs of a request, so that it runs under functions-framework (whose HTTP
signature hands over a Flask request) and under any other server.

`@functions_framework.cloud_event` is not used: it discards what the function returns and answers `OK`, which a
Knative broker takes for a failed delivery (a non-empty 2xx that is no CloudEvent becomes 502; knative/eventing,
pkg/broker/filter/filter_handler.go).
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from shared.errors import Failure, Rejected, TooLarge, Unavailable
from shared.events.catalogue import PREFIX
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.logs import ERROR, INFO, WARNING, get_logger
from shared.process import Process
from shared.telemetry import add_timing, hash_conversation, span_of, take_store_calls, trace_of

log = get_logger(__name__)

_write_json = json.JSONEncoder(ensure_ascii=False).encode

MAX_EVENT_BYTES = 1024 * 1024

Answer = tuple[Any, int, dict[str, str]]
"""Body, status, headers: what Flask makes a response of."""


class Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Request(Protocol):
    """The part of a Flask request that stages use."""

    method: str
    path: str
    query_string: bytes

    @property
    def headers(self) -> Any: ...
    @property
    def stream(self) -> Stream: ...
    @property
    def content_length(self) -> int | None: ...
    @property
    def remote_addr(self) -> str | None: ...
    @property
    def url(self) -> str: ...


Handler = Callable[[Request], Answer]
"""Answers a request, or raises: a Failure for what its message explains, anything else is a bug."""


class Stage(Protocol):
    """A pipeline stage: takes an event, answers at most one."""

    CONSUMES: tuple[Any, ...]
    """The catalogue types that it takes; empty where it takes any event, known or not."""
    PRODUCES: tuple[Any, ...]

    def __call__(self, envelope: Envelope) -> Envelope | None: ...


class Endpoint:
    """Everything that one stage answers: events at `/`, and what its `routes` say.

    A route is `METHOD /path`; one that ends in `/` takes every path that begins so. Whatever a handler raises becomes a
    status, a log line without content and `{"error": ...}`, here alone.
    """

    def __init__(
        self,
        process: Process,
        stage: Stage,
        *,
        routes: Mapping[str, Handler] | None = None,
        nothing: int = 204,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._name = process.name
        self._events = _Events(process.mark_ready(), stage, nothing, clock)
        self._routes: dict[str, dict[str, Handler]] = {}
        """Path -> method -> handler."""
        every: dict[str, Handler] = {
            "POST /": self._events,
            "GET /healthz": lambda _: text_answer(200, "ok"),
            "POST /wake": lambda _: ("", 202, {}),
            **(routes or {}),
        }
        for route, handler in every.items():
            method, _, path = route.partition(" ")
            self._routes.setdefault(path, {})[method] = handler

    def take(self, envelope: Envelope) -> Envelope | None:
        """What the stage answers to an event that comes by a call in this process, timed, traced and logged as one that
        comes by HTTP; raises a Failure."""
        return self._events.take(envelope)

    @property
    def routes(self) -> Sequence[str]:
        """What is answered: `METHOD /path` each."""
        return [f"{method} {path}" for path, methods in self._routes.items() for method in methods]

    def __call__(self, request: Request) -> Answer:
        methods = self._routes.get(request.path) or self._find_longer(request.path)
        if methods is None:
            return fail(404, f"{self._name} takes events at / and nothing at this path")
        handler = methods.get(request.method)
        if handler is None:
            what = "send a CloudEvent with POST" if request.path == "/" else f"this path takes {', '.join(methods)}"
            body, status, headers = fail(405, what)
            return body, status, {**headers, "allow": ", ".join(methods)}
        try:
            return handler(request)
        except Exception as exc:  # noqa: BLE001 - the one place where it is named and logged
            return answer_exception(self._name, exc, {"path": request.path if request.path in self._routes else "..."})

    def _find_longer(self, path: str) -> Mapping[str, Handler] | None:
        """The methods of the route that ends in `/` and begins this path."""
        longer = (route for route in self._routes if len(route) > 1 and route.endswith("/") and path.startswith(route))
        return next((self._routes[route] for route in longer), None)


class _Events:
    """Takes events. The first that is answered counts as cold."""

    def __init__(self, process: Process, stage: Stage, nothing: int, clock: Callable[[], float]) -> None:
        self._process = process
        self._stage = stage
        self._nothing = nothing
        """The status of having nothing to say."""
        self._clock = clock
        self._cold = True
        self._types = [cls.TYPE for cls in stage.CONSUMES]

    def __call__(self, request: Request) -> Answer:
        """Read the event, let the stage decide, and say in one log line what came of it."""
        started = self._clock()
        envelope: Envelope | None = None
        try:
            headers = lower_names(request.headers)
            envelope = self._read(headers, request)
            produced, timings = self._work(envelope, headers.get("traceparent"), started)
        except Exception as exc:  # noqa: BLE001 - named and logged by answer_exception
            fields = {"milliseconds": self._count_milliseconds(started), **describe_event(envelope)}
            return answer_exception(self._process.name, exc, fields, EVENT_BUG_STATUS)
        if produced is None:
            return "", self._nothing, {}
        out_headers, body = encode(produced, timings)
        return body, 200, out_headers

    def take(self, envelope: Envelope) -> Envelope | None:
        """The same for an event that comes by a call; raises a Failure, after it was logged."""
        started = self._clock()
        try:
            produced, timings = self._work(envelope, envelope.traceparent, started)
        except Exception as exc:
            fields = {"milliseconds": self._count_milliseconds(started), **describe_event(envelope)}
            log_exception(self._process.name, exc, fields, EVENT_BUG_STATUS)
            if isinstance(exc, Failure):
                raise
            raise Bug(cause_of(self._process.name, exc)) from exc
        return None if produced is None else replace(produced, timings=timings)

    def _work(self, envelope: Envelope, traceparent: str | None, started: float) -> tuple[Envelope | None, str]:
        """What the stage answers, and the timings with its own; its span and its log line, where it does not raise."""
        tracer, process = self._process.tracer, self._process
        traced_as: dict[str, Any] = {}
        # What this thread asked the store for before was for somebody else.
        take_store_calls()
        if tracer is None:
            produced = self._stage(envelope)
        else:
            span, traced = tracer.begin(envelope, traceparent)
            traced_as = {"span_id": span.ident} if span is not None else {}
            status, cause, answered = 200, "", False
            try:
                with tracer.work_in(span):
                    produced = self._stage(traced)
                status, answered = self._nothing if produced is None else 200, True
            except Exception as exc:
                status, cause = status_of(exc, EVENT_BUG_STATUS), cause_of(process.name, exc)
                raise
            finally:
                tracer.end(span, status, cause=cause, **{"faas.coldstart": self._cold and answered})
        cold, self._cold = self._cold, False
        seconds = self._clock() - started
        if log.isEnabledFor(INFO):
            own = {"stage": process.name, "status": self._nothing if produced is None else 200}
            own |= {"milliseconds": round(seconds * 1000, 1), **describe_event(envelope), **traced_as}
            log.info("taken", extra={"fields": own | ({"cold": True} if cold else {})})
        if produced is None:
            return None, ""
        timings = add_timing(
            envelope.timings,
            process.name,
            seconds,
            process.start,
            process.revision,
            cold=cold,
            store_calls=take_store_calls(),
            spans_dropped=tracer.take_dropped() if tracer is not None else 0,
        )
        return produced, timings

    def _count_milliseconds(self, started: float) -> float:
        return round((self._clock() - started) * 1000, 1)

    def _read(self, headers: Mapping[str, str], request: Request) -> Envelope:
        envelope = decode(headers, body_of(request, MAX_EVENT_BYTES), self._stage.CONSUMES)
        if self._types and envelope.type not in self._types:
            cause = f"{self._process.name} does not take {envelope.type}; it takes {', '.join(self._types)}"
            # Triggers send a stage only what it takes, so this one is older than whoever wrote the event: in the middle
            # of an upgrade the event comes again, and finds the newer one.
            if envelope.type.startswith(PREFIX):
                raise Unavailable(f"{cause}; a newer {self._process.name} may")
            raise Rejected(cause)
        return envelope


BUG_STATUS = 500
EVENT_BUG_STATUS = 422
"""A bug meets the same event again and again: a broker does not retry this status (knative/eventing,
pkg/kncloudevents/retries.go), so the event is a dead letter at once, with its cause, and holds up nobody."""


class Bug(Failure):
    """A stage that was called in this process has a bug, which its log tells."""

    status = EVENT_BUG_STATUS


def status_of(exc: Exception, bug_status: int = BUG_STATUS) -> int:
    return exc.status if isinstance(exc, Failure) else bug_status


def cause_of(stage: str, exc: Exception) -> str:
    """What may be said of it to whoever called; nothing of a bug's message, which may quote the person."""
    return str(exc) if isinstance(exc, Failure) else f"{stage} has a bug: {type(exc).__name__}; its log says where"


def answer_exception(stage: str, exc: Exception, fields: Mapping[str, Any], bug_status: int = BUG_STATUS) -> Answer:
    """The answer to a request that raised, after it was logged: one shape and one line for every endpoint."""
    log_exception(stage, exc, fields, bug_status)
    return fail(status_of(exc, bug_status), cause_of(stage, exc))


def log_exception(stage: str, exc: Exception, fields: Mapping[str, Any], bug_status: int = BUG_STATUS) -> None:
    """The one line of a log about what was raised, without anybody's words."""
    said = {"stage": stage, "status": status_of(exc, bug_status), **fields, "cause": cause_of(stage, exc)}
    if isinstance(exc, Failure):
        log.log(WARNING, "refused", extra={"fields": said})
    else:
        log.log(ERROR, "failed", exc_info=exc, extra={"fields": said})


def make_call_handler(call: Callable[[], None]) -> Handler:
    """A handler that does this, whatever the body, and answers 202 and empty."""

    def handle(request: Request) -> Answer:  # noqa: ARG001 - a handler's signature
        call()
        return "", 202, {}

    return handle


def describe_event(envelope: Envelope | None) -> dict[str, Any]:
    """What log lines say of an event: ids, never content."""
    if envelope is None:
        return {}
    return {
        "event": envelope.id,
        "type": envelope.type,
        "message_id": envelope.message,
        "conversation": hash_conversation(envelope.subject),
        "channel": envelope.channel,
        "trace_id": trace_of(envelope.traceparent),
        # Of the span that the event came from; the stage's own, where it makes one, takes its place.
        "span_id": span_of(envelope.traceparent),
    }


def body_of(request: Request, limit: int) -> bytes:
    """The request's body, or TooLarge before more than `limit` bytes of it are held."""
    if (request.content_length or 0) > limit:
        raise TooLarge(f"the body has {request.content_length} bytes; at most {limit} are taken here")
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"the body has more than the {limit} bytes that are taken here")
    return body


def query_of(request: Request) -> dict[str, str]:
    """The query's fields; of one that is there more than once the last."""
    asked = request.query_string.decode("utf-8", "replace")
    if not asked:
        return {}
    from urllib import parse

    return dict(parse.parse_qsl(asked, keep_blank_values=True))


def read_whole_number(query: Mapping[str, str], name: str, default: int = 0) -> int:
    """A whole number of the query; `default` where it is missing, Rejected where it is something else."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Rejected(f"{name} must be a whole number")
    return int(text)


def lower_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def text_answer(status: int, body: str) -> Answer:
    return body, status, {"content-type": "text/plain; charset=utf-8"}


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return _write_json(body), status, {"content-type": "application/json", **(headers or {})}


def fail(status: int, cause: str) -> Answer:
    """A failure's answer, in the one shape that every endpoint uses."""
    return json_answer(status, {"error": cause})
