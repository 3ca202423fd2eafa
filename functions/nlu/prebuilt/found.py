"""What every finder of prebuilt entities answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.dates.moments import Moment
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Found:
    start: int
    end: int
    value: JSON
    info: JSON = None
    """Duckling's whole value; None is {"value": value, "type": "value"}."""


Finder = Callable[[str, str, Moment | None], Sequence[Found]]
"""(text, language, moment) -> what of the dimension stands in the text, in order."""
