"""Stages, platforms and the gateway as real HTTP servers on the loopback address, for tests."""

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from shared.errors import Failure
from shared.events.envelope import Envelope
from shared.process import Process
from shared.serving import Endpoint

Handler = Callable[[Request], Any]


@dataclass
class Asked:
    """A request as a server hands it over (shared.serving.Request)."""

    method: str = "POST"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_length: int | None = None
    query_string: bytes = b""
    remote_addr: str | None = "127.0.0.1"
    url: str = "http://localhost/"

    @property
    def stream(self) -> io.BytesIO:
        return io.BytesIO(self.body)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing; a test's output is its failures."""


@contextmanager
def served(handler: Handler, port: int = 0) -> Iterator[str]:
    """The address of a server that answers with what `handler` returns: body, status, headers."""

    @Request.application
    def application(request: Request) -> Response:
        body, status, headers = handler(request)
        return Response(body, status, headers)

    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Stub:
    """A stage that does what a test says: a function from event to event, after some failures."""

    decide: Callable[[Envelope], Envelope | None]
    failures: list[Failure] = field(default_factory=list)
    """Raised one after the other before anything is decided."""
    taken: list[Envelope] = field(default_factory=list)
    CONSUMES: tuple[Any, ...] = ()
    PRODUCES: tuple[Any, ...] = ()

    def __call__(self, envelope: Envelope) -> Envelope | None:
        self.taken.append(envelope)
        if self.failures:
            raise self.failures.pop(0)
        return self.decide(envelope)


def endpoint(routes: Mapping[str, Any], name: str = "delivery") -> Endpoint:
    """What answers these routes as a stage's endpoint does, failures included; events are not what it is for."""
    return Endpoint(Process(name), Stub(lambda _: None), routes=routes)


@contextmanager
def stage(name: str, stub: Stub, consumes: tuple[Any, ...]) -> Iterator[str]:
    """The address of a stage that serves `stub` as shared.serving serves the real ones."""
    stub.CONSUMES = consumes
    with served(Endpoint(Process(name), stub)) as url:
        yield url


@dataclass
class Recorder:
    """A platform or a broker: takes what it is sent and answers the statuses it is told, 202 by default."""

    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, request: Request) -> tuple[bytes, int, dict[str, str]]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.path, headers, request.get_data()))
        return b"", self.statuses.pop(0) if self.statuses else 202, self.headers
