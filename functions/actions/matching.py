"""How alike a name that somebody typed and a name of the catalogue are."""

import unicodedata
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

ARTICLES = frozenset(("the", "a", "an"))
GROUPS = frozenset(("brothers", "sisters", "bros"))
"""What people add to a name that stands in the catalogue without it: the Coen brothers."""


LONGEST = 200
"""Characters of a name that are looked at: somebody may paste a page."""


def normalise_name(text: str) -> str:
    """Small letters and digits without accents, words apart by one space: "Amélie!" -> "amelie"."""
    return _normalise_name(text[:LONGEST])


@lru_cache(maxsize=8192)
def _normalise_name(text: str) -> str:
    spelled = text.casefold().replace("&", " and ").replace("ø", "o").replace("ł", "l")
    if spelled.isascii() and spelled.isalnum():
        return spelled
    letters = unicodedata.normalize("NFKD", spelled)
    kept = "".join(
        letter if letter.isalnum() else " "
        for letter in letters
        if not unicodedata.combining(letter) and letter not in "'’."
    )
    return " ".join(kept.split())


def split_name(text: str) -> frozenset[str]:
    """The words that tell a name from others."""
    return _split_name(text[:LONGEST])


@lru_cache(maxsize=8192)
def _split_name(text: str) -> frozenset[str]:
    every = frozenset(_normalise_name(text).split())
    return every - ARTICLES - GROUPS or every


def name_contains(name: str, asked: str) -> bool:
    """Whether every word that was asked for is one of the name: "hitchcock" and "Alfred Hitchcock"."""
    mine = split_name(asked)
    return bool(mine) and mine <= split_name(name)


def score_similarity(asked: str, name: str) -> float:
    """From 0 (nothing alike) to 1 (the same): whole names, then parts of names, then names with slips of the pen."""
    one, other = normalise_name(asked), normalise_name(name)
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    mine, theirs = split_name(asked), split_name(name)
    if mine == theirs:
        return 0.98
    if mine <= theirs:
        return 0.9 + 0.05 * len(mine) / len(theirs)
    return max(0.9 * _score_spelling(one, other), _score_single_word(mine, theirs))


def _score_single_word(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """A single word with a slip, against each word of the name: "tarantno" and "Quentin Tarantino"."""
    if len(mine) != 1:
        return 0.0
    (word,) = mine
    if len(word) < 5:
        return 0.0
    return 0.85 * max((_score_spelling(word, other) for other in theirs), default=0.0)


def _score_spelling(one: str, other: str) -> float:
    """difflib's ratio, and 0 for what shares few pairs of letters: that is seen a hundred times faster."""
    mine, theirs = _list_letter_pairs(one), _list_letter_pairs(other)
    if 2 * len(mine & theirs) < 0.5 * (len(mine) + len(theirs)):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


@lru_cache(maxsize=8192)
def _list_letter_pairs(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(one + other for one, other in pairwise(padded))


LIKE = 0.7
"""From here on two names count as the same one: 0.9 x 0.78 for a whole name, 0.85 x 0.83 for one word of it."""


def find_best(asked: str, items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """The items whose names are most like what was asked, in their order; none where nothing is like it.

    Slips of the pen are looked for only where no name holds the very words: that is most of the work.
    """
    every = list(items)
    mine = split_name(asked)
    holding = [item for item in every if mine and mine <= split_name(name(item))]
    scored = [(score_similarity(asked, name(item)), item) for item in holding or every]
    top = max((score for score, _ in scored), default=0.0)
    if top < LIKE:
        return []
    return [item for score, item in scored if score >= max(LIKE, top - 0.02)]


def find_closest(asked: str, names: Iterable[str], count: int) -> list[str]:
    """The names that come nearest to what was asked, however far they are."""
    one = normalise_name(asked)
    ranked = sorted(
        dict.fromkeys(names),
        key=lambda name: (
            -max(score_similarity(asked, name), 0.5 * SequenceMatcher(None, one, normalise_name(name)).ratio())
        ),
    )
    return ranked[:count]
