"""Confidence intervals for what `task rollout` compares: shares, differences of shares and of means, at 95 %."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z = 1.959964
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and where the true value lies with 95 % confidence."""

    value: float
    low: float
    high: float


def share(count: float, total: float) -> Interval:
    """A share, with Wilson's score interval: right for small numbers and at the edges, too."""
    if total <= 0:
        return Interval(math.nan, 0.0, 1.0)
    part = count / total
    spread = Z * math.sqrt(part * (1 - part) / total + Z * Z / (4 * total * total))
    middle, scale = part + Z * Z / (2 * total), 1 + Z * Z / total
    return Interval(part, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def paired_difference(only_first: float, only_second: float, total: float) -> Interval:
    """Share of the first less that of the second, where both judged the same things.

    `only_first` had it with the first alone, `only_second` with the second alone. Agresti and Min (2005): Wald's
    interval after half a thing is added to each of the four cells.
    """
    if total <= 0:
        return Interval(math.nan, -1.0, 1.0)
    first, second, number = only_first + 0.5, only_second + 0.5, total + 2
    middle = (first - second) / number
    spread = Z * math.sqrt(max(0.0, first + second - (first - second) ** 2 / number)) / number
    value = (only_first - only_second) / total
    return Interval(value, max(-1.0, middle - spread), min(1.0, middle + spread))


def difference(first: float, first_total: float, second: float, second_total: float) -> Interval:
    """Share of the first less that of the second, of different things. Newcombe (1998), method 10."""
    if first_total <= 0 or second_total <= 0:
        return Interval(math.nan, -1.0, 1.0)
    one, other = share(first, first_total), share(second, second_total)
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

    @property
    def total(self) -> float:
        return sum(self.buckets.values())

    def moments(self) -> tuple[float, float]:
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
        variance = sum(number * (middle - mean) ** 2 for middle, number in weighted) / max(1.0, total - 1)
        return mean, variance

    def quantile(self, part: float) -> float:
        """As histogram_quantile: evenly spread within the bucket; the last bucket's lower bound where it is beyond."""
        wanted, reached, low = part * self.total, 0.0, self.least
        for bound in sorted(self.buckets):
            number = self.buckets[bound]
            if number and reached + number >= wanted:
                return low + (bound - low) * (wanted - reached) / number if math.isfinite(bound) else low
            reached += number
            low = bound if math.isfinite(bound) else low
        return math.nan


def mean(of: Histogram) -> Interval:
    """The mean of all things that such a histogram could be of."""
    middle, variance = of.moments()
    if not of.total:
        return Interval(math.nan, -math.inf, math.inf)
    spread = Z * math.sqrt(variance / of.total)
    return Interval(middle, middle - spread, middle + spread)


def difference_of_means(first: Histogram, second: Histogram) -> Interval:
    """Mean of the first less that of the second (Welch, large numbers)."""
    if not first.total or not second.total:
        return Interval(math.nan, -math.inf, math.inf)
    (one, one_variance), (other, other_variance) = first.moments(), second.moments()
    spread = Z * math.sqrt(one_variance / first.total + other_variance / second.total)
    return Interval(one - other, one - other - spread, one - other + spread)
