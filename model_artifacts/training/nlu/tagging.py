"""Examples as the network learns them: piece ids, the word's first pieces, and a tag for each word."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from functions.nlu.encoding import Encoded, encode
from functions.nlu.model import Label
from functions.nlu.tables import LOOKUP, Hit, Words
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.tables import NO_LOOKUPS, Lookups


@dataclass(frozen=True, slots=True)
class Scheme:
    """The classes of both heads."""

    intents: tuple[str, ...]
    labels: tuple[Label, ...]

    @property
    def tags(self) -> int:
        return 2 * len(self.labels) + 1

    def entities(self) -> frozenset[str]:
        return frozenset(label.entity for label in self.labels)


@dataclass(frozen=True, slots=True)
class Tagged:
    encoded: Encoded
    intent: int
    tags: tuple[int, ...] | None
    """One tag a word; None where nobody said what the entities are."""
    cells: tuple[tuple[int, int], ...] = ()
    """Features of the words that stand in tables: (word, row), see functions.nlu.tables.Features."""
    weights: Mapping[int, float] = field(default_factory=dict)
    """Features of the text: row -> value."""


def labels_of(examples: Iterable[Example]) -> tuple[Label, ...]:
    """Every entity, with its roles and groups, that some example has."""
    found = {Label(a.entity, a.role, a.group) for example in examples for a in example.annotations}
    return tuple(sorted(found, key=lambda label: (label.entity, label.role or "", label.group or "")))


def mark_forbidden(tags: int) -> npt.NDArray[np.bool_]:
    """True where tag j cannot follow tag i: a continuation needs the beginning or continuation of the same label."""
    before, after = np.meshgrid(np.arange(tags), np.arange(tags), indexing="ij")
    continues = (after % 2 == 0) & (after > 0)
    strangers: npt.NDArray[np.bool_] = continues & (before != after) & (before != after - 1)
    return strangers


def mark_own_kind(tags: int) -> npt.NDArray[np.bool_]:
    """True where tag j goes on with the entity of tag i."""
    before, after = np.meshgrid(np.arange(tags), np.arange(tags), indexing="ij")
    within: npt.NDArray[np.bool_] = (after % 2 == 0) & (after > 0) & ((before == after) | (before == after - 1))
    return within


def tag_example(
    tokenizer: Tokenizer,
    scheme: Scheme,
    example: Example,
    lookups: Lookups = NO_LOOKUPS,
    rng: random.Random | None = None,
) -> Tagged:
    """The example as numbers. Words that an entity covers in part belong to it, and to the first of those that do.

    With `rng`, hits of the lookups are softened, as for learning.
    """
    encoded = encode(tokenizer, example.text)
    tags = tuple(_tags(encoded.spans, scheme.labels, example)) if example.marked else None
    hits = pretend_hits(encoded.spans, example) if example.pretends else lookups.find(example.text, encoded)
    if rng is not None and encoded.spans:
        hits = lookups.soften(hits, len(encoded.spans), rng)
    cells, weights = lookups.describe(hits, len(encoded.spans))
    return Tagged(encoded, scheme.intents.index(example.intent), tags, tuple(cells), weights)


def pretend_hits(words: Words, example: Example) -> list[Hit]:
    """The marked words as hits of their entities' tables."""
    found = []
    for a in example.annotations:
        covered = [i for i, (start, end) in enumerate(words) if start < a.end and end > a.start]
        if covered:
            found.append(Hit(covered[0], covered[-1], frozenset((a.entity,)), LOOKUP, a.start, a.end))
    return found


def _tags(words: Sequence[tuple[int, int]], labels: Sequence[Label], example: Example) -> list[int]:
    tags = [0] * len(words)
    for annotation in example.annotations:
        begin = 2 * labels.index(Label(annotation.entity, annotation.role, annotation.group)) + 1
        covered = [i for i, (start, end) in enumerate(words) if start < annotation.end and end > annotation.start]
        for position, word in enumerate(word for word in covered if tags[word] == 0):
            tags[word] = begin if position == 0 else begin + 1
    return tags
