"""How well a model understands: every number comes from the modules and the int8 model that the stage runs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.nlu.intent import FALLBACK, REJECTED
from functions.nlu.model import Model
from functions.nlu.tables import fold
from functions.nlu.understanding import Understanding, understand
from model_artifacts.training.languages import language_of as language_of_file
from model_artifacts.training.nlu.reading import Example

Span = tuple[str, int, int, str, str]
"""Entity, start, end, role and group; what has none has an empty one."""


@dataclass(frozen=True, slots=True)
class Judged:
    example: Example
    understanding: Understanding

    @property
    def intent(self) -> str:
        return self.understanding.intent.name if self.understanding.intent else FALLBACK

    @property
    def right_intent(self) -> bool:
        """What is out of scope may be called so, or not understood: the person gets no wrong answer."""
        return self.intent == self.example.intent or (self.intent in REJECTED and self.example.intent in REJECTED)

    @property
    def got(self) -> str:
        """The intent as scores count it: by the expected name where it is right."""
        return self.example.intent if self.right_intent else self.intent

    @property
    def gold_spans(self) -> set[Span]:
        return {(a.entity, a.start, a.end, a.role or "", a.group or "") for a in self.example.annotations}

    @property
    def predicted_spans(self) -> set[Span]:
        return {(e.entity, e.start or 0, e.end or 0, e.role or "", e.group or "") for e in self.understanding.entities}

    @property
    def values(self) -> list[bool]:
        """For each entity whose value the example gives and whose place was found: whether that is its value."""
        return [right for _, _, right in self._read_values()]

    @property
    def wrong_values(self) -> list[tuple[str, Any]]:
        """The entities that have another value than the example gives, with that value."""
        return [(entity, value) for entity, value, right in self._read_values() if not right]

    def _read_values(self) -> list[tuple[str, Any, bool]]:
        wanted = {(a.entity, a.start, a.end): fold(a.value) for a in self.example.annotations if a.value is not None}
        return [
            (e.entity, e.value, fold(str(e.value)) == wanted[key])
            for e in self.understanding.entities
            if (key := (e.entity, e.start or 0, e.end or 0)) in wanted
        ]

    @property
    def right_entities(self) -> bool:
        """All entities with their roles, groups and given values, and no others."""
        return self.gold_spans == self.predicted_spans and all(self.values)


def judge(model: Model, examples: Sequence[Example]) -> list[Judged]:
    return [Judged(example, understand(model, example.text, None)) for example in examples]


def language_of(example: Example) -> str | None:
    """What the name of the example's file says that it is written in."""
    return language_of_file(Path(example.place.rpartition(":")[0]))


def measure_held_out(model: Model, examples: Sequence[Example]) -> dict[str, Any]:
    """For the manifest: `test` is what the model makes of the examples' own language, `test_in` of each other one."""
    languages = dict.fromkeys(language_of(example) for example in examples)
    measured = {
        language: measure(judge(model, [example for example in examples if language_of(example) == language]))
        for language in languages
    }
    facts: dict[str, Any] = {"test": measured.pop(None)} if None in measured else {}
    return facts | ({"test_in": measured} if measured else {})


def measure(judged: Sequence[Judged]) -> dict[str, float | int | dict[str, float]]:
    """Accuracies from 0 to 1: intents, entity spans (exact, with role and group), given values, whole sentences, and
    what is refused."""
    inside = [item for item in judged if item.example.intent not in REJECTED]
    outside = [item for item in judged if item.example.intent in REJECTED]
    marked = [item for item in judged if item.example.marked]
    result: dict[str, float | int | dict[str, float]] = {
        "examples": len(judged),
        "intent_accuracy": _share(sum(item.right_intent for item in judged), len(judged)),
        "intent_macro_f1": _macro_f1(judged),
        "in_scope_accuracy": _share(sum(item.right_intent for item in inside), len(inside)),
        "in_scope_refused": _share(sum(item.intent in REJECTED for item in inside), len(inside)),
        "out_of_scope_examples": len(outside),
        "out_of_scope_recall": _share(sum(item.right_intent for item in outside), len(outside)),
    }
    if marked:
        result["entity_f1"] = _f1(marked)
        result["entity_f1_each"] = {
            entity: _f1(marked, entity) for entity in sorted({a.entity for i in marked for a in i.example.annotations})
        }
        values = [right for item in marked for right in item.values]
        if values:
            result["value_accuracy"] = _share(sum(values), len(values))
        whole = sum(item.right_intent and item.right_entities for item in marked)
        result["sentence_accuracy"] = _share(whole, len(marked))
    return result


def _f1(judged: Sequence[Judged], entity: str | None = None) -> float:
    gold = found = common = 0
    for item in judged:
        wanted = {span for span in item.gold_spans if entity in (None, span[0])}
        got = {span for span in item.predicted_spans if entity in (None, span[0])}
        gold, found, common = gold + len(wanted), found + len(got), common + len(wanted & got)
    return _share(2 * common, gold + found)


def _macro_f1(judged: Sequence[Judged]) -> float:
    gold = Counter(item.example.intent for item in judged)
    found = Counter(item.got for item in judged)
    common = Counter(item.got for item in judged if item.right_intent)
    scores = [2 * common[intent] / (gold[intent] + found[intent]) for intent in gold]
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
