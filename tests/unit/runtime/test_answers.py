"""What the image's server answers: length, type, order, streams, bugs; to whoever asks, however slowly they read."""

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from functions.runtime.server import BODY_LIMIT
from shared.serving import json_answer
from tests.unit.runtime.running import LAST, Running, echo, exchange, read_to_end


def test_an_answer_has_its_length_type_and_date() -> None:
    running = Running(lambda _: json_answer(409, {"error": "füß"}))
    head, body = exchange(running, LAST + b"\r\n")
    running.stopped_in()
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 409 Conflict"
    assert {"content-type: application/json", "content-length: 18", "connection: close"} < set(lines)
    assert any(line.startswith("date: ") and line.endswith(" GMT") for line in lines)
    assert json.loads(body) == {"error": "füß"}


def test_no_content_has_no_length_and_head_no_body() -> None:
    running = Running(lambda request: ("", 204, {}) if request.method == "POST" else ("ok", 200, {}))
    head, body = exchange(running, LAST + b"\r\n")
    assert b"content-length" not in head
    assert body == b""
    head, body = exchange(running, LAST.replace(b"POST", b"HEAD") + b"\r\n")
    assert b"content-length: 2" in head
    assert body == b""
    running.stopped_in()


def test_a_stream_goes_out_part_by_part_and_is_closed() -> None:
    gate, closed = threading.Event(), []

    def parts() -> Iterator[str]:
        try:
            yield "eins\n"
            assert gate.wait(5)
            yield ""
            yield "zwei\n"
        finally:
            closed.append(True)

    running = Running(lambda _: (parts(), 200, {"content-type": "text/event-stream"}))
    connection = http.client.HTTPConnection("127.0.0.1", running.server.port, timeout=10)
    connection.request("POST", "/")
    answer = connection.getresponse()
    assert answer.readline() == b"eins\n"
    gate.set()
    assert answer.read() == b"zwei\n"
    assert closed == [True]
    connection.request("POST", "/")
    assert connection.getresponse().read() == b"eins\nzwei\n", "the connection goes on after a stream"
    connection.close()
    head, body = exchange(running, b"POST / HTTP/1.0\r\n\r\n")
    assert b"chunked" not in head
    assert body == b"eins\nzwei\n"
    running.stopped_in()


def test_a_stream_is_closed_when_people_leave() -> None:
    closed = threading.Event()

    def parts() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    running = Running(lambda _: (parts(), 200, {}))
    wire = running.wire()
    wire.sendall(LAST + b"\r\n")
    wire.recv(10)
    wire.close()
    assert closed.wait(5)
    running.stopped_in()


def test_a_client_that_waits_is_told_to_go_on(running: Running) -> None:
    with closing(running.wire()) as wire:
        wire.sendall(LAST + b"content-length: 5\r\nexpect: 100-continue\r\n\r\n")
        assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(b"hello")
        assert read_to_end(wire).endswith(b"\r\n\r\nhello")


def test_requests_in_a_row_are_answered_in_their_order(running: Running) -> None:
    with closing(running.wire()) as wire:
        row = b"".join(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\n%d" % number for number in range(9))
        wire.sendall(row + LAST + b"\r\n")
        found = read_to_end(wire)
    assert [part[:1] for part in found.split(b"\r\n\r\n")[1:]] == [b"%d" % number for number in range(9)] + [b""]


def test_a_client_that_has_said_all_still_gets_its_answer(running: Running) -> None:
    with closing(running.wire()) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello")
        wire.shutdown(socket.SHUT_WR)
        assert read_to_end(wire).endswith(b"hello")


def test_a_large_answer_reaches_a_client_that_reads_slowly() -> None:
    body = b"x" * (6 * 1024 * 1024)
    running = Running(lambda request: (body if request.path == "/large" else b"small", 200, {}))
    with closing(running.wire()) as wire:
        wire.sendall(LAST.replace(b"/ ", b"/large ", 1) + b"\r\n")
        time.sleep(0.2)
        assert running.ask() == (200, b"small")
        assert read_to_end(wire).partition(b"\r\n\r\n")[2] == body
    running.stopped_in()


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 100 * 1024 * 1024])
def test_a_body_over_the_servers_limit_is_refused(running: Running, size: int) -> None:
    head, body = exchange(running, LAST + b"content-length: %d\r\n\r\n" % size)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"bytes that are taken" in body


def test_a_client_that_goes_on_sending_still_reads_why_it_was_refused(running: Running) -> None:
    with closing(running.wire()) as wire:
        wire.sendall(LAST + b"content-length: 99999999\r\n\r\n" + b"x" * 300_000)
        assert read_to_end(wire).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"x" * 70_000, b"GET / HTTP/1.1\r\nx\r\n\r\n"]
)
def test_garbage_is_refused_and_the_connection_ends(running: Running, garbage: bytes) -> None:
    head, _ = exchange(running, garbage)
    assert head.split(b" ")[1] in (b"400", b"431")
    assert running.ask(b"others") == (200, b"others")


def test_a_client_that_is_killed_during_its_first_request_wakes_no_second_thread_for_it(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It stays with the thread that answers it, which would else find it closed under its hands."""
    taken, gone = threading.Event(), threading.Event()

    def slow(_: Any) -> Any:
        taken.set()
        assert gone.wait(10)
        return b"", 200, {}

    running = Running(slow)
    with closing(running.wire()) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        assert taken.wait(10)
    # Closed with a reset, as the system closes what a killed process had open.
    time.sleep(0.1)
    assert len(running.server._connections) == 1
    gone.set()
    assert running.ask()[0] == 200
    running.stopped_in()
    assert "Traceback" not in capfd.readouterr().err + caplog.text


def test_a_bug_is_a_500_and_tells_nothing() -> None:
    def broken(_: Any) -> Any:
        raise ValueError("secret")

    running = Running(broken)
    status, body = running.ask()
    running.stopped_in()
    assert status == 500
    assert b"secret" not in body


def test_no_answer_carries_a_line_break_into_a_header() -> None:
    running = Running(lambda _: ("", 200, {"location": "/a\r\nset-cookie: x"}))
    with closing(running.wire()) as wire:
        wire.sendall(LAST + b"\r\n")
        assert b"set-cookie" not in read_to_end(wire)
    running.stopped_in()


def test_many_clients_at_once_each_get_their_own_answer(running: Running) -> None:
    wrong: list[Any] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.server.port, timeout=20)
        for turn in range(30):
            body = f"{number}.{turn}".encode() * (1 + turn * 50)
            connection.request("POST", "/", body)
            if connection.getresponse().read() != body:
                wrong.append((number, turn))
        connection.close()

    clients = [threading.Thread(target=client, args=(number,)) for number in range(20)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join(30)
    assert wrong == []


def test_where_the_system_gives_no_more_threads_those_that_there_are_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running(echo)
    assert running.ask(b"first") == (200, b"first")
    begun = threading.active_count()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with closing(running.wire()) as kept:
            for number in range(5):
                kept.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\n%d" % number)
                assert kept.recv(1000).endswith(b"%d" % number)
    assert threading.active_count() <= begun
    running.stopped_in()
