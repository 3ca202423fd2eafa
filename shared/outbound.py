"""Outgoing HTTP: POST and GET with a deadline, over connections that are kept and reused.

On the standard library's http.client, because each stage pays for its imports in its cold start: requests costs 85 ms
of CPU to import and httpx 74, http.client 9, and a kept connection needs a fifth of the CPU per call.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shared.errors import Unavailable

traced: "Callable[..., Any] | None" = None
"""Where traces are exported, what makes a span of each call (shared.otlp sets it); None costs nothing."""

MAX_ANSWER_BYTES = 4 * 1024 * 1024


class TooMuch(http.client.HTTPException):
    """The answer has more bytes than the caller takes."""


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
        self._idle: dict[tuple[str, str], list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

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
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        deadline = time.monotonic() + timeout
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = (method, path, body or None, dict(headers or {}))
        try:
            connection = self._take(place, timeout)
            if connection is not None:
                try:
                    return self._exchange(connection, place, request, deadline, most)
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                    # A kept connection may have been closed by the other side meanwhile: once more, on a new one.
                    pass
            return self._exchange(self._connect(place, timeout), place, request, deadline, most)
        except TimeoutError as exc:
            raise Unavailable(f"{parts.scheme}://{parts.netloc} did not answer within {timeout:g} s") from exc
        except (OSError, http.client.HTTPException) as exc:
            raise Unavailable(f"{parts.scheme}://{parts.netloc} cannot be reached: {type(exc).__name__}") from exc

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answered:
        return self.request("POST", url, body=body, headers=headers, timeout=timeout)

    def close(self) -> None:
        with self._lock:
            for connections in self._idle.values():
                for connection in connections:
                    connection.close()
            self._idle.clear()

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        place: tuple[str, str],
        request: tuple[str, str, bytes | None, dict[str, str]],
        deadline: float,
        most: int,
    ) -> Answered:
        try:
            connection.request(*request)
            wire = connection.sock
            answer = connection.getresponse()
            content = _read(answer, wire, deadline, most)
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._give_back(place, connection)
        return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def _take(self, place: tuple[str, str], timeout: float) -> http.client.HTTPConnection | None:
        with self._lock:
            idle = self._idle.get(place)
            connection = idle.pop() if idle else None
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(timeout)
        return connection

    def _give_back(self, place: tuple[str, str], connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) < self._keep:
                idle.append(connection)
                return
        connection.close()

    def _connect(self, place: tuple[str, str], timeout: float) -> http.client.HTTPConnection:
        scheme, netloc = place
        if self._public:
            from shared.public import PublicConnection

            if scheme != "https":
                raise Unavailable("only https:// is called outside")
            return PublicConnection(netloc, timeout=timeout)
        if scheme == "https":
            return http.client.HTTPSConnection(netloc, timeout=timeout, context=self._trusted())
        if scheme == "http":
            return http.client.HTTPConnection(netloc, timeout=timeout)
        raise Unavailable(f"{scheme or 'an address without a scheme'} cannot be called; use http:// or https://")

    def _trusted(self) -> ssl.SSLContext:
        """The system's certificate authorities, read once: 20 ms of CPU."""
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context


def _read(answer: http.client.HTTPResponse, wire: socket.socket, deadline: float, most: int) -> bytes:
    """The body, read by the deadline: a socket's own timeout begins again with each byte of a dripping answer."""
    pieces, size = [], 0
    if (answer.length or 0) > most:
        raise TooMuch("the answer is too large")
    while piece := answer.read1(64 * 1024):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise TooMuch("the answer is too large")
        if answer.isclosed():
            break
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        wire.settimeout(left)
    if answer.length:
        raise http.client.IncompleteRead(b"".join(pieces), answer.length)
    # read1 leaves a finished answer open, and the connection takes no further request before it is closed.
    answer.close()
    return b"".join(pieces)
