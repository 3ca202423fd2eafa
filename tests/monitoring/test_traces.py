"""A message's trace through the whole running assistant: one tree of spans, and the same way in the logs."""

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

import pytest

from tests.monitoring.conftest import Watched
from tests.monitoring.prometheus import ROOT, eventually
from tests.otlp_receiver import attributes

TRACE, PARENT = "5bf92f3577b34da6a3ce929d0e0e4736", "10f067aa0ba902b7"
ALL = {"parley-gateway", "parley-nlu", "parley-dialogue", "parley-actions", "parley-observer", "parley-shadow"}


def spans_of(run: Watched, trace: str) -> dict[str, tuple[str, Any]]:
    """Span id -> service and span."""
    found = [(service, span) for service, span in list(run.receiver.spans) if span.trace_id.hex() == trace]
    return {span.span_id.hex(): (service, span) for service, span in found}


def services_of(run: Watched, trace: str) -> set[str]:
    return {service for service, _ in spans_of(run, trace).values()}


def root_of(spans: dict[str, tuple[str, Any]]) -> set[str]:
    """The parents that are no spans of ours."""
    return {span.parent_span_id.hex() for _, span in spans.values()} - set(spans)


@pytest.fixture(scope="module")
def traced(run: Watched) -> dict[str, tuple[str, Any]]:
    """A REST message that needs an action, asked for by somebody who traces."""
    body = json.dumps({"sender": "traced", "message": "play some jazz"}).encode()
    headers = {"content-type": "application/json", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    url = f"{run.assistant.url}/webhooks/rest/webhook"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
        assert json.load(answer)
    eventually(lambda: services_of(run, TRACE) >= ALL and root_of(spans_of(run, TRACE)) == {PARENT})
    return spans_of(run, TRACE)


def test_a_rest_message_is_one_tree_of_spans_below_the_callers_own(traced: dict[str, tuple[str, Any]]) -> None:
    names = [(service, span.name) for service, span in traced.values()]
    for expected in (
        ("parley-gateway", "message.received.v1"),
        ("parley-nlu", "message.received.v1"),
        ("parley-dialogue", "message.understood.v1"),
        ("parley-actions", "action.requested.v1"),
        ("parley-dialogue", "action.completed.v1"),
        ("parley-observer", "turn.completed.v1"),
    ):
        assert names.count(expected) == 1, expected
    assert root_of(traced) == {PARENT}
    (gateway,) = (span for service, span in traced.values() if (service, span.kind) == ("parley-gateway", 2))
    assert gateway.parent_span_id.hex() == PARENT


def test_each_stage_follows_from_the_one_before_it(traced: dict[str, tuple[str, Any]]) -> None:
    def before(service: str, span: Any) -> list[str]:
        """The services on the way up to the root."""
        way = [service]
        while span.parent_span_id.hex() in traced:
            above, span = traced[span.parent_span_id.hex()]
            way += [above] if above != way[-1] else []
        return way

    turns = [
        span for service, span in traced.values() if (service, span.name) == ("parley-observer", "turn.completed.v1")
    ]
    (last,) = (before("parley-observer", span) for span in turns)
    stages = [name for name in last if name != "parley-gateway"]
    assert stages == ["parley-observer", "parley-dialogue", "parley-actions", "parley-dialogue", "parley-nlu"]


def test_no_span_tells_what_was_said_or_by_whom(run: Watched, traced: dict[str, tuple[str, Any]]) -> None:
    for _, span in run.receiver.spans:
        text = str(attributes(span)) + span.name
        assert "jazz" not in text
        assert "Baker Street" not in text
        assert "rest:traced" not in text


def test_a_message_through_the_broker_is_one_tree_too(run: Watched) -> None:
    def complete() -> list[str]:
        traces = {span.trace_id.hex() for service, span in list(run.receiver.spans) if service == "parley-delivery"}
        return [
            trace
            for trace in traces
            if {"parley-gateway", "parley-nlu", "parley-dialogue", "parley-delivery", "parley-observer"}
            <= services_of(run, trace)
            and len(root_of(spans_of(run, trace))) == 1
        ]

    assert eventually(complete)


def test_the_logs_tell_the_same_way_with_times(run: Watched, traced: dict[str, tuple[str, Any]]) -> None:
    environ = {**os.environ, "PARLEY_HOME": str(run.assistant.home), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-m", "monitoring.conversations.trace", TRACE],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stages = [line.split()[-3] for line in told.splitlines() if line.endswith(".v1")]
    assert f"trace {TRACE}" in told
    assert stages[:2] == ["gateway", "nlu"]
    assert sorted(stages) == ["actions", "dialogue", "dialogue", "gateway", "nlu", "observer", "observer", "shadow"]
    assert "ms in all" in told
    assert "jazz" not in told
