"""What every finder of prebuilt entities answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.dates.reference_time import ReferenceTime
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Found:
    start: int
    end: int
    value: JSON
    info: JSON = None
    """Duckling's whole value; None is {"value": value, "type": "value"}."""


Finder = Callable[[str, str, ReferenceTime | None], Sequence[Found]]
"""(text, language, reference time) -> what of the dimension stands in the text, in order."""
