"""Making replies fit a platform: split what is too long, number what is too long for a label. Nothing is lost."""

import hashlib
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from shared.events.catalogue import Button

T = TypeVar("T")

BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…。！？])\s+"), re.compile(r"\s+"))
"""Where a text may be split, the best place first: paragraph, line, sentence, word."""


BLANK = f"{string.whitespace}\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, (*range(0x2000, 0x200E), 0x2060, 0xFEFF))
)
LONGEST_CHARACTER = 64
"""Code points that one character may have, by which a split is moved; more is nothing that people write."""
PREPENDED = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2"
"""Signs that are drawn around the number behind them."""
VIRAMA = 9
"""The combining class of the signs that bind a consonant to the next."""


def count_utf16(text: str) -> int:
    """The length as Telegram, LINE and browsers count: a character outside the basic plane counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def trim(text: str) -> str:
    """The text without blanks and characters of no width at its ends: what has nothing else is empty to platforms."""
    return text.strip(BLANK)


def count_utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def split(text: str, limit: int, size: Callable[[str], int] = count_utf16) -> list[str]:
    """The text in pieces of at most `limit`, in order; only blanks where it was split are left out.

    Platforms that do not say how they count are taken to count as browsers do, which is never less than characters.
    """
    pieces = []
    rest = text.strip()
    while rest and size(rest) > limit:
        end = _count_fitting(rest, limit, size)
        end, begin = _find_break(rest, end)
        pieces.append(rest[:end].rstrip())
        rest = rest[begin:].lstrip()
    return [*pieces, rest] if rest else pieces


def _count_fitting(text: str, limit: int, size: Callable[[str], int]) -> int:
    """How many characters of the text fit; at least one, so that splitting ends."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= limit else (low, middle - 1)
    return low


def _find_break(text: str, end: int) -> tuple[int, int]:
    """Where the piece ends and the next begins, near `end`."""
    for place in BREAKS:
        # Not in the first half, which would make needlessly many pieces: a worse place near the end is better. One
        # character more at the end, so that a blank right behind the piece counts.
        found = list(place.finditer(text, (end + 1) // 2, end + 1))
        if found and found[-1].start() > 0:
            return found[-1].start(), found[-1].end()
    return _find_whole(text, end), _find_whole(text, end)


def _find_whole(text: str, end: int) -> int:
    """A little before `end` where that would tear what a person sees as one character."""
    for earlier in range(end, max(end - LONGEST_CHARACTER, 0), -1):
        if not _is_joined(text, earlier):
            return earlier
    return end


def _is_joined(text: str, at: int) -> bool:
    """Whether the characters before and after this place belong together (UAX 29, its main rules).

    Accents and vowel signs, keycaps, skin tones, families and their joiners, flags of two letters and of tags, Hangul
    syllables, and consonants that an Indic sign binds to the one before.
    """
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    if right < "\u0300" and left not in PREPENDED:
        return left == "\r" and right == "\n"
    if unicodedata.category(right) in ("Mn", "Mc", "Me") or right in "\u200c\u200d\u0e33\u0eb3":
        return True
    if (
        left in PREPENDED
        or left == "\u200d"
        or "\U0001f3fb" <= right <= "\U0001f3ff"
        or "\U000e0020" <= right <= "\U000e007f"
    ):
        return True
    if _is_indicator(right) and _is_indicator(left):
        # Flags are pairs: torn where an odd number of their letters stands before.
        begin = at
        while begin > 0 and _is_indicator(text[begin - 1]):
            begin -= 1
        return (at - begin) % 2 == 1
    if unicodedata.combining(left) == VIRAMA:
        return unicodedata.category(right) == "Lo"
    vowel_or_final = "\u1160" <= right <= "\u11ff"
    return vowel_or_final and ("\u1100" <= left <= "\u11ff" or "\uac00" <= left <= "\ud7a3")


def _is_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def label_buttons(
    text: str, buttons: Sequence[Button], limit: int, size: Callable[[str], int] = count_utf16
) -> tuple[str, list[tuple[str, Button]]]:
    """Text and labels where every label has at most `limit` characters.

    Where a title is longer the labels are numbers, and the text lists the titles.
    """
    if all(0 < size(button.title) <= limit for button in buttons):
        return text, [(button.title, button) for button in buttons]
    numbered = [(str(place), button) for place, button in enumerate(buttons, 1)]
    listing = "\n".join(f"{label}. {button.title}" for label, button in numbered)
    return f"{text}\n\n{listing}".strip(), numbered


def number_titles(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """The buttons with titles of which no two are the same: one that was there before gets a number behind it.

    WhatsApp refuses equal titles, and nobody could tell them apart anywhere.
    """
    taken = {_fold(button.title) for button in buttons}
    seen: set[str] = set()
    found = []
    for button in buttons:
        number, title = 1, button.title
        while _fold(title) in (seen if number == 1 else taken | seen):
            number += 1
            title = f"{button.title} ({number})"
        seen.add(_fold(title))
        found.append(button if number == 1 else Button(title, button.payload or button.title))
    return tuple(found)


def _fold(title: str) -> str:
    """What people, and platforms, see no difference in: capitals, accents in one sign or two, wide and narrow forms."""
    return title.casefold() if title.isascii() else unicodedata.normalize("NFKC", title).casefold()


def list_buttons(text: str, buttons: Sequence[Button]) -> str:
    """Text for platforms, or payloads, that buttons are not possible for: the titles as lines, to be typed."""
    return "\n".join([*([text.strip()] if text.strip() else []), *(f"• {button.title}" for button in buttons)])


def join_titles(buttons: Sequence[Button]) -> str:
    """A text for buttons that come without one, where the platform demands one."""
    return " / ".join(button.title for button in buttons) or "…"


def split_chunks(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """The items in order, at most `most` at a time."""
    for start in range(0, len(items), most):
        yield items[start : start + most]


def pack(items: Sequence[T], most: int, weight: Callable[[T], int], heaviest: int) -> Iterator[Sequence[T]]:
    """The items in order, at most `most` at a time and together no heavier than `heaviest`, where each alone is not."""
    pack: list[T] = []
    heavy = 0
    for item in items:
        weighs = weight(item)
        if pack and (len(pack) == most or heavy + weighs > heaviest):
            yield pack
            pack, heavy = [], 0
        pack.append(item)
        heavy += weighs
    if pack:
        yield pack


def retry_key(message: str, said: int, part: int) -> str:
    """The key under which a platform takes this part of the answer once: the same for the same three, always."""
    digits = hashlib.sha256(f"{message}/{said}/{part}".encode()).hexdigest()
    # A UUID of version 4, written out: importing `uuid` costs a cold start 3 ms.
    variant = f"{int(digits[16], 16) & 3 | 8:x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
