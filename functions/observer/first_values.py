"""New series begin at 0, so that Prometheus sees what they count first.

`increase` and `rate` compare a series with its own past: of one that appears with 40 they see nothing, and forty
answers that were given up in one burst would page nobody. Until Prometheus takes created timestamps for granted
(https://prometheus.io/docs/specs/om/open_metrics_spec/, "Created"), a series is shown as 0 for its first scrapes.
"""

import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

COUNTED = ("counter", "histogram")


class ZeroFirst(Collector):
    """A registry's counters and histograms, each series as 0 until `seconds` have passed since it was first scraped.

    So two scrapers see the zero as well, as long as each asks at least once in `seconds`. Gauges pass as they are.
    """

    def __init__(
        self, registry: CollectorRegistry, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry = registry
        self._seconds = seconds
        self._clock = clock
        self._first: dict[tuple[str, ...], float] = {}

    def collect(self) -> Iterable[Metric]:
        now = self._clock()
        for metric in self._registry.collect():
            if metric.type in COUNTED and metric.name.startswith("parley_"):
                metric.samples = [
                    sample
                    if now - self._first.setdefault((sample.name, *sample.labels.values()), now) >= self._seconds
                    else sample._replace(value=0.0, exemplar=None)
                    for sample in metric.samples
                ]
            yield metric


def page_registry(metrics: CollectorRegistry, seconds: float) -> CollectorRegistry:
    """The registry whose page is served, of the one that counts."""
    page = CollectorRegistry()
    page.register(ZeroFirst(metrics, seconds))
    return page
