"""Intervals against published examples, and against drawing many samples."""

import math
import random

import pytest

from monitoring.rollout.intervals import (
    Histogram,
    Interval,
    difference,
    difference_of_means,
    mean,
    paired_difference,
    share,
)


def near(found: Interval, value: float, low: float, high: float, within: float = 0.0006) -> bool:
    pairs = ((found.value, value), (found.low, low), (found.high, high))
    return all(abs(one - other) < within for one, other in pairs)


def test_a_share_has_wilsons_interval() -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    assert near(share(81, 263), 0.3080, 0.2553, 0.3662)
    assert near(share(15, 148), 0.1014, 0.0624, 0.1605)
    assert near(share(0, 20), 0.0, 0.0, 0.1611)
    assert near(share(1, 29), 0.0345, 0.0061, 0.1718)
    assert (share(0, 0).low, share(0, 0).high) == (0.0, 1.0)


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    """Newcombe (1998), Interval estimation for the difference between independent proportions, table II, method 10."""
    assert near(difference(56, 70, 48, 80), 0.2, 0.0524, 0.3339)
    assert near(difference(9, 10, 3, 10), 0.6, 0.1705, 0.8090)
    assert near(difference(0, 10, 0, 20), 0.0, -0.1611, 0.2775)


def test_a_paired_difference_covers_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(3)
    truth, covered = 0.03 - 0.01, 0
    for _ in range(400):
        draws = [chance.random() for _ in range(400)]
        first = sum(draw < 0.03 for draw in draws)
        second = sum(0.03 <= draw < 0.04 for draw in draws)
        found = paired_difference(first, second, 400)
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 400 <= 0.99


def test_what_was_never_counted_is_not_known() -> None:
    assert paired_difference(0, 0, 0).high == 1.0
    assert math.isnan(mean(Histogram({})).value)
    assert difference_of_means(Histogram({}), Histogram({1.0: 3})).high == math.inf


def test_a_histogram_tells_mean_and_quantiles_within_its_buckets() -> None:
    chance = random.Random(5)
    values = [chance.gauss(0.02, 0.1) for _ in range(4000)]
    bounds = [-0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, math.inf]
    buckets = dict.fromkeys(bounds, 0.0)
    for value in values:
        buckets[next(bound for bound in bounds if value <= bound)] += 1
    found = Histogram(buckets, least=-0.5, most=0.5)
    assert mean(found).value == pytest.approx(sum(values) / len(values), abs=0.01)
    assert found.quantile(0.5) == pytest.approx(sorted(values)[2000], abs=0.01)
    assert found.quantile(1.0) == pytest.approx(0.3), "nothing is known beyond the last bound"
    assert difference_of_means(found, found).value == 0.0
