"""What one training run learns from and is chosen on: training, validation and held-out examples without overlap."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from functions.nlu.gazetteer import fold
from functions.nlu.intent import FALLBACK, OUT_OF_SCOPE, REJECTED
from model_artifacts.training.nlu.advice import NAME_OF
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.augmentation import Typing, make_noise, read_typing
from model_artifacts.training.nlu.formulas import read_formulas
from model_artifacts.training.nlu.public import read_public
from model_artifacts.training.nlu.reading import Example, InvalidData
from model_artifacts.training.nlu.tagging import Scheme, labels_of
from shared.bundle.manifest import DataSet

VALIDATION = (0.05, 0.1)
"""Share of the examples set aside: the larger for few, the smaller where that is some 500 already."""
FEWEST = 5
"""Intents with fewer examples lend none to validation: each counts more in training. Others lend one at least."""
ENOUGH_TO_CHOOSE = 50
"""So many examples can choose among weights. Fewer are learned as well, once the weights were judged on them."""
NAMED = 20
"""Intents with fewer authored examples learn their own name, too: people name an intent by what it means."""


@dataclass(frozen=True, slots=True)
class Dataset:
    scheme: Scheme
    training: tuple[Example, ...]
    validation: tuple[Example, ...]
    held_out: tuple[Example, ...]
    public: tuple[DataSet, ...]
    notes: tuple[str, ...]
    typing: Typing
    given: bool = False
    """Whether the assistant says itself which examples validate: those are never learned."""
    unlabelled: tuple[str, ...] = ()
    """Texts that a student reads beside the examples."""

    @property
    def chooses(self) -> bool:
        """Whether the weights are chosen on `validation`; otherwise it is learned, too."""
        return self.given or sum(example.place != "noise" for example in self.validation) >= ENOUGH_TO_CHOOSE


def assemble(assistant: Assistant, data: Path | None, seed: int) -> Dataset:
    """The assistant's own and the public examples, split by intent; held-out texts are in neither part."""
    public, sets = read_public(assistant, data, seed)
    notes = list(assistant.nlu.notes)
    known = {example.intent for example in assistant.nlu.examples}
    # Without an intent for what is out of scope, such texts are simply not understood.
    public = [e if e.intent in known or e.intent != OUT_OF_SCOPE else _make_refused(e) for e in public]
    strangers = sorted({e.intent for e in public} - known - {FALLBACK})
    if strangers:
        raise InvalidData(f"training.yml: the intent {strangers[0]} has no examples of its own")
    kept_out = (*assistant.held_out, *assistant.validation)
    examples = _unique([*assistant.nlu.examples, *public], kept_out, notes)
    scheme = Scheme(tuple(sorted({e.intent for e in examples} | {FALLBACK})), labels_of(assistant.nlu.examples))
    _refuse_unknown(assistant.validation, scheme)
    _note_small_intents(examples, notes)
    known_labels = {label.entity for label in scheme.labels}
    unknown = sorted({a.entity for e in public for a in e.annotations} - known_labels)
    if unknown:
        raise InvalidData(f"training.yml: the entity {unknown[0]} is marked in no example of the assistant")
    training, validation = (examples, list(assistant.validation)) if assistant.validation else _split(examples, seed)
    rng = random.Random(f"{seed} validation noise")
    typing = read_typing(examples, assistant.language)
    if validation:
        # Not more of it than of what people wrote, or it would decide alone.
        validation += [_meaningless(typing, rng) for _ in range(min(60, max(5, len(validation) // 8)))]
    return Dataset(
        scheme, (*training, *read_formulas(assistant)), tuple(validation), assistant.held_out, tuple(sets),
        tuple(notes), typing,
        given=bool(assistant.validation),
    )  # fmt: skip


def _meaningless(typing: Typing, rng: random.Random) -> Example:
    return Example(make_noise(typing, rng), FALLBACK, place="noise", authored=False, marked=False)


def intent_entities(examples: Sequence[Example]) -> dict[str, list[str]]:
    """For each intent, the entities that its authored examples mark."""
    found: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.authored:
            found[example.intent].update(a.entity for a in example.annotations)
    return {intent: sorted(entities) for intent, entities in sorted(found.items())}


def add_intent_names(dataset: Dataset) -> Dataset:
    """The data set with the words of the name of each intent that has few examples: `faq/ask_price` is "ask price"."""
    said = {fold(example.text) for example in (*dataset.training, *dataset.validation, *dataset.held_out)}
    counts = Counter(example.intent for example in dataset.training if example.authored)
    names = [
        Example(words, intent, place=f"{NAME_OF} {intent}", marked=False)
        for intent, count in sorted(counts.items())
        if count < NAMED and intent not in REJECTED
        and (words := " ".join(re.findall(r"[^\W\d_]+", intent.rpartition("/")[2])).lower())
        and words not in said
    ]  # fmt: skip
    return replace(dataset, training=(*dataset.training, *names))


def _refuse_unknown(validation: Sequence[Example], scheme: Scheme) -> None:
    """InvalidData where an example to choose on has an intent or entity that no example to learn has."""
    known = {(label.entity, label.role, label.group) for label in scheme.labels}
    mistakes = [f"{e.place}: the intent {e.intent} has no examples to learn" for e in validation
                if e.intent not in scheme.intents]  # fmt: skip
    mistakes += [f"{e.place}: the entity {a.entity} is marked in no example to learn" for e in validation
                 for a in e.annotations if (a.entity, a.role, a.group) not in known]  # fmt: skip
    if mistakes:
        raise InvalidData("\n".join(mistakes))


def _make_refused(example: Example) -> Example:
    return Example(example.text, FALLBACK, (), example.place, authored=False, marked=False)


def _unique(examples: Sequence[Example], held_out: Sequence[Example], notes: list[str]) -> list[Example]:
    held = {fold(example.text) for example in held_out}
    kept: dict[tuple[str, str, tuple[Annotation, ...]], Example] = {}
    intent_of: dict[str, Example] = {}
    for example in examples:
        text = fold(example.text)
        if text in held:
            if example.authored:
                notes.append(f"{example.place}: {example.text!r} is also held out, and is not learned")
            continue
        other = intent_of.setdefault(text, example)
        if other.intent != example.intent:
            if example.authored:
                notes.append(
                    f"{example.place}: {example.text!r} is {example.intent} here and {other.intent} at {other.place}"
                )
            else:
                continue
        # "8" may be an hour here and a number of guests there: then both are learned.
        kept.setdefault((text, example.intent, example.annotations), example)
    return list(kept.values())


def _note_small_intents(examples: Sequence[Example], notes: list[str]) -> None:
    counts = Counter(example.intent for example in examples)
    for intent, count in sorted(counts.items()):
        if count < 5:
            notes.append(f"intent {intent} has {count} example{'s' if count > 1 else ''}; ten make it reliable")


def _split(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    share = min(max(500 / len(examples), VALIDATION[0]), VALIDATION[1])
    groups: dict[tuple[str, bool], list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.intent, example.authored].append(example)
    training: list[Example] = []
    validation: list[Example] = []
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda example: (example.text, example.place))
        random.Random(f"{seed} {key}").shuffle(group)
        cut = max(1, round(len(group) * share)) if len(group) >= FEWEST else 0
        validation += group[:cut]
        training += group[cut:]
    return training, validation
