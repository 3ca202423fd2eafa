"""Spans: where they hang together, what they say, and that exporting them neither slows nor fails anything."""

import hashlib
import logging
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from shared.config import Misconfigured, read
from shared.errors import Unavailable
from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.otlp import Exporter, Span, Tracer, read_namespace, resource_of
from shared.outbound import Outbound
from shared.process import Process, describe_process
from shared.serving import Endpoint
from shared.settings import Settings
from shared.telemetry import read_timings
from tests.loopback import Asked, Recorder, served
from tests.otlp_receiver import Receiver, attributes

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
EVENT = Envelope(
    id="web:1",
    source="/parley/gateway",
    subject="web:me",
    data=MessageReceived("a secret wish", "me"),
    type=MessageReceived.TYPE,
    message="web:1",
    channel="web",
    traceparent=f"00-{TRACE}-{PARENT}-01",
)


class Stage:
    CONSUMES = (MessageReceived,)
    PRODUCES = (MessageUnderstood,)

    def __init__(self, call: str = "", failure: Exception | None = None) -> None:
        self.call, self.failure = call, failure
        self.outbound = Outbound()

    def traced(self, process: Process) -> "Stage":
        self.outbound = Outbound(trace=process.tracer)
        return self

    def __call__(self, envelope: Envelope) -> Envelope:
        if self.failure is not None:
            raise self.failure
        if self.call:
            self.outbound.post(f"{self.call}/bot123:SECRET/sendMessage?token=SECRET", b"{}", {}, 5)
        return envelope.answer(
            MessageUnderstood(MessageReceived("a secret wish", "me"), Intent("greet", 1.0)), "/parley/nlu", "understood"
        )


def process(name: str, **environ: str) -> Process:
    return describe_process(name, read(Settings, environ))


def serving(stage: Stage, url: str) -> Endpoint:
    traced = process("nlu", OTEL_EXPORTER_OTLP_ENDPOINT=url)
    return Endpoint(traced, stage.traced(traced))


def make_request(envelope: Envelope = EVENT, **more: str) -> Asked:
    headers, body = encode(envelope)
    return Asked(headers={**headers, **more}, body=body)


def test_a_stages_work_is_a_span_of_the_events_trace_and_its_answer_goes_on_from_there() -> None:
    with Receiver().running() as receiver:
        body, status, headers = serving(Stage(), receiver.url)(make_request())
        ((service, span),) = receiver.wait(1)
    assert (status, service, span.name, span.kind) == (200, "parley-nlu", "message.received.v1", 5)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert decode(headers, body).traceparent == f"00-{TRACE}-{span.span_id.hex()}-01"
    assert 0 <= span.end_time_unix_nano - span.start_time_unix_nano < 10**10
    said = attributes(span)
    assert (said["cloudevents.event_id"], said["faas.coldstart"]) == ("web:1", True)
    assert said["http.response.status_code"] == 200
    assert "secret" not in str(span)
    assert "web:me" not in str(span), "the conversation is told hashed"


def test_a_hop_that_somebody_between_traces_is_the_parent_where_it_belongs_to_the_trace() -> None:
    with Receiver().running() as receiver:
        answer = serving(Stage(), receiver.url)
        answer(make_request(traceparent=f"00-{TRACE}-{'a' * 16}-01"))
        answer(make_request(traceparent=f"00-{'b' * 32}-{'a' * 16}-01"))
        spans = receiver.wait(2)
    assert [span.parent_span_id.hex() for _, span in spans] == ["a" * 16, PARENT]
    assert {span.trace_id.hex() for _, span in spans} == {TRACE}


def test_calls_of_a_stage_are_spans_below_it_and_tell_no_path() -> None:
    with Receiver().running() as receiver, served(Recorder()) as platform:
        serving(Stage(platform), receiver.url)(make_request())
        spans = {span.name: span for _, span in receiver.wait(2)}
    call, stage = spans["POST 127.0.0.1"], spans["message.received.v1"]
    assert (call.kind, call.parent_span_id) == (3, stage.span_id)
    assert attributes(call)["http.response.status_code"] == 202
    assert "SECRET" not in str(call)


