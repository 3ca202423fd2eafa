"""Documents as the text that every store keeps: compact JSON, the same bytes on each adapter.

A store never looks inside a document, so it is kept as one piece of text instead of the database's own types. Any key
(empty, dotted, `__name__`), arrays within arrays and whole numbers above 64 bits survive everywhere, writing costs one
json.dumps, and nothing that comes out shares memory with what is kept.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import Rejected
from shared.events.wire import JSON

LIMIT = 1_000_000
"""Bytes of one kept document. Firestore's limit is 1 MiB with all names (firebase.google.com/docs/firestore/quotas);
one limit for all adapters, so that what works on one machine works in production."""
MARGIN = 100
"""Levels of depth that are kept free."""
SHALLOW = 500
"""What has fewer brackets than this is not deep; Python takes a thousand levels."""


def encode(document: JSON) -> str:
    """The text of a document, or Rejected where it is too large, too deep or holds a number that JSON does not know."""
    try:
        text = _text(_PLAIN, document)
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON may carry as \ud83d, has no UTF-8 form. Escaped, it survives.
        text = _text(_ESCAPED, document)
        size = len(text)
    except (ValueError, RecursionError) as exc:
        raise Rejected(f"a document cannot be kept as JSON: {exc}") from exc
    if size > LIMIT:
        raise Rejected(too_large(size))
    return text


def decode(text: str) -> Any:
    """The document of a text, fresh on each call."""
    return json.loads(text)


def together(texts: Sequence[str]) -> None:
    """Rejected where these texts, which are kept as one document, are too large together."""
    size = sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
    if size > LIMIT:
        raise Rejected(too_large(size))


def too_large(size: int) -> str:
    return f"a document of {size} bytes is larger than a store keeps ({LIMIT}): shorten what the conversation remembers"


def _text(encoder: json.JSONEncoder, document: JSON) -> str:
    """Python reads and writes JSON only to a certain depth, which depends on how deep the stack is already; what is
    written here must be readable elsewhere. So what may be deep is written within some more arrays."""
    text = encoder.encode(document)
    if text.count("[") + text.count("{") > SHALLOW:
        for _ in range(MARGIN):
            document = [document]
        encoder.encode(document)
    return text


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_PLAIN = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain, check_circular=False
)
_ESCAPED = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_plain, check_circular=False
)
