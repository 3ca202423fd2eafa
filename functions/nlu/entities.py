"""Which spans of a text are entities: Viterbi over the tags, restricted to the intent's own entities.

In plain Python: a text has some ten words and an intent some ten tags, which takes 0.1 ms, and importing numpy for it
would take 70. Where the transitions allow it, functions.nlu.decoding decodes at a cost that hardly grows with the tags.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, itemgetter, mul
from typing import Protocol

from functions.nlu.decoding import OwnKind
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
    chain = _make_chain(specification, frozenset(allowed))
    keep = chain.keep
    if len(emissions) == 0 or len(keep) == 1:
        return Tagged((), [1.0] * len(emissions))
    whole = len(keep) == len(emissions[0])
    lattice = chain.read(emissions if whole else list(map(itemgetter(*keep), emissions)))
    spans = []
    for first, last in runs(lattice.path):
        confidence = min(lattice.chance(word, lattice.path[word]) for word in range(first, last + 1))
        label = specification.labels[(keep[lattice.path[first]] - 1) // 2]
        spans.append(Span(first, last, label, round(confidence, 6)))
    others: list[Span] = []
    for kind in sorted(lattice.likely(POSSIBLE)):
        begins, goes_on = 2 * kind + 1, 2 * kind + 2
        here = [lattice.chance(word, begins) + lattice.chance(word, goes_on) for word in range(len(emissions))]
        if max(here) >= POSSIBLE:
            label = specification.labels[(keep[begins] - 1) // 2]
            others += _list_others(label, here, [tag_index not in (begins, goes_on) for tag_index in lattice.path])
    kinds = [specification.labels[(keep[position] - 1) // 2].entity for position in range(1, len(keep), 2)]
    return Tagged(tuple(spans), lattice.outside, Chances(lattice, kinds), tuple(others))


class Chances(Mapping[str, Row]):
    """Entity -> the probability of each word to belong to it; worked out where somebody asks."""

    def __init__(self, lattice: "Lattice", entities: Sequence[str]) -> None:
        self._lattice = lattice
        self._entities = entities

    def __getitem__(self, entity: str) -> Row:
        kinds = [kind for kind, name in enumerate(self._entities) if name == entity]
        if not kinds:
            raise KeyError(entity)
        chance = self._lattice.chance
        return [
            sum(chance(word, 2 * kind + 1) + chance(word, 2 * kind + 2) for kind in kinds)
            for word in range(len(self._lattice.path))
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._entities))

    def __len__(self) -> int:
        return len(set(self._entities))


class Lattice(Protocol):
    """What was worked out of the words' scores; tags are numbered as they were given."""

    @property
    def path(self) -> Sequence[int]:
        """The best tag of each word."""
        ...

    @property
    def outside(self) -> Row:
        """For each word, the probability that it belongs to no entity."""
        ...

    def chance(self, word: int, tag: int) -> float:
        """The probability of the tag over all paths."""
        ...

    def likely(self, least: float) -> set[int]:
        """The labels that some word may have with at least this probability, and perhaps some others."""
        ...


def _list_others(label: Label, chances: Row, free: Sequence[bool]) -> list[Span]:
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
        self._start = _exponentiate(self.start)
        self._end = _scale(_exponentiate(self.end))

    def read(self, scores: Sequence[Row]) -> Lattice:
        """The best path through the scores and the probabilities of their tags."""
        scores = [list(map(float, row)) for row in scores]
        return Marginals(_best_path(scores, self.into, self.start, self.end), self.marginals(scores))

    def marginals(self, scores: Sequence[Row]) -> list[list[float]]:
        """For each word, the probability of each tag over all paths (forward-backward, scaled at each step)."""
        local = [_exponentiate(row) for row in scores]
        forward = [_scale(list(map(mul, self._start, local[0])))]
        for here in local[1:]:
            before = forward[-1]
            forward.append(
                _scale([sum(map(mul, before, into)) * weight for into, weight in zip(self._before, here, strict=True)])
            )
        backward = [self._end]
        for here in local[:0:-1]:
            behind = list(map(mul, backward[-1], here))
            backward.append(_scale([sum(map(mul, behind, after)) for after in self._after]))
        chances = []
        for one, other in zip(forward, reversed(backward), strict=True):
            both = list(map(mul, one, other))
            total = sum(both)
            # Where every path underflows there is nothing to believe: such words count as outside.
            chances.append([chance / total for chance in both] if total > 0 else [1.0] + [0.0] * (len(both) - 1))
        return chances


class Marginals:
    """A best path and the probability of every tag."""

    __slots__ = ("_rows", "outside", "path")

    def __init__(self, path: Sequence[int], rows: Sequence[Row]) -> None:
        self.path = path
        self._rows = rows
        self.outside = [row[0] for row in rows]

    def chance(self, word: int, tag: int) -> float:
        return self._rows[word][tag]

    def likely(self, least: float) -> set[int]:
        return {
            kind
            for row in self._rows
            for kind in range(len(row) // 2)
            if row[2 * kind + 1] + row[2 * kind + 2] >= least
        }


class OwnKindChain:
    """The tags of some entities where only what continues a label depends on what is before it."""

    __slots__ = ("_decoder", "keep")

    def __init__(self, keep: Sequence[int], transitions: Sequence[Row], start: Row, end: Row) -> None:
        self.keep = keep
        self._decoder = OwnKind(transitions, start, end)

    def read(self, scores: Sequence[Row]) -> Lattice:
        return self._decoder.read(scores)


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


def _make_chain(specification: Specification, allowed: frozenset[str]) -> Chain | OwnKindChain:
    """The chain of these entities, worked out once."""
    chain: Chain | OwnKindChain | None = specification.chains.get(allowed)
    if chain is None:
        keep = [0]
        for index, label in enumerate(specification.labels):
            if label.entity in allowed:
                keep += [2 * index + 1, 2 * index + 2]
        transitions, start, end = specification.transitions, specification.start, specification.end
        rows = [[float(transitions[one][other]) for other in keep] for one in keep]
        if OwnKind.fits(rows, IMPOSSIBLE):
            chain = OwnKindChain(keep, rows, [start[tag] for tag in keep], [end[tag] for tag in keep])
        else:
            chain = Chain(keep, transitions, start, end)
        specification.chains[allowed] = chain
    return chain


def _exponentiate(scores: Row) -> list[float]:
    top = max(scores)
    return [math.exp(score - top) for score in scores]


def _scale(vector: list[float]) -> list[float]:
    total = sum(vector)
    return [value / total for value in vector] if total > 0 else vector
