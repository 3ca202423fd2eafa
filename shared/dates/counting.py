"""Days, weeks, months and years counted from a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

When = date | datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last`: the same moment or day twice, or a range of them."""

    first: When
    last: When
    grain: str
    """now, minute, hour, day, week, month or year."""
    names_day: bool = True
    """False for a clock time whose day was not said."""

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return day_of(self.first), day_of(self.last)

    @property
    def in_days(self) -> "Span":
        """The span as whole days."""
        return Span(*self.days, "day", self.names_day)

    @property
    def iso(self) -> str:
        return to_iso(self.first) if self.first == self.last else f"{to_iso(self.first)}/{to_iso(self.last)}"


def find_weekend(anchor: date, modifier: str | None) -> tuple[date, date]:
    # On a Sunday, what is left of the weekend is that day.
    saturday = anchor + timedelta(days=(5 - anchor.weekday()) % 7 if anchor.weekday() != 6 else -1)
    saturday += timedelta(days={"next": 7, "last": -7}.get(modifier or "", 0))
    return (max(saturday, anchor) if modifier != "last" else saturday), saturday + timedelta(days=1)


def find_whole(unit: str, today: date, ahead: int) -> tuple[date, date]:
    """The week, month or year that is so many ahead of this one."""
    if unit == "week":
        monday = today + timedelta(days=7 * ahead - today.weekday())
        return monday, monday + timedelta(days=6)
    if unit == "year":
        return date(today.year + ahead, 1, 1), date(today.year + ahead, 12, 31)
    first = move(today.replace(day=1), "month", ahead)
    return first, first.replace(day=count_days(first.year, first.month))


def move(day: date, unit: str, amount: int) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=amount * (7 if unit == "week" else 1))
    whole = day.year * 12 + day.month - 1 + amount * (12 if unit == "year" else 1)
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, count_days(year, month + 1)))


def find_date(day: int, month: int | None, anchor: date) -> date:
    """The first such day from `anchor` on: a 29 February may be years away. Raises ValueError for what no month has."""
    for ahead in range(12 * 8 + 1):
        first = move(anchor.replace(day=1), "month", ahead)
        if month in (None, first.month) and day <= count_days(first.year, first.month):
            found = first.replace(day=day)
            if found >= anchor:
                return found
    raise ValueError("no month has that day")


def day_of(when: When) -> date:
    return when.date() if isinstance(when, datetime) else when


def to_iso(when: When) -> str:
    return when.isoformat(timespec="seconds") if isinstance(when, datetime) else when.isoformat()


def count_days(year: int, month: int) -> int:
    """How many days a month has. The standard library's calendar would bring locale along."""
    return 28 if month == 2 and not _is_leap(year) else 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
