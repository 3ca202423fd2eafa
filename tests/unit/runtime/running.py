"""The image's server in a thread, and clients of it."""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from functions.runtime.server import Server


class Running:
    """A server in a thread of this process."""

    def __init__(
        self, handle: Callable[[Any], Any], drain_seconds: float = 10.0, threads: int = 3, **options: Any
    ) -> None:
        self.server = Server(handle, "127.0.0.1", 0, threads, **options)
        # A test that fails leaves it running, and the run of tests has to end all the same.
        self.thread = threading.Thread(target=self.server.run, args=(drain_seconds,), daemon=True)
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


def read_to_end(wire: socket.socket) -> bytes:
    """All that comes until the other side ends."""
    found = b""
    while data := wire.recv(65536):
        found += data
    return found


def exchange(running: Running, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of what is answered to a last request."""
    with closing(running.wire()) as wire:
        wire.sendall(request)
        head, _, body = read_to_end(wire).partition(b"\r\n\r\n")
    return head, body


LAST = b"POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n"


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether this holds in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
