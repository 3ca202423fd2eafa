"""Confidence intervals for what `task rollout` compares: shares, differences of shares and of means, at 95 %.

A rollout is looked at again and again, until it says something, and an interval for one look is then wrong far more
often than it says. So each interval is as wide as it has to be to hold at every look at once (`choose_z`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

TIGHTEST = 1500.0
"""Messages at which an interval that is always valid is the tightest."""
ALPHA = 0.05
"""How often each end is wrong at any look."""


def choose_z(number: float) -> float:
    """How many standard errors each end lies away after `number` messages, whenever and however often one looks.

    The one-sided normal mixture of Robbins (1970) for asymptotic confidence sequences, as Waudby-Smith et al. (2021),
    "Time-uniform central limit theory and asymptotic confidence sequences", equation 12.
    """
    if number <= 0:
        return math.inf
    spread = 6.0 * number / TIGHTEST
    return math.sqrt(2 * (spread + 1) / spread * math.log(1 + math.sqrt(spread + 1) / (2 * ALPHA)))


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and where the true value lies with 95 % confidence."""

    value: float
    low: float
    high: float


def share(count: float, total: float, z: float | None = None) -> Interval:
    """A share, with Wilson's score interval: right for small numbers and at the edges, too."""
    if total <= 0:
        return Interval(math.nan, 0.0, 1.0)
    z = choose_z(total) if z is None else z
    part = count / total
    spread = z * math.sqrt(part * (1 - part) / total + z * z / (4 * total * total))
    middle, scale = part + z * z / (2 * total), 1 + z * z / total
    return Interval(part, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def estimate_paired_difference(
    only_first: float, only_second: float, total: float, z: float | None = None, dependence: float = 1.0
) -> Interval:
    """Share of the first less that of the second, where both judged the same things.

    `only_first` had it with the first alone, `only_second` with the second alone; `dependence` is how many times the
    variance is larger because messages of one conversation are alike (Kish's design effect). Agresti and Min (2005):
    Wald's interval after half a thing is added to each of the four cells.
    """
    if total <= 0:
        return Interval(math.nan, -1.0, 1.0)
    z = (choose_z(total) if z is None else z) * math.sqrt(dependence)
    first, second, number = only_first + 0.5, only_second + 0.5, total + 2
    middle = (first - second) / number
    spread = z * math.sqrt(max(0.0, first + second - (first - second) ** 2 / number)) / number
    value = (only_first - only_second) / total
    return Interval(value, max(-1.0, middle - spread), min(1.0, middle + spread))


def estimate_difference(
    first: float,
    first_total: float,
    second: float,
    second_total: float,
    z: float | None = None,
    dependence: float = 1.0,
) -> Interval:
    """Share of the first less that of the second, of different things. Newcombe (1998), method 10."""
    if first_total <= 0 or second_total <= 0:
        return Interval(math.nan, -1.0, 1.0)
    z = (choose_z(min(first_total, second_total)) if z is None else z) * math.sqrt(dependence)
    one, other = share(first, first_total, z), share(second, second_total, z)
    value = one.value - other.value
    low = value - math.hypot(one.value - one.low, other.high - other.value)
    high = value + math.hypot(one.high - one.value, other.value - other.low)
    return Interval(value, max(-1.0, low), min(1.0, high))


@dataclass(frozen=True, slots=True)
class Histogram:
    """Numbers of things by the upper bound of their bucket; not cumulated."""

    buckets: Mapping[float, float]
    least: float = 0.0
    """The lower bound of the first bucket."""
    most: float = 1.0
    """The upper bound that the last, open bucket is taken to have."""
    summed: float | None = None
    """The sum of all things, where it is known; buckets tell the mean only as well as they are narrow."""

    @property
    def total(self) -> float:
        return sum(self.buckets.values())

    def compute_moments(self) -> tuple[float, float]:
        """Mean and variance, each thing taken to lie in the middle of its bucket."""
        weighted, low = [], self.least
        for bound in sorted(self.buckets):
            high = bound if math.isfinite(bound) else max(self.most, low)
            weighted.append(((low + high) / 2, self.buckets[bound]))
            low = high
        total = self.total
        if total <= 0:
            return math.nan, math.nan
        mean = sum(middle * number for middle, number in weighted) / total
        if self.summed is not None:
            mean = self.summed / total
        variance = sum(number * (middle - mean) ** 2 for middle, number in weighted) / max(1.0, total - 1)
        return mean, variance

    def find_quantile(self, part: float) -> float:
        """As histogram_quantile: evenly spread within the bucket; the last bucket's lower bound where it is beyond."""
        wanted, reached, low = part * self.total, 0.0, self.least
        for bound in sorted(self.buckets):
            number = self.buckets[bound]
            if number and reached + number >= wanted:
                return low + (bound - low) * (wanted - reached) / number if math.isfinite(bound) else low
            reached += number
            low = bound if math.isfinite(bound) else low
        return math.nan


def estimate_mean(of: Histogram) -> Interval:
    """The mean of all things that such a histogram could be of."""
    middle, variance = of.compute_moments()
    if not of.total:
        return Interval(math.nan, -math.inf, math.inf)
    spread = choose_z(of.total) * math.sqrt(variance / of.total)
    return Interval(middle, middle - spread, middle + spread)


def estimate_mean_difference(first: Histogram, second: Histogram) -> Interval:
    """Mean of the first less that of the second (Welch, large numbers)."""
    if not first.total or not second.total:
        return Interval(math.nan, -math.inf, math.inf)
    (one, one_variance), (other, other_variance) = first.compute_moments(), second.compute_moments()
    spread = choose_z(min(first.total, second.total)) * math.sqrt(
        one_variance / first.total + other_variance / second.total
    )
    return Interval(one - other, one - other - spread, one - other + spread)


def is_mismatch(first: float, second: float, share_of_first: float) -> bool:
    """Whether two arms had other shares of the traffic than they were given (sample ratio mismatch), at 99.9 %."""
    total = first + second
    expected = total * share_of_first
    return total > 0 and abs(first - expected) > 3.29 * math.sqrt(total * share_of_first * (1 - share_of_first))
