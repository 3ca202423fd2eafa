"""The plan for growth: what follows from the figures, and how long a simulated queue is."""

import math

import pytest

from knative.growth.__main__ import PAGE, main, render_page
from knative.growth.model import SMALL, STAGES, Assumptions, plan
from knative.growth.queue import simulate


def test_the_page_has_the_tables_of_the_model() -> None:
    text = PAGE.read_text("utf-8")
    assert render_page(text) == text, "run `task plan -- --page`"


def test_small_is_one_pod_and_more_is_a_service_for_each_stage() -> None:
    assert set(plan(SMALL).pods) == {"parley", "observer"}
    assert set(plan(SMALL + 1).pods) == {*STAGES, "observer"}


@pytest.mark.parametrize("rate", [0.1, 1, 10, 50, 51, 100, 1000, 10000])
def test_pods_have_the_cores_that_the_work_needs_and_some_in_reserve(rate: float) -> None:
    found = plan(rate)
    assert found.cores <= sum(found.pods.values()) * Assumptions().busy
    assert all(count >= 1 for count in found.pods.values())


def test_ten_times_the_messages_are_ten_times_the_work_and_a_million_is_no_dearer() -> None:
    few, many = plan(1000), plan(10000)
    assert math.isclose(many.cores, 10 * few.cores)
    assert math.isclose(many.writes, 10 * few.writes)
    for name, cost in many.costs.items():
        assert cost <= few.costs[name] * 1.001, name


def test_a_slower_platform_needs_more_partitions_of_delivery_and_no_other() -> None:
    quick, slow = plan(100), plan(100, Assumptions(platform_seconds=0.6))
    assert slow.partitions["delivery"] > 2 * quick.partitions["delivery"]
    assert slow.partitions["nlu"] == quick.partitions["nlu"]
    assert any(f"default.topic.partitions to {slow.partitions['delivery']}" in note for note in slow.notes)


def test_rest_needs_no_partitions() -> None:
    assert set(plan(1000, Assumptions(through_broker=0.0)).partitions.values()) == {1}


def test_limits_are_told_where_they_are_reached_and_not_before() -> None:
    assert not any("observer" in note or "500 writes" in note for note in plan(10).notes)
    told = "\n".join(plan(10000).notes)
    for word in ("observer", "500 writes a second", "max-scale", "partitions"):
        assert word in told


def test_a_queue_from_zero_waits_for_the_start_and_then_as_one_that_was_awake() -> None:
    cold = simulate(20, 4, 0.05, start=2.0, lasting=20)
    warm = simulate(20, 4, 0.05, start=2.0, awake=4, lasting=20)
    assert cold[0].median > 1.0 > warm[0].median
    assert cold[-1].median == pytest.approx(warm[-1].median, abs=0.05)
    assert sum(one.messages for one in cold) == sum(one.messages for one in warm)


def test_a_queue_without_enough_pods_grows() -> None:
    waits = simulate(40, 1, 0.05, awake=1, lasting=20)
    assert waits[-1].median > waits[0].median + 1


def test_the_same_seed_is_the_same_queue() -> None:
    assert simulate(10, 2, 0.1, seed=3) == simulate(10, 2, 0.1, seed=3)


def test_it_prints_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rate", "1000", "--platform-seconds", "0.3"]) == 0
    printed = capsys.readouterr().out
    for word in ("1000 messages a second", "nlu", "partitions", "USD for a million", "from zero", "default.topic"):
        assert word in printed


@pytest.mark.parametrize("arguments", [["--rate", "0"], ["--rate", "-5"], ["--rate", "nan"], ["--busy", "0"]])
def test_a_rate_that_is_none_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "must be more than 0" in capsys.readouterr().err
