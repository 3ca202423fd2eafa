"""An HTTP/1.1 request, made of the bytes of a connection as they come: strict, bounded, and without a socket.

What RFC 9112 lets a server be lenient about is refused here: a request has one length, given once, or chunks. llhttp is
the oracle: what it refuses never becomes a request here, and what both take they read alike
(tests/unit/runtime/test_against_llhttp.py).
"""

import io
import re
from collections.abc import Callable

from functions.runtime.request import Request
from shared.http1 import ChunkedBody, Malformed, TooLarge, TooLong, parse_fields

HEAD_LIMIT = 32 * 1024
"""Bytes of the request line and the headers together."""
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

_LINE = re.compile(rb"([A-Z][A-Z_-]{0,31}) ([\x21\x22\x24-\x7e]+) HTTP/1\.([01])")
"""No fragment (#): clients keep it to themselves."""
_DIGITS = re.compile(rb"[0-9]{1,18}")
_HOST = re.compile(rb"[A-Za-z0-9._~:\[\]%-]*")


class Refused(Exception):
    """The bytes are no request that is taken; the connection is of no further use."""

    def __init__(self, status: int, cause: str) -> None:
        super().__init__(cause)
        self.status = status


class RequestParser:
    """The requests of one connection, one after the other: bytes go in, each request comes out when it is whole."""

    __slots__ = (
        "_address",
        "_body_limit",
        "_chunks",
        "_length",
        "_request",
        "_searched",
        "buffer",
        "expects_continue",
    )

    def __init__(self, address: str | None, body_limit: Callable[[Request], int]) -> None:
        """`body_limit` gives the bytes that the body of a request may have; it is asked when the head is there."""
        self._address = address
        self._body_limit = body_limit
        self.buffer = bytearray()
        """What has come and was not read yet."""
        self.expects_continue = False
        """The client waits for `100 Continue` before it sends the body; whoever sends it takes this back."""
        self._request: Request | None = None
        self._length = 0
        """Bytes of its body, where it does not come in chunks."""
        self._chunks: ChunkedBody | None = None
        self._searched = 0
        """So many bytes of the buffer hold no end of a head."""

    @property
    def idle(self) -> bool:
        """Between two requests, with nothing of the next."""
        return self._request is None and not self.buffer

    @property
    def in_head(self) -> bool:
        """Within the headers of a request."""
        return self._request is None

    @property
    def size(self) -> int:
        """Bytes that are kept of a request that is not whole yet."""
        return len(self.buffer) + (len(self._chunks.content) if self._chunks is not None else 0)

    def clear(self) -> None:
        """Forget what has come: nothing more is read from this connection."""
        self.buffer, self._chunks, self._request = bytearray(), None, None

    def next(self) -> Request | None:
        """The next request, or None where more bytes have to come. Raises Refused."""
        try:
            if self._request is None and not self._read_head():
                return None
            request = self._request
            if request is None or not (
                self._read_body(request) if self._chunks is None else self._read_chunks(request)
            ):
                return None
        except Malformed as exc:
            raise Refused(400, str(exc)) from exc
        except TooLarge as exc:
            raise Refused(413, str(exc)) from exc
        except TooLong as exc:
            raise Refused(431, str(exc)) from exc
        self._request = None
        self.expects_continue = False
        return request

    def _read_head(self) -> bool:
        buffer = self.buffer
        # A client may send an empty line between two requests (RFC 9112, 2.2).
        while buffer[:2] == b"\r\n":
            del buffer[:2]
            self._searched = 0
        end = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end > HEAD_LIMIT or (end < 0 and len(buffer) > HEAD_LIMIT):
            raise Refused(431, f"the headers are larger than the {HEAD_LIMIT} bytes that are taken")
        if end < 0:
            self._searched = len(buffer)
            return False
        lines = bytes(buffer[:end]).split(b"\r\n")
        del buffer[: end + 4]
        self._searched = 0
        matched = _LINE.fullmatch(lines[0])
        if matched is None:
            raise Refused(400, "the first line is no request of HTTP/1.1")
        method, target, minor = matched.group(1).decode(), matched.group(2), matched.group(3)
        if method not in METHODS:
            raise Refused(501, f"the methods that are taken are {', '.join(sorted(METHODS))}")
        headers = parse_fields(lines[1:])
        if minor == b"1" and "host" not in headers:
            raise Refused(400, "HTTP/1.1 needs the header Host")
        if not _HOST.fullmatch(headers.get("host", "").encode("latin-1")):
            raise Refused(400, "the header Host names no host")
        connection = headers.get("connection", "").lower()
        keep = "close" not in connection if minor == b"1" else "keep-alive" in connection
        path = _check_path(method, target)
        request = Request(method, path, headers, self._address, keep=keep, chunks=minor == b"1")
        self._read_framing(request, self._body_limit(request))
        self._request = request
        if (expected := headers.get("expect")) is not None:
            if expected.lower() != "100-continue":
                raise Refused(417, "the only expectation that is met is 100-continue")
            self.expects_continue = minor == b"1" and not buffer
        return True

    def _read_framing(self, request: Request, limit: int) -> None:
        """How long the body is, or that it comes in chunks."""
        encoding, length = request.headers.get("transfer-encoding"), request.headers.get("content-length")
        self._chunks, self._length = None, 0
        if encoding is not None:
            if length is not None:
                raise Malformed("a request has a length or comes in chunks, not both")
            if not request.chunks:
                raise Malformed("a request of HTTP/1.0 comes in no chunks")
            if encoding.lower() != "chunked":
                raise Refused(501, "the only transfer coding that is taken is chunked")
            self._chunks = ChunkedBody(limit)
        elif length is not None:
            if not _DIGITS.fullmatch(length.encode("latin-1")):
                raise Malformed("Content-Length is no length")
            self._length = request.content_length = int(length)
            if self._length > limit:
                raise TooLarge(f"the body has more than the {limit} bytes that are taken here")

    def _read_body(self, request: Request) -> bool:
        length = self._length
        if len(self.buffer) < length:
            return False
        request.stream, request.size = io.BytesIO(self.buffer[:length]), length
        del self.buffer[:length]
        return True

    def _read_chunks(self, request: Request) -> bool:
        chunks = self._chunks
        if chunks is None or not chunks.read(self.buffer):
            return False
        request.stream, request.size = io.BytesIO(chunks.content), len(chunks.content)
        self._chunks = None
        return True


def _check_path(method: str, target: bytes) -> str:
    """The path and query of a request's target; an absolute one names a host that we do not choose by."""
    if target[:1] != b"/":
        if target == b"*" and method == "OPTIONS":
            return "*"
        scheme, found, rest = target.partition(b"://")
        if not found or scheme.lower() not in (b"http", b"https"):
            raise Refused(400, "the target of the request is no path")
        end = min((place for place in (rest.find(b"/"), rest.find(b"?")) if place >= 0), default=len(rest))
        if not end or not _HOST.fullmatch(rest[:end]):
            raise Refused(400, "the target of the request names no host")
        target = rest[end:] if rest[end : end + 1] == b"/" else b"/" + rest[end:]
    return target.decode("latin-1")
