"""What requests and responses of HTTP/1.1 have in common: header fields and chunks (RFC 9112), strict and bounded.

Lenience is how requests are smuggled, so nothing is taken that the grammar does not have: no bare line feeds, no folded
or nameless fields, no control characters, in extensions of chunks and in trailers neither.
"""

import re

FIELDS = 200
"""Header fields of a message, or of its trailers."""
CHUNK_LINE = 256
"""Bytes of the line before a chunk; more is no size."""
TRAILERS_LIMIT = 32 * 1024
"""Bytes of all trailers."""
FRAMING = ("content-length", "transfer-encoding", "host")
"""Fields that may be there once, and in no trailer (RFC 9110, 6.5.1)."""

BLANKS = " \t"
"""What may stand around a field's value."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_CHUNK = (
    rb"([0-9A-Fa-f]{1,8})"
    rb"(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+"
    rb"(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|\"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*\"))?)*"
)
"""The line before a chunk: its size and its extensions, which nobody here asks for (RFC 9112, 7.1.1). Compiled when the
first message comes in chunks, which few do."""


class Malformed(ValueError):
    """The bytes are no HTTP/1.1; the message says what is wrong, and quotes nothing of it."""


class TooLarge(ValueError):
    """The body has more bytes than are taken."""


class TooLong(ValueError):
    """There are more header fields or trailers than are taken."""


def parse_fields(lines: list[bytes]) -> dict[str, str]:
    """The fields by their names in lower case; of one that comes several times, the values in order.

    Raises Malformed or TooLong.
    """
    if len(lines) > FIELDS:
        raise TooLong(f"there are more than {FIELDS} headers")
    if _BAD.search(b"".join(lines)):
        raise Malformed("a header is malformed")
    fields: dict[str, str] = {}
    # As text at once; no line holds a line feed any more.
    for line in b"\n".join(lines).decode("latin-1").split("\n") if lines else ():
        name, found, value = line.partition(":")
        key = _KEYS.get(name) or _make_key(name)
        if not found or not key:
            raise Malformed("a header is malformed")
        if key in fields:
            if key in FRAMING:
                raise Malformed(f"the header {key} is there twice")
            fields[key] = f"{fields[key]}, {value.strip(BLANKS)}"
        elif "\t" in value and key in FRAMING:
            # A tab around a value is allowed, but others read `chunked\t` as another coding.
            raise Malformed(f"the header {key} is malformed")
        else:
            fields[key] = value.strip(BLANKS)
    return fields


def join_lines(lines: list[str]) -> bytes:
    """The head of a message: these lines and the empty one. ValueError where a break within one would make it two."""
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        broken = next(line for line in lines if "\n" in line or "\r" in line)
        raise ValueError(f"the header {broken.partition(':')[0]!r} holds a line break")
    return f"{text}\r\n\r\n".encode("latin-1")


class ChunkedBody:
    """A body that comes in chunks, read from a connection's buffer as far as it has come."""

    __slots__ = ("_limit", "_remaining", "_searched", "content")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        """Bytes of the whole body."""
        self.content = bytearray()
        self._remaining: int | None = None
        """Bytes that the chunk still has; None: the line before a chunk comes next, -1: the trailers."""
        self._searched = 0
        """So many bytes of the buffer hold no end of the trailers."""

    def read(self, buffer: bytearray) -> bool:
        """Take from the buffer what belongs to the body; whether that is all of it, its trailers too.

        Raises Malformed, TooLarge or TooLong.
        """
        while True:
            if self._remaining is None:
                end = buffer.find(b"\r\n", 0, CHUNK_LINE)
                if end < 0:
                    if len(buffer) >= CHUNK_LINE:
                        raise Malformed("a chunk has no length")
                    return False
                size = self._read_size(bytes(buffer[:end]))
                del buffer[: end + 2]
                self._remaining = size or -1
            if self._remaining == -1:
                return self._read_trailers(buffer)
            if len(buffer) < self._remaining + 2:
                return False
            if buffer[self._remaining : self._remaining + 2] != b"\r\n":
                raise Malformed("a chunk is longer than it says")
            self.content += buffer[: self._remaining]
            del buffer[: self._remaining + 2]
            self._remaining = None

    def _read_size(self, line: bytes) -> int:
        matched = re.fullmatch(_CHUNK, line)
        if matched is None:
            raise Malformed("a chunk has no length")
        size = int(matched.group(1), 16)
        if len(self.content) + size > self._limit:
            raise TooLarge(f"the body has more than the {self._limit} bytes that are taken here")
        return size

    def _read_trailers(self, buffer: bytearray) -> bool:
        """Read to the end of the trailers, which have to be fields although nobody here asks for one."""
        if buffer[:2] == b"\r\n":
            del buffer[:2]
            return True
        end = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if max(end, len(buffer) if end < 0 else 0) > TRAILERS_LIMIT:
            raise TooLong("the trailers are too large")
        if end < 0:
            self._searched = len(buffer)
            return False
        trailers = parse_fields(bytes(buffer[:end]).split(b"\r\n"))
        if any(name in trailers for name in FRAMING):
            raise Malformed("a trailer says how the message is framed")
        del buffer[: end + 4]
        return True


_KEYS: dict[str, str] = {}
"""Names of fields as they came, in lower case: the same few come with each message."""


def _make_key(name: str) -> str:
    """The name of a field in lower case; empty where it is none."""
    if not _NAME.fullmatch(name):
        return ""
    key = name.lower()
    if len(_KEYS) < 100 and len(name) < 50:
        _KEYS[name] = key
    return key
