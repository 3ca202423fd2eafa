"""The days that a forecast is asked for: what words for days mean is read where all of Parley reads them."""

from dataclasses import dataclass
from datetime import date

from functions.actions.fulfilment import read_span


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
    """The days that are meant: ISO dates as understanding gives them, or words; None where they name none to come.

    Nothing said means now. An hour within a day is taken as that day, a week that has begun as the next seven days.
    """
    if not said.strip():
        return Days(today, 1, now=True)
    found = read_span(said, today)
    if found is None:
        return None
    if found.grain == "now":
        return Days(today, 1, now=True)
    first, last = found.days
    if found.grain == "week" and first <= today <= last:
        return Days(today, 7)
    return Days(max(first, today), (last - max(first, today)).days + 1) if last >= today else None
