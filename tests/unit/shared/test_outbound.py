"""Outgoing HTTP, against real servers on the loopback address."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.errors import Rejected, Unavailable
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.outbound import MAX_ANSWER_BYTES, Outbound
from shared.publishing import publisher


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    size = 2
    connections: set[int]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.add(self.client_address[1])  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        body = b"x" * self.server.size  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.server.hang_up:  # type: ignore[attr-defined]
            self.close_connection = True

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server(status: int = 200, size: int = 2, hang_up: bool = False) -> Iterator[ThreadingHTTPServer]:
    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    http_server.seen, http_server.status = set(), status  # type: ignore[attr-defined]
    http_server.size, http_server.hang_up = size, hang_up  # type: ignore[attr-defined]
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield http_server
    finally:
        http_server.shutdown()
        http_server.server_close()
        thread.join()


def url(http_server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{http_server.server_port}/"


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    made = Outbound()
    yield made
    made.close()


def test_a_connection_is_kept_and_used_again(outbound: Outbound) -> None:
    with server() as http_server:
        for _ in range(5):
            assert outbound.post(url(http_server), b"{}", {}, 2.0).status == 200
        assert len(http_server.seen) == 1  # type: ignore[attr-defined]
        outbound.close()


def test_a_kept_connection_that_the_other_side_closed_is_replaced(outbound: Outbound) -> None:
    with server(hang_up=True) as http_server:
        for _ in range(3):
            assert outbound.post(url(http_server), b"{}", {}, 2.0).body == b"xx"
        assert len(http_server.seen) == 3  # type: ignore[attr-defined]


def test_nobody_listening_is_unavailable_and_names_the_place(outbound: Outbound) -> None:
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        outbound.post("http://127.0.0.1:9/secret", b"", {}, 1.0)


def test_a_server_that_hangs_is_unavailable_within_the_deadline(outbound: Outbound) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(Unavailable, match=r"did not answer within 0\.1 s"),
    ):
        outbound.post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"", {}, 0.1)


def test_an_answer_that_is_too_large_is_not_held(outbound: Outbound) -> None:
    with server(size=MAX_ANSWER_BYTES + 1) as http_server, pytest.raises(Unavailable):
        outbound.post(url(http_server), b"", {}, 5.0)


def test_only_http_is_called(outbound: Outbound) -> None:
    with pytest.raises(Unavailable, match="use http:// or https://"):
        outbound.request("GET", "file:///etc/passwd", timeout=1.0)


EVENT = Envelope(
    id="rest:1",
    source="/t",
    subject="rest:me",
    data=MessageReceived("hi", "me"),
    type=MessageReceived.TYPE,
    message="rest:1",
)


@pytest.mark.parametrize(
    ("status", "failure"), [(202, None), (200, None), (503, Unavailable), (404, Unavailable), (400, Rejected)]
)
def test_publishing_succeeds_only_when_the_broker_took_the_event(
    outbound: Outbound, status: int, failure: type[Exception] | None
) -> None:
    with server(status=status) as http_server:
        publish = publisher(outbound, url(http_server), 2.0)
        if failure is None:
            publish(EVENT)
        else:
            with pytest.raises(failure):
                publish(EVENT)
        assert http_server.seen  # type: ignore[attr-defined]
        outbound.close()
