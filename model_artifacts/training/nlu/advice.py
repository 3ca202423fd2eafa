"""What an author can do next: how well each example is told from the others, and which intents need more of them.

Every example is judged by a head that has not learned it (cross-validation on the encoder as it is), so that even a
small assistant is told a score, and where its examples contradict each other.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.nlu.intent import REJECTED
from model_artifacts.training.nlu.basis import even_out_differences
from model_artifacts.training.nlu.encoder import Floats
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.softmax import fit_softmax

NAME_OF = "the name of"
FOLDS = 5
ROUNDS = 60
DECAY = 3e-2
FEW = 10
"""An intent with fewer examples is told to need more where they are not told apart."""
WRONG = 0.3
"""So large a share of an intent's examples taken for others is worth telling."""
LINES = 10


@dataclass(frozen=True, slots=True)
class Crossed:
    """An example as a head takes it that has not learned it."""

    example: Example
    intent: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.intent == self.example.intent


def cross_validate_intents(
    examples: Sequence[Example], features: Floats, intents: Sequence[str], hidden: int
) -> list[Crossed]:  # fmt: skip
    """Each authored example, judged by a head that was fitted to the others; `features` has a row for each, of one or
    two times the encoder's `hidden` numbers."""
    gold: npt.NDArray[np.int64] = np.array([intents.index(example.intent) for example in examples])
    fold_of = np.zeros(len(examples), np.int64)
    turn = 0
    for intent in range(len(intents)):
        for place in np.flatnonzero(gold == intent):
            fold_of[place] = turn % FOLDS
            turn += 1
    found: list[Crossed] = []
    for fold in range(FOLDS):
        held = np.flatnonzero(fold_of == fold)
        rest = np.flatnonzero(fold_of != fold)
        judged = [int(place) for place in held if _is_written(examples[int(place)])]
        if not judged or not len(rest):
            continue
        basis = even_out_differences(features[rest], gold[rest], hidden)
        weight, bias = fit_softmax(features[rest], gold[rest], len(intents), DECAY, ROUNDS, basis=basis)
        scores = features[judged] @ weight + bias
        chances = np.exp(scores - scores.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        best = chances.argmax(1)
        found += [
            Crossed(examples[place], intents[one], float(chance[one]))
            for place, one, chance in zip(judged, best, chances, strict=True)
        ]
    return found


def _is_written(example: Example) -> bool:
    """Whether somebody wrote the example, which the name of an intent is not."""
    return example.authored and not example.place.startswith(NAME_OF)


def measure_accuracy(crossed: Sequence[Crossed]) -> float:
    return round(sum(item.right for item in crossed) / max(1, len(crossed)), 4)


def advise(crossed: Sequence[Crossed]) -> list[str]:
    """Sentences with file and line, the most useful first: intents that need more examples, then examples that look
    like another intent's."""
    by_intent: dict[str, list[Crossed]] = defaultdict(list)
    for item in crossed:
        by_intent[item.example.intent].append(item)
    ranked: list[tuple[float, str]] = []
    for intent, items in by_intent.items():
        wrong = [item for item in items if not item.right]
        if intent in REJECTED or len(wrong) < max(1, WRONG * len(items)):
            continue
        count = f"{len(items)} example{'s' if len(items) > 1 else ''}"
        taken = Counter(item.intent for item in wrong).most_common(1)[0][0]
        what = "is refused" if taken in REJECTED else f"is taken for {taken}"
        more = "write more" if len(items) < FEW else "write more that differ, or join the two intents"
        ranked.append(
            (len(wrong) / len(items), f"{items[0].example.place}: {intent} has {count} and {what}: {more}")
        )  # fmt: skip
    told = [sentence for _, sentence in sorted(ranked, key=lambda item: (-item[0], item[1]))]
    doubtful = sorted((item for item in crossed if not item.right), key=lambda item: -item.confidence)
    told += [
        f"{item.example.place}: {item.example.text!r} is {item.example.intent}, and looks like {item.intent}"
        for item in doubtful
        if item.confidence > 0.5 and item.intent not in REJECTED and item.example.intent not in REJECTED
    ]
    return told[:LINES]
