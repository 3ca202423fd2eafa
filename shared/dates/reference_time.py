"""The reference time: when and where something was said, on which every word for a day or a time depends."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

UNASSIGNED = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")
"""Codes of no country (ISO 3166-1, user-assigned)."""


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """When and where something was said; what "tomorrow" and 3/4 mean depends on it."""

    now: datetime
    """With the sender's time zone."""
    language: str = "en"
    region: str | None = None
    nights: bool = False
    """Whether a bare "at 4" may be at night, as Duckling reads it; else it is in the afternoon."""


def read_reference_time(at: str | None, zone: object, locale: str | None, language: str) -> ReferenceTime | None:
    """The reference time of a message sent `at` (ISO 8601), or None where nobody says when it was sent.

    `zone`: an IANA name or an offset; without it, the offset of `at` counts.
    """
    try:
        sent = datetime.fromisoformat(at or "")
    except ValueError:
        return None
    sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    known = _find_zone(zone)
    match = re.fullmatch(r"[A-Za-z]{2,3}[-_]([A-Za-z]{2})", locale or "")
    region = match[1].upper() if match else None
    if region is not None and UNASSIGNED.fullmatch(region):
        region = None
    return ReferenceTime(sent.astimezone(known) if known else sent, language, region)


def _find_zone(name: object) -> tzinfo | None:
    if not isinstance(name, str) or len(name) > 64:
        return None
    if match := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset) if offset < timedelta(hours=24) else None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
