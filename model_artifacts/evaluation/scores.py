"""The numbers of a report: how often the model is right, how well it knows when it is not, and how fast it is."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from functions.nlu.intent import REJECTED
from model_artifacts.evaluation.cases import Case
from model_artifacts.training.nlu.calibration import compute_auroc
from model_artifacts.training.nlu.evaluation import Span, measure

RESAMPLED = 1000
BINS = 10
WORST = 20
HELPFUL = 10

Score = Callable[[Sequence[Case]], float | None]


def score(cases: Sequence[Case], seed: int = 0) -> dict[str, Any]:
    """What report.json says of these cases all together."""
    measured = measure([case.judged for case in cases])
    return {
        **{name: value for name, value in measured.items() if name != "entity_f1_each"},
        "out_of_scope_auroc": score_out_of_scope_auroc(cases),
        "calibration_error": measure_calibration_error(cases),
        "intervals": {name: estimate_interval(cases, of, seed) for name, of in SCORES.items() if of(cases) is not None},
        "intents": _score_intents(cases),
        "entities": _score_entities(cases),
        "advice": find_helpful_examples(cases),
        "confused": [
            {"expected": expected, "got": got, "times": times}
            for (expected, got), times in count_confusions(cases)[:WORST]
        ],
        "latency_ms": _measure_latency(cases),
    }


def score_intents(cases: Sequence[Case]) -> float | None:
    return sum(case.right for case in cases) / len(cases) if cases else None


def score_out_of_scope_recall(cases: Sequence[Case]) -> float | None:
    outside = [case for case in cases if case.outside]
    return sum(case.right for case in outside) / len(outside) if outside else None


def score_values(cases: Sequence[Case]) -> float | None:
    values = [right for case in cases for right in case.judged.values]
    return sum(values) / len(values) if values else None


def score_sentences(cases: Sequence[Case]) -> float | None:
    return sum(case.whole for case in cases) / len(cases) if cases else None


def score_entity_f1(cases: Sequence[Case]) -> float | None:
    marked = [case.judged for case in cases if case.judged.example.marked]
    total = sum(len(item.gold_spans) + len(item.predicted_spans) for item in marked)
    return 2 * sum(len(item.gold_spans & item.predicted_spans) for item in marked) / total if total else None


def score_out_of_scope_auroc(cases: Sequence[Case]) -> float | None:
    """How well the energy alone tells what is in scope from what is not; None where the test has only one of them."""
    inside = np.array([case.energy for case in cases if not case.outside])
    outside = np.array([case.energy for case in cases if case.outside])
    return round(compute_auroc(inside, outside), 4) if len(inside) and len(outside) else None


SCORES: Mapping[str, Score] = {
    "intent_accuracy": score_intents,
    "out_of_scope_recall": score_out_of_scope_recall,
    "out_of_scope_auroc": score_out_of_scope_auroc,
    "entity_f1": score_entity_f1,
    "value_accuracy": score_values,
    "sentence_accuracy": score_sentences,
}
"""What has an interval, and what two bundles are compared by."""


def estimate_interval(cases: Sequence[Case], of: Score, seed: int) -> list[float]:
    """95 % of the scores that other examples of the same kind would give (percentile bootstrap)."""
    rng, drawn = random.Random(seed), []
    for _ in range(RESAMPLED if len(cases) < 3000 else RESAMPLED // 5):
        value = of(rng.choices(cases, k=len(cases)))
        if value is not None:
            drawn.append(value)
    return [round(float(bound), 4) for bound in np.quantile(drawn, (0.025, 0.975))] if drawn else []


def score_slice(cases: Sequence[Case]) -> dict[str, float | int | None]:
    """The scores of a part of the cases."""
    return {"examples": len(cases), **{name: None if (value := of(cases)) is None else round(value, 4)
                                       for name, of in SLICED.items()}}  # fmt: skip


SLICED: Mapping[str, Score] = {
    "intent_accuracy": score_intents,
    "out_of_scope_recall": score_out_of_scope_recall,
    "entity_f1": score_entity_f1,
    "sentence_accuracy": score_sentences,
}


def find_helpful_examples(cases: Sequence[Case]) -> list[str]:
    """Which ten examples would help most: of each kind of mistake, the commonest first, the text that is surest to be
    wrong.

    A held-out text itself is not to be learned, or it judges nothing any more: one like it is.
    """
    groups: dict[tuple[str, ...], list[tuple[Case, str]]] = defaultdict(list)
    for case in cases:
        mistake = _find_mistake(case)
        if mistake is not None:
            kind, what = mistake
            groups[kind].append((case, what))
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    for _, same in ranked:
        same.sort(key=lambda item: -item[0].confidence)
    told = [
        f"{case.judged.example.place}: {case.text!r} {what}: write one like it for {case.expected}"
        for turn in range(max((len(same) for _, same in ranked), default=0))
        for _, same in ranked
        for case, what in same[turn : turn + 1]
    ]
    return told[:HELPFUL]


def _find_mistake(case: Case) -> tuple[tuple[str, ...], str] | None:
    """What kind of mistake the case is and how it is told, the intent before entities; None where nothing is wrong."""
    got, judged = case.judged.intent, case.judged
    if case.outside or case.whole:
        return None
    if not case.right:
        return (case.expected, got), "is refused" if got in REJECTED else f"is taken for {got}"
    missed, wrong = judged.gold_spans - judged.predicted_spans, judged.predicted_spans - judged.gold_spans
    if missed:
        span = min(missed, key=lambda span: span[1:])
        return ("misses", *_name_of(span)), f"is not read with {describe_span(case.text, span)}"
    if wrong:
        span = min(wrong, key=lambda span: span[1:])
        return ("finds", *_name_of(span)), f"is read with {describe_span(case.text, span)}"
    return ("value",), "is read with another value"


def _name_of(span: Span) -> tuple[str, str, str]:
    entity, _, _, role, group = span
    return entity, role, group


def describe_span(text: str, span: Span) -> str:
    entity, start, end, role, group = span
    return f"{entity}{f' ({role or group})' if role or group else ''}: {text[start:end]}"


def measure_reliability(cases: Sequence[Case]) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, cases) of each tenth of confidence, over what is in scope."""
    inside = [case for case in cases if not case.outside]
    found = []
    for number in range(BINS):
        here = [case for case in inside if min(int(case.confidence * BINS), BINS - 1) == number]
        if here:
            right = sum(case.likely == case.expected for case in here) / len(here)
            found.append((sum(case.confidence for case in here) / len(here), right, len(here)))
    return found


