"""The words for days and times of each language. Phrases are case-folded; shared.dates.reading says what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Calendar:
    weekdays: Mapping[str, int]
    """0 is Monday."""
    months: Mapping[str, int]
    days: Mapping[str, int]
    """Phrase -> days from today: "tomorrow"."""
    parts: Mapping[str, int]
    """Part of a day -> its usual hour; 24 is the midnight at its end."""
    moments: Mapping[str, tuple[int, int]]
    """Phrase -> days from today and hour: "tonight"."""
    units: Mapping[str, str]
    """Word -> minute, hour, day, week, month or year."""
    numbers: Mapping[str, float]
    spans: Mapping[str, int]
    """Phrase -> minutes: "half an hour"."""
    now: frozenset[str]
    this: frozenset[str]
    next: frozenset[str]
    last: frozenset[str]
    ahead: frozenset[str]
    """Words before a span from now: "in"."""
    after: frozenset[str]
    """Words behind one: "from now"."""
    ago: frozenset[str]
    weekend: frozenset[str]
    opens: frozenset[str]
    """Words that open a range: "from", "between"."""
    links: frozenset[str]
    """Words between the ends of a range; after one of `opens` those of `joins` link, too."""
    joins: frozenset[str]
    until: frozenset[str]
    """Words before the end of a range that begins now."""
    skips: frozenset[str]
    """Words that say nothing of their own: "on", "the"."""
    clock: frozenset[str]
    """Words behind an hour: "o'clock"."""
    half: Mapping[str, tuple[int, int]]
    """Phrase before an hour -> hours and minutes to add: "half past" is (0, 30), "quarter to" (-1, 45)."""
    behind: Mapping[str, int] = field(default_factory=dict)
    """Phrase after an hour -> minutes: "y media"."""
    morning: frozenset[str] = frozenset(("am", "a.m"))
    evening: frozenset[str] = frozenset(("pm", "p.m"))
    ordinals: frozenset[str] = frozenset()
    """What ends a number in digits that is a day of the month."""
    nth: Mapping[str, int] = field(default_factory=dict)
    """Day of a month by its name: "first"."""

    def holds(self, word: str) -> bool:
        """Whether a word with a hyphen is one word here, as "week-end"."""
        return any(
            word in words
            for words in (self.weekdays, self.days, self.parts, self.moments, self.spans, self.weekend, self.numbers)
        )
