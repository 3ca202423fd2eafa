"""Lookup tables and regular expressions as training sees them: what a bundle keeps of them, and features for the heads.

A hit is a hint, never an order: while the network learns, hits are left out at random, whole tables at a time too, and
others are made up, so that what it learns of them is worth what they are worth (functions.nlu.tables.Features).
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tokenizers import Tokenizer

from functions.nlu.encoding import Encoded, encode
from functions.nlu.intent import REJECTED
from functions.nlu.tables import Hit, Tables, describe_hits, find_hits, fold, make_tables
from model_artifacts.training.nlu.glossing import Glossary
from model_artifacts.training.nlu.reading import Example, NluData
from model_artifacts.training.nlu.translations import add_translated_phrases

MISSED = 0.15
"""Share of the hits that are left out, and of the tables that are left out of a text altogether."""
FALSE = 0.04
"""Share of the texts with a hit where there is none."""


@dataclass(frozen=True, slots=True)
class Lookups:
    """The tables and expressions of the entities that some example marks."""

    tables: Tables
    regexes: tuple[tuple[str, str], ...]
    rows: Mapping[str, int]
    """Entity -> its number among the features."""

    def find(self, text: str, encoded: Encoded) -> list[Hit]:
        return find_hits(self.tables, self.regexes, text, encoded.spans)

    def soften(self, hits: Sequence[Hit], words: int, rng: random.Random) -> list[Hit]:
        """The hits as a text is learned with them."""
        entities = {entity for hit in hits for entity in hit.entities}
        left_out = {entity for entity in sorted(entities) if rng.random() < MISSED}
        kept = [replace(hit, entities=hit.entities - left_out) for hit in hits if rng.random() >= MISSED]
        if self.rows and rng.random() < FALSE:
            first = rng.randrange(words)
            last = min(words - 1, first + rng.randrange(3))
            kept.append(Hit(first, last, frozenset((rng.choice(sorted(self.rows)),))))
        return kept

    def describe(self, hits: Iterable[Hit], words: int) -> tuple[list[tuple[int, int]], dict[int, float]]:
        return describe_hits(self.rows, hits, words)


NO_LOOKUPS = Lookups(make_tables({}), (), {})


def make_lookups(
    nlu: NluData, marked: Collection[str], tokenizer: Tokenizer, glossaries: Sequence[Glossary] = ()
) -> Lookups:
    """What a bundle keeps of the tables and expressions of the `marked` entities, short tables in the languages of the
    `glossaries` too. As in Rasa, a table counts for an entity that is marked in at least one example."""
    kept = {entity: phrases for entity, phrases in nlu.lookups.items() if entity in marked}
    regexes = tuple((name, pattern) for name, pattern in nlu.regexes if name in marked)
    everything = make_tables(kept)
    ordinary = find_ordinary_phrases(everything, nlu.examples, tokenizer)
    plain = {entity: [p for p in phrases if fold(p) not in ordinary] for entity, phrases in kept.items()}
    kept = add_translated_phrases(plain, glossaries)
    rows = {entity: number for number, entity in enumerate(sorted({*kept, *(name for name, _ in regexes)}))}
    return Lookups(make_tables(kept), regexes, rows)


def find_ordinary_phrases(tables: Tables, examples: Iterable[Example], tokenizer: Tokenizer) -> set[str]:
    """Phrases of the tables that the examples have more often without a mark than with one: "it", "hello", "help!".
    Such a phrase is a name where the network sees one, and tells it nothing."""
    plain: Counter[str] = Counter()
    for example in examples:
        if not example.marked or example.intent in REJECTED:
            continue
        words = encode(tokenizer, example.text).spans
        for hit in tables.find(example.text, words):
            marked = any(hit.start < a.end and a.start < hit.end for a in example.annotations)
            plain[fold(example.text[hit.start : hit.end])] += -1 if marked else 1
    return {phrase for phrase, count in plain.items() if count > 0}
