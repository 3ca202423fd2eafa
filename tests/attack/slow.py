"""A thousand clients that send or read a byte now and then: honest ones do not notice, and none of them stays."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.attack.result import Result
from tests.attack.target import Target, share

P99 = 0.2
KINDS = {
    "headers": (b"GET / HTTP/1.1\r\nhost: h\r\nx: ", b"a"),
    "a body": (b"POST /webhooks/rest/webhook HTTP/1.1\r\nhost: h\r\ncontent-length: 60000\r\n\r\n", b"a"),
    "chunks": (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n",
        b"1\r\na\r\n",
    ),
    "trailers": (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        b"a: b\r\n",
    ),
}


def attack(target: Target, small: bool) -> Iterator[Result]:
    count, every, seconds = (300, 1.0, 5.0) if small else (1000, 18.0, 40.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    quiet = share(target.honest(100), 0.99)
    for name, (head, piece) in KINDS.items():
        wires = []
        for _ in range(count):
            wire = socket.create_connection(("127.0.0.1", target.port), timeout=10)
            wire.sendall(head)
            wires.append(wire)
        end = threading.Event()
        dripping = threading.Thread(target=_drip, args=(wires, piece, every, end))
        dripping.start()
        started, answered = time.monotonic(), target.honest(100)
        while time.monotonic() - started < seconds:
            answered += target.honest(10)
            time.sleep(0.2)
        end.set()
        dripping.join()
        left = sum(map(_is_open, wires))
        for wire in wires:
            wire.close()
        answered.sort()
        p99 = share(answered, 0.99)
        # On a machine that is busy anyway, no more than three times what it takes without the attack.
        held = p99 < max(P99, 3 * quiet) and (small or not left)
        measured = f"p99 {p99 * 1000:.0f} ms (quiet {quiet * 1000:.0f}), {left} of {count} still open"
        promise = "honest p99 under 200 ms" + ("" if small else ", none open after 40 s")
        yield Result(f"slow: {count} x {name}, a piece each {every:g} s", promise, measured, held)


def _drip(wires: list[socket.socket], piece: bytes, every: float, end: threading.Event) -> None:
    while not end.wait(every):
        for wire in wires:
            with suppress(OSError):
                wire.sendall(piece)


def _is_open(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return bool(wire.recv(1000)) and False
    except BlockingIOError:
        return True
    except OSError:
        return False
