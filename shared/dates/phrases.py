"""What the single words of a phrase say of a day or a time, before it is worked out which day that is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.dates.calendar import Calendar

TOKEN = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?|\d+(?:[.,]\d+)?|[^\W\d_]+(?:['.-][^\W\d_]+)*|[^\w\s]")
ARTICLES = frozenset(("a", "an", "un", "une", "una", "ein", "eine", "einer", "einem", "um", "uma"))
"""Words that are one before what is counted, and no hour."""
LONGEST = 5
"""Words of the longest phrase of a table."""
CLOCK = range(1, 13)
MINUTES = (10, 15, 20, 25, 30, 35, 40, 45, 50, 55)
"""Minutes that are said right behind the hour, in words."""


@dataclass(slots=True)
class Said:
    """What was said of one day or time; what was not said is None."""

    now: bool = False
    offset: int | None = None
    """Days from today."""
    weekday: int | None = None
    weekend: bool = False
    unit: str | None = None
    """week, month or year, as in "next week"."""
    modifier: str | None = None
    """this, next or last."""
    amount: float | None = None
    """How many of `span`: "in 2 weeks"."""
    span: str | None = None
    direction: int = 0
    """1 from now on, -1 ago, 0 where that was not said."""
    day: int | None = None
    month: int | None = None
    year: int | None = None
    part: int | None = None
    """The usual hour of a part of the day."""
    hour: int | None = None
    minute: int = 0
    half: str | None = None
    """am or pm."""
    number: int | None = None
    """A bare number: an hour, or a day of the month where a month is known."""
    exact: bool = False
    """The hour was written with its minutes."""

    def names_day(self) -> bool:
        told = (self.offset, self.weekday, self.unit, self.day, self.month, self.year)
        return self.weekend or any(value is not None for value in told) or self.counts_days()

    def counts_days(self) -> bool:
        return self.span in ("day", "week", "month", "year")

    def names_clock(self) -> bool:
        return self.hour is not None or self.part is not None or self.number is not None


class Collector:
    """Reads the words of one phrase; `said` is None after a word that says nothing of days and times."""

    def __init__(self, tokens: Sequence[str], calendar: Calendar) -> None:
        self._tokens = tokens
        self._calendar = calendar
        self._position = 0
        self.unknown = False
        """Whether a word is in no table; what is false, as the 45th, is not unknown."""
        self.said = self._collect()

    def _collect(self) -> Said | None:
        said = Said()
        while self._position < len(self._tokens):
            length = self._take_phrase(said) or self._take_number(said) or self._take_word(said)
            if length == 0:
                self.unknown = True
                return None
            if length < 0:
                return None
            self._position += length
        if said.modifier is not None and not (said.weekday is not None or said.weekend or said.unit or said.month
                                              or said.part is not None or said.amount is not None):  # fmt: skip
            return None
        return said if said.now or said.names_day() or said.names_clock() or said.amount is not None else None

    def _look_ahead(self, ahead: int, length: int = 1) -> str:
        begin = self._position + ahead
        return " ".join(self._tokens[begin : begin + length]) if begin + length <= len(self._tokens) else ""

    def _take_phrase(self, said: Said) -> int:
        """Words of a phrase that is in a table; -1 where it contradicts what was said before it."""
        calendar = self._calendar
        for length in range(LONGEST, 0, -1):
            phrase = self._look_ahead(0, length)
            if not phrase:
                continue
            if phrase in calendar.now:
                said.now = True
            elif phrase in calendar.moments:
                said.offset, said.part = calendar.moments[phrase]
            elif phrase in calendar.days:
                if said.names_day():
                    return -1
                said.offset = calendar.days[phrase]
            elif phrase in calendar.spans:
                said.amount, said.span = calendar.spans[phrase], "minute"
            elif phrase in calendar.weekend:
                said.weekend = True
            elif phrase in calendar.half and (hour := self._hour_at(length)) is not None:
                ahead, said.minute = calendar.half[phrase]
                said.hour = (hour + ahead - 1) % 12 + 1 if hour <= 12 else hour + ahead
                return length + 1 + self._half_of_day(said, length + 1)
            elif phrase in calendar.parts:
                said.part = calendar.parts[phrase]
            elif phrase in calendar.ago:
                said.direction = -1
            elif phrase in calendar.after:
                said.direction = 1
            elif phrase in calendar.this | calendar.next | calendar.last:
                said.modifier = "this" if phrase in calendar.this else "next" if phrase in calendar.next else "last"
            elif phrase in calendar.weekdays:
                if said.weekday is not None or said.offset is not None:
                    return -1
                said.weekday = calendar.weekdays[phrase]
            elif phrase in calendar.months:
                if said.month is not None:
                    return -1
                said.month = calendar.months[phrase]
            else:
                continue
            return length
        return 0

    def _take_number(self, said: Said) -> int:
        """Words of a number and what follows it; -1 where there is no such day or hour."""
        token = self._look_ahead(0)
        if match := re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", token):
            return self._take_clock(said, int(match[1]), int(match[2]), 1, exact=True)
        length, value = self._read_value()
        if value is None:
            return self._take_nth(said)
        following = self._look_ahead(length)
        is_clock = following in self._calendar.clock and said.direction == 0
        if following in self._calendar.units and not is_clock and not (following == "h" and value > 5):
            if said.amount is not None:
                return -1
            said.amount, said.span = value, self._calendar.units[following]
            return length + 1
        if value != int(value) or value < 0:
            return -1
        whole = int(value)
        if token.isdecimal() and len(token) == 4:
            said.year = whole
            return length if 1900 <= whole <= 2100 else -1
        if self._half_of_day(said, length):
            return self._take_clock(said, whole, 0, length + 1)
        if following in self._calendar.clock or following == "h":
            minute = self._look_ahead(length + 1)
            if minute.isdecimal() and len(minute) <= 2:
                return self._take_clock(said, whole, int(minute), length + 2, exact=True)
            return self._with_minutes(said, whole, length + 1) or self._take_clock(said, whole, 0, length + 1)
        if following in self._calendar.ordinals and token.isdecimal():
            return self._take_day(said, whole, length + 1)
        if counted := self._with_minutes(said, whole, length):
            return counted
        if said.month is not None and said.day is None:
            return self._take_day(said, whole, length)
        if self._month_follows(length) and said.day is None:
            return self._take_day(said, whole, length)
        behind = self._calendar.numbers.get(following)
        if not token.isdecimal() and whole in CLOCK and said.hour is None and behind in MINUTES:
            # "Nine thirty", in words.
            return self._take_clock(said, whole, int(behind or 0), length + 1, exact=True)
        if said.number is not None or said.hour is not None or whole > 31:
            return -1
        said.number = whole
        return length

    def _take_nth(self, said: Said) -> int:
        """Words of a day of a month by its name: "first of may"."""
        for length in (2, 1):
            if (day := self._calendar.nth.get(self._look_ahead(0, length))) is not None and (
                said.month is not None or self._month_follows(length)
            ):
                return self._take_day(said, day, length)
        return 0

    def _month_follows(self, ahead: int) -> bool:
        after = self._look_ahead(ahead)
        return (self._look_ahead(ahead + 1) if after in self._calendar.skips else after) in self._calendar.months

    def _with_minutes(self, said: Said, hour: int, length: int) -> int:
        """Words up to the minutes behind an hour, as "y media"; 0 where there are none."""
        for words in (3, 2):
            if (minutes := self._calendar.behind.get(self._look_ahead(length, words))) is not None:
                return self._take_clock(said, hour if minutes >= 0 else hour - 1, minutes % 60, length + words)
        return 0

    def _take_clock(self, said: Said, hour: int, minute: int, length: int, exact: bool = False) -> int:
        if said.hour is not None or hour > 24 or minute > 59:
            return -1
        if exact:
            length += self._half_of_day(said, length) or (self._look_ahead(length) in self._calendar.clock)
        said.hour, said.minute, said.exact = hour, minute, exact
        return length

    def _half_of_day(self, said: Said, ahead: int) -> int:
        """1 where am or pm follows, which `said` then knows."""
        word = self._look_ahead(ahead)
        if word not in self._calendar.morning | self._calendar.evening:
            return 0
        said.half = "am" if word in self._calendar.morning else "pm"
        return 1

    @staticmethod
    def _take_day(said: Said, day: int, length: int) -> int:
        if said.day is not None or not 1 <= day <= 31:
            return -1
        said.day = day
        return length

    def _read_value(self) -> tuple[int, float | None]:
        """Length in words and value of the number that begins here."""
        token = self._look_ahead(0)
        if token.replace(",", ".").replace(".", "", 1).isdecimal():
            return (1, float(token.replace(",", "."))) if len(token) <= 6 else (1, None)
        for length in range(3, 0, -1):
            if (value := self._calendar.numbers.get(self._look_ahead(0, length))) is not None:
                after = self._look_ahead(length)
                if token in ARTICLES and length == 1 and after not in self._calendar.units:
                    return 0, None
                return length, float(value)
        return 0, None

    def _hour_at(self, ahead: int) -> int | None:
        token = self._look_ahead(ahead)
        value = int(token) if token.isdecimal() and len(token) <= 2 else self._calendar.numbers.get(token)
        if token in ARTICLES:
            return None
        return int(value) if value is not None and 1 <= value <= 23 else None

    def _take_word(self, said: Said) -> int:
        calendar, token = self._calendar, self._look_ahead(0)
        if token in calendar.units and calendar.units[token] in ("week", "month", "year"):
            said.unit = calendar.units[token]
            return 1
        for length in (2, 1):
            phrase = self._look_ahead(0, length)
            if phrase in calendar.ahead:
                said.direction = said.direction or (1 if self._counts_next(length) else 0)
                return length
        return 1 if token in calendar.skips or token in (",", ".") else 0

    def _counts_next(self, ahead: int) -> bool:
        """Whether a span follows, so that a word like "in" means "from now"."""
        for length in range(LONGEST, 0, -1):
            if self._look_ahead(ahead, length) in self._calendar.spans:
                return True
        position, self._position = self._position, self._position + ahead
        length, value = self._read_value()
        counts = value is not None and self._look_ahead(length) in self._calendar.units
        self._position = position
        return counts
