"""The ranking, and when it is not believed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from functions.nlu.intent import compute_energy, compute_probabilities, recognise
from tests.unit.nlu.specifications import specification


def logits(*values: float) -> list[float]:
    return list(values)


def test_the_ranking_is_ordered_and_sums_to_one() -> None:
    recognised = recognise(specification(), logits(0, 4, 1))
    assert [item.name for item in recognised.ranking] == ["search", "play", "nlu_fallback"]
    assert sum(item.confidence for item in recognised.ranking) == pytest.approx(1, abs=1e-4)
    assert recognised.intent == recognised.ranking[0]


def test_a_weak_best_intent_falls_back_and_keeps_the_ranking() -> None:
    recognised = recognise(specification(thresholds={"confidence": 0.9, "gap": 0, "energy": -9}), logits(0, 1, 0))
    assert recognised.intent.name == "nlu_fallback"
    assert recognised.intent.confidence == pytest.approx(1 - recognised.ranking[0].confidence, abs=1e-5)
    assert recognised.ranking[0].name == recognised.likely == "search"


def test_two_close_intents_fall_back() -> None:
    assert recognise(specification(), logits(-9, 3, 2.95)).intent.name == "nlu_fallback"
    assert recognise(specification(), logits(-9, 3, 1)).intent.name == "search"


def test_a_text_far_from_all_that_was_trained_falls_back_however_sure_the_softmax_is() -> None:
    assert recognise(specification(), logits(-30, -6, -20)).intent.name == "nlu_fallback"


def test_the_temperature_makes_confidences_softer() -> None:
    assert max(compute_probabilities(logits(0, 4, 1), 2.0)) < max(compute_probabilities(logits(0, 4, 1), 1.0))


def test_energy_leaves_out_the_classes_of_what_is_not_understood() -> None:
    assert compute_energy(("nlu_fallback", "search"), logits(100, 1), 0.0) == pytest.approx(1)
    assert compute_energy(("nlu_fallback",), logits(100), 1.0) == 0


@given(arrays(np.float32, 3, elements=st.floats(-1e4, 1e4, width=32)))
def test_any_logits_have_a_decision(values: np.typing.NDArray[np.float32]) -> None:
    recognised = recognise(specification(), values.tolist())
    assert 0 <= recognised.intent.confidence <= 1


def test_responses_of_a_retrieval_intent_do_not_make_each_other_doubtful() -> None:
    intents = ["nlu_fallback", "faq/price", "faq/hours", "chitchat/name", "bye"]
    faq = specification(intents=intents, intent_entities={}, domain={"intents": intents[1:], "entities": []})

    def decided(*shares: float) -> str:
        return recognise(faq, [math.log(share) for share in shares]).intent.name

    # Two responses of one intent are close: the better one is said.
    assert decided(0.01, 0.45, 0.42, 0.06, 0.06) == "faq/price"
    # Each is weak, together they are not.
    assert decided(0.2, 0.27, 0.26, 0.13, 0.14) == "faq/price"
    # Two retrieval intents, or a retrieval intent and another one, are close: nobody knows.
    assert decided(0.02, 0.45, 0.03, 0.46, 0.04) == "nlu_fallback"
    assert decided(0.02, 0.45, 0.03, 0.04, 0.46) == "nlu_fallback"
    assert decided(0.9, 0.03, 0.03, 0.02, 0.02) == "nlu_fallback"
