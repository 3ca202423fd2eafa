"""Picking from a list as people do: "the second one", "number 3", "the last"."""

import re

from shared.ordinals import CARDINALS, LAST, ORDINALS

WORDS = {
    **CARDINALS,
    **ORDINALS,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "a": 1,
    "an": 1,
    "ein": 1,
    "eine": 1,
    "a couple of": 2,
    "a couple": 2,
    "a pair of": 2,
    "half a dozen": 6,
    "a dozen": 12,
}
"""Values that understanding has not made digits of."""


def read_number(text: str) -> int | None:
    """A whole number in digits or words: "3", "x2", "two", "a couple of"; None where it is none."""
    said = " ".join(text.casefold().split())
    if said in WORDS:
        return WORDS[said]
    match = re.fullmatch(r"(?:x|no\.?|number|#)?\s?(\d{1,4})(?:\s?x|st|nd|rd|th)?", said)
    return int(match[1]) if match else None


def find_position(text: str, count: int) -> int | None:
    """The place in a list of `count`, counted from 0, that an ordinal in a sentence names ("who is in the third?");
    None where none or several do."""
    words = re.findall(r"\w+", text.casefold())
    places = {count if word in LAST else ORDINALS[word] for word in words if word in LAST or word in ORDINALS}
    return places.pop() - 1 if len(places) == 1 and 1 <= max(places) <= count else None


def read_position(text: str, count: int) -> int | None:
    """The place in a list of `count`, counted from 0; None where there is no such place."""
    said = " ".join(text.casefold().split())
    if said in LAST:
        number: int | None = count
    elif said == "middle":
        number = (count + 1) // 2
    elif said == "top":
        number = 1
    else:
        number = read_number(said)
    return number - 1 if number is not None and 1 <= number <= count else None
