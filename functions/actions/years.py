"""The years that a search is for: one, a range, or all before or since one."""

import re
from dataclasses import dataclass

FIRST, LAST = 1, 9999


@dataclass(frozen=True, slots=True)
class Years:
    """From `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last


def read_years(value: str) -> Years | None:
    """The years of a value as understanding gives it: `1994`, `1990-1999`, `../1959`, `1960/..`; None for no years."""
    match = re.fullmatch(r"(\d{4}|\.\.)(?:[-/](\d{4}|\.\.))?", value.strip())
    if match is None or match[0] == "..":
        return None
    first = FIRST if match[1] == ".." else int(match[1])
    last = LAST if match[2] == ".." else int(match[2] or first)
    return Years(min(first, last), max(first, last))
