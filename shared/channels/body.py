"""JSON objects that strangers send: read strictly, so that nothing in them fails later in the pipeline."""

import json
import math
from typing import Any

from shared.errors import Rejected
from shared.events.wire import JSON


class Malformed(Rejected):
    """The body is no JSON."""


MOST_LEVELS = 32
"""Objects and lists within each other: more than people nest, and fewer than Python's recursion limit bears."""


def read_object(body: bytes) -> dict[str, JSON]:
    """The JSON object in `body`, or Rejected (Malformed where it is no JSON at all) with what is wrong."""
    try:
        document = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        if b"\\u" in body:
            # An escaped half of a surrogate pair is valid JSON and no text: it cannot be written as UTF-8 again.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as exc:
        raise Malformed("the body is not JSON, or not in UTF-8") from exc
    if not isinstance(document, dict):
        raise Rejected("the body must be a JSON object")
    if body.count(b"{") + body.count(b"[") > MOST_LEVELS and _levels(document) > MOST_LEVELS:
        raise Rejected(f"the body nests more than {MOST_LEVELS} objects and lists within each other")
    return document


def optional_text(document: dict[str, JSON], name: str, limit: int = 200) -> str | None:
    """A text of the document; None where it is missing or null; Rejected where it is something else or too long."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Rejected(f"{name} must be a string")
    if len(value) > limit:
        raise Rejected(f"{name} has {len(value)} characters; at most {limit} are taken here")
    return value


def optional_object(document: dict[str, JSON], name: str) -> dict[str, JSON]:
    """An object of the document; empty where it is missing or null; Rejected where it is something else."""
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Rejected(f"{name} must be an object")
    return value


def _levels(document: JSON) -> int:
    """How deeply objects and lists are nested, without recursion."""
    levels, layer = 0, [document]
    while layer := [item for item in layer if isinstance(item, dict | list)]:
        levels += 1
        layer = [child for item in layer for child in (item.values() if isinstance(item, dict) else item)]
    return levels


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number
