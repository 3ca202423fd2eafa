"""Native histograms, and the protobuf form in which a Prometheus server that takes them asks for metrics.

A native histogram has a bucket for each ninth of growth that was met and none besides, so quantiles are exact to 9 %
without anybody having guessed the buckets. prometheus_client has no such type and no protobuf, so both are written out
here: `metrics.proto` of prometheus/client_model, field numbers in the comments of `_histogram`. A server without the
feature asks for text, as ever, and is given the classic histograms alone.
"""

import math
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry

CONTENT_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
SCHEMA = 3
"""2**3 buckets for each doubling."""
ZERO = 1e-6
"""Seconds; whatever is not more counts as nothing."""
COUNTER, GAUGE, HISTOGRAM = 0, 1, 4
"""MetricType"""
_TYPES = {"counter": COUNTER, "gauge": GAUGE, "histogram": HISTOGRAM}


class Native:
    """One native histogram."""

    __slots__ = ("buckets", "count", "total", "zeros")

    def __init__(self) -> None:
        self.count = self.zeros = 0
        self.total = 0.0
        self.buckets: dict[int, int] = {}

    def observe(self, value: float) -> None:
        self.count += 1
        self.total += value
        if value <= ZERO:
            self.zeros += 1
            return
        # The bucket i holds what is above 2**((i-1)/2**SCHEMA) and at most 2**(i/2**SCHEMA).
        index = math.ceil(math.log2(value) * 2**SCHEMA)
        self.buckets[index] = self.buckets.get(index, 0) + 1


class Natives:
    """The native histograms of one family, by their labels; safe to be read while it is written."""

    def __init__(self, name: str, doc: str, labels: Sequence[str]) -> None:
        self.name, self.doc, self.labels = name, doc, tuple(labels)
        self._lock = threading.Lock()
        self._found: dict[tuple[str, ...], Native] = {}

    def observe(self, labels: tuple[str, ...], value: float) -> None:
        with self._lock:
            self._found.setdefault(labels, Native()).observe(value)

    def encoded(self) -> bytes:
        """The family as a MetricFamily."""
        with self._lock:
            metrics = [
                _metric(dict(zip(self.labels, labels, strict=True)), 7, _native(one))
                for labels, one in self._found.items()
            ]
        return _family(self.name, self.doc, HISTOGRAM, metrics)


def page(registry: CollectorRegistry, natives: Iterable[Natives]) -> bytes:
    """Everything, each family with its length before it."""
    families = [*_classic(registry), *(one.encoded() for one in natives)]
    return b"".join(_varint(len(family)) + family for family in families)


def _classic(registry: CollectorRegistry) -> Iterator[bytes]:
    for metric in registry.collect():
        kind = _TYPES.get(metric.type)
        if kind is None:
            continue
        if kind == HISTOGRAM:
            metrics = [_metric(labels, 7, body) for labels, body in _histograms(metric.samples)]
            yield _family(metric.name, metric.documentation, kind, metrics)
            continue
        name = f"{metric.name}_total" if kind == COUNTER else metric.name
        field = 3 if kind == COUNTER else 2
        samples = [sample for sample in metric.samples if sample.name == name]
        metrics = [_metric(sample.labels, field, _double(1, sample.value)) for sample in samples]
        yield _family(name, metric.documentation, kind, metrics)


def _histograms(samples: Iterable[Any]) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Labels and Histogram of each label set: prometheus_client hands over single samples."""
    found: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for sample in samples:
        labels = tuple((name, value) for name, value in sample.labels.items() if name != "le")
        one = found.setdefault(labels, {"buckets": [], "count": 0.0, "sum": 0.0})
        if sample.name.endswith("_bucket"):
            one["buckets"].append((float(sample.labels["le"]), sample.value, sample.exemplar))
        elif sample.name.endswith("_count"):
            one["count"] = sample.value
        elif sample.name.endswith("_sum"):
            one["sum"] = sample.value
    for labels, one in found.items():
        # sample_count 1, sample_sum 2, bucket 3 (cumulative_count 1, upper_bound 2, exemplar 3)
        body = _uint(1, int(one["count"])) + _double(2, one["sum"])
        for bound, count, exemplar in one["buckets"]:
            bucket = _uint(1, int(count)) + _double(2, bound)
            body += _bytes(3, bucket + (_bytes(3, _exemplar(exemplar)) if exemplar else b""))
        yield dict(labels), body


def _native(one: Native) -> bytes:
    # sample_count 1, sample_sum 2, schema 5, zero_threshold 6, zero_count 7, positive_span 12, positive_delta 13
    body = _uint(1, one.count) + _double(2, one.total) + _sint(5, SCHEMA) + _double(6, ZERO) + _uint(7, one.zeros)
    before, deltas = 0, b""
    for first, length in _spans(sorted(one.buckets)):
        body += _bytes(12, _sint(1, first) + _uint(2, length))
    for index in sorted(one.buckets):
        deltas += _varint(_zigzag(one.buckets[index] - before))
        before = one.buckets[index]
    if not one.buckets:
        # An empty span says that this is a native histogram, although nothing was observed above zero.
        body += _bytes(12, _sint(1, 0) + _uint(2, 0))
    return body + (_bytes(13, deltas) if deltas else b"")


def _spans(indexes: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of buckets: each begins so many buckets after the end of the one before, the first after 0."""
    spans: list[tuple[int, int]] = []
    end = 0
    for index in indexes:
        if spans and index == end:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((index - end, 1))
        end = index + 1
    return spans


def _exemplar(exemplar: Any) -> bytes:
    body = b"".join(_bytes(1, _pair(name, value)) for name, value in exemplar.labels.items())
    body += _double(2, exemplar.value)
    if exemplar.timestamp is not None:
        seconds = int(exemplar.timestamp)
        body += _bytes(3, _uint(1, seconds) + _uint(2, int((exemplar.timestamp - seconds) * 1e9)))
    return body


def _family(name: str, doc: str, kind: int, metrics: Iterable[bytes]) -> bytes:
    head = _bytes(1, name.encode()) + _bytes(2, doc.encode()) + _uint(3, kind)
    return head + b"".join(_bytes(4, metric) for metric in metrics)


def _metric(labels: Mapping[str, str], field: int, value: bytes) -> bytes:
    return b"".join(_bytes(1, _pair(name, text)) for name, text in labels.items()) + _bytes(field, value)


def _pair(name: str, value: str) -> bytes:
    return _bytes(1, name.encode()) + _bytes(2, value.encode())


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _uint(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _sint(field: int, value: int) -> bytes:
    return _uint(field, _zigzag(value))


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    pieces = bytearray()
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    pieces.append(value)
    return bytes(pieces)
