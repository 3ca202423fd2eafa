"""Reading what platforms send: a signed webhook may still hold anything, so no look takes anything for granted."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib import parse

from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

MOST_FIELDS = 1000
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def pick(document: JSON, *path: str | int) -> JSON:
    """What lies at the path, or None where nothing does."""
    for step in path:
        if isinstance(document, dict) and isinstance(step, str):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and -len(document) <= step < len(document):
            document = document[step]
        else:
            return None
    return document


def string(document: JSON, *path: str | int) -> str:
    """The text at the path; empty where there is none."""
    found = pick(document, *path)
    return found if isinstance(found, str) else ""


def identifier(document: JSON, *path: str | int) -> str:
    """The id at the path, be it text or a whole number; empty where there is none."""
    found = pick(document, *path)
    return str(found) if type(found) is int else found if isinstance(found, str) else ""


def integer(document: JSON, *path: str | int) -> int | None:
    found = pick(document, *path)
    return found if type(found) is int and 0 <= found < 2**53 else None


def number(document: JSON, *path: str | int) -> float | None:
    found = pick(document, *path)
    return float(found) if type(found) in (int, float) and abs(found) < 1e9 else None


def objects(document: JSON, *path: str | int) -> list[dict[str, Any]]:
    """The objects in the list at the path."""
    found = pick(document, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def parse_form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form (application/x-www-form-urlencoded), empty ones too, or Rejected."""
    if _NO_ESCAPE.search(body):
        # Python would take it, for 190 bytes of memory for each such sign.
        raise Rejected("the body is no form: a % stands before something that is no hexadecimal number")
    try:
        pairs = parse.parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError as exc:
        raise Rejected(f"the body is no form in UTF-8 with at most {MOST_FIELDS} fields") from exc
    fields: dict[str, list[str]] = {}
    for key, value in pairs:
        fields.setdefault(key, []).append(value)
    return fields


def iso_timestamp(seconds: JSON) -> str | None:
    """A time in seconds since the epoch, a number or its text, as ISO 8601; None where it is none."""
    try:
        text = datetime.fromtimestamp(float(seconds), UTC).isoformat(timespec="milliseconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return text.replace("+00:00", "Z")


def iso_timestamp_ms(value: JSON) -> str | None:
    return iso_timestamp(value / 1000) if type(value) in (int, float) and abs(value) < 1e15 else None


def attachment_type(content_type: str) -> str:
    """The sort of an attachment, from its content type."""
    family = content_type.partition("/")[0].lower()
    return family if family in ("image", "audio", "video") else "file"


def location(latitude: float | None, longitude: float | None) -> tuple[Attachment, ...]:
    """A location, as a geo address (RFC 5870)."""
    if latitude is None or longitude is None:
        return ()
    return (Attachment("location", f"geo:{latitude:g},{longitude:g}"),)


def attachment_at(sort: str, address: str, hosts: tuple[str, ...], also: str = "", **more: Any) -> Attachment:
    """An attachment that an address refers to: of this sort on the platform's own hosts, elsewhere only a `link`.

    A link is an address that a user may have chosen: it is handed on for people to read and never fetched.
    """
    return Attachment(sort if is_on_hosts(address, hosts, also) else "link", address, **more)


def is_on_hosts(address: str, hosts: tuple[str, ...], also: str = "") -> bool:
    """Whether an address is on one of the hosts (`*.` for any below) over https, or at the place of `also`.

    `also` is an address out of the settings: a stand-in, for trying without the platform.
    """
    try:
        parts, base = parse.urlsplit(address), parse.urlsplit(also)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username is not None or "\\" in address or not address.isprintable() or " " in address:
        return False
    if also and (parts.scheme, parts.netloc) == (base.scheme, base.netloc):
        return True
    if parts.scheme != "https" or port not in (None, 443):
        return False
    return any(host == allowed or (allowed.startswith("*.") and host.endswith(allowed[1:])) for allowed in hosts)
