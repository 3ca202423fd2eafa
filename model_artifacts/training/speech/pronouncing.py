"""How words are pronounced: the dictionary that comes with PocketSphinx, and rules for what is not in it.

The dictionary has 126,000 English words. What it lacks are names, which are pronounced in three steps, the first that
fits: endings (`winehouse's`), two words in one (`radiohead`), letters and groups of letters by rule. It is American;
British variants are made by rule as well.
"""

import itertools
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

VARIANTS = 4
"""Pronunciations of a phrase that are kept; each costs time in every search."""
VOICELESS = frozenset(("P", "T", "K", "F", "TH"))
SIBILANTS = frozenset(("S", "Z", "SH", "ZH", "CH", "JH"))
VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))

RULES: tuple[tuple[str, str], ...] = (
    # Longest first within a letter; "^" is the beginning, "$" the end, "_" no vowel follows. The phones are cmudict's.
    ("^kn", "N"), ("^gn", "N"), ("^ps", "S"), ("^wr", "R"), ("^x", "Z"), ("^mc", "M AH K"), ("^mac", "M AE K"),
    ("tion$", "SH AH N"), ("sion$", "ZH AH N"), ("ture$", "CH ER"), ("ough", "AO"), ("augh", "AO"), ("eigh", "EY"),
    ("igh", "AY"), ("tsch", "CH"), ("sch", "SH"), ("tch", "CH"), ("dge", "JH"), ("cch", "K"), ("chr", "K R"),
    ("eaux$", "OW"), ("eau", "OW"), ("ille$", "IY"), ("ll", "L"), ("gh", "G"), ("ph", "F"), ("sh", "SH"), ("ch", "CH"),
    ("ck", "K"), ("cq", "K"), ("th", "TH"), ("wh", "W"), ("qu", "K W"), ("ng$", "NG"), ("nk", "NG K"), ("nx", "NG K S"),
    ("rh", "R"), ("dj", "JH"), ("zh", "ZH"), ("kh", "K"), ("cz", "CH"), ("sz", "SH"), ("rz", "ZH"), ("tz", "T S"),
    ("zz", "T S"), ("ss", "S"), ("tt", "T"), ("pp", "P"), ("bb", "B"), ("dd", "D"), ("ff", "F"), ("gg", "G"),
    ("mm", "M"), ("nn", "N"), ("rr", "R"), ("cc", "K"), ("kk", "K"),
    ("ai", "EY"), ("ay", "EY"), ("au", "AO"), ("aw_", "AO"), ("aa", "AA"), ("ae", "EY"), ("ao", "AW"),
    ("ee", "IY"), ("ea", "IY"), ("ei", "AY"), ("ey$", "IY"), ("ey", "EY"), ("eu", "OY"), ("ew_", "UW"), ("er_", "ER"),
    ("ie$", "IY"), ("ie", "IY"), ("io", "IY OW"), ("ia$", "IY AH"), ("ia", "IY AA"), ("ir_", "ER"),
    ("oo", "UW"), ("oa", "OW"), ("oe", "OW"), ("oi", "OY"), ("oy", "OY"), ("ou", "UW"), ("ow_", "OW"), ("or_", "AO R"),
    ("ue$", "UW"), ("ui", "UW IY"), ("ur_", "ER"), ("ar_", "AA R"), ("ya", "Y AA"), ("yo", "Y OW"), ("yu", "Y UW"),
    ("ce", "S EH"), ("ci", "S IH"), ("cy", "S IY"), ("ge$", "JH"), ("ce$", "S"), ("se$", "Z"), ("ze$", "Z"),
    ("le$", "AH L"), ("es$", "Z"), ("e$", ""), ("a$", "AH"), ("i$", "IY"), ("o$", "OW"), ("u$", "UW"), ("y$", "IY"),
    ("^y", "Y"), ("a", "AE"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G"), ("h", "HH"),
    ("i", "IH"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"), ("o", "OW"), ("p", "P"), ("q", "K"),
    ("r", "R"), ("s", "S"), ("t", "T"), ("u", "UW"), ("v", "V"), ("w", "W"), ("x", "K S"), ("y", "IH"), ("z", "Z"),
)  # fmt: skip

_BY_LETTER = {
    letter: [(rule, body, said) for rule, said in RULES if (body := rule.strip("^$_"))[0] == letter]
    for letter in string.ascii_lowercase
}


class Dictionary:
    """Words and their pronunciations."""

    def __init__(self, entries: Mapping[str, Sequence[str]]) -> None:
        self._entries = entries

    def __contains__(self, word: str) -> bool:
        return word in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def knows(self, word: str) -> bool:
        """Whether the word is English as far as can be told: in the dictionary, or made of words that are."""
        return word in self._entries or self._derive(word) is not None

    def find_pronunciations(self, word: str) -> Sequence[str]:
        """The pronunciations of a word, the commonest first; every word of letters has one."""
        return self._entries.get(word) or (self._derive(word) or guess_pronunciation(word),)

    def pronounce_phrase(self, words: Sequence[str]) -> tuple[str, ...]:
        """The pronunciations of words said as one, a few at most."""
        each = [self.find_pronunciations(word)[:2] for word in words]
        return tuple(itertools.islice(dict.fromkeys(map(" ".join, itertools.product(*each))), VARIANTS))

    def _derive(self, word: str) -> str | None:
        for ending in ("'s", "s"):
            if word.endswith(ending) and word.removesuffix(ending) in self._entries:
                stem = self._entries[word.removesuffix(ending)][0]
                return f"{stem} {_make_plural(stem.split()[-1])}"
        # Two words written as one: of all ways to part it, the one whose shorter word is longest.
        ways = [
            (min(at, len(word) - at), word[:at], word[at:])
            for at in range(4, len(word) - 3)
            if word[:at] in self._entries and word[at:] in self._entries
        ]
        return " ".join(self._entries[part][0] for part in max(ways)[1:]) if ways else None


def read_dictionary(path: Path) -> Dictionary:
    """A dictionary in the form of cmudict, as PocketSphinx reads it: `word phones`, `word(2) phones`."""
    entries: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            word, _, phones = line.strip().partition(" ")
            entries.setdefault(re.sub(r"\(\d+\)$", "", word), []).append(phones.strip())
    return Dictionary(entries)


@cache
def guess_pronunciation(word: str) -> str:
    """A guess from the letters alone."""
    letters, phones, at = word.replace("'", ""), [], 0
    while at < len(letters):
        rules = _BY_LETTER.get(letters[at], ())
        body, said = next(((body, said) for rule, body, said in rules if _fits(rule, body, letters, at)), (" ", ""))
        phones += said.split()
        at += len(body)
    return " ".join(phones) or "AH"


def _fits(rule: str, body: str, letters: str, at: int) -> bool:
    if not letters.startswith(body, at) or (rule.startswith("^") and at) or (body == letters and rule == "e$"):
        return False
    after = letters[at + len(body) : at + len(body) + 1]
    return not after if rule.endswith("$") else not (rule.endswith("_") and after and after in "aeiouy")


def add_british(pronunciations: Sequence[str]) -> tuple[str, ...]:
    """American pronunciations, and the first of them as it is said in the south of England, where that differs."""
    return tuple(dict.fromkeys(filter(None, (*pronunciations, _make_british(pronunciations[0].split())))))


def _make_british(phones: Sequence[str]) -> str:
    """Without r unless a vowel follows, and with the long a of "bath" and "dance"."""
    found: list[str] = []
    for phone, after in zip(phones, [*phones[1:], ""], strict=True):
        vowel_follows = after in VOWELS
        if phone == "ER":
            found += ["AH", "R"] if vowel_follows else ["AH"]
        elif phone == "R" and not vowel_follows:
            # near, square, poor: what is left of the r is a vowel.
            found += ["AH"] if found and found[-1] in ("IH", "EH", "UH") else []
        elif phone == "AE" and after in ("S", "F", "TH", "N"):
            found.append("AA")
        else:
            found.append(phone)
    return " ".join(found)


def _make_plural(last: str) -> str:
    if last in SIBILANTS:
        return "IH Z"
    return "S" if last in VOICELESS else "Z"
