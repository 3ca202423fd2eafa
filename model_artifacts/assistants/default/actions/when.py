"""Days as people say them, relative to the place that is asked about: "tomorrow", "Friday", "this weekend"."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = {"one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` on, `count` days."""

    first: date
    count: int
    now: bool = False
    """Whether the present moment is meant, not the whole day."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a span of days has at least one")


def read_days(said: str, today: date) -> Days | None:
    """The days that are meant; None where the words name none that can be told.

    Nothing said means now. An hour within a day is taken as that day.
    """
    text = " ".join(said.casefold().replace("'", "").split()).strip(" .?!")
    if text in ("", "now", "right now", "at the moment", "currently", "at present"):
        return Days(today, 1, now=True)
    return _dated(text, today) or _named(text, today)


def _dated(text: str, today: date) -> Days | None:
    """ISO dates and times, alone or as a range, as a date parser gives them."""
    first, _, last = text.partition("/")
    start = _iso(first)
    if start is not None:
        end = _iso(last) if last else None
        return Days(start, max(1, (end - start).days + 1) if end else 1)
    if match := re.fullmatch(r"(?:the )?(\d{1,2})(?:st|nd|rd|th)", text):
        return _day_of_month(int(match[1]), today)
    return None


def _iso(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.upper()).date()
    except ValueError:
        return None


def _day_of_month(day: int, today: date) -> Days | None:
    for ahead in range(62):
        candidate = today + timedelta(days=ahead)
        if candidate.day == day:
            return Days(candidate, 1)
    return None


def _named(text: str, today: date) -> Days | None:
    if "day after tomorrow" in text:
        return Days(today + timedelta(days=2), 1)
    if re.search(r"\b(tomorrow|tmrw|tmr|tomorow)\b", text):
        return Days(today + timedelta(days=1), 1)
    if "weekend" in text:
        saturday = today + timedelta(days=(5 - today.weekday()) % 7)
        if today.weekday() == 6 and "next" not in text:
            return Days(today, 1)
        return Days(saturday + timedelta(days=7 if "next" in text else 0), 2)
    for index, name in enumerate(WEEKDAYS):
        if re.search(rf"\b{name}|\b{name[:3]}\b", text):
            ahead = (index - today.weekday()) % 7
            return Days(today + timedelta(days=ahead + (7 if "next" in text and ahead == 0 else 0)), 1)
    if match := re.search(r"\bin (\w+) days?\b|\b(\w+) days from now\b", text):
        number = _number(match[1] or match[2])
        return Days(today + timedelta(days=number), 1) if number is not None else None
    if match := re.search(r"\b(?:next )?(\w+)[ -]days?\b", text):
        number = _number(match[1])
        return Days(today, number) if number else None
    if "next week" in text or "in a week" in text:
        return Days(today + timedelta(days=7 - today.weekday()), 7)
    if "week" in text:
        return Days(today, 7)
    if re.search(r"\b(today|tonight|morning|afternoon|evening|noon|midday|night|later|dawn)\b", text):
        return Days(today, 1)
    if re.fullmatch(r"\d{1,2}(:\d{2})?\s?(am|pm|oclock)?", text):
        return Days(today, 1)
    return None


def _number(word: str) -> int | None:
    number = int(word) if word.isdigit() else NUMBERS.get(word)
    return number if number is not None and number < 400 else None