def test_a_call_that_carries_a_trace_hands_its_own_span_on() -> None:
    recorder = Recorder()
    with Receiver().running() as receiver, served(recorder) as stage:
        tracer = process("gateway", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url).tracer
        headers, body = encode(EVENT)
        Outbound(trace=tracer).post(stage, body, headers, 5)
        ((_, span),) = receiver.wait(1)
    sent = recorder.requests[0][1]
    assert sent["traceparent"] == f"00-{TRACE}-{span.span_id.hex()}-01"
    assert sent["ce-traceparent"] == EVENT.traceparent, "the extension keeps saying where the event began"


@pytest.mark.parametrize(("failure", "status"), [(Unavailable("the store is down"), 503), (KeyError("secret"), 422)])
def test_what_fails_is_a_span_with_an_error(failure: Exception, status: int) -> None:
    with Receiver().running() as receiver:
        assert serving(Stage(failure=failure), receiver.url)(make_request())[1] == status
        ((_, span),) = receiver.wait(1)
    assert (span.status.code, attributes(span)["http.response.status_code"]) == (2, status)
    assert span.status.message
    assert "secret" not in span.status.message


def test_what_fails_is_kept_even_of_a_trace_that_is_not_recorded() -> None:
    with Receiver().running() as receiver:
        traced = process("nlu", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, OTEL_TRACES_SAMPLER_ARG="0")
        good, bad = Stage(), Stage(failure=Unavailable("the store is down"))
        for stage in (good, bad, good):
            Endpoint(traced, stage.traced(traced))(make_request())
        assert traced.tracer is not None
        ((_, span),) = receiver.wait(1)
    assert attributes(span)["error.type"] == "503"
    assert span.parent_span_id.hex() == PARENT


def test_a_log_line_names_the_trace_and_the_span_of_the_stages_work(caplog: pytest.LogCaptureFixture) -> None:
    with Receiver().running() as receiver, caplog.at_level(logging.INFO):
        serving(Stage(), receiver.url)(make_request())
        ((_, span),) = receiver.wait(1)
    fields = next(record.fields for record in caplog.records if record.message == "taken")  # type: ignore[attr-defined]
    assert (fields["trace_id"], fields["span_id"]) == (TRACE, span.span_id.hex())


def test_a_span_says_what_kind_of_message_it_is_about_and_where_the_stage_runs(tmp_path: Path) -> None:
    with Receiver().running() as receiver:
        serving(Stage(), receiver.url)(make_request())
        ((_, span),) = receiver.wait(1)
    said = attributes(span)
    assert said["messaging.destination.name"] == MessageReceived.TYPE
    assert said["messaging.message.id"] == "web:1"
    resource = resource_of(
        "nlu", read(Settings, {"NAMESPACE": "shop", "DEPLOYMENT_ENVIRONMENT": "prod", "SERVICE_VERSION": "1.2.0"})
    )
    assert resource["k8s.namespace.name"] == resource["service.namespace"] == "shop"
    assert (resource["deployment.environment.name"], resource["service.version"]) == ("prod", "1.2.0")


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("nameserver 10.0.0.10\nsearch parley-dev.svc.cluster.local svc.cluster.local\n", "parley-dev"),
        ("search example.com\n", ""),
        ("search\n", ""),
        ("", ""),
    ],
)
def test_a_pods_namespace_is_read_from_where_kubernetes_writes_it(tmp_path: Path, text: str, namespace: str) -> None:
    (tmp_path / "resolv.conf").write_text(text)
    assert read_namespace(str(tmp_path / "resolv.conf")) == namespace
    assert read_namespace(str(tmp_path / "missing")) == ""


def test_dropped_spans_travel_with_the_next_event_once() -> None:
    lost = [0]
    tracer = Tracer(lambda _: None, 1.0, lambda: lost[0])
    traced = replace(process("nlu"), tracer=tracer)
    endpoint = Endpoint(traced, Stage())
    told = []
    for number in (0, 7, 7, 9):
        lost[0] = number
        _, _, headers = endpoint(make_request())
        told.append(read_timings(headers["ce-timings"])[-1].spans_dropped)
    assert told == [0, 7, 0, 2]


