"""Much is sent at once by many, none of it finished: the gateway's memory stays small, and others are answered."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.attack.result import Result
from tests.attack.target import Target, share

PEAK = 96 * 1024 * 1024
SIZE = 8 * 1024 * 1024
KINDS = {
    "bodies of 8 MB, their length told": (
        b"POST /webhooks/whatsapp/webhook HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % SIZE,
        b"a" * 65536,
        SIZE,
    ),
    "bodies that WhatsApp's webhook takes": (
        b"POST /webhooks/whatsapp/webhook HTTP/1.1\r\nhost: h\r\ncontent-length: 3100000\r\n\r\n",
        b"a" * 65536,
        3_000_000,
    ),
    "chunks without end": (
        b"POST /webhooks/whatsapp/webhook HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n",
        b"10000\r\n" + b"a" * 65536 + b"\r\n",
        SIZE,
    ),
    "one chunk of 3 MB": (
        b"POST /webhooks/whatsapp/webhook HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2fffff\r\n",
        b"a" * 65536,
        3_000_000,
    ),
    "headers": (b"GET / HTTP/1.1\r\nhost: h\r\nx: ", b"a" * 4096, 30_000),
    "trailers": (
        b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ",
        b"a" * 4096,
        30_000,
    ),
    "small bodies": (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nhost: h\r\ncontent-length: 65000\r\n\r\n",
        b"a" * 4096,
        60_000,
    ),
}
"""What begins a request, what goes on being sent, and how much of that."""
MANY = ("headers", "trailers", "small bodies")


def attack(target: Target, small: bool) -> Iterator[Result]:
    for name, (head, piece, size) in KINDS.items():
        count = (100 if small else 1000) if name in MANY else (12 if small else 33)
        wires = []
        for _ in range(count):
            wire = socket.create_connection(("127.0.0.1", target.port), timeout=10)
            wire.sendall(head)
            wire.setblocking(False)
            wires.append(wire)
        _send(wires, piece, size, seconds=20.0)
        answered = target.honest(20)
        for wire in wires:
            wire.close()
        peak = target.peak_bytes()
        measured = f"peak {peak / 1e6:.0f} MB, honest median {share(answered, 0.5) * 1000:.0f} ms"
        yield Result(f"memory: {count} x {name}", "peak under 96 MB, others answered", measured, peak < PEAK)


def _send(wires: list[socket.socket], piece: bytes, size: int, seconds: float) -> None:
    """Send so many bytes on each, as fast as they are taken; whoever is cut off stays so."""
    left = dict.fromkeys(wires, size)
    end = time.monotonic() + seconds
    while left and time.monotonic() < end:
        stuck = True
        for wire in list(left):
            with suppress(BlockingIOError):
                try:
                    left[wire] -= wire.send(piece)
                    stuck = False
                except ConnectionError:
                    left[wire] = 0
            if left[wire] <= 0:
                del left[wire]
        if stuck:
            time.sleep(0.01)
