"""New series begin at 0, so that Prometheus sees what they count first.

`increase` and `rate` compare a series with its own past: of one that appears with 40 they see nothing, and forty
answers that were given up in one burst would page nobody. Until Prometheus takes created timestamps for granted
(https://prometheus.io/docs/specs/om/open_metrics_spec/, "Created"), a series is shown as 0 for its first scrapes.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

COUNTED = ("counter", "histogram")


class ZeroFirst(Collector):
    """A registry's counters and histograms, each series as 0 until `seconds` have passed since it was first scraped.

    So two scrapers see the zero as well, as long as each asks at least once in `seconds`. Gauges pass as they are.
    """

    def __init__(
        self,
        registry: Collector,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        known: Iterable[tuple[str, Mapping[str, str]]] = (),
    ) -> None:
        """`known`: series that were there before this process; a 0 would be taken for a restart and count them anew."""
        self._registry = registry
        self._seconds = seconds
        self._clock = clock
        self._first = {_make_key(name, labels): -math.inf for name, labels in known}

    def collect(self) -> Iterable[Metric]:
        now = self._clock()
        for metric in self._registry.collect():
            if metric.type in COUNTED and metric.name.startswith("parley_"):
                metric.samples = [
                    sample
                    if now - self._first.setdefault(_make_key(sample.name, sample.labels), now) >= self._seconds
                    else sample._replace(value=0.0, exemplar=None)
                    for sample in metric.samples
                ]
            yield metric


def _make_key(name: str, labels: Mapping[str, str]) -> tuple[object, ...]:
    return name, *sorted(labels.items())


def build_page_registry(
    counted: Collector, seconds: float, known: Iterable[tuple[str, Mapping[str, str]]] = ()
) -> CollectorRegistry:
    """The registry whose page is served, of what counts."""
    page = CollectorRegistry()
    page.register(ZeroFirst(counted, seconds, known=known))
    return page
