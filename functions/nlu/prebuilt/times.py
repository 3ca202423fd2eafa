"""Times and durations in a text, as Duckling gives them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from functions.nlu.prebuilt.found import Finder, Found
from shared.dates.calendar import Calendar
from shared.dates.counting import Span
from shared.dates.languages import calendar_of
from shared.dates.phrases import ARTICLES, Collector
from shared.dates.reading import read_span
from shared.dates.reference_time import ReferenceTime
from shared.events.wire import JSON

WORD = re.compile(r"[^\s,;!?()\[\]\"“”«»]+|,")
PART = re.compile(r"\d+:\d+|\d+|[^\W\d]+(?:['-][^\W\d]+)*|[-–—/,]")
AT = frozenset(("at", "@", "around", "by", "um", "gegen", "à", "vers", "las", "la", "alle", "all", "às", "as", "about"))
"""Words after which a bare number is an hour."""
COUNTED = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d]+(?:['-][^\W\d]+)*")
LONGEST = 10
"""Words of the longest phrase."""
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2592000, "year": 31536000}


def find_times(text: str, language: str, reference: ReferenceTime | None) -> list[Found]:
    """Days, times and ranges; the longest phrases that name one. Nothing where nobody says when it was sent."""
    table = calendar_of(language)
    if table is None or reference is None or not _may_hold_time(text, table):
        return []
    reference = replace(reference, nights=True)
    words = [match.span() for match in WORD.finditer(text)]
    found: list[Found] = []
    first = 0
    while first < len(words):
        last = min(len(words), first + LONGEST)
        while last > first and not _is_known(text[words[last - 1][0] : words[last - 1][1]], table):
            last -= 1
        first = _take_longest(text, words, first, last, table, reference, found) + 1
    return found


def _take_longest(
    text: str,
    words: Sequence[tuple[int, int]],
    first: int,
    last: int,
    table: Calendar,
    reference: ReferenceTime,
    found: list[Found],
) -> int:
    """The last word of the longest time that begins with the word `first`, added to `found`; `first` for none."""
    begin = text[words[first][0] : words[first][1]].casefold()
    if not _is_known(begin, table) or begin in ("and", "or", ",") or begin in table.joins:
        return first
    for stop in range(last, first, -1):
        start, end = words[first][0], words[stop - 1][1]
        while end > start and text[end - 1] in ".:'’":
            end -= 1
        if text[end - 2 : end].casefold() in ("'s", "’s"):
            end -= 2
        phrase = text[start:end]
        end_word = phrase.split()[-1].casefold() if phrase.split() else ""
        if end_word in table.skips and end_word not in table.units:
            continue
        if _is_time(phrase, table) and (span := read_span(phrase, reference)) is not None:
            found.append(Found(*_without_skips(text, start, end), *_as_duckling(span, reference.now.tzinfo)))
            return stop - 1
    return first


def _is_known(word: str, table: Calendar) -> bool:
    """Whether a phrase that names a time may hold the word."""
    plain = word.casefold().replace("’", "'").strip(".:'")
    return not plain.isalpha() or plain.removesuffix("'s") in _list_vocabulary(table)


@lru_cache(maxsize=8)
def _collect_names(table: Calendar) -> frozenset[str]:
    """The words that make a phrase one of a time."""
    phrases = (
        *table.weekdays, *table.months, *table.days, *table.parts, *table.moments, *table.units, *table.spans,
        *table.now, *table.weekend, *table.clock, *table.morning, *table.evening,
    )  # fmt: skip
    words = frozenset(word for phrase in phrases for word in phrase.split())
    small = table.skips | table.numbers.keys() | table.joins | table.this | table.last | table.opens | ARTICLES
    return words - frozenset(word for phrase in small for word in phrase.split())


@lru_cache(maxsize=8)
def _list_vocabulary(table: Calendar) -> frozenset[str]:
    phrases = (
        *table.numbers, *table.this, *table.next, *table.last, *table.ahead, *table.after, *table.ago, *table.opens,
        *table.links, *table.joins, *table.until, *table.skips, *table.half, *table.behind, *table.nth,
    )  # fmt: skip
    return _collect_names(table) | frozenset(word for phrase in phrases for word in phrase.split())


def _may_hold_time(text: str, table: Calendar) -> bool:
    """Whether it is worth looking: some word names a time, or there is a figure or an hour after "at"."""
    named = _collect_names(table)
    before = ""
    for word in WORD.findall(text):
        plain = word.casefold().replace("’", "'").strip(".:'").removesuffix("'s")
        if plain in named or any(char.isdecimal() for char in plain) or (before in AT and plain in table.numbers):
            return True
        before = plain
    return False


def _is_time(phrase: str, table: Calendar) -> bool:
    """Whether a phrase is one where it stands in a sentence: "at 8" is, "8" is not, and "sun" need not be a day."""
    words = phrase.casefold().replace("’", "'").split()
    if len(words) == 1:
        word = words[0].strip(".")
        named = word in table.days or word in table.moments or word in table.weekend
        named = named or (word in table.weekdays and len(word) > 4) or (word in table.months and len(word) > 5)
        dated = re.fullmatch(
            r"\d{1,2}[:h]\d{2}|\d{1,2}[ap]m|\d{4}-\d{2}-\d{2}.*|\d{1,2}/\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", word
        )
        noon = word in table.parts and table.parts[word] in (12, 24)
        return (named and word != "later") or dated is not None or noon or word in table.now
    tokens = [part for word in words for part in PART.findall(word)]
    for place, part in enumerate(tokens):
        # An hour without anything that says so is any number: "friday two pizzas".
        bare = (part.isdecimal() and len(part) <= 2) or part in table.numbers
        before = tokens[place - 1] if place else ""
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        alone = after not in _collect_names(table) and after not in table.ordinals and before not in table.months
        if bare and alone and before not in AT and before not in table.half and not _in_range(tokens, place, table):
            return False
    said = Collector(tokens, table).said
    if said is None:
        return any(part in _collect_names(table) or ":" in part for part in tokens)
    if said.amount is not None and said.direction == 0 and said.modifier is None:
        return False
    if said.names_day() or said.amount is not None or said.now:
        return True
    if said.part is not None and said.hour is None and said.number is None:
        return said.modifier is not None or words[0] in table.skips or words[0] in table.ahead
    return True


def _in_range(tokens: Sequence[str], place: int, table: Calendar) -> bool:
    """Whether a number is the beginning of a range whose end says what it is: "3 to 5 pm", "24-26 december"."""
    later = tokens[place + 1 : place + 2]
    return (
        bool(later)
        and (later[0] in table.links or later[0] in table.joins or later[0] in table.skips)
        and any(part in _collect_names(table) for part in tokens[place + 2 : place + 4])
    )


def _without_skips(text: str, start: int, end: int) -> tuple[int, int]:
    """The phrase without a word before it that is none of it: "on friday" is friday, "at 8" stays."""
    while (match := re.match(r"\w+\s+", text[start:end])) and match[0].strip().casefold() in _LEADING:
        rest = text[start + match.end() : end]
        if not rest[:1].isalpha():
            break
        start += match.end()
    return start, end


_LEADING = frozenset(
    ("on", "for", "by", "about", "around", "before", "after", "am", "el", "le", "il", "per", "für", "pour")
)


def _as_duckling(span: Span, zone: tzinfo | None) -> tuple[JSON, JSON]:
    """Value and additional_info."""
    grain = "second" if span.grain == "now" else span.grain
    first = _format_timestamp(span.first, zone)
    if span.first == span.last:
        info: JSON = {"value": first, "grain": grain, "type": "value"}
        return first, {**info, "values": [dict(info)], "day_said": span.names_day}
    if grain in ("week", "month", "year"):
        info = {"value": first, "grain": grain, "type": "value"}
        return first, {**info, "values": [dict(info)], "day_said": True}
    # Duckling's intervals end with what comes after them.
    step = timedelta(days=1) if grain == "day" else timedelta(0)
    ends = {
        "from": {"value": first, "grain": grain},
        "to": {"value": _format_timestamp(span.last + step, zone), "grain": grain},
    }
    value = {"to": ends["to"]["value"], "from": ends["from"]["value"]}
    info = {**ends, "type": "interval"}
    return value, {**info, "values": [dict(info)], "day_said": span.names_day}


def _format_timestamp(when: date | datetime, zone: tzinfo | None) -> str:
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=zone)
    return when.isoformat(timespec="milliseconds")


def find_durations(text: str, language: str, _: ReferenceTime | None) -> list[Found]:
    """ "3 days", "half an hour", "two weeks"."""
    table = calendar_of(language)
    if table is None:
        return []
    words = [match.span() for match in WORD.finditer(text)]
    found: list[Found] = []
    free = 0
    for first in range(len(words)):
        for stop in range(min(len(words), first + 5), first, -1):
            start, end = words[first][0], words[stop - 1][1]
            if start < free:
                break
            tokens = COUNTED.findall(text[start:end].casefold().replace("’", "'"))
            said = Collector(tokens, table).said
            if said is None or said.amount is None or said.span is None or said.direction or said.names_clock():
                continue
            if said.weekday is not None or said.modifier is not None or tokens[0] in table.skips - ARTICLES:
                continue
            if tokens[-1] in table.skips | table.joins:
                continue
            found.append(Found(start, end, *_format_duration(said.amount, said.span)))
            free = end
            break
    return found


def _format_duration(amount: float, unit: str) -> tuple[JSON, JSON]:
    if amount != int(amount):
        smaller = {"hour": ("minute", 60), "day": ("hour", 24), "week": ("day", 7), "year": ("month", 12)}
        name, count = smaller.get(unit, (unit, 1))
        amount, unit = amount * count, name
    value = int(amount)
    info = {"value": value, "unit": unit, unit: value, "type": "value"}
    return value, {**info, "normalized": {"unit": "second", "value": value * SECONDS[unit]}}


FINDERS: dict[str, Finder] = {"time": find_times, "duration": find_durations}
