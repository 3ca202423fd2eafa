"""Counters that outlive their process: a file with what was counted, and which events were.

Prometheus' `increase` knows a restart, but a page that is read as it stands (`task rollout`, a look at /metrics) would
begin at 0, and an event that is delivered again after the restart would count twice. The file is written from time to
time and at the end; what a killed observer counted in the last seconds is delivered again where it had not answered.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from shared.logs import get_logger

log = get_logger(__name__)

FORM = 1
KEPT_IDS = 20_000
"""Of the last events: more than a broker redelivers after a restart."""
Key = tuple[str, tuple[tuple[str, str], ...]]
COUNTED = ("counter", "histogram")


class Continued(Collector):
    """A registry's page, to which what earlier processes counted is added."""

    def __init__(self, registry: CollectorRegistry, before: Mapping[Key, float]) -> None:
        self._registry = registry
        self.before = before

    def collect(self) -> Iterable[Metric]:
        """The registry's series, with what was counted before this process added to each."""
        left: dict[str, dict[Key, float]] = {}
        for key, value in self.before.items():
            left.setdefault(_find_family(key[0]), {})[key] = value
        for metric in self._registry.collect():
            if metric.type in COUNTED:
                mine = left.pop(metric.name, {})
                metric.samples = [
                    sample._replace(value=sample.value + mine.pop(_make_key(sample), 0.0)) for sample in metric.samples
                ]
                metric.samples += [Sample(name, dict(labels), value) for (name, labels), value in mine.items()]
            yield metric


class Kept:
    """The file, read at the start and written where something changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._written = b""
        self.before, self.seen = _read(path)

    def save(self, registry: Collector, seen: Callable[[], Iterable[str]]) -> None:
        """Write what the page says now, and which events were counted. A file that cannot be written is a log line."""
        ids = list(seen())[-KEPT_IDS:]
        samples = [
            [sample.name, sorted(sample.labels.items()), sample.value]
            for metric in registry.collect()
            if metric.type in COUNTED and metric.name.startswith("parley_")
            for sample in metric.samples
            if not sample.name.endswith("_created")
        ]
        content = json.dumps({"form": FORM, "samples": samples, "seen": ids}, separators=(",", ":")).encode()
        with self._lock:
            if content == self._written:
                return
            part = self._path.with_name(f"{self._path.name}.part")
            try:
                part.write_bytes(content)
                os.replace(part, self._path)
            except OSError as exc:
                log.warning("the counters cannot be kept", extra={"fields": {"cause": str(exc)}})
                return
            self._written = content


def _read(path: Path) -> tuple[dict[Key, float], list[str]]:
    """What the file says; nothing where there is none, or where it is not ours: then counting begins anew."""
    try:
        found: Any = json.loads(path.read_bytes())
        if found["form"] != FORM:
            raise ValueError("another form")
        samples = {
            (str(name), tuple((str(label), str(value)) for label, value in labels)): float(number)
            for name, labels, number in found["samples"]
        }
        return samples, [str(ident) for ident in found["seen"]]
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, KeyError, TypeError) as exc:
        fields = {"cause": f"{type(exc).__name__}", "path": str(path)}
        log.warning("kept counters cannot be read; counting begins at 0", extra={"fields": fields})
        return {}, []


def _make_key(sample: Sample) -> Key:
    return sample.name, tuple(sorted(sample.labels.items()))


def _find_family(sample: str) -> str:
    """The metric that a sample belongs to, as prometheus_client names it: a counter without `_total`."""
    for ending in ("_total", "_bucket", "_count", "_sum"):
        if sample.endswith(ending):
            return sample.removesuffix(ending)
    return sample


def save_for_ever(kept: Kept, counted: Collector, seen: Callable[[], Iterable[str]], seconds: float = 15.0) -> None:
    """Write the file every so many seconds; never returns."""
    while True:
        time.sleep(seconds)
        try:
            kept.save(counted, seen)
        except Exception:
            log.exception("the counters cannot be kept")
