"""Which examples the trained network does not read surely, so that the bundle remembers them word for word."""

from collections.abc import Sequence

from functions.nlu.examples import key_of
from functions.nlu.model import Label, Model
from functions.nlu.understanding import Understanding, understand
from model_artifacts.training.nlu.reading import Example

SURE = 0.9
"""Below this confidence another message, or another processor, may tip the intent."""
MOST = 20_000
"""So many are remembered at most: a cold start reads them all."""

Remembered = dict[str, tuple[str, list[tuple[int, int, int]]]]


def find_unsure(model: Model, examples: Sequence[Example]) -> Remembered:
    """The authored examples that `model`, which remembers none, reads otherwise than they are marked, or unsurely.

    A text that stands in two intents says neither, and one whose entities are marked in two ways neither of these: what
    was asked decides ("8" is an hour or a number of guests).
    """
    readings: dict[str, set[tuple[object, ...]]] = {}
    for example in examples:
        marked = tuple((a.entity, a.role, a.group, a.start, a.end) for a in example.annotations)
        readings.setdefault(key_of(example.text), set()).add((example.intent, *marked))
    unknown = model.tokenizer.token_to_id("[UNK]")
    found: Remembered = {}
    for example in examples:
        if not example.authored or len(readings[key_of(example.text)]) > 1 or len(found) == MOST:
            continue
        if example.intent not in model.specification.intents:
            continue
        read_by_letters = unknown is None or unknown not in model.tokenizer.encode(example.text).ids
        if not read_by_letters or not _is_sure(understand(model, example.text, None), example):
            marks = _marks(model.specification.labels, example)
            if marks is not None:
                found[example.text] = (example.intent, marks)
    return dict(sorted(found.items()))


def _is_sure(understood: Understanding, example: Example) -> bool:
    intent = understood.intent
    if intent is None or intent.name != example.intent or intent.confidence < SURE:
        return False
    gold = {(a.entity, a.role, a.group, a.start, a.end) for a in example.annotations}
    return gold == {(e.entity, e.role, e.group, e.start, e.end) for e in understood.entities}


def _marks(labels: Sequence[Label], example: Example) -> list[tuple[int, int, int]] | None:
    """The example's entities by the numbers of their labels; None where the network has no such label."""
    marks = []
    for a in example.annotations:
        label = Label(a.entity, a.role, a.group)
        if label not in labels:
            return None
        marks.append((a.start, a.end, labels.index(label)))
    return marks
