"""Training examples that the network alone does not read surely: who says one word for word means just that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.nlu.edges import is_picture
from functions.nlu.tables import fold

ENDS = ".!…。！"
"""Signs at the end that change nothing; a question mark may."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an example says: its intent, and (first character, last exclusive, number of the label) of each entity."""

    text: str
    intent: str
    marks: tuple[tuple[int, int, int], ...] = ()


TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
"""Colours of skin, and the sign that an emoji is meant."""


def key_of(text: str) -> str:
    """The text as examples are compared: whatever its case, spaces, kind of apostrophe, full stop at the end, colour of
    an emoji's skin, and how often one emoji stands."""
    folded = fold(text if text.isascii() else TONES.sub("", text))
    if folded and not folded.isascii() and is_picture(folded[0]) and set(folded) <= {folded[0], " "}:
        return folded[0]
    plain = folded.rstrip(ENDS).rstrip()
    return plain if plain and plain[-1] not in "?？؟" else folded


def read_examples(raw: Mapping[str, Any]) -> dict[str, Known]:
    """The part "examples" of nlu.json: text -> [intent, [[start, end, label], ...]]."""
    return {
        key_of(text): Known(text, str(intent), tuple((int(a), int(b), int(label)) for a, b, label in marks))
        for text, (intent, marks) in raw.items()
    }
