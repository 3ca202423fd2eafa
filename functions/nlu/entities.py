"""Which spans of a text are entities: Viterbi over the tags, restricted to the intent's own entities."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from functions.nlu.model import Floats, Label, Specification

IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (inclusive) are an entity."""

    first: int
    last: int
    label: Label
    confidence: float
    extractor: str = "model"


@dataclass(frozen=True, slots=True)
class Tagged:
    spans: tuple[Span, ...]
    outside: npt.NDArray[np.float64]
    """For each word, the probability that it belongs to no entity."""
    chances: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    """For each entity, the probability of each word to belong to it."""


def tag(specification: Specification, emissions: Floats, allowed: Collection[str]) -> Tagged:
    """The best sequence of tags for the words' `emissions`, using the labels of the `allowed` entities only."""
    keep = [0]
    for index, label in enumerate(specification.labels):
        if label.entity in allowed:
            keep += [2 * index + 1, 2 * index + 2]
    if len(emissions) == 0 or len(keep) == 1:
        return Tagged((), np.ones(len(emissions)))
    scores = emissions[:, keep].astype(np.float64)
    transitions = specification.transitions[np.ix_(keep, keep)].astype(np.float64)
    start = specification.start[keep].astype(np.float64)
    end = specification.end[keep].astype(np.float64)
    path = viterbi(scores, transitions, start, end)
    marginal = marginals(scores, transitions, start, end)
    spans = []
    for first, last in runs(path):
        confidence = float(min(marginal[word, path[word]] for word in range(first, last + 1)))
        label = specification.labels[(keep[path[first]] - 1) // 2]
        spans.append(Span(first, last, label, round(confidence, 6)))
    chances: dict[str, npt.NDArray[np.float64]] = {}
    for position in range(1, len(keep), 2):
        entity = specification.labels[(keep[position] - 1) // 2].entity
        here = marginal[:, position] + marginal[:, position + 1]
        chances[entity] = chances[entity] + here if entity in chances else here
    return Tagged(tuple(spans), marginal[:, 0], chances)


def viterbi(
    scores: npt.NDArray[np.float64],
    transitions: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
) -> list[int]:
    """The best path through the tags."""
    best = start + scores[0]
    came_from = []
    for row in scores[1:]:
        reached = best[:, None] + transitions
        pointers = reached.argmax(axis=0)
        came_from.append(pointers)
        best = reached[pointers, np.arange(len(pointers))] + row
    path = [int((best + end).argmax())]
    for pointers in reversed(came_from):
        path.append(int(pointers[path[-1]]))
    return path[::-1]


def marginals(
    scores: npt.NDArray[np.float64],
    transitions: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """For each word, the probability of each tag over all paths (forward-backward, scaled at each step)."""
    step = np.exp(np.maximum(transitions, IMPOSSIBLE))
    local = np.exp(scores - scores.max(axis=1, keepdims=True))
    forward = np.empty_like(local)
    backward = np.empty_like(local)
    forward[0] = _scaled(np.exp(start - start.max()) * local[0])
    for i in range(1, len(local)):
        forward[i] = _scaled((forward[i - 1] @ step) * local[i])
    backward[-1] = _scaled(np.exp(end - end.max()))
    for i in range(len(local) - 2, -1, -1):
        backward[i] = _scaled(step @ (backward[i + 1] * local[i + 1]))
    both = forward * backward
    total = both.sum(axis=1, keepdims=True)
    # Where every path underflows there is nothing to believe: such words count as outside.
    chances: npt.NDArray[np.float64] = np.divide(
        both, total, out=np.eye(1, local.shape[1]).repeat(len(local), axis=0), where=total > 0
    )
    return chances


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


def _scaled(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = float(vector.sum())
    return vector / total if total > 0 else vector
