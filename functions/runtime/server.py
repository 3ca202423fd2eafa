"""The server of an image: HTTP/1.1 on a few threads, written for how fast it starts and how well it ends.

Threads wait together at one epoll; whoever is woken reads what has come, and answers as soon as a request is whole, so
a client that sends slowly holds a few bytes and never a thread. Bounded are connections, threads, headers, bodies, all
that is held of unfinished requests, and every wait. What is asked in a row on one connection is answered in that order.

`_socket` instead of `socket`: that module's constants as enumerations cost a cold start more than this file does.
"""

import _socket
import select
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from functions.runtime.connection import Connection, listening
from functions.runtime.http_parser import Refused, Request
from functions.runtime.response import head
from shared.logs import logger

log = logger(__name__)

HELD_LIMIT = 96 * 1024 * 1024
"""Bytes of all requests that are not whole yet."""
CONNECTIONS = 512
"""More wait in the kernel's queue."""
KEEP_SECONDS = 75.0
"""How long a connection may be idle between two requests."""
READ_SECONDS = 30.0
"""How long a request may take from its first byte to its last."""
WRITE_SECONDS = 30.0
"""How long a client may take no byte of its answer."""
LINGER_SECONDS = 1.0
"""How long a refused client may go on sending before the connection ends; at once, and it would not see the answer."""
PIECE = 256 * 1024

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Handle = Callable[[Any], tuple[Any, int, dict[str, str]]]


