"""Outgoing HTTP, against real servers on the loopback address."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.errors import Rejected, Unavailable
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.outbound import MAX_ANSWER_BYTES, Outbound, client
from shared.publishing import make_publisher


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


def test_a_connection_is_kept_and_used_again(outbound: Outbound) -> None:
    with server() as http_server:
        for _ in range(5):
            assert outbound.post(url(http_server), b"{}", {}, 2.0).status == 200
        assert len(http_server.seen) == 1  # type: ignore[attr-defined]
        outbound.close()


def test_a_kept_connection_that_the_other_side_closed_is_replaced(outbound: Outbound) -> None:
    with server(hang_up=True) as http_server:
        for _ in range(3):
            # It may close before the next call or within it; a GET is right in both cases.
            assert outbound.request("GET", url(http_server), timeout=5.0).body == b"xx"
        assert len(http_server.seen) == 3  # type: ignore[attr-defined]


Script = Callable[[socket.socket, int], bool]
"""What the other side does with the request of this number on a connection; whether it takes another."""


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """A server that does as it is told, and the first lines of the requests that it read."""
    listener, seen = socket.create_server(("127.0.0.1", 0)), []
    opened: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            number = 0
            while data := connection.recv(65536):
                seen.append(data.split(b" HTTP")[0])
                number += 1
                if not script(connection, number):
                    connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        # Else `accept` would go on waiting.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in opened:
            connection.close()
        thread.join()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"
NOT_ASKED_FOR = {
    "with the answer": (OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b""),
    "another answer": (OK, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
    "a time-out": (OK, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "an empty line": (OK, b"\r\n"),
    "after chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nreal\r\n0\r\n\r\nx", b""),
}


@pytest.mark.parametrize("name", NOT_ASKED_FOR)
def test_what_nobody_asked_for_is_nobodys_answer(outbound: Outbound, name: str) -> None:
    answer, then = NOT_ASKED_FOR[name]
    said = threading.Semaphore(0)

    def script(connection: socket.socket, _: int) -> bool:
        connection.sendall(answer)
        if then:
            connection.sendall(then)
        said.release()
        return True

    with scripted(script) as (address, seen):
        for number in range(3):
            assert outbound.post(f"{address}/{number}", b"x", {}, 5.0).body == b"real"
            assert said.acquire(timeout=5)
        assert seen == [b"POST /0", b"POST /1", b"POST /2"]


def answers_each(connection: socket.socket, _: int) -> bool:
    connection.sendall(OK)
    return True


def ends_at_the_second(connection: socket.socket, number: int) -> bool:
    """Answers one request, reads the next, and is gone."""
    if number == 2:
        return False
    connection.sendall(OK)
    return True


@pytest.mark.parametrize(
    ("method", "headers", "idempotent", "repeated"),
    [
        ("POST", {}, False, False),
        ("PATCH", {}, False, False),
        ("POST", {"Idempotency-Key": "1"}, False, True),
        ("POST", {"ce-id": "rest:1"}, False, True),
        ("POST", {}, True, True),
        ("GET", {}, False, True),
        ("PUT", {}, False, True),
    ],
)
def test_only_what_may_be_done_twice_is_sent_twice(
    outbound: Outbound, method: str, headers: dict[str, str], idempotent: bool, repeated: bool
) -> None:
    with scripted(ends_at_the_second) as (address, seen):
        outbound.request("POST", f"{address}/0", timeout=5.0)
        again = {"headers": headers, "idempotent": idempotent, "timeout": 5.0}
        if repeated:
            assert outbound.request(method, f"{address}/1", **again).body == b"real"  # type: ignore[arg-type]
        else:
            with pytest.raises(Unavailable, match="cannot be reached: Reset"):
                outbound.request(method, f"{address}/1", **again)  # type: ignore[arg-type]
        assert seen[1:] == [f"{method} /1".encode()] * (1 + repeated)


def test_a_connection_that_the_other_side_closed_meanwhile_is_seen_before_it_is_used(outbound: Outbound) -> None:
    closed = threading.Semaphore(0)

    def script(connection: socket.socket, _: int) -> bool:
        connection.sendall(OK)
        connection.close()
        closed.release()
        return False

    with scripted(script) as (address, seen):
        for number in range(3):
            assert outbound.post(f"{address}/{number}", b"", {}, 5.0).body == b"real"
            assert closed.acquire(timeout=5)
            time.sleep(0.02)
        assert seen == [b"POST /0", b"POST /1", b"POST /2"]


def test_no_more_connections_are_kept_than_may_be() -> None:
    """However many calls were made at once, to however many places."""
    outbound = Outbound(3)
    together = threading.Barrier(9)

    def script(connection: socket.socket, _: int) -> bool:
        together.wait(10)
        connection.sendall(OK)
        return True

    with scripted(script) as (address, _):
        calls = [threading.Thread(target=outbound.post, args=(address, b"", {}, 10.0)) for _ in range(9)]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        assert sum(map(len, outbound._idle.values())) == 3
    outbound.close()


def test_few_connections_are_kept_to_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_CONNECTIONS", 4)
    outbound = Outbound()
    with ExitStack() as stack:
        for _ in range(10):
            address, _seen = stack.enter_context(scripted(answers_each))
            assert outbound.post(address, b"", {}, 5.0).body == b"real"
        assert sum(map(len, outbound._idle.values())) == 4
        assert len(outbound._idle) <= 5
    outbound.close()


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "IDLE_SECONDS", 0.0)
    with server() as http_server:
        for _ in range(2):
            assert outbound.post(url(http_server), b"", {}, 5.0).status == 200
        assert len(http_server.seen) == 2  # type: ignore[attr-defined]


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
        publish = make_publisher(outbound, url(http_server), 2.0)
        if failure is None:
            publish(EVENT)
        else:
            with pytest.raises(failure):
                publish(EVENT)
        assert http_server.seen  # type: ignore[attr-defined]
        outbound.close()