@pytest.mark.parametrize("traceparent", [None, "nonsense", f"00-{TRACE}-{PARENT}-00"])
def test_a_trace_that_is_none_or_that_the_caller_does_not_record_has_no_span(traceparent: str | None) -> None:
    with Receiver().running() as receiver:
        answer = serving(Stage(), receiver.url)
        body, status, headers = answer(make_request(replace(EVENT, traceparent=traceparent)))
        assert status == 200
        assert decode(headers, body).traceparent == traceparent
        answer(make_request())
        assert len(receiver.wait(1)) == 1


def test_all_stages_choose_the_same_share_of_traces() -> None:
    taken: list[list[Span]] = [[], []]
    tracers = [Tracer(spans.append, 0.25) for spans in taken]
    for number in range(400):
        trace = hashlib.md5(b"%d" % number, usedforsecurity=False).hexdigest()
        event = replace(EVENT, traceparent=f"00-{trace}-{PARENT}-01")
        for tracer in tracers:
            tracer.end(tracer.begin(event)[0], 200)
    assert [span.trace for span in taken[0]] == [span.trace for span in taken[1]]
    assert 60 < len(taken[0]) < 140


def span() -> Span:
    return Span("work", 5, TRACE, PARENT, "01", {})


def test_a_receiver_that_is_slow_or_away_slows_nobody_and_what_is_too_much_is_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Receiver(delay=0.5).running() as receiver:
        export = Exporter(f"{receiver.url}/v1/traces", {}, capacity=50, pause=0.01, timeout=0.2)
        started = time.perf_counter()
        for _ in range(500):
            export(span())
        assert time.perf_counter() - started < 0.4
        assert export.dropped > 0
        export.finish(5.0)
    assert export.sent == 0
    assert export.dropped == 500
    assert "dropped" in caplog.text


def test_a_batch_that_is_to_come_again_comes_again_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with Receiver([503]).running() as receiver:
        export = Exporter(f"{receiver.url}/v1/traces", {"service.name": "a"}, pause=0.01)
        export(span())
        receiver.wait(1)
        export.finish()
        assert (export.sent, export.dropped, len(receiver.headers)) == (1, 0, 2)
        receiver.statuses = [400]
        export(span())
        export.finish(5.0)
        assert (export.sent, export.dropped, len(receiver.headers)) == (1, 1, 3)


def test_what_waits_is_sent_before_the_process_ends() -> None:
    """As in an image, whose server leaves without Python's own end, and as under functions-framework."""
    program = """
import os, sys
from shared.otlp import Exporter, Span
from shared.telemetry import end
Exporter(sys.argv[1], {"service.name": "a"}, pause=30)(Span("work", 5, "a" * 32, "b" * 16, "01", {"odd": "\\ud800"}))
if sys.argv[2] == "image":
    end()
    os._exit(0)
"""
    with Receiver().running() as receiver:
        for number, how in enumerate(("image", "framework"), start=1):
            subprocess.run([sys.executable, "-c", program, f"{receiver.url}/v1/traces", how], check=True, timeout=20)
            assert len(receiver.wait(number)) == number


def test_opentelemetrys_variables_name_receiver_headers_and_resource() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc, x-tenant=me",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        "K_REVISION": "parley-dead-letter-00002",
        "HOSTNAME": "pod-1",
    }
    with Receiver().running() as receiver:
        traces = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{receiver.url}/v1/traces"}
        tracer = process("dead_letter", **environ, **traces).tracer
        assert tracer is not None
        tracer.end(tracer.begin(EVENT)[0], 204)
        ((service, _),) = receiver.wait(1)
    assert service == "parley-dead-letter"
    assert receiver.headers[0]["authorization"] == "Bearer abc"
    assert receiver.headers[0]["x-tenant"] == "me"
    resource = resource_of("dead_letter", read(Settings, environ))
    assert (resource["faas.version"], resource["deployment.environment.name"]) == ("parley-dead-letter-00002", "test")


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_SAMPLER_ARG": "much"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_SAMPLER_ARG": "7"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TIMEOUT": "soon"},
    ],
)
def test_a_wrong_variable_is_told_at_the_start(environ: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="OTEL_"):
        process("nlu", **environ)


def test_without_a_receiver_nothing_is_imported_for_traces() -> None:
    program = "import sys, functions.observer.main, functions.gateway.main; print('shared.otlp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
