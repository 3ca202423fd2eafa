"""Outgoing HTTP: POST and GET with a deadline, over connections that are kept and reused.

On plain sockets, because each stage pays for its imports in its cold start. A request goes out in one piece. `socket`
and `ssl` are imported where somebody is called over TLS.
"""

import _socket
import select
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import Unavailable
from shared.http1 import join_lines
from shared.outbound.response_parser import BadResponse, ResponseParser, TooMuch

__all__ = ["MAX_ANSWER_BYTES", "Answered", "Outbound", "TooMuch", "Trace"]

MAX_ANSWER_BYTES = 4 * 1024 * 1024
PORTS = {"http": 80, "https": 443}
CHUNK = 64 * 1024
"""Bytes that are read at once."""
IDLE_SECONDS = 55.0
"""A connection that was idle for longer is not used again: servers close theirs after a minute or more."""
IDLE_CONNECTIONS = 64
"""Kept at most, to all origins together."""
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
IDEMPOTENCY_KEYS = ("idempotency-key", "ce-id")
"""Headers by which the other side knows a request again; a stage or a broker knows an event by its id."""

Origin = tuple[str, str]
"""Scheme and authority of a URL."""


class _Reset(ConnectionError):
    """A kept connection was closed by the other side before anything of a response came."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Trace(Protocol):
    """What makes a span of each call (shared.otlp.Tracer)."""

    def client(self, call: Callable[..., Answered], method: str, url: str, **options: Any) -> Answered: ...


class Outbound:
    """Kept connections to other services; safe to share between threads."""

    def __init__(self, keep: int = 8, *, public: bool = False, trace: Trace | None = None) -> None:
        """Keeps at most `keep` idle connections to each origin.

        With `public` it calls nothing within our own network, whatever name points there.
        """
        self._keep = keep
        self._public = public
        self._trace = trace
        self._idle: dict[Origin, list[tuple[Any, float]]] = {}
        """Connections with the time since when they are idle, the oldest first."""
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
        idempotent: bool = False,
    ) -> Answered:
        """The whole answer within `timeout` seconds, or Unavailable that names the origin, never the content.

        An answer of more than `most` bytes is not read to its end: Unavailable, caused by TooMuch. A request goes out
        twice only where a kept connection ended before it answered and twice is as good as once: methods that are
        idempotent, requests with an idempotency key or a CloudEvent's id, and what the caller calls `idempotent`.
        """
        options: dict[str, Any] = {
            "body": body,
            "headers": headers or {},
            "timeout": timeout,
            "most": most,
            "idempotent": idempotent,
        }
        if self._trace is None:
            return self._request(method, url, **options)
        return self._trace.client(self._request, method, url, **options)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answered:
        return self.request("POST", url, body=body, headers=headers, timeout=timeout)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for connections in self._idle.values():
                for connection, _ in connections:
                    connection.close()
            self._idle.clear()

    def _request(
        self,
        method: str,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        timeout: float,
        most: int,
        idempotent: bool,
    ) -> Answered:
        origin, path = _split(url)
        deadline = time.monotonic() + timeout
        try:
            message = _render(method, origin[1], path, body, headers)
            parser = ResponseParser(method, most)
            connection = self._acquire(origin)
            if connection is not None:
                try:
                    return self._exchange(connection, origin, message, parser, deadline)
                except _Reset:
                    if not (idempotent or _is_repeatable(method, headers)):
                        raise
            return self._exchange(self._connect(origin, deadline), origin, message, parser, deadline)
        except TimeoutError as exc:
            raise Unavailable(f"{origin[0]}://{origin[1]} did not answer within {timeout:g} s") from exc
        except (OSError, BadResponse) as exc:
            name = type(exc).__name__.lstrip("_")
            raise Unavailable(f"{origin[0]}://{origin[1]} cannot be reached: {name}") from exc

    def _exchange(
        self, connection: Any, origin: Origin, message: bytes, parser: ResponseParser, deadline: float
    ) -> Answered:
        try:
            try:
                connection.settimeout(_count_remaining(deadline))
                connection.sendall(message)
                data = connection.recv(CHUNK)
            except (ConnectionResetError, BrokenPipeError) as exc:
                raise _Reset from exc
            if not data:
                raise _Reset
            while not parser.feed(data):
                # A socket's own timeout begins again with each byte of a dripping answer.
                connection.settimeout(_count_remaining(deadline))
                data = connection.recv(CHUNK)
        except BaseException:
            connection.close()
            raise
        if parser.keep:
            self._release(origin, connection)
        else:
            connection.close()
        return Answered(parser.status, parser.headers, parser.body)

    def _acquire(self, origin: Origin) -> Any:
        """An idle connection to the origin on which nothing has come since; None where there is none."""
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                connection, since = idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and _is_quiet(connection):
                return connection
            connection.close()

    def _release(self, origin: Origin, connection: Any) -> None:
        """Keep the connection for the next call, in place of the one that is idle longest where there are too many."""
        with self._lock:
            idle = self._idle.setdefault(origin, [])
            idle.append((connection, time.monotonic()))
            surplus = idle if len(idle) > self._keep else None
            if surplus is None and sum(map(len, self._idle.values())) > IDLE_CONNECTIONS:
                surplus = min((one for one in self._idle.values() if one), key=lambda one: one[0][1])
            closed = surplus.pop(0)[0] if surplus else None
            if len(self._idle) > IDLE_CONNECTIONS:
                self._idle = {key: value for key, value in self._idle.items() if value}
        if closed is not None:
            closed.close()

    def _connect(self, origin: Origin, deadline: float) -> Any:
        scheme, authority = origin
        if scheme not in PORTS:
            raise Unavailable(f"{scheme or 'an address without a scheme'} cannot be called; use http:// or https://")
        if self._public and scheme != "https":
            raise Unavailable("only https:// is called outside")
        host, port = _write_host(authority, PORTS[scheme])
        if scheme == "http":
            return _connect(host, port, deadline)
        if self._public:
            from shared.outbound.public import connect_public

            connection = connect_public((host, port), _count_remaining(deadline))
        else:
            from socket import create_connection

            connection = create_connection((host, port), _count_remaining(deadline))
        try:
            connection.settimeout(_count_remaining(deadline))
            connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            return self._trust().wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def _trust(self) -> Any:
        """The system's certificate authorities, read once: 20 ms of CPU."""
        if self._context is None:
            import ssl

            self._context = ssl.create_default_context()
        return self._context


