"""An HTTP/1.1 response, made of the bytes of a connection as they come: strict, bounded, and without a socket.

llhttp is the oracle, as of the request parser (tests/unit/runtime/test_against_llhttp.py).
"""

import re

from shared.http1 import ChunkedBody, Malformed, TooLarge, TooLong, parse_fields

HEAD_LIMIT = 128 * 1024
"""Bytes of the status line and the headers together."""

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")


class BadResponse(Exception):
    """What came is no response, or not a whole one."""


class TooMuch(BadResponse):
    """The response has more bytes than the caller takes."""


class ResponseParser:
    """One response to come. `feed` says when it is whole; then its status, headers and body are there."""

    __slots__ = (
        "_body",
        "_buffer",
        "_chunks",
        "_in_head",
        "_length",
        "_max_bytes",
        "_method",
        "headers",
        "keep",
        "status",
    )

    def __init__(self, method: str, max_bytes: int) -> None:
        self._method = method
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._in_head = True
        self._chunks: ChunkedBody | None = None
        self._length: int | None = None
        """Bytes of the body; None where it ends with the connection, or comes in chunks."""
        self._body = bytearray()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.keep = False
        """Whether the connection may be used again: the other side lets it, and sent nothing after the response."""

    @property
    def body(self) -> bytes:
        """What has come of the body."""
        return bytes(self._body if self._chunks is None else self._chunks.content)

    def feed(self, data: bytes) -> bool:
        """Take what came (nothing: the connection has ended); whether the response is whole.

        Raises BadResponse, of which TooMuch is one.
        """
        if not data:
            return self._end()
        self._buffer += data
        try:
            while self._in_head:
                if not self._read_head():
                    return False
            return self._read_body() if self._chunks is None else self._read_chunks(self._chunks)
        except TooLarge as exc:
            raise TooMuch("the response is too large") from exc
        except (Malformed, TooLong) as exc:
            raise BadResponse(str(exc)) from exc

    def _end(self) -> bool:
        if not self._in_head and self._chunks is None and self._length is None:
            self.keep = False
            return True
        raise BadResponse("the connection ended within the response")

    def _read_head(self) -> bool:
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end > HEAD_LIMIT or (end < 0 and len(buffer) > HEAD_LIMIT):
            raise BadResponse("the headers of the response are too large")
        if end < 0:
            return False
        first, *lines = bytes(buffer[:end]).split(b"\r\n")
        del buffer[: end + 4]
        matched = _STATUS.fullmatch(first)
        if matched is None:
            raise BadResponse("what came is no response of HTTP/1.1")
        self.status = int(matched.group(2))
        if self.status == 101:
            raise BadResponse("the other side speaks another protocol from now on")
        headers = parse_fields(lines)
        if self.status < 200:
            # Continue, early hints: the response itself comes after it.
            return True
        self._in_head = False
        self.headers = headers
        self._read_framing(matched.group(1) == b"1")
        return True

    def _read_framing(self, newer: bool) -> None:
        connection = self.headers.get("connection", "").lower()
        self.keep = "close" not in connection and (newer or "keep-alive" in connection)
        length, encoding = self.headers.get("content-length"), self.headers.get("transfer-encoding")
        if length is not None and encoding is not None:
            raise Malformed("a response has a length or comes in chunks, not both")
        if length is not None and not (length.isascii() and length.isdecimal() and len(length) <= 18):
            raise Malformed("the length of the response is no number")
        if self._method == "HEAD" or self.status in (204, 304):
            self._length = 0
        elif encoding is not None:
            if encoding.lower() != "chunked":
                raise Malformed("the only transfer coding that is taken is chunked")
            self._chunks = ChunkedBody(self._max_bytes)
        elif length is not None:
            self._length = int(length)
            self._check_size(self._length)
        else:
            self.keep = False

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge

    def _read_body(self) -> bool:
        if self._length is None or len(self._buffer) < self._length:
            self._check_size(len(self._buffer))
            self._body = self._buffer
            return False
        # What comes after the response is nobody's; the connection is not to be trusted any more.
        self.keep = self.keep and len(self._buffer) == self._length
        self._body = self._buffer[: self._length]
        return True

    def _read_chunks(self, chunks: ChunkedBody) -> bool:
        if not chunks.read(self._buffer):
            return False
        self.keep = self.keep and not self._buffer
        return True
