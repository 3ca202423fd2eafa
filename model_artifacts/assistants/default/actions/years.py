"""Years as people say them: "1994", "1990-1999", "the nineties", "before 1960"."""

import re
from dataclasses import dataclass

DECADES = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "noughties": 2000,
    "two thousands": 2000,
}
FIRST, LAST = 1, 9999

_BEFORE = re.compile(r"\b(before|older than|earlier than|up to|until|till|prior to|not after)\s*(the\s*)?$")
_NOT_OLDER = re.compile(r"\b(not older than|no older than|not before)\s*(the\s*)?$")
_AFTER = re.compile(r"\b(after|newer than|later than|more recent than)\s*(the\s*)?$")
_SINCE = re.compile(r"\bsince\s*(the\s*)?$")


@dataclass(frozen=True, slots=True)
class Years:
    """From `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last

    @property
    def spoken(self) -> str:
        if self.first <= FIRST:
            return f"before {self.last + 1}"
        if self.last >= LAST:
            return f"since {self.first}"
        if self.first == self.last:
            return f"from {self.first}"
        if self.last - self.first == 9 and self.first % 10 == 0:
            return f"from the {self.first}s"
        return f"from {self.first} to {self.last}"


def read_years(value: str, said_before: str = "") -> Years | None:
    """The years that a value stands for, in the light of the words that stood before it; None where it is no year."""
    years = _plain_years(value.casefold().strip(" .,?!"))
    if years is None:
        return None
    ahead = said_before.casefold()
    if _NOT_OLDER.search(ahead) or _SINCE.search(ahead):
        return Years(years.first, LAST)
    if _BEFORE.search(ahead):
        return Years(FIRST, years.first - 1)
    if _AFTER.search(ahead):
        return Years(years.last + 1, LAST)
    return years


def _plain_years(text: str) -> Years | None:
    if match := re.fullmatch(r"(\d{4})\s*(?:-|–|to|and|until)\s*(\d{4})", text):
        first, last = sorted((int(match[1]), int(match[2])))
        return Years(first, last)
    if re.fullmatch(r"\d{4}", text):
        return Years(int(text), int(text))
    if match := re.fullmatch(r"(\d{3})0\s?'?s", text):
        return Years(int(match[1]) * 10, int(match[1]) * 10 + 9)
    if match := re.fullmatch(r"'?(\d)0\s?'?s", text):
        decade = int(match[1]) * 10
        start = (2000 if decade < 20 else 1900) + decade
        return Years(start, start + 9)
    for name, start in DECADES.items():
        if text.endswith(name):
            return Years(start, start + 9)
    return None
