"""One client of the server, and the socket that clients come to."""

import _socket
from typing import Any

from functions.runtime.http_parser import Reading

BODY_LIMIT = 8 * 1024 * 1024
"""Larger bodies are refused here; each stage has its own, smaller limits."""


class Connection:
    """One client. Whoever was woken for it owns it until it is armed again."""

    __slots__ = ("busy", "deadline", "fd", "held", "lingers", "output", "reading", "watched", "wire")

    def __init__(self, wire: Any, address: str | None, deadline: float) -> None:
        self.wire = wire
        self.fd: int = wire.fileno()
        self.reading = Reading(address, BODY_LIMIT)
        self.output = b""
        """What the client has not taken yet."""
        self.deadline = deadline
        self.busy = False
        """Its request is being answered."""
        self.lingers = False
        """It was refused: what still comes is thrown away."""
        self.held = 0
        self.watched = False
        """The kernel has been asked to tell of it."""


def listening(host: str, port: int) -> Any:
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
