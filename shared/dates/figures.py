"""Dates in figures (3/4, 5.12., 2026-11-30), and the words around them one by one."""

import re
from datetime import date, datetime

from shared.dates.calendar import Calendar
from shared.dates.counting import Span, find_date
from shared.dates.phrases import TOKEN
from shared.dates.reference_time import ReferenceTime

MONTH_FIRST = ("US", "PH", "FM", "MH", "PW", "BZ", "CA")
"""Regions that write the month before the day (CLDR, short dates)."""


def split_tokens(words: str, reference: ReferenceTime, table: Calendar) -> tuple[list[str], date | None]:
    """The words one by one, without a date in figures, and that date."""
    written = None
    if match := re.search(r"(?<![\d:])(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?\.?(?![\d:])", words):
        written = _read_figures(match, reference)
        if written is not None:
            words = words[: match.start()] + " " + words[match.end() :]
    if reference.language in ("fr", "it"):
        words = re.sub(r"\b(?:[ld]|all|dell)'(?!ici|altro)", "", words)
    words = re.sub(r"(?<![\d.])(\d{1,2})\.(\d{2})(?![\d.])", r"\1:\2", words)
    tokens = [token for word in words.split() for token in _split_word(word, table)]
    if "." in table.ordinals:
        return tokens, written
    return [part for part in tokens if part not in (".",)], written


def _split_word(word: str, table: Calendar) -> list[str]:
    """The parts of what stands between two blanks: "7pm", "mon-fri"; "2moro" is one."""
    if word in table.days or word in table.moments:
        return [word]
    found: list[str] = []
    for token in TOKEN.findall(word):
        plain = token.rstrip(".") if len(token) > 1 else token
        if "-" in plain[1:] and not table.holds(plain):
            found += [part for part in re.split("(-)", plain) if part]
        else:
            found.append(plain)
    return found


def _read_figures(match: re.Match[str], reference: ReferenceTime) -> date | None:
    """A date in figures, in the region's order where that makes one; without a year, the next such day."""
    one, sign, other, year = int(match[1]), match[2], int(match[3]), match[4]
    if sign == "-" and year is None:
        return None
    if sign == "." and year is None and reference.language == "en":
        return None
    us = reference.region in MONTH_FIRST if reference.region else reference.language == "en"
    orders = [(other, one), (one, other)] if us and sign != "." else [(one, other), (other, one)]
    found = []
    for day, month in orders:
        if 1 <= month <= 12 and 1 <= day <= 31:
            if year is not None:
                return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
            found.append(find_date(day, month, reference.now.date()))
    # Nobody says which order is meant: then it is the nearer day.
    return (min(found) if reference.region is None and sign != "." else found[0]) if found else None


def read_iso_span(words: str, reference: ReferenceTime) -> Span | None:
    """ISO 8601: a day, a time, or two of them with a slash between."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", words):
        return None
    ends = [datetime.fromisoformat(part.upper()) for part in words.split("/")]
    if len(ends) > 2:
        return None
    timed = ["t" in part or ":" in part for part in words.split("/")]
    found = [
        (end if end.tzinfo else end.replace(tzinfo=reference.now.tzinfo)) if exact else end.date()
        for end, exact in zip(ends, timed, strict=True)
    ]
    return Span(found[0], found[-1], "minute" if timed[0] else "day")
