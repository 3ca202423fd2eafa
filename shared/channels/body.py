"""JSON objects that strangers send: read strictly, so that nothing in them fails later in the pipeline."""

import json
import math
import re
from typing import Any

from shared.errors import Rejected
from shared.events.wire import JSON


class Malformed(Rejected):
    """The body is no JSON."""


_HALF = re.compile("[\ud800-\udfff]")
MOST_LEVELS = 32
"""Objects and lists within each other: more than people nest, and fewer than Python's recursion limit bears."""


def read_object(body: bytes) -> dict[str, JSON]:
    """The JSON object in `body`, or Rejected (Malformed where it is no JSON at all) with what is wrong."""
    document = _read(body, _STRICT)
    if _may_hold_halves(body) and _as_text(document) != document:
        # Half of a surrogate pair is valid JSON and no text: it cannot be written as UTF-8 again.
        raise Malformed("the body holds half of a surrogate pair, which is no text")
    return document


def read_webhook(body: bytes) -> dict[str, JSON]:
    """As `read_object`, of a platform: one odd value must not cost the whole webhook, and others' messages in it.

    NaN, infinities and numbers that are too large for this machine become null, halves of surrogate pairs, and
    bytes that are no UTF-8, U+FFFD.
    """
    try:
        body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        body = body.decode("utf-8", "replace").encode()
    document = _read(body, _LENIENT)
    return _as_text(document) if _may_hold_halves(body) else document


def _read(body: bytes, decoder: json.JSONDecoder) -> dict[str, JSON]:
    try:
        # As json.loads does, which makes a decoder for each text.
        document = decoder.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError) as exc:
        raise Malformed("the body is not JSON, or not in UTF-8") from exc
    if not isinstance(document, dict):
        raise Rejected("the body must be a JSON object")
    if body.count(b"{") + body.count(b"[") > MOST_LEVELS and _count_levels(document) > MOST_LEVELS:
        raise Rejected(f"the body nests more than {MOST_LEVELS} objects and lists within each other")
    found: dict[str, JSON] = document
    return found


def _may_hold_halves(body: bytes) -> bool:
    """Whether there may be halves of surrogate pairs: escaped, or written out as no UTF-8 may be (Python reads it)."""
    return b"\\u" in body or b"\xed" in body


def repair_text(text: str) -> str:
    """The text with U+FFFD in the place of halves of surrogate pairs, which cannot be written as UTF-8."""
    return text if not _HALF.search(text) else _HALF.sub("\ufffd", text)


def _as_text(document: Any) -> Any:
    """The document with valid texts only, keys too."""
    if isinstance(document, str):
        return repair_text(document)
    if isinstance(document, list):
        return [_as_text(item) for item in document]
    if isinstance(document, dict):
        return {repair_text(key): _as_text(value) for key, value in document.items()}
    return document


write_json = json.JSONEncoder(ensure_ascii=False).encode
"""JSON as text. `json.dumps` makes an encoder anew each time, which costs as much as a button's JSON."""


def encode_json(document: JSON) -> bytes:
    """JSON as platforms are sent it; half of a surrogate pair, which an action may say, becomes a question mark."""
    return write_json(document).encode("utf-8", "replace")


def read_optional_text(document: dict[str, JSON], name: str, limit: int = 200) -> str | None:
    """A text of the document; None where it is missing or null; Rejected where it is something else or too long."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Rejected(f"{name} must be a string")
    if len(value) > limit:
        raise Rejected(f"{name} has {len(value)} characters; at most {limit} are taken here")
    return value


def read_optional_object(document: dict[str, JSON], name: str) -> dict[str, JSON]:
    """An object of the document; empty where it is missing or null; Rejected where it is something else."""
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Rejected(f"{name} must be an object")
    return value


def _count_levels(document: JSON) -> int:
    """How deeply objects and lists are nested, without recursion."""
    levels, layer = 0, [document]
    while layer := [item for item in layer if isinstance(item, dict | list)]:
        levels += 1
        layer = [child for item in layer for child in (item.values() if isinstance(item, dict) else item)]
    return levels


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _finite_or_none(text: str) -> float | None:
    number = float(text)
    return None if math.isinf(number) else number


def _whole_or_none(text: str) -> int | None:
    # Python reads no number of more than 4300 digits, and nobody has an id of more than 40.
    return int(text) if len(text) <= 400 else None


def _read_finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


_STRICT = json.JSONDecoder(parse_constant=_refuse, parse_float=_read_finite)
_LENIENT = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite_or_none, parse_int=_whole_or_none)
