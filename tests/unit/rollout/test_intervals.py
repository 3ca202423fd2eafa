"""Intervals against published examples, and against drawing many samples."""

import math
import random

import pytest

from monitoring.rollout.intervals import (
    Histogram,
    Interval,
    choose_z,
    estimate_difference,
    estimate_mean,
    estimate_mean_difference,
    estimate_paired_difference,
    is_mismatch,
    share,
)

ONE_LOOK = 1.959964
"""Of the normal distribution, for 95 %: right for who looks once, as the published examples do."""


def near(found: Interval, value: float, low: float, high: float, within: float = 0.0006) -> bool:
    pairs = ((found.value, value), (found.low, low), (found.high, high))
    return all(abs(one - other) < within for one, other in pairs)


def test_a_share_has_wilsons_interval() -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    assert near(share(81, 263, ONE_LOOK), 0.3080, 0.2553, 0.3662)
    assert near(share(15, 148, ONE_LOOK), 0.1014, 0.0624, 0.1605)
    assert near(share(0, 20, ONE_LOOK), 0.0, 0.0, 0.1611)
    assert near(share(1, 29, ONE_LOOK), 0.0345, 0.0061, 0.1718)
    assert (share(0, 0).low, share(0, 0).high) == (0.0, 1.0)


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    """Newcombe (1998), Interval estimation for the difference between independent proportions, table II, method 10."""
    assert near(estimate_difference(56, 70, 48, 80, ONE_LOOK), 0.2, 0.0524, 0.3339)
    assert near(estimate_difference(9, 10, 3, 10, ONE_LOOK), 0.6, 0.1705, 0.8090)
    assert near(estimate_difference(0, 10, 0, 20, ONE_LOOK), 0.0, -0.1611, 0.2775)


def test_a_paired_difference_covers_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(3)
    truth, covered = 0.03 - 0.01, 0
    for _ in range(400):
        draws = [chance.random() for _ in range(400)]
        first = sum(draw < 0.03 for draw in draws)
        second = sum(0.03 <= draw < 0.04 for draw in draws)
        found = estimate_paired_difference(first, second, 400, ONE_LOOK)
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 400 <= 0.99


def test_what_was_never_counted_is_not_known() -> None:
    assert estimate_paired_difference(0, 0, 0).high == 1.0
    assert math.isnan(estimate_mean(Histogram({})).value)
    assert estimate_mean_difference(Histogram({}), Histogram({1.0: 3})).high == math.inf


def test_a_histogram_tells_mean_and_quantiles_within_its_buckets() -> None:
    chance = random.Random(5)
    values = [chance.gauss(0.02, 0.1) for _ in range(4000)]
    bounds = [-0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, math.inf]
    buckets = dict.fromkeys(bounds, 0.0)
    for value in values:
        buckets[next(bound for bound in bounds if value <= bound)] += 1
    found = Histogram(buckets, least=-0.5, most=0.5)
    assert estimate_mean(found).value == pytest.approx(sum(values) / len(values), abs=0.01)
    assert found.find_quantile(0.5) == pytest.approx(sorted(values)[2000], abs=0.01)
    assert found.find_quantile(1.0) == pytest.approx(0.3), "nothing is known beyond the last bound"
    assert estimate_mean_difference(found, found).value == 0.0


def wrongly_promoted(worse: float, looks: int, step: int, dependent: float = 0.0) -> float:
    """How often a candidate is promoted at some look that is truly `worse` by the margin, of 300 rollouts."""
    chance, wrong = random.Random(11), 0
    for _ in range(300):
        live = candidate = live_total = total = 0
        for look in range(looks):
            number = 300 if look == 0 else step
            total += number
            live_total += 9 * number
            candidate += round(number * (0.1 + worse) + chance.gauss(0, math.sqrt(number * 0.12 * 0.88)))
            live += round(9 * number * 0.1 + chance.gauss(0, math.sqrt(9 * number * 0.09)))
            if estimate_difference(candidate, total, live, live_total).high <= 0.02:
                wrong += 1
                break
    return wrong / 300


@pytest.mark.parametrize(("looks", "step"), [(1, 100), (30, 100), (60, 50)])
def test_who_looks_sixty_times_promotes_a_worse_candidate_no_more_often_than_said(looks: int, step: int) -> None:
    assert wrongly_promoted(0.02, looks, step) <= 0.05


def test_intervals_grow_narrower_and_stay_wider_than_those_of_one_look() -> None:
    assert all(choose_z(number) > ONE_LOOK for number in (10, 300, 1500, 100_000))
    errors = [choose_z(number) / math.sqrt(number) for number in (50, 300, 1500, 10_000)]
    assert errors == sorted(errors, reverse=True)
    assert choose_z(0) == math.inf


def test_arms_that_had_another_share_than_they_were_given_are_noticed() -> None:
    assert is_mismatch(300, 5000, 0.1)
    assert not is_mismatch(540, 5000, 0.1)
    assert not is_mismatch(0, 0, 0.1)
