"""What only more than one training can tell: cross-validation for small sets, and the learning curve."""

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from functions.nlu.model import Model
from model_artifacts.evaluation.cases import Case, examine
from model_artifacts.evaluation.scores import score_entity_f1, score_intents
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.compiling import Options, train_into
from model_artifacts.training.nlu.dataset import Dataset, assemble
from model_artifacts.training.nlu.reading import Example

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """What a model that learned from so many examples reaches."""

    examples: int
    intent_accuracy: float
    entity_f1: float | None


def cross_validate(assistant: Assistant, folds: int, options: Options) -> list[Case]:
    """Each authored example, judged by a model that never saw it."""
    whole = assemble(assistant, options.data, options.seed)
    authored = [example for example in (*whole.training, *whole.validation) if example.authored]
    cases: list[Case] = []
    for number, held in enumerate(_deal(authored, folds, options.seed), start=1):
        print(f"fold {number} of {folds}: {len(held)} examples")
        texts = {example.text for example in held}
        parts = [tuple(e for e in part if e.text not in texts) for part in (whole.training, whole.validation)]
        dataset = replace(whole, training=parts[0], validation=parts[1], held_out=tuple(held))
        cases += examine(_train_fold(assistant, dataset, options), held)
    return cases


def measure_learning_curve(assistant: Assistant, test: Sequence[Example], options: Options) -> list[Point]:
    """Models that learned from growing parts of the examples, judged on the same test."""
    whole = assemble(assistant, options.data, options.seed)
    points = []
    for share in SHARES:
        training = _part(whole.training, share, options.seed)
        print(f"learning curve: {len(training)} of {len(whole.training)} examples")
        cases = examine(_train_fold(assistant, replace(whole, training=training), options), test)
        points.append(Point(len(training), round(score_intents(cases) or 0.0, 4), score_entity_f1(cases)))
    return points


def _train_fold(assistant: Assistant, dataset: Dataset, options: Options) -> Model:
    # The weights are mapped into memory, so the model outlives the file's name.
    with tempfile.TemporaryDirectory() as directory:
        return train_into(Path(directory), assistant, dataset, options).model


def _deal(examples: Sequence[Example], folds: int, seed: int) -> Iterator[list[Example]]:
    """The examples in `folds` parts, each intent spread over all of them."""
    parts: list[list[Example]] = [[] for _ in range(folds)]
    turn = 0
    for group in _by_intent(examples, seed):
        for example in group:
            parts[turn % folds].append(example)
            turn += 1
    yield from (part for part in parts if part)


def _part(examples: Sequence[Example], share: float, seed: int) -> tuple[Example, ...]:
    """A share of each intent's examples, at least one, and what is in a smaller share is in a larger one."""
    kept: list[Example] = []
    for group in _by_intent(examples, seed):
        kept += group[: max(1, round(len(group) * share))]
    return tuple(kept)


def _by_intent(examples: Sequence[Example], seed: int) -> Iterator[list[Example]]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.intent].append(example)
    for intent in sorted(groups):
        random.Random(f"{seed} {intent} folds").shuffle(groups[intent])
        yield groups[intent]
