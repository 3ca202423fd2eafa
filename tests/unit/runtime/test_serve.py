"""The image's server: answers, keeps its bounds whatever clients do, drains what it took, stops at once when idle."""

import http.client
import json
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.limits import Limits, container_memory
from functions.runtime.server import BODY_LIMIT, Server
from knative.local import served
from knative.local.ports import free_ports
from knative.local.send import sample
from knative.local.stages import ROOT
from shared.serving import json_answer
from tests.bench.processes import first_answer


class Running:
    """A server in a thread of this process."""

    def __init__(
        self, handle: Callable[[Any], Any], drain_seconds: float = 10.0, threads: int = 3, **options: Any
    ) -> None:
        self.server = Server(handle, "127.0.0.1", 0, threads, **options)
        self.thread = threading.Thread(target=self.server.run, args=(drain_seconds,))
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

    def wire(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=10)

    def stopped_in(self) -> float:
        since = time.monotonic()
        self.server.stop()
        self.thread.join(15)
        assert not self.thread.is_alive()
        return time.monotonic() - since


def echo(request: Any) -> Any:
    return request.stream.read(), 200, {"content-type": "application/octet-stream"}


@pytest.fixture
def running() -> Iterator[Running]:
    started = Running(echo)
    yield started
    started.stopped_in()


def answered(wire: socket.socket) -> bytes:
    """All that comes until the other side ends."""
    found = b""
    while data := wire.recv(65536):
        found += data
    return found


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


def exchange(running: Running, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of what is answered to a last request."""
    with closing(running.wire()) as wire:
        wire.sendall(request)
        head, _, body = answered(wire).partition(b"\r\n\r\n")
    return head, body


LAST = b"POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n"


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
        assert answered(wire).endswith(b"\r\n\r\nhello")


def test_requests_in_a_row_are_answered_in_their_order(running: Running) -> None:
    with closing(running.wire()) as wire:
        row = b"".join(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\n%d" % number for number in range(9))
        wire.sendall(row + LAST + b"\r\n")
        found = answered(wire)
    assert [part[:1] for part in found.split(b"\r\n\r\n")[1:]] == [b"%d" % number for number in range(9)] + [b""]


def test_a_client_that_has_said_all_still_gets_its_answer(running: Running) -> None:
    with closing(running.wire()) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello")
        wire.shutdown(socket.SHUT_WR)
        assert answered(wire).endswith(b"hello")


def test_a_large_answer_reaches_a_client_that_reads_slowly() -> None:
    body = b"x" * (6 * 1024 * 1024)
    running = Running(lambda request: (body if request.path == "/large" else b"small", 200, {}))
    with closing(running.wire()) as wire:
        wire.sendall(LAST.replace(b"/ ", b"/large ", 1) + b"\r\n")
        time.sleep(0.2)
        assert running.ask() == (200, b"small")
        assert answered(wire).partition(b"\r\n\r\n")[2] == body
    running.stopped_in()


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 100 * 1024 * 1024])
def test_a_body_over_the_servers_limit_is_refused(running: Running, size: int) -> None:
    head, body = exchange(running, LAST + b"content-length: %d\r\n\r\n" % size)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"bytes that are taken" in body


def test_a_client_that_goes_on_sending_still_reads_why_it_was_refused(running: Running) -> None:
    with closing(running.wire()) as wire:
        wire.sendall(LAST + b"content-length: 99999999\r\n\r\n" + b"x" * 300_000)
        assert answered(wire).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"x" * 70_000, b"GET / HTTP/1.1\r\nx\r\n\r\n"]
)
def test_garbage_is_refused_and_the_connection_ends(running: Running, garbage: bytes) -> None:
    head, _ = exchange(running, garbage)
    assert head.split(b" ")[1] in (b"400", b"431")
    assert running.ask(b"others") == (200, b"others")


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


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether this holds in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


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
        assert answered(small).endswith(b"hello"), "who holds little is left alone"
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
    assert container_memory((str(tmp_path / "missing"), str(tmp_path / "memory.max"))) == size
    assert container_memory((str(tmp_path / "missing"),)) is None


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
        assert b"set-cookie" not in answered(wire)
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


@pytest.mark.slow
def test_functions_framework_serves_the_same_stage_in_an_image(tmp_path: Path) -> None:
    """RUNTIME says so; the process becomes it, answers the same, and ends when it is told to."""
    (port,) = free_ports(1)
    given = {"PATH": os.environ["PATH"], "PORT": str(port), "RUNTIME": "functions-framework", "METRICS_PORT": "0"}
    command, environ = served.command(), served.environment("observer", given)
    process = subprocess.Popen(command, env=environ, cwd=tmp_path)
    try:
        assert first_answer(port, "/", sample("observer").read_bytes(), CE)[0] == 204
        assert b"functions_framework" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    finally:
        process.terminate()
        process.wait(20)


CE = {"content-type": "application/cloudevents+json"}


def test_a_runtime_that_there_is_none_of_is_refused_with_those_there_are() -> None:
    environ = served.environment("observer", {"PATH": os.environ["PATH"], "RUNTIME": "flask"})
    done = subprocess.run(served.command(), env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "RUNTIME is parley or functions-framework, not 'flask'" in done.stderr


def test_without_functions_framework_it_says_how_to_build_the_image() -> None:
    environ = served.environment("observer", {"PATH": os.environ["PATH"], "RUNTIME": "functions-framework"})
    environ["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(served.command(), env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "build the image with RUNTIME=functions-framework" in done.stderr


def test_what_only_the_start_needs_is_let_go_of_once_somebody_was_answered() -> None:
    settled: list[int] = []
    server = Server(echo, "127.0.0.1", 0, 2, limits=Limits(look_seconds=0.02))
    thread = threading.Thread(target=server.run, kwargs={"settled": lambda: settled.append(1)})
    thread.start()
    time.sleep(0.3)
    assert settled == []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/", b"x")
        assert connection.getresponse().read() == b"x"
    assert eventually(lambda: settled == [1])
    connection.close()
    server.stop()
    thread.join(10)
    assert settled == [1]
