"""Days and times as people say them, as ISO 8601 in the sender's time zone: "tomorrow at noon", "friday to monday".

Read by the words of shared.dates.languages, in every language that it has, and the same wherever days are read: by
understanding, and by an assistant's own actions.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from shared.dates.calendar import Calendar
from shared.dates.counting import Span, count_days, day_of, find_date, find_weekend, find_whole, move
from shared.dates.figures import read_iso_span, split_tokens
from shared.dates.languages import calendar_of
from shared.dates.phrases import Collector, Said
from shared.dates.reference_time import ReferenceTime

LONGEST = 80
"""Characters of a phrase that is read; longer ones name no time."""
NOON = 12
SMALL_HOURS = range(1, 7)
"""Hours that are in the afternoon where nobody says which half of the day is meant."""
HALVES = ("en",)
"""Languages that write 16:30 as 4:30, too."""


def read_span(text: str, reference: ReferenceTime) -> Span | None:
    """What `text` names, where all of its words say something of a day or a time; None otherwise."""
    return read_or_why_not(text, reference)[0]


def read_or_why_not(text: str, reference: ReferenceTime) -> tuple[Span | None, bool]:
    """As `read_span`; and whether another reader might know better: some word is in no table."""
    words = " ".join(text.casefold().replace("’", "'").split()).strip(" .,!?;")
    if not words or len(text) > LONGEST:
        return None, False
    try:
        found = read_iso_span(words, reference)
        return (found, False) if found is not None else _read_spoken(words, reference)
    except (ValueError, OverflowError):
        # A day that no calendar has, or a year that no date can hold.
        return None, False


def join_clock(day: str, clock: str, words: str, language: str) -> str | None:
    """A time that was said without its day, on a known day: "at 7" is then what it is in "tomorrow at 7".

    `day` and `clock` are ISO 8601. The one gives the day, and where it is a time in the afternoon, the half that
    is meant if nobody says which; the other gives the time zone; `words` are those of the clock. None where they are
    no time of one day.
    """
    try:
        known = datetime.fromisoformat(day.partition("/")[0])
        zone = datetime.fromisoformat(clock).tzinfo
    except ValueError:
        return None
    for hour in (0,) if known.hour < NOON else (NOON, 0):
        at = datetime.combine(known.date(), time(hour), zone)
        span = read_span(words, ReferenceTime(at, language))
        if span is None or span.names_day or not isinstance(span.first, datetime) or span.first != span.last:
            return None
        if span.first.date() == known.date():
            return span.first.isoformat(timespec="seconds")
    return None


def _read_spoken(words: str, reference: ReferenceTime) -> tuple[Span | None, bool]:
    table = calendar_of(reference.language)
    if table is None:
        return None, True
    tokens, written = split_tokens(words, reference, table)
    reader = _Reader(reference, table, written)
    found = reader.range(tokens) or reader.single(tokens)
    return found, found is None and written is None and not reader.impossible


class _Reader:
    """Reads phrases of one language at one reference time."""

    def __init__(self, reference: ReferenceTime, table: Calendar, written: date | None) -> None:
        self._now = reference.now
        self._today = reference.now.date()
        self._nights = reference.nights
        self._halves = reference.language in HALVES
        self._table = table
        self._written = written
        self.impossible = False
        """Whether every word was known, and they name no day: the 45th."""

    def single(self, tokens: Sequence[str]) -> Span | None:
        if not tokens and self._written is not None:
            return Span(self._written, self._written, "day")
        if tokens and tokens[0] in self._table.until and (end := self._collect(tokens[1:])) is not None:
            last = self._resolve(end, self._today)
            return Span(self._today, day_of(last.last), "day") if end.names_day() else last
        said = self._collect(tokens)
        if said is None:
            return None
        if self._written is not None and not said.names_day():
            return self._set_clock(said, self._written, self._written, "day")
        return self._resolve(said, self._today)

    def range(self, tokens: Sequence[str]) -> Span | None:
        """ "from monday to wednesday", "friday until sunday", "3-5 pm"; None where it is no range."""
        table = self._table
        opener = next((place for place, token in enumerate(tokens) if token in table.opens), None)
        for place in range(1, len(tokens)):
            for length in (2, 1):
                link = " ".join(tokens[place : place + length])
                if place + length > len(tokens) or link not in table.links | table.joins:
                    continue
                opened = opener is not None and opener < place - 1
                if opened and opener is not None:
                    found = self._read_between(
                        tokens[:opener], tokens[opener + 1 : place], tokens[place + length :], True, link
                    )
                    if found is not None:
                        return found
                found = self._read_between((), tokens[:place], tokens[place + length :], False, link)
                if found is not None:
                    return found
        return None

    def _read_between(
        self, before: Sequence[str], left: Sequence[str], right: Sequence[str], opened: bool, link: str
    ) -> Span | None:
        begin, end = self._collect(left), self._collect(right)
        prefix = self._collect(before) if before else None
        if begin is None or end is None or (before and prefix is None) or end.now:
            return None
        if begin.now:
            begin = Said(offset=0)
        shared = (begin.number is not None and (end.half or end.day)) or (end.number is not None and begin.day)
        if not opened and begin.names_day() != end.names_day() and not shared:
            return None
        alike = begin.names_day() or begin.half or begin.exact or end.half or end.exact
        if not opened and not (alike or link in ("-", "–", "—")):
            return None
        _share(begin, end)
        if link in self._table.joins and not begin.names_clock() and end.names_clock() and begin.names_day():
            # "friday or saturday night"
            begin.part, begin.hour, begin.number, begin.half = end.part, end.hour, end.number, end.half
        if prefix is not None and prefix.names_day() and not begin.names_day():
            day = self._resolve(prefix, self._today)
            first = self._set_clock(begin, day_of(day.first), day_of(day.first), "day")
        elif self._written is not None and not begin.names_day():
            first = self._set_clock(begin, self._written, self._written, "day")
        elif end.names_day() and not begin.names_day():
            day = self._resolve(replace(end, hour=None, part=None, number=None), self._today)
            first = self._set_clock(begin, day_of(day.first), day_of(day.first), "day")
        else:
            first = self._resolve(begin, self._today)
        last = self._read_end(end, first)
        if link in self._table.joins and not opened:
            # "saturday and sunday" is a range, "saturday or tuesday" is not: the first counts.
            nextdoor = day_of(last.first) - day_of(first.last) == timedelta(days=1)
            return replace(first, last=last.last) if nextdoor and not isinstance(first.first, datetime) else first
        if day_of(last.last) < day_of(first.first):
            return None
        names_day = first.names_day or last.names_day or prefix is not None
        return Span(first.first, last.last, last.grain, names_day)

    def _read_end(self, end: Said, first: Span) -> Span:
        """The end of a range, not before its beginning."""
        if end.names_day():
            return self._resolve(end, day_of(first.first))
        begun = first.last.hour if isinstance(first.last, datetime) else 0
        hour = end.hour if end.hour is not None else end.number
        if end.half is None and end.part is None and hour is not None and hour < begun < hour + 12 and hour < 12:
            end = replace(end, half="pm")
        last = self._set_clock(end, day_of(first.last), day_of(first.last), "day")
        if isinstance(last.last, datetime) and isinstance(first.first, datetime) and last.last < first.first:
            later = day_of(last.last) + timedelta(days=1)
            return self._set_clock(end, later, later, "day")
        return last

    def _collect(self, tokens: Sequence[str]) -> Said | None:
        collector = Collector(tokens, self._table)
        if collector.said is None and tokens and not collector.unknown:
            self.impossible = True
        return collector.said

    def _resolve(self, said: Said, anchor: date) -> Span:
        """The span that was said; weekdays and days of a month are the first from `anchor` on."""
        if said.now:
            return Span(self._now, self._now, "now")
        if said.amount is not None and not said.counts_days():
            return self._count_elapsed(said)
        if not said.names_day():
            return self._find_next_clock(said)
        first, last, grain = self._find_days(said, anchor)
        return self._set_clock(said, first, last, grain)

    def _count_elapsed(self, said: Said) -> Span:
        """Hours are elapsed time, whatever clocks are changed meanwhile."""
        seconds = (said.amount or 0) * (60 if said.span == "minute" else 3600) * (said.direction or 1)
        at = (self._now.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(self._now.tzinfo)
        return Span(at, at, "minute" if said.span == "minute" else "hour")

    def _find_days(self, said: Said, anchor: date) -> tuple[date, date, str]:
        ago = said.modifier == "last"
        if said.offset is not None:
            day = self._today + timedelta(days=said.offset)
            return day, day, "day"
        if said.amount is not None:
            return self._count_days(said)
        if said.weekend:
            return (*find_weekend(anchor, said.modifier), "day")
        if said.day is not None or (said.month is not None and said.weekday is None):
            return self._find_in_month(said, anchor, ago)
        if said.weekday is not None:
            return (*self._find_weekday(said, anchor), "day")
        if said.unit is not None:
            return (*find_whole(said.unit, self._today, {"next": 1, "last": -1}.get(said.modifier or "", 0)), said.unit)
        year = said.year or anchor.year
        return date(year, 1, 1), date(year, 12, 31), "year"

    def _count_days(self, said: Said) -> tuple[date, date, str]:
        amount = int(said.amount or 0)
        unit = said.span or "day"
        if said.direction == 0 and said.weekday is not None and unit == "week":
            # "a week on monday", counted from the coming one.
            day = self._today + timedelta(days=(said.weekday - self._today.weekday()) % 7 + 7 * amount)
            return day, day, "day"
        if said.direction == 0 and said.weekday is None:
            # "5 days", "the next 2 weeks": so many from today on.
            if said.modifier == "last":
                return move(self._today, unit, -amount), self._today - timedelta(days=1), "day"
            return self._today, move(self._today, unit, amount) - timedelta(days=1), "day"
        day = move(self._today, unit, amount * (said.direction or 1))
        if said.weekday is not None:
            day += timedelta(days=said.weekday - day.weekday())
        return day, day, "day"

    def _find_weekday(self, said: Said, anchor: date) -> tuple[date, date]:
        weekday = said.weekday or 0
        if said.unit == "week" and said.modifier is None:
            # "monday week" is the one after the coming.
            day = anchor + timedelta(days=(weekday - anchor.weekday()) % 7 + 7)
        elif said.unit == "week":
            week = {"next": 7, "last": -7}.get(said.modifier or "", 0)
            day = self._today + timedelta(days=week + weekday - self._today.weekday())
        elif said.modifier == "last":
            day = anchor - timedelta(days=(anchor.weekday() - weekday - 1) % 7 + 1)
        else:
            ahead = (weekday - anchor.weekday()) % 7
            day = anchor + timedelta(days=7 if said.modifier == "next" and ahead == 0 else ahead)
        return day, day

    def _find_in_month(self, said: Said, anchor: date, ago: bool) -> tuple[date, date, str]:
        if said.day is not None:
            if said.year is not None:
                day = date(said.year, said.month or anchor.month, said.day)
            else:
                day = find_date(said.day, said.month, anchor)
                if said.unit == "month" and said.modifier == "next":
                    day = find_date(said.day, None, find_whole("month", self._today, 1)[0])
            return day, day, "day"
        month = said.month or 1
        year = said.year or (anchor.year + (month < anchor.month))
        if ago:
            year = anchor.year - (month >= anchor.month)
        return date(year, month, 1), date(year, month, count_days(year, month)), "month"

    def _read_awake(self, said: Said) -> Said:
        """The same, in the afternoon where it is an hour of the night that nobody called one: "at 4"."""
        hour = said.hour if said.hour is not None else said.number
        bare = said.half is None and said.part is None and (self._halves or not said.exact)
        return replace(said, half="pm") if bare and hour in SMALL_HOURS and not self._nights else said

    def _set_clock(self, said: Said, first: date, last: date, grain: str) -> Span:
        clock = _read_clock(self._read_awake(said))
        if clock is None:
            return Span(first, last, grain)
        hour, minute = clock
        day = first + timedelta(days=hour // 24)
        at = datetime(day.year, day.month, day.day, hour % 24, minute, tzinfo=self._now.tzinfo)
        return Span(at, at, "minute" if minute else "hour")

    def _find_next_clock(self, said: Said) -> Span:
        """The next time that the clock shows it; either half of the day, where none was said."""
        said = self._read_awake(said)
        hour, minute = _read_clock(said) or (0, 0)
        past = (hour % 24, minute) <= (self._now.hour, self._now.minute)
        if said.half is None and said.part is None and 0 < hour <= 12 and not (said.exact and hour == 0):
            past = False
            if (hour % 12, minute) <= (self._now.hour % 12, self._now.minute):
                past = self._now.hour >= 12
                hour = hour % 12 + (0 if self._now.hour >= 12 else 12)
            else:
                hour = hour % 12 + (12 if self._now.hour >= 12 else 0)
        elif said.part is not None and said.hour is None and said.number is None:
            # "this morning" was today; a part of the day that is named alone is the next.
            past = past and said.modifier != "this"
        day = self._today + timedelta(days=hour // 24 + (past and hour < 24))
        at = datetime(day.year, day.month, day.day, hour % 24, minute, tzinfo=self._now.tzinfo)
        return Span(at, at, "minute" if minute else "hour", names_day=False)


def _read_clock(said: Said) -> tuple[int, int] | None:
    """Hour (24 is the midnight at a day's end) and minute, in the half of the day that was said."""
    hour = said.hour if said.hour is not None else said.number
    if hour is None:
        return None if said.part is None else (said.part, 0)
    if hour > 24:
        raise ValueError("no clock shows that hour")
    afternoon = said.half == "pm" or (said.half is None and said.part is not None and said.part >= 12)
    if hour < 12 and afternoon and not (said.part is not None and said.part >= 20 and hour < 5):
        hour += 12
    elif hour == 12 and (said.half == "am" or (said.part or 0) >= 20):
        hour = 24 if said.part is not None else 0
    return hour, said.minute


def _share(begin: Said, end: Said) -> None:
    """What only one end of a range says counts for the other: "5 to 7 pm", "december 24 to 26"."""
    if begin.number is not None and end.day is not None and begin.month is None and not begin.names_day():
        begin.day, begin.number, begin.month, begin.year = begin.number, None, end.month, end.year
    elif end.number is not None and begin.day is not None and not end.names_day():
        end.day, end.number, end.month, end.year = end.number, None, begin.month, begin.year
    elif begin.day is not None and end.day is not None and begin.month is None:
        begin.month = end.month
    hours = [said.hour if said.hour is not None else said.number for said in (begin, end)]
    if begin.half is None and begin.part is None and end.half is None and hours[0] is not None:
        begin.part = end.part
    if begin.half is None and end.half is not None and hours[0] is not None and hours[1] is not None:
        begin.half = end.half if hours[0] % 12 < hours[1] % 12 else {"pm": "am", "am": "pm"}[end.half]
