"""An HTTP/1.1 request, made of the bytes of a connection as they come: strict, bounded, and without a socket.

What RFC 9112 lets a server be lenient about is refused here, for lenience is how requests are smuggled: one length,
said once, or chunks; no folded or nameless headers; no control characters.
"""

import io
import re

SIDECARS = ("127.0.0.1", "::1")
"""Who may say how the client reached us; Knative's queue-proxy calls from the pod's own address."""
HEAD_LIMIT = 64 * 1024
"""Bytes of the request line and the headers together."""
FIELDS = 200
CHUNK_LINE = 256
"""Bytes of the line before a chunk; more is no length."""

_LINE = re.compile(rb"([A-Z][A-Z_-]{0,31}) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DIGITS = re.compile(rb"[0-9]{1,18}")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,8}")
_HOST = re.compile(rb"[A-Za-z0-9._~:\[\]%-]*")


class Refused(Exception):
    """The bytes are no request that is taken; the connection is of no further use."""

    def __init__(self, status: int, cause: str) -> None:
        super().__init__(cause)
        self.status = status


class Request:
    """The attributes of a Flask request that stages use, with the same meaning. Header names are in lower case."""

    __slots__ = (
        "chunks",
        "content_length",
        "headers",
        "keep",
        "method",
        "path",
        "query_string",
        "remote_addr",
        "stream",
        "target",
    )

    def __init__(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        remote_addr: str | None = None,
        *,
        keep: bool = True,
        chunks: bool = True,
    ) -> None:
        self.method = method
        self.target = target
        """Path and query as they went over the wire."""
        self.headers = headers
        self.remote_addr = remote_addr
        self.keep = keep
        """Whether the client lets the connection go on."""
        self.chunks = chunks
        """Whether the client takes an answer in chunks."""
        path, _, query = target.partition("?")
        if "%" in path or not path.isascii():
            from urllib.parse import unquote_to_bytes

            path = unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "replace")
        self.path = path or "/"
        self.query_string = query.encode("latin-1")
        self.stream: io.BytesIO = _NOTHING
        self.content_length: int | None = None

    @property
    def url(self) -> str:
        """The URL that the client asked for; TLS ends before us, so a sidecar's word for the scheme counts."""
        scheme = "http"
        if self.remote_addr in SIDECARS and self.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https":
            scheme = "https"
        from urllib.parse import quote

        query = self.query_string.decode("latin-1")
        path = quote(self.path, safe="!$&'()*+,/:;=@%")
        return f"{scheme}://{self.headers.get('host', 'localhost')}{path}" + (f"?{query}" if query else "")


_NOTHING = io.BytesIO()


