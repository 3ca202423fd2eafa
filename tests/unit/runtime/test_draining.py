"""The image's server stops at once when idle, and answers what it took before it stops."""

import http.client
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from tests.unit.runtime.running import Running


def test_it_answers_and_stops_at_once_when_idle_though_connections_are_kept(running: Running) -> None:
    kept = http.client.HTTPConnection("127.0.0.1", running.server.port, timeout=10)
    for body in (b"hello", b"", b"again"):
        kept.request("POST", "/", body)
        assert kept.getresponse().read() == body
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


def test_what_waits_in_the_kernels_queue_is_answered_before_it_stops() -> None:
    """More clients than threads, all of them there when it is told to stop."""
    gate = threading.Event()

    def slow(_: Any) -> Any:
        gate.wait(5)
        return "done", 200, {}

    running = Running(slow, threads=2)
    answers: list[tuple[int, bytes]] = []
    asking = [threading.Thread(target=running.ask, args=(b"", answers)) for _ in range(12)]
    for thread in asking:
        thread.start()
    deadline = time.monotonic() + 5
    while len(running.server._connections) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    running.server.stop()
    gate.set()
    running.thread.join(15)
    for thread in asking:
        thread.join(5)
    assert answers == [(200, b"done")] * 12


def test_it_gives_up_on_a_request_that_never_ends() -> None:
    taken, end = threading.Event(), threading.Event()

    def stuck(_: Any) -> Any:
        taken.set()
        end.wait(10)
        return "", 204, {}

    running = Running(stuck, drain_seconds=0.3)
    with closing(running.wire()) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nhost: h\r\n\r\n")
        assert taken.wait(5)
        assert running.stopped_in() < 3
        end.set()


def test_a_stopped_server_takes_no_connection() -> None:
    running = Running(lambda _: ("", 204, {}))
    port = running.server.port
    running.stopped_in()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=2).connect()
