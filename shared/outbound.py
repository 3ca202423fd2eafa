"""Outgoing HTTP: POST and GET with a deadline, over connections that are kept and reused.

On plain sockets, because each stage pays for its imports in its cold start: requests costs 85 ms of CPU to import,
httpx 74 and http.client with email 15; these cost 1. A request goes out in one piece, and a kept connection needs a
fifth of the CPU that http.client does. `socket` and `ssl` are imported where somebody is called over TLS.
"""

import _socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.answers import Answers, NoAnswer, TooMuch
from shared.errors import Unavailable

__all__ = ["MAX_ANSWER_BYTES", "Answered", "Outbound", "TooMuch"]

traced: "Callable[..., Any] | None" = None
"""Where traces are exported, what makes a span of each call (shared.otlp sets it); None costs nothing."""

MAX_ANSWER_BYTES = 4 * 1024 * 1024
PORTS = {"http": 80, "https": 443}
PIECE = 64 * 1024


class _Ended(ConnectionError):
    """A kept connection had been closed by the other side before anything of an answer came."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outbound:
    """Kept connections to other services; safe to share between threads."""

    def __init__(self, keep: int = 8, *, public: bool = False) -> None:
        """With `public` it calls nothing within our own network, whatever name points there."""
        self._keep = keep
        self._public = public
        self._idle: dict[tuple[str, str], list[Any]] = {}
        self._lock = threading.Lock()
        self._context: Any = None

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float,
        most: int = MAX_ANSWER_BYTES,
    ) -> Answered:
        """The whole answer within `timeout` seconds, or Unavailable that names the place, never the content.

        An answer of more than `most` bytes is not read to its end: Unavailable, caused by TooMuch.
        """
        if traced is None:
            return self._request(method, url, body=body, headers=headers, timeout=timeout, most=most)
        answered: Answered = traced(self._request, method, url, body=body, headers=headers, timeout=timeout, most=most)
        return answered

    def _request(
        self, method: str, url: str, *, body: bytes, headers: Mapping[str, str] | None, timeout: float, most: int
    ) -> Answered:
        place, path = _parts(url)
        deadline = time.monotonic() + timeout
        try:
            message = _message(method, place[1], path, body, headers or {})
            wire = self._take(place)
            if wire is not None:
                try:
                    return self._exchange(wire, place, method, message, deadline, most)
                except _Ended:
                    # Once more, on a new one.
                    pass
            return self._exchange(self._connect(place, deadline), place, method, message, deadline, most)
        except TimeoutError as exc:
            raise Unavailable(f"{place[0]}://{place[1]} did not answer within {timeout:g} s") from exc
        except (OSError, NoAnswer) as exc:
            raise Unavailable(f"{place[0]}://{place[1]} cannot be reached: {type(exc).__name__}") from exc

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answered:
        return self.request("POST", url, body=body, headers=headers, timeout=timeout)

    def close(self) -> None:
        with self._lock:
            for wires in self._idle.values():
                for wire in wires:
                    wire.close()
            self._idle.clear()

    def _exchange(
        self, wire: Any, place: tuple[str, str], method: str, message: bytes, deadline: float, most: int
    ) -> Answered:
        answers = Answers(method, most)
        try:
            try:
                wire.settimeout(_left(deadline))
                wire.sendall(message)
                data = wire.recv(PIECE)
            except (ConnectionResetError, BrokenPipeError) as exc:
                raise _Ended from exc
            if not data:
                raise _Ended
            while not answers.take(data):
                # A socket's own timeout begins again with each byte of a dripping answer.
                wire.settimeout(_left(deadline))
                data = wire.recv(PIECE)
        except BaseException:
            wire.close()
            raise
        if answers.keep:
            self._give_back(place, wire)
        else:
            wire.close()
        return Answered(answers.status, answers.headers, bytes(answers.body))

    def _take(self, place: tuple[str, str]) -> Any:
        with self._lock:
            idle = self._idle.get(place)
            return idle.pop() if idle else None

    def _give_back(self, place: tuple[str, str], wire: Any) -> None:
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) < self._keep:
                idle.append(wire)
                return
        wire.close()

    def _connect(self, place: tuple[str, str], deadline: float) -> Any:
        scheme, netloc = place
        if scheme not in PORTS:
            raise Unavailable(f"{scheme or 'an address without a scheme'} cannot be called; use http:// or https://")
        if self._public and scheme != "https":
            raise Unavailable("only https:// is called outside")
        host, port = _host(netloc, PORTS[scheme])
        if scheme == "http":
            return _connected(host, port, deadline)
        if self._public:
            from shared.public import connected

            wire = connected((host, port), _left(deadline))
        else:
            from socket import create_connection

            wire = create_connection((host, port), _left(deadline))
        try:
            wire.settimeout(_left(deadline))
            wire.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            return self._trusted().wrap_socket(wire, server_hostname=host)
        except BaseException:
            wire.close()
            raise

    def _trusted(self) -> Any:
        """The system's certificate authorities, read once: 20 ms of CPU."""
        if self._context is None:
            import ssl

            self._context = ssl.create_default_context()
        return self._context


def _parts(url: str) -> tuple[tuple[str, str], str]:
    """Scheme and place, and what of it is asked there."""
    scheme, found, rest = url.partition("://")
    if not found:
        return (url.partition(":")[0] if ":" in url else "", ""), ""
    rest = rest.partition("#")[0]
    end = min((place for place in (rest.find("/"), rest.find("?")) if place >= 0), default=len(rest))
    path = rest[end:]
    return (scheme.lower(), rest[:end]), path if path.startswith("/") else f"/{path}"


def _host(netloc: str, port: int) -> tuple[str, int]:
    host, colon, number = netloc.rpartition(":")
    if not colon or "]" in number:
        host, number = netloc, str(port)
    if not host or not (number or str(port)).isdecimal():
        raise NoAnswer("the address names no host and port")
    return host.strip("[]"), int(number or port)


def _message(method: str, netloc: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The request in one piece."""
    if not path.isascii() or not path.isprintable() or " " in path or not netloc.isascii() or not netloc.isprintable():
        raise NoAnswer("the address has characters that no address has")
    lines = [f"{method} {path} HTTP/1.1", f"host: {netloc.rpartition('@')[2]}", "accept-encoding: identity"]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(body)}")
    for name, value in headers.items():
        if "\n" in value or "\r" in value or "\n" in name or "\r" in name:
            raise ValueError(f"the header {name!r} holds a line break")
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "\r\n")).encode("latin-1") + body


def _connected(host: str, port: int, deadline: float) -> Any:
    """A connection to the first address of the host that takes one."""
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in _socket.getaddrinfo(host, port, 0, _socket.SOCK_STREAM):
        wire = _socket.socket(family, kind, protocol)
        try:
            wire.settimeout(_left(deadline))
            wire.connect(address)
            wire.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            return wire
        except OSError as exc:
            wire.close()
            failure = exc
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer takes too long")
    return left
