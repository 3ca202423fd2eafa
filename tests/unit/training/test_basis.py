"""The coordinates in which heads are fitted: what examples of one intent differ in tells little of it."""

import numpy as np
import numpy.typing as npt
import pytest

from model_artifacts.training.nlu.basis import LOWER, even_out_differences
from model_artifacts.training.nlu.softmax import fit_softmax

HIDDEN = 16
CLASSES = 8


def _draw(rng: np.random.Generator, each: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Classes that a half of the directions tell apart, under noise that has three others in common."""
    gold = np.repeat(np.arange(CLASSES), each)
    centres = np.random.default_rng(7).normal(size=(CLASSES, HIDDEN)) * (np.arange(HIDDEN) < HIDDEN // 2)
    shared = np.random.default_rng(8).normal(size=(3, HIDDEN))
    noise = 2.0 * rng.normal(size=(len(gold), 3)) @ shared + 0.3 * rng.normal(size=(len(gold), HIDDEN))
    return (centres[gold] + noise).astype(np.float32), gold


def test_a_head_learns_more_from_few_examples_where_their_differences_are_even() -> None:
    rng = np.random.default_rng(0)
    features, gold = _draw(rng, 4)
    others, expected = _draw(rng, 200)
    found = []
    for basis in (None, even_out_differences(features, gold, HIDDEN)):
        weight, bias = fit_softmax(features, gold, CLASSES, 3e-2, basis=basis)
        found.append(float(((others @ weight + bias).argmax(1) == expected).mean()))
    plain, even = found
    assert even > plain + 0.05


def test_the_layers_below_count_less_than_the_last_one() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4000, 2 * HIDDEN)).astype(np.float32)
    basis = even_out_differences(features, rng.integers(0, 2, 4000), HIDDEN)
    x = (features - basis.mean) @ basis.matrix
    last, below = x[:, :HIDDEN].std(), x[:, HIDDEN:].std()
    assert LOWER < below / last < 1
    assert np.sqrt((x**2).mean()) == pytest.approx(1, abs=0.01)


def test_more_features_are_standardised_beside() -> None:
    rng = np.random.default_rng(0)
    features, more = rng.normal(size=(50, 4)).astype(np.float32), 7 + 5 * rng.normal(size=(50, 2)).astype(np.float32)
    basis = even_out_differences(features, rng.integers(0, 3, 50), 4)
    x = (np.concatenate([features, more], 1) - basis.with_standardised(more).mean) @ basis.with_standardised(
        more
    ).matrix
    assert x[:, :4] == pytest.approx((features - basis.mean) @ basis.matrix, abs=1e-5)
    assert x[:, 4:].std(0) == pytest.approx([1, 1], abs=1e-3)
    assert x[:, 4:].mean(0) == pytest.approx([0, 0], abs=1e-3)


def test_one_example_of_each_class_has_no_differences_and_is_learned_all_the_same() -> None:
    features, gold = _draw(np.random.default_rng(0), 1)
    weight, bias = fit_softmax(features, gold, CLASSES, 1e-2, basis=even_out_differences(features, gold, HIDDEN))
    assert ((features @ weight + bias).argmax(1) == gold).all()
