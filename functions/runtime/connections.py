"""The clients of the server: each one, and all of them with what is held for them."""

import _socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from functions.runtime.http_parser import RequestParser
from functions.runtime.limits import Limits
from functions.runtime.request import Request

RESET = (1).to_bytes(4, sys.byteorder) + bytes(4)
"""`struct linger` that is on, with no seconds: what was not sent yet is dropped."""
FRESH_SECONDS = 1.0
"""A request that began so lately is not called slow."""


class Connection:
    """One client. Whoever was woken for it owns it until it is armed again."""

    __slots__ = (
        "began",
        "body",
        "busy",
        "deadline",
        "fd",
        "held",
        "idle_since",
        "lingers",
        "output",
        "parser",
        "patience",
        "port",
        "socket",
        "watched",
    )

    def __init__(self, socket: Any, address: tuple[str, int] | None, body_limit: Callable[[Request], int]) -> None:
        self.socket = socket
        self.port = address[1] if address else None
        """Of the client's end."""
        self.fd: int = socket.fileno()
        self.parser = RequestParser(address[0] if address else None, body_limit)
        self.output = b""
        """What the client has not taken yet."""
        self.body = 0
        """Bytes of the body that is worked on."""
        self.idle_since = self.began = time.monotonic()
        """When it fell idle, and when its request began."""
        self.deadline = 0.0
        self.patience = 0.0
        """Seconds that may still be waited for the client to take what is streamed to it."""
        self.busy = False
        """A thread works on it, or its answer waits for the client."""
        self.lingers = False
        """It was answered for the last time: what still comes is thrown away."""
        self.held = 0
        """Bytes that are accounted for it."""
        self.watched = False
        """The kernel has been asked to report on it."""

    @property
    def size(self) -> int:
        """Bytes that are held for it."""
        return self.parser.size + self.body + len(self.output)

    def shut_down(self) -> None:
        """End it by its socket: whoever is woken for it finds that it is over. Never closed but by its owner."""
        with suppress(OSError):
            if self.output:
                # The kernel shall not keep for the client either what it does not read.
                self.socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, RESET)
            self.socket.shutdown(_socket.SHUT_RDWR)


class Connections:
    """All clients, within bounds: where one more is too many, or too much is held, the slowest or largest go."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: dict[int, Connection] = {}
        self._held = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._all.values()))

    @property
    def held_bytes(self) -> int:
        """Bytes that are held for all of them."""
        return self._held

    def get(self, fd: int) -> Connection | None:
        return self._all.get(fd)

    def add(self, connection: Connection) -> None:
        self._all[connection.fd] = connection

    def remove(self, connection: Connection) -> None:
        with self._lock:
            self._all.pop(connection.fd, None)
            self._held -= connection.held
            connection.held = 0

    def make_room(self) -> bool:
        """Part with some where there are as many as may be; whether one more may come."""
        if len(self._all) < self._limits.connections:
            return True
        return self.close_slowest()

    def close_slowest(self) -> bool:
        """Part with the slowest, a thirty-second of all; False where all of them are at work."""
        now = time.monotonic()
        waiting = sorted((one for one in self if not one.busy), key=lambda one: _rank(one, now))
        for connection in waiting[: max(1, len(self._all) // 32)]:
            connection.shut_down()
        return bool(waiting)

    def account_for(self, connection: Connection) -> bool:
        """Take note of what is held for this one now; False where it is the one that is too large."""
        size = connection.size
        if size == connection.held:
            return True
        with self._lock:
            grown = size > connection.held
            self._held += size - connection.held
            connection.held = size
            if self._held <= self._limits.held or not grown:
                return True
            # Those that wait for their client: what is at work is bounded by the threads, and ends by itself.
            waiting = (one for one in self if one.held > size and (not one.busy or one.output))
            enough = self._limits.held * 7 // 8
            for other in sorted(waiting, key=lambda one: -one.held):
                if self._held <= enough:
                    break
                # Its owner frees the bytes when it is woken, in a moment.
                self._held -= other.held
                other.held = 0
                other.shut_down()
            return self._held <= self._limits.held

    def close_late(self) -> None:
        """Part with those whose time is over."""
        now = time.monotonic()
        for connection in self:
            if connection.deadline < now and not (connection.busy and not connection.output):
                connection.shut_down()


def _rank(connection: Connection, now: float) -> tuple[int, float]:
    """Who goes first: requests that take long, the longest first; then idle connections; then requests that have just
    begun."""
    if connection.parser.idle:
        return 1, connection.idle_since
    return (0 if now - connection.began > FRESH_SECONDS else 2), connection.began


def open_listener(host: str, port: int) -> Any:
    """The socket that clients come to; OSError where the port cannot be had."""
    family = _socket.AF_INET6 if ":" in host else _socket.AF_INET
    listener = _socket.socket(family, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
