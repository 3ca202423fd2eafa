"""An HTTP/1.1 answer, made of the bytes of a connection as they come: bounded, and without a socket."""

HEAD_LIMIT = 128 * 1024
"""Bytes of the status line and the headers together."""


class NoAnswer(Exception):
    """What came is no answer, or not a whole one."""


class TooMuch(NoAnswer):
    """The answer has more bytes than the caller takes."""


class Answers:
    """One answer to come. `take` says when it is whole; then its status, headers and body are there."""

    __slots__ = ("_buffer", "_chunked", "_head", "_left", "_method", "_most", "body", "headers", "keep", "status")

    def __init__(self, method: str, most: int) -> None:
        self._method = method
        self._most = most
        self._buffer = bytearray()
        self._head = True
        self._chunked = False
        self._left: int | None = None
        """Bytes that the body, or the chunk, still has; None: the body ends with the connection, or a chunk's line is
        next; -1: the trailers are."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.keep = False
        """Whether the connection may be used again."""

    def take(self, data: bytes) -> bool:
        """Take what came (nothing: the connection has ended); whether the answer is whole. Raises NoAnswer."""
        if not data:
            return self._ended()
        self._buffer += data
        while self._head:
            if not self._read_head():
                return False
        return self._chunks() if self._chunked else self._length()

    def _ended(self) -> bool:
        if not self._head and not self._chunked and self._left is None:
            self.keep = False
            return True
        raise NoAnswer("the connection ended within the answer")

    def _read_head(self) -> bool:
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end < 0 or end > HEAD_LIMIT:
            if len(buffer) > HEAD_LIMIT:
                raise NoAnswer("the headers of the answer are too large")
            return False
        first, *lines = buffer[:end].decode("latin-1").split("\r\n")
        del buffer[: end + 4]
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise NoAnswer("what came is no answer of HTTP/1.1")
        self.status = int(rest[:3])
        if 100 <= self.status < 200:
            # Continue, early hints: the answer itself comes after it.
            return True
        self._head = False
        headers = self.headers
        for line in lines:
            name, found, value = line.partition(":")
            if not found:
                raise NoAnswer("a header of the answer is malformed")
            key, value = name.strip().lower(), value.strip()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        self._framing(version)
        return True

    def _framing(self, version: str) -> None:
        connection = self.headers.get("connection", "").lower()
        self.keep = "close" not in connection and (version == "HTTP/1.1" or "keep-alive" in connection)
        length = self.headers.get("content-length")
        if self._method == "HEAD" or self.status in (204, 304):
            self._left = 0
        elif "chunked" in self.headers.get("transfer-encoding", "").lower():
            self._chunked = True
        elif length is not None:
            if not length.isdecimal():
                raise NoAnswer("the length of the answer is no number")
            self._left = int(length)
            self._bounded(self._left)
        else:
            self.keep = False

    def _bounded(self, size: int) -> None:
        if size > self._most:
            raise TooMuch("the answer is too large")

    def _length(self) -> bool:
        self._bounded(len(self._buffer))
        if self._left is None or len(self._buffer) < self._left:
            self.body = self._buffer
            return False
        # What comes after the answer is nobody's; the connection is not to be trusted any more.
        self.keep = self.keep and len(self._buffer) == self._left
        self.body = self._buffer[: self._left]
        return True

    def _chunks(self) -> bool:
        buffer = self._buffer
        while True:
            if self._left is None:
                end = buffer.find(b"\r\n", 0, 1024)
                if end < 0:
                    if len(buffer) >= 1024:
                        raise NoAnswer("a chunk of the answer has no length")
                    return False
                try:
                    self._left = int(bytes(buffer[:end]).partition(b";")[0], 16) or -1
                except ValueError as exc:
                    raise NoAnswer("a chunk of the answer has no length") from exc
                del buffer[: end + 2]
                if self._left < -1:
                    raise NoAnswer("a chunk of the answer has no length")
                self._bounded(len(self.body) + max(self._left, 0))
            if self._left == -1:
                return self._trailers()
            if len(buffer) < self._left + 2:
                return False
            self.body += buffer[: self._left]
            del buffer[: self._left + 2]
            self._left = None

    def _trailers(self) -> bool:
        buffer = self._buffer
        while (end := buffer.find(b"\r\n")) >= 0:
            del buffer[: end + 2]
            if end == 0:
                self.keep = self.keep and not buffer
                return True
        if len(buffer) > HEAD_LIMIT:
            raise NoAnswer("the trailers of the answer are too large")
        return False
