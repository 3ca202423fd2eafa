"""Reading what platforms send: a signed webhook may still hold anything, so no look takes anything for granted."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib import parse

from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

_CUT = "\ue000"
"""Stands for what is cut out, until the blanks around it are tidied."""
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


def read_string(document: JSON, *path: str | int) -> str:
    """The text at the path; empty where there is none."""
    found = pick(document, *path)
    return found if isinstance(found, str) else ""


def read_identifier(document: JSON, *path: str | int) -> str:
    """The id at the path, be it text or a whole number; empty where there is none."""
    found = pick(document, *path)
    return str(found) if type(found) is int else found if isinstance(found, str) else ""


def read_integer(document: JSON, *path: str | int) -> int | None:
    found = pick(document, *path)
    return found if type(found) is int and 0 <= found < 2**53 else None


def read_number(document: JSON, *path: str | int) -> float | None:
    found = pick(document, *path)
    return float(found) if type(found) in (int, float) and abs(found) < 1e9 else None


def read_objects(document: JSON, *path: str | int) -> list[dict[str, Any]]:
    """The objects in the list at the path."""
    found = pick(document, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def parse_form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form (application/x-www-form-urlencoded), empty ones too, or Rejected.

    Bytes that are no UTF-8 come as escapes (`surrogateescape`), so that a signature over them can be checked.
    """
    if _NO_ESCAPE.search(body):
        # Python would take it, for 190 bytes of memory for each such sign.
        raise Rejected("the body is no form: a % stands before something that is no hexadecimal number")
    try:
        pairs = parse.parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="surrogateescape"
        )
    except ValueError as exc:
        raise Rejected(f"the body is no form in UTF-8 with at most {MOST_FIELDS} fields") from exc
    fields: dict[str, list[str]] = {}
    for key, value in pairs:
        fields.setdefault(key, []).append(value)
    return fields


def format_timestamp(seconds: JSON) -> str | None:
    """A time in seconds since the epoch, a number or its text, as ISO 8601; None where it is none."""
    try:
        text = datetime.fromtimestamp(float(seconds), UTC).isoformat(timespec="milliseconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return text.replace("+00:00", "Z")


def format_timestamp_ms(value: JSON) -> str | None:
    return format_timestamp(value / 1000) if type(value) in (int, float) and abs(value) < 1e15 else None


def choose_attachment_type(content_type: str) -> str:
    """The sort of an attachment, from its content type."""
    family = content_type.partition("/")[0].lower()
    return family if family in ("image", "audio", "video") else "file"


def describe_location(
    place: JSON, name: str = "", address: str = "", keys: tuple[str, str] = ("latitude", "longitude")
) -> tuple[Attachment, ...]:
    """A place, as a geo address (RFC 5870), with its name and address as people read them.

    One whose coordinates are no numbers cannot be found, and is no reason to hear nothing.
    """
    if not isinstance(place, dict):
        return ()
    latitude, longitude = (read_number(place, key) for key in keys)
    if latitude is None or longitude is None:
        return (Attachment("unsupported", "location"),)
    words = ", ".join(dict.fromkeys(part for part in (name.strip(), address.strip()) if part))
    return (Attachment("location", f"geo:{latitude:g},{longitude:g}", words or None),)


def describe_contacts(people: Sequence[tuple[str, Sequence[str]]]) -> tuple[str, dict[str, JSON]]:
    """Shared contacts (name, phone numbers) as the text that answers "what is your number?", and as metadata."""
    listed: list[JSON] = [{"name": name, "phones": list(phones)} for name, phones in people if name or phones]
    text = ", ".join(phones[0] if phones else name for name, phones in people if name or phones)
    return text, {"contacts": listed} if listed else {}


def values_of(form: JSON) -> str:
    """All that is filled in or chosen in a form, in order, as words: the text of a message that has none of its own."""
    return ", ".join(_list_leaves(form))


def _list_leaves(value: JSON) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _list_leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _list_leaves(item)
    elif isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value:g}" if isinstance(value, float) else str(value)
    elif value is True:
        yield "true"


def units_to_index(text: str, units: int) -> int:
    """The place in the text of an offset in UTF-16 units, as Telegram and LINE give them."""
    return len(text.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "ignore"))


def cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without these spans (start and end in characters), and without the comma and blanks around them."""
    if not spans:
        return text.strip()
    for start, end in sorted(spans, reverse=True):
        if 0 <= start <= end <= len(text):
            text = f"{text[:start]}{_CUT}{text[end:]}"
    text = re.sub(rf"^([\s,:;]*{_CUT})+[\s,:;–—-]*", "", text)
    text = re.sub(rf"\s*,?\s*{_CUT}[\s{_CUT}]*(?=[?!.,;:)]|$)", "", text)
    return re.sub(rf"\s*{_CUT}[\s{_CUT}]*", " ", text).strip()


def refer_to_attachment(sort: str, address: str, hosts: tuple[str, ...], also: str = "", **more: Any) -> Attachment:
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
