"""How long messages wait while pods start, and when all run: a simulated queue, the same for the same seed."""

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds until the answer of messages that came within one second."""

    second: int
    messages: int
    median: float
    worst: float
    """Of a hundred, the slowest but one."""


def simulate(
    rate: float,
    pods: int,
    seconds: float,
    *,
    start: float = 0.8,
    awake: int = 0,
    lasting: int = 30,
    seed: int = 1,
) -> list[Waits]:
    """Waits by second, where messages come at random, `rate` a second, and each takes a pod for `seconds`.

    `awake` pods run at the beginning, and `pods` of them `start` seconds after the first message. Each takes one
    message at a time, in the order of arrival; how long one takes varies as much as its mean (exponential).
    """
    chance = random.Random(seed)
    free = [0.0] * min(awake, pods) + [start] * (pods - min(awake, pods))
    heapq.heapify(free)
    found: dict[int, list[float]] = {}
    now = 0.0
    while now < lasting:
        begin = max(now, heapq.heappop(free))
        end = begin + chance.expovariate(1 / seconds)
        heapq.heappush(free, end)
        found.setdefault(int(now), []).append(end - now)
        now += chance.expovariate(rate)
    return [_summarise_waits(second, sorted(waits)) for second, waits in sorted(found.items())]


def _summarise_waits(second: int, waits: Sequence[float]) -> Waits:
    return Waits(second, len(waits), waits[len(waits) // 2], waits[min(len(waits) - 1, int(len(waits) * 0.99))])
