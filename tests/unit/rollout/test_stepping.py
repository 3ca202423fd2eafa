"""A canary's way by itself: forward step by step, and back where people are served worse."""

import itertools
from collections.abc import Sequence

import pytest

from monitoring.rollout.analysis import Samples, Source
from monitoring.rollout.stepping import DO_NOT, NOT_YET, PROMOTE, ROLL_BACK, Way, roll_out, subtract_earlier


def going(answers: Sequence[tuple[int, str]], patience: float = 1e9) -> tuple[int, list[int], list[str]]:
    """Status, shares that were given, and what was said, where the judge answers these one after another."""
    shares: list[int] = []
    said: list[str] = []
    ticks, told = itertools.count(), iter(answers)
    way = Way(shares.append, lambda: lambda: lambda _: [], lambda *_: next(told), said.append)
    status = roll_out(way, patience=patience, sleep=lambda _: None, clock=lambda: float(next(ticks)))
    return status, shares, said


def test_it_goes_on_step_by_step_and_waits_where_it_is_too_early() -> None:
    answers = [(PROMOTE, ""), (NOT_YET, ""), (NOT_YET, ""), (PROMOTE, ""), (PROMOTE, "")]
    status, shares, said = going(answers)
    assert (status, shares) == (PROMOTE, [1, 10, 50, 100])
    assert "promoted" in said[-1]


@pytest.mark.parametrize("bad", [ROLL_BACK, DO_NOT])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_it_goes_back_to_nothing_from_every_step(bad: int, step: int) -> None:
    status, shares, said = going([(PROMOTE, "")] * step + [(bad, "it breaks")])
    assert status == bad
    assert shares == [*[1, 10, 50][: step + 1], 0]
    assert "it breaks" in said[-1]


def test_a_step_with_too_few_messages_stays_where_it_is() -> None:
    status, shares, said = going([(NOT_YET, "30 messages are asked for")] * 50, patience=5.0)
    assert (status, shares) == (NOT_YET, [1])
    assert "30 messages are asked for" in said[-1]


def test_each_step_is_judged_on_what_came_since_it_began() -> None:
    counted = [5.0]
    begun: list[float] = []

    def begin() -> "Source":
        before = counted[0]
        return lambda _: [({}, counted[0] - before)]

    def judge(source: Source, percent: int, enough: int) -> tuple[int, str]:
        counted[0] += 100
        begun.append(source("x")[0][1])
        return PROMOTE, ""

    def read() -> Source:
        source = begin()
        return lambda name: source(name)

    way = Way(lambda _: None, lambda: (lambda source: lambda: source)(read()), judge, lambda _: None)
    assert roll_out(way, sleep=lambda _: None) == PROMOTE
    assert begun == [100.0, 100.0, 100.0]


def test_since_takes_an_earlier_page_off_a_later_one() -> None:
    pages: dict[str, Samples] = {"a": [({"x": "1"}, 7.0), ({"x": "2"}, 3.0)]}
    later: dict[str, Samples] = {"a": [({"x": "1"}, 9.0), ({"x": "2"}, 1.0), ({"x": "3"}, 4.0)]}
    added = subtract_earlier(lambda name: later[name], lambda name: pages[name])
    # The second was restarted meanwhile; the third is new.
    assert added("a") == [({"x": "1"}, 2.0), ({"x": "2"}, 0.0), ({"x": "3"}, 4.0)]
