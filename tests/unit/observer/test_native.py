"""Native histograms in protobuf: read back with a strict reader, and exact to the width of a bucket."""

import math
import random
import urllib.request
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from prometheus_client import CollectorRegistry

from functions.observer.metrics import Metrics
from functions.observer.native import CONTENT_TYPE, SCHEMA, Native, Natives, page
from functions.observer.serving import serve
from knative.local.ports import free_ports
from shared.events.catalogue import TurnCompleted, TurnSummary
from shared.telemetry import Timing

STRING, DOUBLE, UINT64, SINT32, SINT64, UINT32, INT64, INT32, ENUM, MESSAGE = 9, 1, 4, 17, 18, 13, 3, 5, 14, 11
PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
OPENMETRICS = "application/openmetrics-text"
SCHEMAS: dict[str, dict[str, tuple[int, Any]]] = {
    # Of prometheus/client_model io/prometheus/client/metrics.proto: name -> (number, type, repeated, message)
    "LabelPair": {"name": (1, STRING), "value": (2, STRING)},
    "Timestamp": {"seconds": (1, INT64), "nanos": (2, INT32)},
    "Exemplar": {"label": (1, "LabelPair*"), "value": (2, DOUBLE), "timestamp": (3, "Timestamp")},
    "Bucket": {"cumulative_count": (1, UINT64), "upper_bound": (2, DOUBLE), "exemplar": (3, "Exemplar")},
    "BucketSpan": {"offset": (1, SINT32), "length": (2, UINT32)},
    "Histogram": {
        "sample_count": (1, UINT64),
        "sample_sum": (2, DOUBLE),
        "bucket": (3, "Bucket*"),
        "schema": (5, SINT32),
        "zero_threshold": (6, DOUBLE),
        "zero_count": (7, UINT64),
        "positive_span": (12, "BucketSpan*"),
        "positive_delta": (13, "sint64*"),
    },
    "Value": {"value": (1, DOUBLE)},
    "Metric": {
        "label": (1, "LabelPair*"),
        "gauge": (2, "Value"),
        "counter": (3, "Value"),
        "histogram": (7, "Histogram"),
    },
    "MetricFamily": {"name": (1, STRING), "help": (2, STRING), "type": (3, UINT32), "metric": (4, "Metric*")},
}


def family_class() -> Any:
    """The message MetricFamily, made by protobuf itself of the numbers above."""
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="t", syntax="proto2")
    for name, fields in SCHEMAS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number, label=1)
            if kind == "sint64*":
                added.type, added.label = SINT64, 3
            elif isinstance(kind, str):
                added.type, added.type_name = MESSAGE, f".t.{kind.rstrip('*')}"
                added.label = 3 if kind.endswith("*") else 1
            else:
                added.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.MetricFamily"))


FAMILY = family_class()


def read(content: bytes) -> dict[str, Any]:
    """The families by name; fails where a byte is left or a field is unknown."""
    found, place = {}, 0
    while place < len(content):
        length = shift = 0
        while True:
            byte = content[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        family = FAMILY.FromString(content[place : place + length])
        assert family.IsInitialized()
        found[family.name] = family
        place += length
    assert place == len(content)
    return found


def bucket_counts(histogram: Any) -> dict[int, int]:
    """Bucket index -> number, as a server reads spans and deltas."""
    counts, index, count = {}, 0, 0
    deltas = iter(histogram.positive_delta)
    for span in histogram.positive_span:
        index += span.offset
        for _ in range(span.length):
            count += next(deltas)
            counts[index] = count
            index += 1
    assert list(deltas) == []
    return counts


def test_a_value_lies_in_the_bucket_whose_bounds_enclose_it() -> None:
    chance = random.Random(1)
    values = [chance.lognormvariate(-2, 2) for _ in range(2000)] + [1.0, 2.0, 0.5, 0.0, -0.0]
    natives = Natives("t", "doc.", ("channel",))
    for value in values:
        natives.observe(("web",), value)
    (metric,) = read(page(CollectorRegistry(), [natives]))["t"].metric
    histogram = metric.histogram
    assert [(pair.name, pair.value) for pair in metric.label] == [("channel", "web")]
    assert (histogram.sample_count, histogram.zero_count, histogram.schema) == (len(values), 2, SCHEMA)
    assert histogram.sample_sum == pytest.approx(sum(values))
    for index, count in bucket_counts(histogram).items():
        low, high = 2 ** ((index - 1) / 2**SCHEMA), 2 ** (index / 2**SCHEMA)
        assert count == sum(low < value <= high for value in values if value > 0), (low, high)


def test_what_saw_nothing_is_a_native_histogram_all_the_same() -> None:
    natives = Natives("t", "doc.", ())
    natives.observe((), 0.0)
    (metric,) = read(page(CollectorRegistry(), [natives]))["t"].metric
    assert len(metric.histogram.positive_span) == 1
    assert bucket_counts(metric.histogram) == {}
    assert not Native().buckets


def test_all_other_metrics_come_along_with_their_exemplars() -> None:
    metrics = Metrics(CollectorRegistry())
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    completed = TurnCompleted(TurnSummary("web:1", "greet", 0.9, bundle="abc"), seconds=0.4)
    metrics.turn("web", completed, [Timing("nlu", 3.0, False)], f"00-{trace}-00f067aa0ba902b7-01")
    found = read(page(metrics.registry, metrics.natives))
    assert found["parley_turns_total"].metric[0].counter.value == 1
    assert found["parley_turns_total"].type == 0
    assert found["process_resident_memory_bytes"].metric[0].gauge.value > 0
    (turn,) = found["parley_turn_seconds"].metric
    buckets = {bucket.upper_bound: bucket for bucket in turn.histogram.bucket}
    assert buckets[0.5].cumulative_count == 1
    assert buckets[0.3].cumulative_count == 0
    assert buckets[math.inf].cumulative_count == turn.histogram.sample_count == 1
    (exemplar,) = (bucket.exemplar for bucket in turn.histogram.bucket if bucket.HasField("exemplar"))
    assert (exemplar.label[0].name, exemplar.label[0].value, exemplar.value) == ("trace_id", trace, 0.4)
    (native,) = found["parley_turn_native_seconds"].metric
    assert native.histogram.sample_count == 1
    assert not native.histogram.bucket
    assert found["parley_stage_native_seconds"].metric[0].histogram.sample_count == 1


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,*/*",
            CONTENT_TYPE,
        ),
        (
            "application/openmetrics-text;version=1.0.0,application/vnd.google.protobuf;q=0.1",
            "application/openmetrics-text",
        ),
        ("*/*", "text/plain"),
    ],
)
def test_a_server_gets_the_form_that_it_asks_for(accept: str, kind: str) -> None:
    (port,) = free_ports(1)
    serve(Metrics(CollectorRegistry()), "127.0.0.1", port)
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["content-type"].startswith(kind)
        assert answer.read()
