"""Takes a canary its way by itself: 1, 10, 50 and 100 % of the conversations, each judged on what came since it began.

A step goes on when enough messages came and nothing speaks against it, the last one when they prove that the candidate
is as good. Everything goes back to the live bundle at once where they say that people are served worse, or that it must
not be promoted. Whoever stops this program leaves the share as it is.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from monitoring.rollout.analysis import Samples, Source

STEPS = ((1, 30), (10, 300), (50, 300))
"""Percent, and the messages that each arm must have: one in a hundred is to find what breaks at once."""
LAST = STEPS[-1][0]
"""The step that proves that the candidate is as good; those before it find what is bad, while few people meet it."""
PROMOTE, NOT_YET, ROLL_BACK, DO_NOT = 0, 2, 4, 1
Judge = Callable[[Source, int, int], tuple[int, str]]
"""Source since the step began, percent, messages that are asked for: status and text, as `task rollout` says them."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a rollout reaches the split and the numbers."""

    split: Callable[[int], None]
    """Gives the candidate so many percent of the conversations."""
    begin: Callable[[], Callable[[], Source]]
    """Called as a step begins; what it answers reads what came since."""
    judge: Judge
    say: Callable[[str], None] = print


def roll_out(
    way: Way,
    *,
    every: float = 60.0,
    patience: float = 86_400.0,
    steps: Sequence[tuple[int, int]] = STEPS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """The exit status: PROMOTE at 100 %, ROLL_BACK or DO_NOT after it went back to 0, NOT_YET where a step had too few
    messages within its `patience` (seconds); then the share stays as it is, and the same call goes on later."""
    for percent, enough in steps:
        way.split(percent)
        read, end = way.begin(), clock() + patience
        way.say(f"{percent} % of the conversations; a step needs {enough} messages of each arm")
        while True:
            sleep(every)
            status, text = way.judge(read(), percent, enough)
            if status == PROMOTE:
                way.say(text)
                break
            if status in (ROLL_BACK, DO_NOT):
                way.split(0)
                way.say(f"{text}\nback to 0 %: all conversations are with the live bundle again")
                return status
            if clock() > end:
                way.say(f"{text}\nstill at {percent} %: nothing speaks against it, and there is too little to go on")
                return NOT_YET
    way.split(100)
    way.say("100 %: the candidate is promoted")
    return PROMOTE


def subtract_earlier(source: Source, before: Source) -> Source:
    """What was added to a page's counters since another reading of it."""

    def added(name: str) -> Samples:
        earlier = {_make_key(labels): value for labels, value in before(name)}
        return [(labels, max(0.0, value - earlier.get(_make_key(labels), 0.0))) for labels, value in source(name)]

    return added


def _make_key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))
