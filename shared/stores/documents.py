"""Documents as every store keeps them: compact JSON, the same bytes on each adapter, compressed where they are long.

A store never looks inside a document, so it is kept as one piece instead of the database's own types. Any key
(empty, dotted, `__name__`), arrays within arrays and whole numbers above 64 bits survive everywhere, writing costs one
json.dumps, and nothing that comes out shares memory with what is kept.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shared.compact_json import make_writer
from shared.errors import Rejected, Unavailable
from shared.events.wire import JSON

WINDOW, TABLE = 14, 7
"""zlib's wbits (2**14 bytes are looked back) and memLevel."""
LIMIT = 1_000_000
"""Bytes of one kept document. Firestore's limit is 1 MiB with all names (firebase.google.com/docs/firestore/quotas);
one limit for all adapters, so that what works on one machine works in production."""
MARGIN = 100
"""Levels of depth that are kept free."""
SHALLOW = 500
"""What has fewer brackets than this is not deep; Python takes a thousand levels."""


class Written(Mapping[str, JSON]):
    """A document like any other, of which the text is there already: `encode` takes that."""

    __slots__ = ("_document", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._document: dict[str, JSON] | None = None

    def _read(self) -> dict[str, JSON]:
        if self._document is None:
            self._document = json.loads(self.text)
        return self._document

    def __getitem__(self, name: str) -> JSON:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def encode(document: JSON) -> str:
    """The text of a document, or Rejected where it is too large, too deep or holds a number that JSON does not know."""
    if type(document) is Written:
        check_size((document.text,))
        return document.text
    try:
        text = _write_text(_PLAIN, document)
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON may carry as \ud83d, has no UTF-8 form. Escaped, it survives.
        text = _write_text(_ESCAPED, document)
        size = len(text)
    except (ValueError, RecursionError) as exc:
        raise Rejected(f"a document cannot be kept as JSON: {exc}") from exc
    if size > LIMIT:
        raise Rejected(explain_size(size))
    return text


def splice(text: str, name: str, items: Sequence[str]) -> Written:
    """The document of which `encode` made `text`, with one more field: a list, whose items `encode` wrote as well."""
    comma = "," if text != "{}" else ""
    return Written(f"{text[:-1]}{comma}{encode(name)}:[{','.join(items)}]}}")


def compress(document: JSON) -> bytes:
    """A document that says the same words many times (a state, a turn), in a fourth of its text's bytes.

    Level 1 of zlib: higher ones save a tenth more and take three times as long. A document has few kilobytes, so a
    window of 16 kB with a small table finds as much as zlib's largest, which take longer to be set up than to be used.
    """
    # What is written already is measured as it is encoded, once.
    text = document.text if type(document) is Written else encode(document)
    content = text.encode("utf-8", "surrogatepass")
    check_size((content,))
    compressor = zlib.compressobj(1, zlib.DEFLATED, WINDOW, TABLE)
    return compressor.compress(content) + compressor.flush()


def decode(kept: str | bytes) -> Any:
    """The document that `encode` or `compress` made this of, fresh on each call; Unavailable where it is damaged."""
    try:
        return json.loads(kept if isinstance(kept, str) else zlib.decompress(kept))
    except (ValueError, zlib.error) as exc:
        raise Unavailable(
            "a document in the store is damaged; restore it from a backup, or forget its conversation"
        ) from exc


def check_size(parts: Sequence[str | bytes]) -> None:
    """Rejected where these, which are kept as one document, are too large together."""
    size = 0
    for part in parts:
        size += len(part) if isinstance(part, bytes) or part.isascii() else len(part.encode())
    if size > LIMIT:
        raise Rejected(explain_size(size))


def explain_size(size: int) -> str:
    return f"a document of {size} bytes is larger than a store keeps ({LIMIT}): shorten what the conversation remembers"


def _write_text(write: Callable[[JSON], str], document: JSON) -> str:
    """Python reads and writes JSON only to a certain depth, which depends on how deep the stack is already; what is
    written here must be readable elsewhere. So what may be deep is written within some more arrays."""
    text = write(document)
    if len(text) > SHALLOW and text.count("[") + text.count("{") > SHALLOW:
        for _ in range(MARGIN):
            document = [document]
        write(document)
    return text


def _make_plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_PLAIN = make_writer(default=_make_plain, nan=False)
_ESCAPED = make_writer(escaped=True, default=_make_plain, nan=False)