class Server:
    """Serves one handler; stops at once when idle, else when the requests in its hands are answered."""

    def __init__(self, handle: Handle, host: str, port: int, threads: int, drain_seconds: float) -> None:
        self._handle = handle
        self._most = max(1, threads)
        self._drain_seconds = drain_seconds
        self._listener = listening(host, port)
        self.port: int = self._listener.getsockname()[1]
        self._connections: dict[int, Connection] = {}
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN | select.EPOLLONESHOT)
        self._full = False
        """The listener is not armed: there are as many connections as may be."""
        self._held = 0
        self._waiting = 0
        self._threads = 0
        self._lock = threading.Lock()
        self._stopping = threading.Lock()
        self._stopping.acquire()
        self._draining = False

    def stop(self, *_: object) -> None:
        """Take no new connections; `run` returns once everything that was taken is answered. Fit for a signal."""
        if self._stopping.locked():
            self._stopping.release()

    def run(self) -> None:
        """Serve until `stop`, and drain."""
        self._more_threads()
        while not self._stopping.acquire(timeout=1.0 if self._connections else 5.0):
            self._part_with_the_slow()
        deadline = time.monotonic() + self._drain_seconds
        self._draining = True
        self._stop_listening()
        while self._busy() and time.monotonic() < deadline:
            time.sleep(0.005)

    # What threads do.

    def _more_threads(self) -> None:
        with self._lock:
            if self._waiting or self._threads >= self._most:
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
        door = self._listener.fileno()
        while True:
            events = poll(-1, 1)
            with self._lock:
                self._waiting -= 1
                alone = self._waiting == 0
            if alone and self._threads < self._most:
                self._more_threads()
            for fd, event in events:
                connection = self._accept() if fd == door else self._connections.get(fd)
                if connection is not None:
                    self._go_on(connection, select.EPOLLIN if fd == door else event)
            with self._lock:
                self._waiting += 1

    def _go_on(self, connection: Connection, event: int) -> None:
        try:
            self._serve(connection, event)
        except Exception:
            log.exception("failed", extra={"fields": {"server": "a connection"}})
            self._close(connection)

    def _accept(self) -> Connection | None:
        connection = self._accepted()
        with self._lock:
            self._full = len(self._connections) >= CONNECTIONS
            if not self._full:
                self._listen_on()
        return connection

    def _listen_on(self) -> None:
        if not self._draining:
            # Unless the main thread closes it at this moment.
            with suppress(OSError, ValueError):
                self._epoll.modify(self._listener.fileno(), select.EPOLLIN | select.EPOLLONESHOT)

    def _accepted(self) -> Connection | None:
        try:
            fd, address = self._listener._accept()
        except OSError:
            # Nobody is there, or the one who was has gone; or the listener is closed.
            return None
        wire = _socket.socket(fileno=fd)
        wire.setblocking(False)
        wire.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        connection = Connection(wire, address[0] if address else None, time.monotonic() + READ_SECONDS)
        connection.busy = True
        self._connections[fd] = connection
        return connection

    def _serve(self, connection: Connection, event: int) -> None:
        """Go on with a connection until it has to wait, and arm it for that; or end it."""
        connection.busy = True
        if connection.output:
            if not self._flush(connection):
                return
        elif event and not self._receive(connection):
            return
        while True:
            try:
                request = connection.reading.next()
                self._count(connection)
            except Refused as exc:
                self._refuse(connection, exc)
                return
            if request is None:
                break
            if not self._answer(connection, request):
                return
        if connection.reading.expects:
            connection.reading.expects = False
            connection.output = CONTINUE
            if not self._flush(connection):
                return
        connection.deadline = time.monotonic() + (KEEP_SECONDS if connection.reading.idle else READ_SECONDS)
        self._arm(connection, select.EPOLLIN)

    def _receive(self, connection: Connection) -> bool:
        """Take what has come; whether the connection goes on."""
        idle = connection.reading.idle
        try:
            data = connection.wire.recv(PIECE)
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
        if idle:
            connection.deadline = time.monotonic() + READ_SECONDS
        connection.reading.buffer += data
        return True

    def _answer(self, connection: Connection, request: Request) -> bool:
        """Let the handler answer and send it; whether the connection goes on."""
        try:
            body, status, headers = self._handle(request)
        except Exception:
            log.exception("failed", extra={"fields": {"server": "the handler"}})
            body, status, headers = '{"error": "bug; the log has the traceback"}', 500, {}
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
        return self._send(connection, head(status, fields, keep) + content, keep)

    def _send(self, connection: Connection, data: bytes, keep: bool) -> bool:
        """Send, leaving to later what the client does not take now; whether the connection is free for more."""
        connection.output = data
        connection.deadline = time.monotonic() + WRITE_SECONDS
        if keep:
            return self._flush(connection)
        connection.lingers = True
        if self._flush(connection):
            self._linger(connection)
        return False

    def _flush(self, connection: Connection) -> bool:
        """Whether all output is sent. Where not, the connection waits for the client, or has ended."""
        try:
            sent = connection.wire.send(connection.output)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close(connection)
            return False
        if sent < len(connection.output):
            if sent:
                connection.deadline = time.monotonic() + WRITE_SECONDS
            connection.output = connection.output[sent:]
            self._arm(connection, select.EPOLLOUT)
            return False
        connection.output = b""
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
        try:
            self._send_now(connection, head(status, fields, keep))
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
        """Send all of it, waiting for the client as long as it takes something of it."""
        while data:
            try:
                data = data[connection.wire.send(data) :]
            except BlockingIOError:
                waiting = select.poll()
                waiting.register(connection.fd, select.POLLOUT)
                if not waiting.poll(WRITE_SECONDS * 1000):
                    raise TimeoutError from None

    def _refuse(self, connection: Connection, refused: Refused) -> None:
        content = b'{"error": "%b"}' % str(refused).encode()
        fields = {"content-type": "application/json", "content-length": str(len(content))}
        self._send(connection, head(refused.status, fields, keep=False) + content, keep=False)

    def _linger(self, connection: Connection) -> None:
        """The answer is sent and the last: wait a moment for the client to go, so that it is not reset meanwhile."""
        try:
            connection.wire.shutdown(_socket.SHUT_WR)
        except OSError:
            self._close(connection)
            return
        connection.deadline = time.monotonic() + LINGER_SECONDS
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
        with self._lock:
            self._connections.pop(connection.fd, None)
            self._held -= connection.held
            connection.held = 0
            if self._full:
                self._full = False
                self._listen_on()
        connection.busy = False
        connection.wire.close()

    def _count(self, connection: Connection) -> None:
        """Keep what is held within its bound; one connection more than that is one too many."""
        held = connection.reading.held
        if held == connection.held:
            return
        with self._lock:
            self._held += held - connection.held
            connection.held = held
            over = self._held > HELD_LIMIT
        if over and held > PIECE:
            raise Refused(503, "too much is being sent at once; send it again in a moment")

    def _part_with_the_slow(self) -> None:
        now = time.monotonic()
        for connection in list(self._connections.values()):
            if connection.deadline < now and not (connection.busy and not connection.output):
                self._wake(connection)

    def _stop_listening(self) -> None:
        """Take the connections that the kernel has taken for us, and part with those that have nothing to ask."""
        while (connection := self._accepted()) is not None:
            self._arm(connection, select.EPOLLIN)
        self._listener.close()
        for connection in list(self._connections.values()):
            if not connection.busy and connection.reading.idle and not self._asks(connection):
                self._wake(connection)

    def _asks(self, connection: Connection) -> bool:
        """Whether a request lies in the connection that nobody has read yet."""
        try:
            return bool(connection.wire.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT))
        except OSError:
            return False

    def _wake(self, connection: Connection) -> None:
        """End it by its socket: whoever is woken for it finds that it is over. Never closed from outside its owner."""
        with suppress(OSError):
            connection.wire.shutdown(_socket.SHUT_RDWR)

    def _busy(self) -> bool:
        return any(
            connection.output
            or (not connection.lingers and (connection.busy or not connection.reading.idle or self._asks(connection)))
            for connection in list(self._connections.values())
        )
