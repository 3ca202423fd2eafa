"""The best tags of a text and their probabilities where a tag only knows its own kind, at a cost that hardly grows with
the number of kinds.

The network is trained so that all transitions score 0 but two for each kind: its continuation follows its beginning, or
itself. Then every path is a row of words outside and of spans that do not see each other, and what comes before a word
is one number for all tags but the continuations.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add

Row = Sequence[float]

LARGEST = 50.0
"""Of the scores within a kind; the exponential of a larger one leaves nothing to the others."""
FEW = 16
"""Up to so many kinds, every chance counts."""
FAINT = 1e-3
"""With more kinds, a span over two words that are both less likely than this is not counted: it has a chance below
1e-6."""


class OwnKind:
    """The tags of some kinds: 0 is outside, 2i+1 begins kind i, 2i+2 continues it."""

    __slots__ = ("_continue", "_end", "_extend", "_most", "_start")

    def __init__(self, transitions: Sequence[Row], start: Row, end: Row) -> None:
        kinds = len(transitions) // 2
        self._continue = [math.exp(transitions[2 * kind + 1][2 * kind + 2]) for kind in range(kinds)]
        """For each kind, the weight of a continuation after a beginning."""
        self._extend = [math.exp(transitions[2 * kind + 2][2 * kind + 2]) for kind in range(kinds)]
        """The weight of one after another."""
        self._start = list(start)
        self._end = list(end)
        self._most = max(chain((1.0,), self._continue, self._extend))

    @staticmethod
    def fits(transitions: Sequence[Row], impossible: float) -> bool:
        """Whether the transitions are of this form."""
        for before, row in enumerate(transitions):
            for after, score in enumerate(row):
                continues = after > 0 and after % 2 == 0
                own = continues and before in (after, after - 1)
                if (abs(score) > LARGEST) if own else score != (impossible if continues else 0.0):
                    return False
        return True

    def read(self, scores: Sequence[Row]) -> "Lattice":
        """The words' scores over the tags, best path and probabilities."""
        rows = [*scores]
        rows[0] = list(map(add, rows[0], self._start))
        rows[-1] = list(map(add, rows[-1], self._end))
        faint = 0.0 if len(self._continue) <= FEW else FAINT
        words = []
        for row in rows:
            weights = _exponentiate(row)
            total = sum(weights)
            begins = weights[1::2]
            single = weights[0] + sum(begins)
            least = total * faint
            likely = [tag for tag, value in enumerate(weights) if value > least and tag]
            words.append(Word(weights, total, single, max(begins, default=0.0), likely))
        kinds, path = self._path(words)
        return Lattice([word.weights for word in words], path, *self._chances(words, kinds if faint else ()))

    def _path(self, words: Sequence["Word"]) -> tuple[set[int], list[int]]:
        """The kinds that may be in it, and the best path. A kind that nowhere comes near the best single word is in
        none: each word of its span could be replaced by that, and the path would be better."""
        kinds: set[int] = set()
        for word in words:
            least = max(word.weights[0], word.begins) / self._most
            kinds.update([(tag - 1) // 2 for tag in word.likely if word.weights[tag] >= least])
        before = dict.fromkeys(kinds, (0.0, 0.0))
        came: list[tuple[int, dict[int, bool]]] = []
        for word in words:
            weight = word.weights
            top = max(weight[0], word.begins)
            best, tag = top, -1
            here: dict[int, tuple[float, float]] = {}
            began: dict[int, bool] = {}
            for kind in kinds:
                begun, gone_on = before[kind]
                fresh, longer = begun * self._continue[kind], gone_on * self._extend[kind]
                began[kind] = fresh >= longer
                value = weight[2 * kind + 2] * (fresh if fresh >= longer else longer)
                here[kind] = (weight[2 * kind + 1], value)
                if value > best:
                    best, tag = value, 2 * kind + 2
            if tag < 0:
                tag = 0 if weight[0] == top else 2 * weight[1::2].index(top) + 1
            came.append((tag, began))
            scale = 1 / best if best > 0 else 1.0
            before = {kind: (one * scale, other * scale) for kind, (one, other) in here.items()}
        return kinds, _trace_back(came)

    def _chances(self, words: Sequence["Word"], kinds: Collection[int]) -> tuple[list[float], list[dict[int, float]]]:
        """For each word the probability of a tag whose weight is 1 and that nothing continues, and of its likely tags.

        Those of `kinds` always count.
        """
        faint = FAINT if kinds else 0.0
        always = [2 * kind + 2 for kind in kinds]
        forward: list[dict[int, float]] = []
        before: dict[int, float] = {}
        scales: list[float] = []
        for word in words:
            weight, scale = word.weights, 1 / word.total
            mass = word.single * scale
            here: dict[int, float] = {}
            gone_on = {tag + tag % 2 for tag, value in before.items() if value > faint}
            for tag in word.likely:
                if tag % 2:
                    here[tag] = weight[tag] * scale
                else:
                    gone_on.add(tag)
            for tag in always:
                here[tag - 1] = weight[tag - 1] * scale
            gone_on.update(always)
            for tag in gone_on:
                kind = tag // 2 - 1
                value = before.get(tag - 1, 0.0) * self._continue[kind] + before.get(tag, 0.0) * self._extend[kind]
                if value:
                    here[tag] = value = value * weight[tag] * scale
                    mass += value
            mass = 1 / mass if mass else 1.0
            before = {tag: value * mass for tag, value in here.items()}
            forward.append(before)
            scales.append(scale * mass)
        return self._backward(words, scales, forward)

    def _backward(
        self, words: Sequence["Word"], scales: Sequence[float], forward: Sequence[dict[int, float]]
    ) -> tuple[list[float], list[dict[int, float]]]:
        alone: list[float] = []
        chances: list[dict[int, float]] = []
        # What follows a word: the same for every tag, and something more for those that a continuation follows.
        base, more = 1.0, dict[int, float]()
        for word, scale, here in zip(reversed(words), reversed(scales), reversed(forward), strict=True):
            weight = word.weights
            alone.append(scale * base)
            chances.append({tag: value * (base + more.get(tag, 0.0)) for tag, value in here.items()})
            ahead = base * word.single * scale
            for tag, value in more.items():
                if tag % 2:
                    ahead += weight[tag] * scale * value
            following: dict[int, float] = {}
            for tag in here:
                if tag % 2 == 0:
                    kind = tag // 2 - 1
                    value = weight[tag] * scale * (base + more.get(tag, 0.0))
                    following[tag - 1] = value * self._continue[kind]
                    following[tag] = value * self._extend[kind]
            base, more = ahead, following
        return alone[::-1], chances[::-1]


@dataclass(frozen=True, slots=True)
class Word:
    """The exponentials of a word's scores, and what is worked out of them once."""

    weights: list[float]
    total: float
    single: float
    """Of the tags that may follow any: outside and all beginnings."""
    begins: float
    """The largest of the beginnings."""
    likely: list[int]
    """The tags but outside that are not faint."""


class Lattice:
    """What was worked out of one text."""

    __slots__ = ("_alone", "_chances", "_weights", "outside", "path")

    def __init__(
        self, weights: Sequence[list[float]], path: list[int], alone: list[float], chances: list[dict[int, float]]
    ) -> None:
        self._weights = weights
        self._alone = alone
        self._chances = chances
        self.path = path
        """The tag of each word on the best path."""
        self.outside = [weight[0] * factor for weight, factor in zip(weights, alone, strict=True)]
        """For each word, the probability that it belongs to nothing."""

    def chance(self, word: int, tag: int) -> float:
        """The probability of the tag, over all paths; of a faint one as if nothing continued it."""
        found = self._chances[word].get(tag)
        if found is not None:
            return found
        return 0.0 if tag and tag % 2 == 0 else self._weights[word][tag] * self._alone[word]

    def likely(self, least: float) -> set[int]:
        """The kinds that some word belongs to with at least this probability."""
        return {(tag - 1) // 2 for chances in self._chances for tag, value in chances.items() if value >= least / 2}


def _exponentiate(row: Row) -> list[float]:
    """The exponentials of the scores, scaled where they would not fit a number."""
    try:
        weights = list(map(math.exp, row))
        if 1e-200 < sum(weights) < 1e200:
            return weights
    except OverflowError:
        pass
    top = max(row)
    return [math.exp(score - top) for score in row]


def _trace_back(came: Sequence[tuple[int, dict[int, bool]]]) -> list[int]:
    """The path backwards: the best last tag, and before a continuation its own beginning or continuation."""
    path: list[int] = []
    tag = -1
    for best, began in reversed(came):
        if tag < 0:
            tag = best
        path.append(tag)
        kind = tag // 2 - 1
        tag = (tag - 1 if began[kind] else tag) if tag > 0 and tag % 2 == 0 else -1
    return path[::-1]