def measure_calibration_error(cases: Sequence[Case]) -> float | None:
    """Expected calibration error: how far confidences are from the share that is right, on average."""
    bins = measure_reliability(cases)
    total = sum(count for _, _, count in bins)
    return round(sum(abs(mean - right) * count for mean, right, count in bins) / total, 4) if total else None


def count_confusions(cases: Sequence[Case]) -> list[tuple[tuple[str, str], int]]:
    """(expected, got) and how often, the commonest first."""
    return Counter((case.expected, case.judged.got) for case in cases if not case.right).most_common()


def measure_trade_off(cases: Sequence[Case]) -> list[tuple[float, float, float]]:
    """(threshold, accuracy in scope, recall out of scope) for each threshold of the energy."""
    inside, outside = [c for c in cases if not c.outside], [c for c in cases if c.outside]
    if not inside or not outside:
        return []
    points = []
    for threshold in np.quantile([case.energy for case in cases], np.linspace(0, 1, 101)):
        kept = sum(case.energy >= threshold and case.likely == case.expected for case in inside) / len(inside)
        refused = sum(case.energy < threshold for case in outside) / len(outside)
        points.append((float(threshold), kept, refused))
    return points


def measure_costs(cases: Sequence[Case], costs: Mapping[str, float]) -> dict[str, float]:
    """What 100 messages like these cost, when a wrong answer costs `wrong` and a right one that is refused `refused`:
    as they were understood, and, of all thresholds of the energy, at the one that is cheapest on these very cases."""
    right = [case for case in cases if not case.outside and case.likely == case.expected]
    wrong = [case for case in cases if case.outside or case.likely != case.expected]

    def pay(answers: Callable[[Case], bool]) -> float:
        paid = costs["wrong"] * sum(map(answers, wrong)) + costs["refused"] * sum(not answers(case) for case in right)
        return round(100 * paid / max(1, len(cases)), 2)

    levels = sorted({-1e3, *(case.energy for case in cases)})
    cheapest = min(levels, key=lambda level: pay(lambda case: case.energy >= level))
    return {
        **costs,
        "per_100": pay(lambda case: case.judged.intent not in REJECTED),
        "cheapest_energy": round(cheapest, 4),
        "cheapest_per_100": pay(lambda case: case.energy >= cheapest),
    }


def _score_intents(cases: Sequence[Case]) -> dict[str, dict[str, float | int]]:
    gold, found = Counter(case.expected for case in cases), Counter(case.judged.got for case in cases)
    common = Counter(case.expected for case in cases if case.right)
    return {name: _score_counts(common[name], found[name], gold[name]) for name in sorted(gold)}


def _score_entities(cases: Sequence[Case]) -> dict[str, dict[str, float | int]]:
    gold, found, common = Counter[str](), Counter[str](), Counter[str]()
    for case in cases:
        if case.judged.example.marked:
            gold.update(span[0] for span in case.judged.gold_spans)
            found.update(span[0] for span in case.judged.predicted_spans)
            common.update(span[0] for span in case.judged.gold_spans & case.judged.predicted_spans)
    return {name: _score_counts(common[name], found[name], gold[name]) for name in sorted({*gold, *found})}


def _score_counts(common: int, found: int, gold: int) -> dict[str, float | int]:
    return {
        "precision": round(common / found, 4) if found else 1.0,
        "recall": round(common / gold, 4) if gold else 1.0,
        "f1": round(2 * common / (found + gold), 4) if found + gold else 1.0,
        "support": gold,
    }


def _measure_latency(cases: Sequence[Case]) -> dict[str, Any]:
    """CPU milliseconds of understanding a text, over all and by length."""
    if not cases:
        return {}
    by_pieces: dict[int, list[float]] = defaultdict(list)
    for case in cases:
        by_pieces[case.pieces].append(case.milliseconds)
    times = np.array([case.milliseconds for case in cases])
    return {
        "median": round(float(np.median(times)), 3),
        "p95": round(float(np.quantile(times, 0.95)), 3),
        "by_pieces": {pieces: round(float(np.median(by_pieces[pieces])), 3) for pieces in sorted(by_pieces)},
    }
