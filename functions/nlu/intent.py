"""Which intent a text has: a calibrated ranking, and whether to believe it."""

import math
from dataclasses import dataclass

from functions.nlu.model import Row, Specification
from shared.events.catalogue import Intent

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
REJECTED = (FALLBACK, OUT_OF_SCOPE)
"""The classes of what is not understood."""
RANKED = 10


@dataclass(frozen=True, slots=True)
class Recognised:
    intent: Intent
    """The decision: one of the ranking, or nlu_fallback."""
    ranking: tuple[Intent, ...]
    """The best classes, as the model sees them."""
    likely: str
    """The best intent that a person can have; its entities are looked for even where the decision is to fall back."""


def recognise(specification: Specification, logits: Row) -> Recognised:
    """Rank the intents and decide: the best one, or nlu_fallback where it is weak, close or far from all."""
    confidences = compute_probabilities(logits, specification.temperature)
    order = sorted(range(len(confidences)), key=confidences.__getitem__, reverse=True)
    ranking = tuple(Intent(specification.intents[i], round(confidences[i], 6)) for i in order[:RANKED])
    best = ranking[0]
    likely = next((item.name for item in ranking if item.name != FALLBACK), FALLBACK)
    if best.name != FALLBACK and _is_doubtful(
        specification, ranking, compute_energy(specification.intents, logits, specification.against)
    ):
        best = Intent(FALLBACK, round(1.0 - best.confidence, 6))
    return Recognised(best, ranking, likely)


def compute_probabilities(logits: Row, temperature: float) -> list[float]:
    """Softmax of the logits at the temperature that training chose."""
    top = max(logits)
    exp = math.exp
    weights = [exp((logit - top) / temperature) for logit in logits]
    total = sum(weights)
    return [weight / total for weight in weights]


def compute_energy(intents: tuple[str, ...], logits: Row, against: float) -> float:
    """How much the text resembles something trained: log-sum-exp over the intents in scope, less `against` times that
    over the classes of what is not understood (Liu et al. 2020, Energy-based Out-of-distribution Detection)."""
    inside: list[float] = []
    outside: list[float] = []
    for name, logit in zip(intents, logits, strict=True):
        (outside if name in REJECTED else inside).append(logit)
    if not inside:
        return 0.0
    return _log_sum(inside) - (against * _log_sum(outside) if outside else 0.0)


def _log_sum(logits: list[float]) -> float:
    top = max(logits)
    return top + math.log(sum(math.exp(logit - top) for logit in logits))


def _is_doubtful(specification: Specification, ranking: tuple[Intent, ...], resemblance: float) -> bool:
    best = ranking[0]
    # As in Rasa the responses of a retrieval intent do not compete with each other here: one of them is chosen, where
    # the intent that they have together is sure.
    kind = best.name.partition("/")[0]
    confidence = sum(intent.confidence for intent in ranking if intent.name.partition("/")[0] == kind)
    if confidence < specification.min_confidence:
        return True
    other = next((intent for intent in ranking if intent.name.partition("/")[0] != kind), None)
    if other is not None and confidence - other.confidence < specification.min_gap:
        return True
    return best.name != OUT_OF_SCOPE and resemblance < specification.min_energy
