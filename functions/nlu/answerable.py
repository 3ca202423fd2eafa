"""Whether a passage that was found holds the answer: by meaning, by its words, and by how many of them it has."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+")
ENDING = 3
"""Letters at the end of a word that only bend it, in the languages that are written with letters."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, as the two searches see it."""

    place: int
    score: float
    """Of both, joined; comparable within one question."""
    similarity: float
    """Cosine of the question to the passage or to its best sentence, whichever is larger."""
    words: float
    """BM25 for each word of the question that was looked for."""
    sentences: Mapping[int, float]
    """The similarity of those of its sentences that are among the nearest."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How likely the best passage holds an answer: a logistic function of how it was found."""

    bias: float = 0.0
    similarity: float = 0.0
    words: float = 0.0
    covered: float = 0.0
    spread: float = 0.1
    """Standard deviation of similarities, which puts them beside words."""
    answered: float = 0.5
    """From this probability on it is an answer."""

    def judge(self, found: Found, covered: float) -> float:
        """The probability. `covered`: the share of the question's words that the passage has (`measure_cover`)."""
        known = self.similarity * found.similarity + self.words * found.words + self.covered * covered
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.bias + known))))


def cut_word(word: str) -> str:
    """What words of one stem begin with: "invented" and "inventor" are the same here."""
    if len(word) > 2 * ENDING - 1:
        return word[: max(4, len(word) - ENDING)]
    return word.rstrip("s") if len(word) > ENDING else word


def cut_words(text: str) -> set[str]:
    return {cut_word(word) for word in WORD.findall(text.lower())}


def measure_cover(weights: Mapping[str, float], words: Collection[str]) -> float:
    """The share of the weight of a question's cut words that `words` has; rare ones weigh more, strange ones most."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in words) / total if total else 1.0


def weigh_rarity(passages: int, having: int) -> float:
    """The weight of a word that so many of the passages have, as in BM25."""
    return math.log(1 + (passages - having + 0.5) / (having + 0.5))


def list_words(question: str, most: int) -> list[str]:
    """The first words of a question, each once."""
    every: Iterable[str] = dict.fromkeys(word.lower() for word in WORD.findall(question))
    return list(every)[:most]
