"""The server of an image: HTTP/1.1 on a few threads, written for how fast it starts and how well it ends.

Threads wait together at one epoll; whoever is woken reads what has come, and answers as soon as a request is whole, so
a client that sends slowly holds a few bytes and never a thread. Bounded are connections, threads, headers, each path's
bodies, all that is held together, and every wait: a deadline runs from a request's first byte, and another from an
answer's, whatever comes or goes meanwhile. What is asked in a row on one connection is answered in that order.

`_socket` instead of `socket`: that module's constants as enumerations cost a cold start more than this file does.
"""

import _socket
import errno
import select
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from functions.runtime.connections import Connection, Connections, open_listener
from functions.runtime.http_parser import Refused
from functions.runtime.limits import Limits
from functions.runtime.request import Request
from functions.runtime.response import render_head
from shared.logs import get_logger

log = get_logger(__name__)

CHUNK = 64 * 1024
"""Bytes that are read at once."""
BODY_LIMIT = 1024 * 1024
"""Bytes of a body where the stage does not say otherwise for the path: an event has no more."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Handle = Callable[[Any], tuple[Any, int, dict[str, str]]]
BodyLimit = Callable[[Request], int]


class Server:
    """Serves one handler; stops at once when idle, else when the requests in its hands are answered."""

    def __init__(
        self,
        handle: Handle,
        host: str,
        port: int,
        threads: int,
        *,
        body_limit: BodyLimit = lambda _: BODY_LIMIT,
        limits: Limits | None = None,
        listener: Any = None,
    ) -> None:
        """`body_limit` is asked for each request when its head is there, before a byte of its body is kept.

        A `listener` that somebody else opened is taken in the place of one at `host` and `port`.
        """
        self._handle = handle
        self._max_threads = max(1, threads)
        self._body_limit = body_limit
        self._limits = limits or Limits()
        self._listener = open_listener(host, port) if listener is None else listener
        self.port: int = self._listener.getsockname()[1]
        self._connections = Connections(self._limits)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN | select.EPOLLONESHOT)
        self._full = False
        """The listener is not armed: there are as many connections as may be, and all at work."""
        self._waiting = 0
        self._threads = 0
        self._lock = threading.Lock()
        self._stopping = threading.Lock()
        self._stopping.acquire()
        self._draining = False
        self._answered = False

    def stop(self, *_: object) -> None:
        """Take no new connections; `run` returns once everything that was taken is answered. Fit for a signal."""
        if self._stopping.locked():
            self._stopping.release()

    def run(self, drain_seconds: float = 25.0, settled: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, and answer what was taken, for at most `drain_seconds`.

        `settled` is called once, when some seconds have passed since the first request was answered.
        """
        self._start_thread()
        every, told = self._limits.look_seconds, False
        while not self._stopping.acquire(timeout=every if len(self._connections) else 5 * every):
            self._connections.close_late()
            if self._answered and not told:
                told = True
                settled()
        deadline = time.monotonic() + drain_seconds
        self._draining = True
        self._stop_listening()
        while self._is_busy() and time.monotonic() < deadline:
            time.sleep(0.005)

    # What threads do.

    def _start_thread(self) -> None:
        with self._lock:
            if self._waiting or self._threads >= self._max_threads:
                return
            self._threads += 1
            self._waiting += 1
        try:
            threading.Thread(target=self._work, daemon=True).start()
        except RuntimeError:
            # The system gives no more threads: those that there are go on.
            with self._lock:
                self._threads -= 1
                self._waiting -= 1

    def _work(self) -> None:
        poll = self._epoll.poll
        listener = self._listener.fileno()
        while True:
            events = poll(-1, 1)
            with self._lock:
                self._waiting -= 1
                alone = self._waiting == 0
            if alone and self._threads < self._max_threads:
                self._start_thread()
            for fd, event in events:
                connection = self._accept() if fd == listener else self._connections.get(fd)
                if connection is not None:
                    self._go_on(connection, select.EPOLLIN if fd == listener else event)
            with self._lock:
                self._waiting += 1

    def _go_on(self, connection: Connection, event: int) -> None:
        try:
            self._serve(connection, event)
        except Exception:
            log.exception("failed", extra={"fields": {"server": "a connection"}})
            self._close(connection)

    def _accept(self) -> Connection | None:
        connection = self._accept_one()
        with self._lock:
            self._full = not self._connections.make_room()
            if not self._full:
                self._listen_on()
        return connection

    def _listen_on(self) -> None:
        if not self._draining:
            # Unless the main thread closes it at this moment.
            with suppress(OSError, ValueError):
                self._epoll.modify(self._listener.fileno(), select.EPOLLIN | select.EPOLLONESHOT)

    def _accept_one(self) -> Connection | None:
        try:
            fd, address = self._listener._accept()
        except OSError as exc:
            if exc.errno in (errno.EMFILE, errno.ENFILE):
                # No more files may be open. Not at once again: the files of those that go are closed in a moment.
                self._connections.close_slowest()
                time.sleep(0.01)
            # Else nobody is there, or the one who was has gone; or the listener is closed.
            return None
        socket = _socket.socket(fileno=fd)
        socket.setblocking(False)
        socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        connection = Connection(socket, address[:2] or None, self._body_limit)
        connection.deadline = connection.began + self._limits.head_seconds
        connection.busy = True
        self._connections.add(connection)
        return connection

    def _serve(self, connection: Connection, event: int) -> None:
        """Go on with a connection until it has to wait, and arm it for that; or end it."""
        connection.busy = True
        if connection.output:
            if not self._flush(connection):
                return
        elif event and not self._receive(connection):
            return
        parser = connection.parser
        while True:
            try:
                request = parser.next()
                if request is None and not self._connections.account_for(connection):
                    raise Refused(503, "too much is being sent at once; send it again in a moment")
            except Refused as exc:
                self._refuse(connection, exc)
                return
            if request is None:
                break
            request.remote_port = connection.port
            if not self._answer(connection, request):
                return
            # Of the next request some may be here already.
            connection.idle_since = connection.began = time.monotonic()
        if parser.expects_continue:
            parser.expects_continue = False
            connection.output = CONTINUE
            if not self._flush(connection):
                return
        if parser.idle:
            # Empty lines are no request, and renew nothing.
            connection.deadline = connection.idle_since + self._limits.keep_seconds
        else:
            seconds = self._limits.head_seconds if parser.in_head else self._limits.read_seconds
            connection.deadline = connection.began + seconds
        self._arm(connection, select.EPOLLIN)

    def _receive(self, connection: Connection) -> bool:
        """Take what has come; whether the connection goes on."""
        try:
            data = connection.socket.recv(CHUNK)
        except BlockingIOError:
            self._arm(connection, select.EPOLLIN)
            return False
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return False
        if connection.lingers:
            self._arm(connection, select.EPOLLIN)
            return False
        if connection.parser.idle:
            connection.began = time.monotonic()
        connection.parser.buffer += data
        return True

    def _answer(self, connection: Connection, request: Request) -> bool:
        """Let the handler answer and send it; whether the connection goes on."""
        connection.body = request.size
        self._connections.account_for(connection)
        try:
            body, status, headers = self._handle(request)
        except Exception:
            log.exception("failed", extra={"fields": {"server": "the handler"}})
            body, status, headers = '{"error": "bug; the log says where"}', 500, {}
        connection.body = 0
        self._answered = True
        keep = request.keep and not self._draining
        if not isinstance(body, str | bytes):
            return self._stream(connection, request, body, status, headers, keep)
        content = body.encode() if isinstance(body, str) else body
        fields = dict(headers)
        if status not in (204, 304):
            fields["content-length"] = str(len(content))
            fields.setdefault("content-type", "text/plain; charset=utf-8")
        else:
            content = b""
        if request.method == "HEAD":
            content = b""
        return self._send(connection, render_head(status, fields, keep) + content, keep)

    def _send(self, connection: Connection, data: bytes, keep: bool) -> bool:
        """Send, leaving to later what the client does not take now; whether the connection is free for more."""
        connection.output = data
        connection.deadline = time.monotonic() + self._limits.seconds_for(len(data))
        if keep:
            return self._flush(connection)
        connection.lingers = True
        if self._flush(connection):
            self._linger(connection)
        return False

    def _flush(self, connection: Connection) -> bool:
        """Whether all output is sent. Where not, the connection waits for the client, or has ended."""
        try:
            sent = connection.socket.send(connection.output)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close(connection)
            return False
        connection.output = connection.output[sent:]
        if connection.output:
            if self._connections.account_for(connection):
                self._arm(connection, select.EPOLLOUT)
            else:
                self._close(connection)
            return False
        if connection.lingers:
            self._linger(connection)
            return False
        return True

    def _stream(
        self,
        connection: Connection,
        request: Request,
        parts: Iterable[str | bytes],
        status: int,
        headers: dict[str, str],
        keep: bool,
    ) -> bool:
        """An answer whose length nobody knows: in chunks, or for a client of HTTP/1.0 until the connection ends."""
        chunked = request.chunks
        fields = dict(headers)
        if chunked:
            fields["transfer-encoding"] = "chunked"
        keep = keep and chunked
        connection.patience = self._limits.write_seconds
        try:
            self._send_now(connection, render_head(status, fields, keep))
            for part in parts:
                data = part.encode() if isinstance(part, str) else part
                if data and request.method != "HEAD":
                    self._send_now(connection, b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
            if chunked and request.method != "HEAD":
                self._send_now(connection, b"0\r\n\r\n")
        except Exception as exc:
            if not isinstance(exc, OSError):
                log.exception("failed", extra={"fields": {"server": "a streamed answer"}})
            keep = False
            self._close(connection)
            return False
        finally:
            # So that `finally` in a generator runs when people leave.
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return self._send(connection, b"", keep)

    def _send_now(self, connection: Connection, data: bytes) -> None:
        """Send all of it, waiting for the client; for the whole answer no longer than its patience lasts."""
        while data:
            try:
                data = data[connection.socket.send(data) :]
            except BlockingIOError:
                started = time.monotonic()
                waiting = select.poll()
                waiting.register(connection.fd, select.POLLOUT)
                if connection.patience <= 0 or not waiting.poll(connection.patience * 1000):
                    raise TimeoutError from None
                connection.patience -= time.monotonic() - started

    def _refuse(self, connection: Connection, refused: Refused) -> None:
        connection.parser.clear()
        content = b'{"error": "%b"}' % str(refused).encode()
        fields = {"content-type": "application/json", "content-length": str(len(content))}
        self._send(connection, render_head(refused.status, fields, keep=False) + content, keep=False)

    def _linger(self, connection: Connection) -> None:
        """The answer is sent and the last: wait a moment for the client to go, so that it is not reset meanwhile."""
        try:
            connection.socket.shutdown(_socket.SHUT_WR)
        except OSError:
            self._close(connection)
            return
        connection.deadline = time.monotonic() + self._limits.linger_seconds
        self._arm(connection, select.EPOLLIN)

    # What becomes of connections.

    def _arm(self, connection: Connection, event: int) -> None:
        """Hand the connection over to whoever is woken next."""
        connection.busy = event == select.EPOLLOUT
        # Not watched before: a hang-up is told whatever is asked for, and would wake a second thread for it.
        change = self._epoll.modify if connection.watched else self._epoll.register
        connection.watched = True
        change(connection.fd, event | select.EPOLLONESHOT)

    def _close(self, connection: Connection) -> None:
        self._connections.remove(connection)
        with self._lock:
            if self._full:
                self._full = False
                self._listen_on()
        connection.busy = False
        connection.socket.close()

    def _stop_listening(self) -> None:
        """Take the connections that the kernel has taken for us, and part with those that have nothing to ask."""
        while (connection := self._accept_one()) is not None:
            self._arm(connection, select.EPOLLIN)
        self._listener.close()
        for connection in self._connections:
            if not connection.busy and connection.parser.idle and not self._has_request(connection):
                connection.shut_down()

    def _has_request(self, connection: Connection) -> bool:
        """Whether a request lies in the connection that nobody has read yet."""
        try:
            return bool(connection.socket.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT))
        except OSError:
            return False

    def _is_busy(self) -> bool:
        return any(
            one.output or (not one.lingers and (one.busy or not one.parser.idle or self._has_request(one)))
            for one in self._connections
        )