def _is_quiet(connection: Any) -> bool:
    """Whether nothing has come on an idle connection: bytes there are nobody's answer, and an end is an end."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    pending = getattr(connection, "pending", None)
    return not waiting.poll(0) and not (pending is not None and pending())


def _is_repeatable(method: str, headers: Mapping[str, str]) -> bool:
    return method in IDEMPOTENT or any(name.lower() in IDEMPOTENCY_KEYS for name in headers)


def _split(url: str) -> tuple[Origin, str]:
    """The origin, and the path and query that are asked for there."""
    scheme, found, rest = url.partition("://")
    if not found:
        return (url.partition(":")[0] if ":" in url else "", ""), ""
    rest = rest.partition("#")[0]
    end = min((place for place in (rest.find("/"), rest.find("?")) if place >= 0), default=len(rest))
    path = rest[end:]
    return (scheme.lower(), rest[:end]), path if path.startswith("/") else f"/{path}"


def _write_host(authority: str, port: int) -> tuple[str, int]:
    host, colon, number = authority.rpartition(":")
    if not colon or "]" in number:
        host, number = authority, str(port)
    if not host or not (number or str(port)).isdecimal():
        raise BadResponse("the address names no host and port")
    return host.strip("[]"), int(number or port)


def _render(method: str, authority: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The request in one piece."""
    if not path.isascii() or not path.isprintable() or " " in path:
        raise BadResponse("the address has characters that no address has")
    if not authority.isascii() or not authority.isprintable():
        raise BadResponse("the address has characters that no address has")
    lines = [f"{method} {path} HTTP/1.1", f"host: {authority.rpartition('@')[2]}", "accept-encoding: identity"]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return join_lines(lines) + body


def _connect(host: str, port: int, deadline: float) -> Any:
    """A connection to the first address of the host that takes one."""
    failure: OSError = OSError("the name has no address")
    # As bytes: for text Python would load its codec for international names, which no URL here has.
    for family, kind, protocol, _, address in _socket.getaddrinfo(host.encode(), port, 0, _socket.SOCK_STREAM):
        connection = _socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_count_remaining(deadline))
            connection.connect(address)
            connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            return connection
        except OSError as exc:
            connection.close()
            failure = exc
    raise failure


def _count_remaining(deadline: float) -> float:
    """Seconds until the deadline; TimeoutError where there are none."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the answer takes too long")
    return remaining
