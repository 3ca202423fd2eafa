"""Which spans of a text are entities: Viterbi over the tags, restricted to the intent's own entities.

In plain Python: a text has some ten words and an intent some ten tags, which takes 0.1 ms, and importing numpy for it
would take 70.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, mul

from functions.nlu.model import Label, Row, Specification

IMPOSSIBLE = -1e4
MODEL = "model"
"""The extractor of what the network found."""
POSSIBLE = 0.2
"""From this probability on, another reading of words is worth naming: chosen on a fifth of the training part of
restaurant8k, where it is known what was asked."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (inclusive) are an entity."""

    first: int
    last: int
    label: Label
    confidence: float
    extractor: str = MODEL


@dataclass(frozen=True, slots=True)
class Tagged:
    spans: tuple[Span, ...]
    outside: Row
    """For each word, the probability that it belongs to no entity."""
    chances: Mapping[str, Row] = field(default_factory=dict)
    """For each entity, the probability of each word to belong to it."""
    others: tuple[Span, ...] = ()
    """Runs of words that may be something else than the best path makes of them."""


def tag(specification: Specification, emissions: Sequence[Row], allowed: Collection[str]) -> Tagged:
    """The best sequence of tags for the words' `emissions`, using the labels of the `allowed` entities only."""
    chain = _chain(specification, frozenset(allowed))
    keep = chain.keep
    if len(emissions) == 0 or len(keep) == 1:
        return Tagged((), [1.0] * len(emissions))
    scores = [[float(row[index]) for index in keep] for row in emissions]
    path = _best_path(scores, chain.into, chain.start, chain.end)
    marginal = chain.marginals(scores)
    spans = []
    for first, last in runs(path):
        confidence = min(marginal[word][path[word]] for word in range(first, last + 1))
        label = specification.labels[(keep[path[first]] - 1) // 2]
        spans.append(Span(first, last, label, round(confidence, 6)))
    chances: dict[str, list[float]] = {}
    others: list[Span] = []
    for position in range(1, len(keep), 2):
        label = specification.labels[(keep[position] - 1) // 2]
        here = [row[position] + row[position + 1] for row in marginal]
        if max(here) >= POSSIBLE:
            others += _others(label, here, [tag_index - position not in (0, 1) for tag_index in path])
        entity = label.entity
        chances[entity] = list(map(add, chances[entity], here)) if entity in chances else here
    return Tagged(tuple(spans), [row[0] for row in marginal], chances, tuple(others))


def _others(label: Label, chances: Row, free: Sequence[bool]) -> list[Span]:
    """The runs of words that may be of the label, among those that the best path does not give it."""
    found: list[Span] = []
    for word, (chance, possible) in enumerate(zip(chances, free, strict=True)):
        if not possible or chance < POSSIBLE:
            continue
        if found and found[-1].last == word - 1:
            found[-1] = Span(found[-1].first, word, label, min(found[-1].confidence, round(chance, 6)))
        else:
            found.append(Span(word, word, label, round(chance, 6)))
    return found


class Chain:
    """The tags of some entities, and how they follow each other."""

    __slots__ = ("_after", "_before", "_end", "_start", "end", "into", "keep", "start")

    def __init__(self, keep: Sequence[int], transitions: Sequence[Row], start: Row, end: Row) -> None:
        self.keep = keep
        """The tags of the model that these are."""
        rows = [[float(transitions[one][other]) for other in keep] for one in keep]
        self.into = [list(column) for column in zip(*rows, strict=True)]
        """For each tag, its scores after each other."""
        self.start = [float(start[index]) for index in keep]
        self.end = [float(end[index]) for index in keep]
        self._after = [[math.exp(max(score, IMPOSSIBLE)) for score in row] for row in rows]
        self._before = [list(column) for column in zip(*self._after, strict=True)]
        self._start = _weights(self.start)
        self._end = _scaled(_weights(self.end))

    def marginals(self, scores: Sequence[Row]) -> list[list[float]]:
        """For each word, the probability of each tag over all paths (forward-backward, scaled at each step)."""
        local = [_weights(row) for row in scores]
        forward = [_scaled(list(map(mul, self._start, local[0])))]
        for here in local[1:]:
            before = forward[-1]
            forward.append(
                _scaled([sum(map(mul, before, into)) * weight for into, weight in zip(self._before, here, strict=True)])
            )
        backward = [self._end]
        for here in local[:0:-1]:
            behind = list(map(mul, backward[-1], here))
            backward.append(_scaled([sum(map(mul, behind, after)) for after in self._after]))
        chances = []
        for one, other in zip(forward, reversed(backward), strict=True):
            both = list(map(mul, one, other))
            total = sum(both)
            # Where every path underflows there is nothing to believe: such words count as outside.
            chances.append([chance / total for chance in both] if total > 0 else [1.0] + [0.0] * (len(both) - 1))
        return chances


def viterbi(scores: Sequence[Row], transitions: Sequence[Row], start: Row, end: Row) -> list[int]:
    """The best path through the tags."""
    return _best_path(scores, [list(column) for column in zip(*transitions, strict=True)], start, end)


def _best_path(scores: Sequence[Row], into: Sequence[Row], start: Row, end: Row) -> list[int]:
    best = list(map(add, start, scores[0]))
    came_from = []
    for row in scores[1:]:
        pointers, reached = [], []
        for column, score in zip(into, row, strict=True):
            ways = list(map(add, best, column))
            way = max(ways)
            pointers.append(ways.index(way))
            reached.append(way + score)
        came_from.append(pointers)
        best = reached
    ends = list(map(add, best, end))
    path = [ends.index(max(ends))]
    for pointers in reversed(came_from):
        path.append(pointers[path[-1]])
    return path[::-1]


def runs(path: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) word of each entity on a path of kept tags: odd begins, the even after it continues."""
    found: list[tuple[int, int]] = []
    for word, tag_index in enumerate(path):
        if tag_index == 0:
            continue
        if tag_index % 2 == 0 and found and found[-1][1] == word - 1 and (path[word - 1] + 1) // 2 == tag_index // 2:
            found[-1] = (found[-1][0], word)
        else:
            found.append((word, word))
    return found


def _chain(specification: Specification, allowed: frozenset[str]) -> Chain:
    """The chain of these entities, worked out once."""
    chain: Chain | None = specification.chains.get(allowed)
    if chain is None:
        keep = [0]
        for index, label in enumerate(specification.labels):
            if label.entity in allowed:
                keep += [2 * index + 1, 2 * index + 2]
        chain = Chain(keep, specification.transitions, specification.start, specification.end)
        specification.chains[allowed] = chain
    return chain


def _weights(scores: Row) -> list[float]:
    top = max(scores)
    return [math.exp(score - top) for score in scores]


def _scaled(vector: list[float]) -> list[float]:
    total = sum(vector)
    return [value / total for value in vector] if total > 0 else vector