class Reading:
    """The requests of one connection, one after the other: bytes go in, each request comes out when it is whole."""

    __slots__ = ("_address", "_body", "_chunked", "_left", "_limit", "_request", "buffer", "expects")

    def __init__(self, address: str | None, limit: int) -> None:
        self._address = address
        self._limit = limit
        """Bytes of a body."""
        self.buffer = bytearray()
        """What has come and was not read yet."""
        self.expects = False
        """The client waits for `100 Continue` before it sends the body; whoever says so takes this back."""
        self._request: Request | None = None
        self._body = bytearray()
        self._chunked = False
        self._left: int | None = 0
        """Bytes that the body, or the chunk, still has; None: a chunk's line comes next, -1: the trailers."""

    @property
    def idle(self) -> bool:
        """Between two requests, with nothing of the next."""
        return self._request is None and not self.buffer

    @property
    def held(self) -> int:
        return len(self.buffer) + len(self._body)

    def next(self) -> Request | None:
        """The next request, or None where more bytes have to come. Raises Refused."""
        if self._request is None and not self._head():
            return None
        request = self._request
        if request is None or not (self._chunks() if self._chunked else self._length()):
            return None
        request.stream = io.BytesIO(self._body) if self._body else io.BytesIO()
        self._body = bytearray()
        self._request = None
        self.expects = False
        return request

    def _head(self) -> bool:
        buffer = self.buffer
        # A client may send an empty line between two requests (RFC 9112, 2.2).
        while buffer[:2] == b"\r\n":
            del buffer[:2]
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > HEAD_LIMIT:
                raise Refused(431, f"the headers are larger than the {HEAD_LIMIT} bytes that are taken")
            return False
        if end > HEAD_LIMIT:
            raise Refused(431, f"the headers are larger than the {HEAD_LIMIT} bytes that are taken")
        lines = bytes(buffer[:end]).split(b"\r\n")
        del buffer[: end + 4]
        matched = _LINE.fullmatch(lines[0])
        if matched is None:
            raise Refused(400, "the first line is no request of HTTP/1.1")
        if len(lines) - 1 > FIELDS:
            raise Refused(431, f"there are more than {FIELDS} headers")
        method, target, minor = matched.groups()
        headers = _headers(lines)
        if minor == b"1" and "host" not in headers:
            raise Refused(400, "HTTP/1.1 needs the header Host")
        connection = headers.get("connection", "").lower()
        keep = "close" not in connection if minor == b"1" else "keep-alive" in connection
        request = Request(method.decode(), _path(target), headers, self._address, keep=keep, chunks=minor == b"1")
        self._framing(request)
        self._request = request
        if (expected := headers.get("expect")) is not None:
            if expected.lower() != "100-continue":
                raise Refused(417, "the only expectation that is met is 100-continue")
            self.expects = minor == b"1" and not buffer
        return True

    def _framing(self, request: Request) -> None:
        """How long the body is, or that it comes in chunks."""
        encoding, length = request.headers.get("transfer-encoding"), request.headers.get("content-length")
        if encoding is not None:
            if length is not None:
                raise Refused(400, "a request has a length or comes in chunks, not both")
            if encoding.lower() != "chunked":
                raise Refused(501, "the only transfer coding that is taken is chunked")
            self._chunked, self._left = True, None
            return
        self._chunked, self._left = False, 0
        if length is not None:
            if not _DIGITS.fullmatch(length.encode("latin-1")):
                raise Refused(400, "Content-Length is no length")
            self._left = request.content_length = int(length)
            self._bounded(self._left)

    def _bounded(self, size: int) -> None:
        if size > self._limit:
            raise Refused(413, f"the body has more than the {self._limit} bytes that are taken")

    def _length(self) -> bool:
        left = self._left or 0
        if len(self.buffer) < left:
            return False
        if left:
            self._body = self.buffer[:left]
            del self.buffer[:left]
        return True

    def _chunks(self) -> bool:
        buffer = self.buffer
        while True:
            if self._left is None:
                end = buffer.find(b"\r\n", 0, CHUNK_LINE)
                if end < 0:
                    if len(buffer) >= CHUNK_LINE:
                        raise Refused(400, "a chunk has no length")
                    return False
                size = bytes(buffer[:end]).partition(b";")[0].rstrip(b" \t")
                if not _HEX.fullmatch(size):
                    raise Refused(400, "a chunk has no length")
                del buffer[: end + 2]
                self._left = int(size, 16) or -1
                self._bounded(len(self._body) + max(self._left, 0))
            if self._left == -1:
                return self._trailers()
            if len(buffer) < self._left + 2:
                return False
            if buffer[self._left : self._left + 2] != b"\r\n":
                raise Refused(400, "a chunk is longer than it says")
            self._body += buffer[: self._left]
            del buffer[: self._left + 2]
            self._left = None

    def _trailers(self) -> bool:
        """Read to the end of the trailers; nothing here asks for one."""
        buffer = self.buffer
        while (end := buffer.find(b"\r\n")) >= 0:
            del buffer[: end + 2]
            if end == 0:
                return True
        if len(buffer) > HEAD_LIMIT:
            raise Refused(431, "the trailers are too large")
        return False


def _path(target: bytes) -> str:
    """The path and query of a request's target; an absolute one names a host that we do not choose by."""
    if target[:1] != b"/":
        scheme, found, rest = target.partition(b"://")
        if target == b"*":
            return "*"
        if not found or scheme.lower() not in (b"http", b"https"):
            raise Refused(400, "the target of the request is no path")
        _, slash, path = rest.partition(b"/")
        target = slash + path or b"/"
    return target.decode("latin-1")


def _headers(lines: list[bytes]) -> dict[str, str]:
    """The headers by their names in lower case; of a list that is sent in pieces, the pieces in order."""
    if _BAD.search(b"".join(lines)):
        raise Refused(400, "a header is malformed")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, found, value = line.partition(b":")
        key = _KEYS.get(name) or _key(name)
        if not found or not key:
            raise Refused(400, "a header is malformed")
        text = value.strip(b" \t").decode("latin-1")
        if key not in headers:
            headers[key] = text
        elif key in ("content-length", "transfer-encoding", "host"):
            raise Refused(400, f"the header {key} is there twice")
        else:
            headers[key] += f", {text}"
    if not _HOST.fullmatch(headers.get("host", "").encode("latin-1")):
        raise Refused(400, "the header Host names no host")
    return headers


_KEYS: dict[bytes, str] = {}
"""Names of headers as they came, in lower case: the same few come with each request."""


def _key(name: bytes) -> str:
    """The name of a header in lower case; empty where it is none."""
    if not _NAME.fullmatch(name):
        return ""
    key = name.decode().lower()
    if len(_KEYS) < 100 and len(name) < 50:
        _KEYS[name] = key
    return key
