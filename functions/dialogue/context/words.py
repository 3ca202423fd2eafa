"""Words of a text, and whether one is a slip of the pen of another."""

import re
from collections.abc import Mapping, Sequence

from shared.events.wire import JSON

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_KEYCAPS = str.maketrans("", "", "\ufe0e\ufe0f\u20e3")


def words_of(text: str) -> list[str]:
    """The words in small letters; a keycap emoji is its digit."""
    return _WORD.findall(text.translate(_KEYCAPS).casefold().replace("’", "'"))


def fold_text(text: str) -> str:
    """The words of a text with one space between them; the text itself where it has none (an emoji)."""
    return " ".join(words_of(text)) or text.strip().casefold()


def resembles(one: str, other: str) -> bool:
    """Whether one is the other with a slip of the pen: one letter in four to seven, two in longer ones."""
    allowed = 0 if min(len(one), len(other)) < 4 else 1 if min(len(one), len(other)) < 8 else 2
    return one == other or (allowed > 0 and _measure_distance(one, other, allowed) <= allowed)


def _measure_distance(one: str, other: str, most: int) -> int:
    """Letters to change, add, leave out or exchange with their neighbour; anything above `most` where it is more."""
    if abs(len(one) - len(other)) > most or len({*one}.difference(other)) > most:
        # Each change brings or takes one letter at most, so more strange letters need more changes.
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        after = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) > most:
            return most + 1
        before, row = row, after
    return row[-1]


def blank_spans(text: str, spans: Sequence[Mapping[str, JSON]]) -> str:
    """The text with the spans of these entities blanked out."""
    for span in spans:
        if span.get("start") is not None and span.get("end") is not None:
            start, end = int(span["start"]), int(span["end"])
            text = text[:start] + " " * (end - start) + text[end:]
    return text
