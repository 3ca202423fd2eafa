"""The image's server: answers, drains what it has taken, and stops at once when idle."""

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from functions.serve import Server


class Running:
    """A server in a thread of this process."""

    def __init__(self, handle: Callable[[Any], Any], drain_seconds: float = 10.0) -> None:
        self.server = Server(handle, "127.0.0.1", 0, 2, drain_seconds)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def ask(self, body: bytes = b"", answers: list[tuple[int, bytes]] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request("POST", "/", body)
        answer = connection.getresponse()
        got = answer.status, answer.read()
        connection.close()
        if answers is not None:
            answers.append(got)
        return got

    def stopped_in(self) -> float:
        since = time.monotonic()
        self.server.stop()
        self.thread.join(15)
        assert not self.thread.is_alive()
        return time.monotonic() - since


def test_it_answers_and_stops_at_once_when_idle_though_connections_are_kept() -> None:
    running = Running(lambda request: (request.stream.read(10), 200, {}))
    kept = http.client.HTTPConnection("127.0.0.1", running.server.port, timeout=10)
    kept.request("POST", "/", b"hello")
    assert kept.getresponse().read() == b"hello"
    assert running.stopped_in() < 0.5
    kept.close()


def test_what_was_taken_is_answered_before_it_stops() -> None:
    taken = threading.Event()

    def slow(_: Any) -> Any:
        taken.set()
        time.sleep(0.5)
        return "done", 200, {}

    answers: list[tuple[int, bytes]] = []
    running = Running(slow)
    asking = threading.Thread(target=running.ask, args=(b"", answers))
    asking.start()
    assert taken.wait(5)
    assert 0.2 < running.stopped_in() < 5
    asking.join(5)
    assert answers == [(200, b"done")]


def test_it_gives_up_on_a_request_that_never_ends() -> None:
    taken, end = threading.Event(), threading.Event()

    def stuck(_: Any) -> Any:
        taken.set()
        end.wait(10)
        return "", 204, {}

    running = Running(stuck, drain_seconds=0.3)

    def ask() -> None:
        with pytest.raises((http.client.HTTPException, OSError, AssertionError)):
            assert running.ask()[0] == 0

    asking = threading.Thread(target=ask)
    asking.start()
    assert taken.wait(5)
    assert running.stopped_in() < 3
    end.set()
    asking.join(5)


def test_a_stopped_server_takes_no_connection() -> None:
    running = Running(lambda _: ("", 204, {}))
    port = running.server.port
    running.stopped_in()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=2).connect()


def test_a_body_over_the_servers_limit_is_refused() -> None:
    running = Running(lambda _: ("", 204, {}))
    connection = http.client.HTTPConnection("127.0.0.1", running.server.port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("content-length", str(100 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    running.stopped_in()
