"""Where a value begins and ends: without the quotes, brackets, punctuation and emoji around it, apart from the next.

Characters are told apart by Unicode's general category, so that every script's marks and every emoji count.
"""

import unicodedata
from collections.abc import Collection

SEPARATORS = ",/;|，、؛،;·"
"""Signs that stand between two values of one entity."""
_OPEN = {"(": ")", "[": "]", "{": "}", "<": ">", "（": "）", "「": "」", "『": "』", "【": "】", "《": "》", "〈": "〉"}
_CLOSED = {close: opened for opened, close in _OPEN.items()}
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3"
"""What makes one emoji of several characters."""
_KEPT_BEFORE_DIGIT = "'’-−+#.@"
_KEPT_AFTER_WORD = "+#%°"


def trim_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """The part of `text[start:end]` that is a value; unchanged where nothing of it would be left."""
    first, last = start, end
    while first < last and not _begins_value(text, first, last):
        first += 1
    while last > first and not _ends_value(text, first, last):
        last -= 1
    return (first, last) if first < last else (start, end)


def split_values(
    text: str, start: int, end: int, kept: Collection[str], joins: Collection[str]
) -> list[tuple[int, int]]:
    """The values in `text[start:end]`, told apart at signs and at the words `joins`, but for those in `kept`."""
    cuts = []
    for place in range(start + 1, end - 1):
        sign = text[place]
        if sign in SEPARATORS and sign not in kept and not (text[place - 1].isdigit() and text[place + 1].isdigit()):
            cuts.append((place, place + 1))
    position = start
    for word in text[start:end].split():
        position = text.index(word, position)
        folded = word.casefold()
        if folded in joins and folded not in kept and position > start and position + len(word) < end:
            cuts.append((position, position + len(word)))
        position += len(word)
    if not cuts:
        return [(start, end)]
    cuts.sort()
    begins = [start, *(cut[1] for cut in cuts)]
    ends = [*(cut[0] for cut in cuts), end]
    parts = [(first, last) for first, last in zip(begins, ends, strict=True) if text[first:last].strip()]
    return [trim_edges(text, first, last) for first, last in parts]


def is_picture(char: str) -> bool:
    """Whether it is an emoji or a part of one."""
    return char in _JOINERS or unicodedata.category(char) in ("So", "Sk")


def is_only_signs(text: str) -> bool:
    """Whether there is neither a letter, a figure nor a picture in it."""
    return all(unicodedata.category(char)[0] in "PZC" or unicodedata.category(char) in ("Sk", "Sm") for char in text)


def _begins_value(text: str, first: int, last: int) -> bool:
    char = text[first]
    if char.isalnum():
        return True
    if char in _OPEN:
        # A bracket that closes within the value belongs to it.
        return _OPEN[char] in text[first + 1 : last - 1]
    after = text[first + 1] if first + 1 < last else ""
    category = unicodedata.category(char)
    if category == "Sc":
        return True
    if after.isdigit() and char in _KEPT_BEFORE_DIGIT:
        return True
    return category[0] in "L N" or char == "_" or (category == "Mn" and char not in _JOINERS)


def _ends_value(text: str, first: int, last: int) -> bool:
    char = text[last - 1]
    if char.isalnum():
        return True
    if char in _CLOSED:
        return _CLOSED[char] in text[first + 1 : last - 1]
    before = text[last - 2] if last - 2 >= first else ""
    category = unicodedata.category(char)
    if category == "Sc":
        return True
    if char in _KEPT_AFTER_WORD and (before.isalnum() or before in _KEPT_AFTER_WORD):
        return True
    if char == ".":
        # An abbreviation keeps its full stop: "E.T.", "p.m.", "Robert Downey Jr." does where a table says so.
        word = text[first : last - 1].rsplit(maxsplit=1)[-1] if text[first : last - 1].strip() else ""
        return "." in word.strip(".") or (len(word) == 1 and word.isalpha())
    if category in ("Mn", "Mc", "Me") and char not in _JOINERS:
        base = last - 2
        while base >= first and unicodedata.category(text[base])[0] == "M":
            base -= 1
        return base >= first and text[base].isalnum()
    return category[0] == "N" or char == "_"
