"""Picking from a list as people do: "the second one", "number 3", "the last"."""

import re

WORDS = {
    "first": 1,
    "one": 1,
    "second": 2,
    "two": 2,
    "third": 3,
    "three": 3,
    "fourth": 4,
    "four": 4,
    "fifth": 5,
    "five": 5,
    "sixth": 6,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "a": 1,
    "an": 1,
    "a couple of": 2,
    "a couple": 2,
    "a pair of": 2,
    "half a dozen": 6,
    "a dozen": 12,
}


def read_number(text: str) -> int | None:
    """A whole number in digits or words: "3", "x2", "two", "a couple of"; None where it is none."""
    said = " ".join(text.casefold().split())
    if said in WORDS:
        return WORDS[said]
    match = re.fullmatch(r"(?:x|no\.?|number|#)?\s?(\d{1,4})(?:\s?x|st|nd|rd|th)?", said)
    return int(match[1]) if match else None


def read_position(text: str, count: int) -> int | None:
    """The place in a list of `count`, counted from 0; None where there is no such place."""
    said = " ".join(text.casefold().split())
    if said in ("last", "final", "bottom"):
        number: int | None = count
    elif said == "middle":
        number = (count + 1) // 2
    elif said == "top":
        number = 1
    else:
        number = read_number(said)
    return number - 1 if number is not None and 1 <= number <= count else None
