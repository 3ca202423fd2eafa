"""Slow and greedy clients hold up nobody: deadlines that no byte renews, and bounds on connections and memory."""

import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.limits import Limits, read_container_memory
from tests.unit.runtime.running import LAST, Running, echo, eventually, exchange, read_to_end


def test_clients_that_send_slowly_hold_no_thread(running: Running) -> None:
    wires = [running.wire() for _ in range(60)]
    for wire in wires:
        wire.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n")
    for wire in wires[::2]:
        wire.sendall(b"\r\nhe")
    assert running.ask(b"others") == (200, b"others")
    wires[0].sendall(b"llo")
    assert wires[0].recv(1000).endswith(b"hello")
    for wire in wires:
        wire.close()
    assert running.stopped_in() < 5


SHORT = Limits(
    head_seconds=0.3, read_seconds=0.6, keep_seconds=0.3, write_seconds=0.3, write_rate=1 << 30, look_seconds=0.1
)


def ends_after(wire: socket.socket, send: bytes, every: float = 0.05) -> float:
    """Seconds until the other side ends the connection, to which a byte goes every moment."""
    wire.settimeout(every)
    since = time.monotonic()
    while time.monotonic() - since < 20:
        with suppress(TimeoutError):
            try:
                if not wire.recv(65536):
                    break
            except ConnectionError:
                break
        try:
            wire.sendall(send)
        except OSError:
            break
    return time.monotonic() - since


CHUNKED = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"


SLOW = {
    "nothing": (b"", b""),
    "the first line": (b"POST /", b"a"),
    "headers": (b"POST / HTTP/1.1\r\nhost: h\r\n", b"a"),
    "empty lines": (b"", b"\r\n"),
    "a body": (b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9000\r\n\r\n", b"a"),
    "chunks": (CHUNKED, b"1\r\na\r\n"),
    "a chunk": (CHUNKED + b"ffff\r\n", b"a"),
    "a chunk's line": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n"),
    "the second request": (b"POST / HTTP/1.1\r\nhost: h\r\n\r\nPOST / HT", b"T"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_request_has_a_deadline_that_no_byte_renews(name: str) -> None:
    first, then = SLOW[name]
    running = Running(echo, limits=SHORT)
    with closing(running.wire()) as wire:
        wire.sendall(first)
        assert ends_after(wire, then) < 10
    assert running.ask(b"others") == (200, b"others")
    running.stopped_in()


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_has_a_deadline_that_reading_a_little_of_it_does_not_renew(stream: bool) -> None:
    part = b"x" * 1_000_000

    def large(_: Any) -> Any:
        return (part for _ in range(64)) if stream else part * 16, 200, {}

    running = Running(large, limits=SHORT, threads=1)
    with closing(running.wire()) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
        assert eventually(lambda: len(running.server._connections) == 1)
        assert eventually(lambda: bool(wire.recv(1000)) and not len(running.server._connections))
    running.stopped_in()


def test_a_connection_that_is_kept_and_silent_is_ended_in_time() -> None:
    running = Running(echo, limits=SHORT)
    with closing(running.wire()) as kept:
        kept.sendall(b"POST / HTTP/1.1\r\nhost: h\r\n\r\n")
        assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert kept.recv(10) == b""
    running.stopped_in()


def test_one_connection_more_than_may_be_takes_the_place_of_the_slowest() -> None:
    running = Running(echo, limits=Limits(connections=4))
    slow, *idle = [running.wire() for _ in range(4)]
    slow.sendall(b"POST / HTTP/1.1\r\n")
    for wire in idle[:2]:
        wire.sendall(b"POST / HTTP/1.1\r\nhost: h\r\n\r\n")
        assert wire.recv(1000)
    time.sleep(1.1)
    assert running.ask(b"one more") == (200, b"one more")
    assert slow.recv(10) == b""
    assert running.ask(b"and one") == (200, b"and one")
    for wire in (slow, *idle):
        wire.close()
    running.stopped_in()


def test_a_connection_waits_where_all_that_may_be_are_at_work() -> None:
    gate, taken = threading.Event(), threading.Semaphore(0)

    def slow(_: Any) -> Any:
        taken.release()
        gate.wait(10)
        return "done", 200, {}

    running = Running(slow, limits=Limits(connections=2), threads=4)
    answers: list[tuple[int, bytes]] = []
    asking = [threading.Thread(target=running.ask, args=(b"", answers)) for _ in range(5)]
    for thread in asking:
        thread.start()
    assert taken.acquire(timeout=5)
    assert taken.acquire(timeout=5)
    assert not taken.acquire(timeout=0.3), "two at a time"
    gate.set()
    for thread in asking:
        thread.join(10)
    assert answers == [(200, b"done")] * 5
    running.stopped_in()


def test_a_thousand_slow_connections_hold_up_nobody() -> None:
    running = Running(echo, limits=Limits(connections=300))
    slow = []
    for _ in range(1000):
        wire = running.wire()
        wire.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9000\r\n\r\na")
        slow.append(wire)
    assert [running.ask(b"%d" % number) for number in range(20)] == [(200, b"%d" % number) for number in range(20)]
    assert len(running.server._connections) <= 301
    for wire in slow:
        wire.close()
    running.stopped_in()


def test_what_is_held_of_requests_together_has_a_bound_and_the_largest_go() -> None:
    running = Running(echo, limits=Limits(held=2_000_000))
    large = [running.wire() for _ in range(9)]
    for wire in large:
        with suppress(ConnectionError):
            wire.sendall(LAST + b"content-length: 1000000\r\n\r\n" + b"x" * 900_000)
    with closing(running.wire()) as small:
        small.sendall(LAST + b"content-length: 5\r\n\r\nhel")
        assert running.ask(b"others") == (200, b"others")
        assert eventually(lambda: running.server._connections.held_bytes <= 2_000_000)
        small.sendall(b"lo")
        assert read_to_end(small).endswith(b"hello"), "who holds little is left alone"
    for wire in large:
        wire.close()
    running.stopped_in()


def test_answers_that_nobody_reads_count_as_held() -> None:
    def large(request: Any) -> Any:
        return b"x" * 8_000_000 if request.method == "GET" else b"small", 200, {}

    running = Running(large, limits=Limits(held=2_000_000))
    unread = [running.wire() for _ in range(3)]
    for wire in unread:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    assert running.ask() == (200, b"small")
    deadline = time.monotonic() + 5
    while running.server._connections.held_bytes > 2_000_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert running.server._connections.held_bytes <= 2_000_000
    for wire in unread:
        wire.close()
    running.stopped_in()


def test_no_byte_of_a_body_is_kept_that_its_path_does_not_take() -> None:
    running = Running(echo, body_limit=lambda request: 10 if request.path == "/small" else 1000)
    head, _ = exchange(running, LAST.replace(b"/ ", b"/small ", 1) + b"content-length: 11\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    head, body = exchange(running, LAST + b"content-length: 11\r\n\r\nhello world")
    assert (head[:13], body) == (b"HTTP/1.1 200 ", b"hello world")
    running.stopped_in()


@pytest.mark.parametrize(
    ("text", "size"),
    [("max\n", None), ("268435456\n", 268435456), ("9223372036854771712\n", None), ("nonsense", None)],
)
def test_the_containers_memory_is_what_the_kernel_says(tmp_path: Path, text: str, size: int | None) -> None:
    (tmp_path / "memory.max").write_text(text)
    assert read_container_memory((str(tmp_path / "missing"), str(tmp_path / "memory.max"))) == size
    assert read_container_memory((str(tmp_path / "missing"),)) is None
