"""A process's own page of numbers: on a port of its own, from the first event on, and never in the way."""

import http.client
import os
import socket
import subprocess
import sys
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from knative.local.ports import free_ports
from shared import meter as served
from shared.config import Misconfigured
from shared.events.catalogue import MessageReceived
from shared.meter import FAMILIES
from shared.serving import Serving
from shared.telemetry import Meter, open_meter
from tests.unit.shared.test_serving import Understanding, event


def page(port: int, path: str = "/metrics") -> tuple[int, str]:
    end = time.monotonic() + 10
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.02)
        finally:
            connection.close()


def values(text: str) -> dict[str, float]:
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_a_stage_serves_what_it_counted_from_its_first_event_on(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("METRICS_PORT", str(port))
    monkeypatch.setenv("METRICS_HOST", "127.0.0.1")
    serving = Serving("nlu", Understanding())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5).close()
    serving(event())
    serving(event())
    status, text = page(port)
    assert status == 200
    found = values(text)
    assert found["parley_process_events_total"] == 2
    assert f'type="{MessageReceived.TYPE}",status="200"' in text
    assert found["parley_process_seconds_total"] > 0
    assert found["process_resident_memory_bytes"] > 2**20
    assert 0 < found["parley_process_ready_seconds"] < time.time() - found["process_start_time_seconds"] + 1
    assert {family.name for family in text_string_to_metric_families(text)} == {
        name.removesuffix("_total") for name, _, _ in FAMILIES
    }
    assert page(port, "/elsewhere")[0] == 404


def test_types_from_outside_do_not_become_labels() -> None:
    (port,) = free_ports(1)
    meter = Meter("dead_letter", "127.0.0.1", port)
    for number in range(1000):
        meter.count(f"odd{number}", 204, 0.1)
    assert len(meter.counted()) <= 201
    assert 'type="other",status="204"} 1000' in served.page(meter)
    assert "odd" not in served.page(meter)


def test_whoever_sends_nothing_or_too_much_keeps_nobody_else_waiting_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.meter.PATIENCE", 0.2)
    (port,) = free_ports(1)
    meter = Meter("nlu", "127.0.0.1", port)
    meter.count(MessageReceived.TYPE, 200, 0.1)
    page(port)
    with socket.create_connection(("127.0.0.1", port), 5), socket.create_connection(("127.0.0.1", port), 5) as flood:
        flood.sendall(b"GET /metrics HTTP/1.1\r\n" + b"x" * 7000)
        assert page(port)[0] == 200


def test_a_port_in_use_is_told_and_the_stage_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        meter = Meter("nlu", "127.0.0.1", taken.getsockname()[1])
        meter.count(MessageReceived.TYPE, 200, 0.1)
        end = time.monotonic() + 10
        while "no metrics of this process" not in caplog.text and time.monotonic() < end:
            time.sleep(0.01)
    assert "no metrics of this process" in caplog.text


@pytest.mark.parametrize("port", ["http", "0", "99999", "-1"])
def test_a_port_that_is_none_is_told_at_the_start(port: str) -> None:
    with pytest.raises(Misconfigured, match="METRICS_PORT"):
        open_meter("nlu", {"METRICS_PORT": port})


def test_nothing_is_imported_for_it_before_the_first_answer() -> None:
    program = "import sys, functions.gateway.main; print('shared.meter' in sys.modules)"
    for settings in ({}, {"METRICS_PORT": "9102"}):
        environ = {**os.environ, **settings}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.strip() == "False", settings
