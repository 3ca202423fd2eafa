"""The broker's HTTP side: what it takes, what it refuses, and with which words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.broker.running import RunningBroker, event_headers, running, subscribers, trigger

LIMIT = 4096


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    directory: Path = tmp_path_factory.mktemp("broker")
    with (
        subscribers(None) as [subscriber],
        running(directory, [trigger("t", subscriber)], None, ["--max-bytes", str(LIMIT)]) as broker,
    ):
        yield broker


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "said"),
    [
        ("POST", "/parley/other", event_headers(), b"", 404, "events go to /parley/default"),
        ("POST", "/elsewhere/default", event_headers(), b"", 404, "events go to /parley/default"),
        ("POST", "/", event_headers(), b"", 400, "events go to /parley/default"),
        ("POST", "/parley", event_headers(), b"", 400, "events go to /parley/default"),
        ("POST", "/parley/default/more", event_headers(), b"", 400, "events go to /parley/default"),
        ("GET", "/parley/default", {}, b"", 405, "send events with POST"),
        ("PUT", "/parley/default", event_headers(), b"", 405, "send events with POST"),
        ("DELETE", "/stats", {}, b"", 405, "send events with POST"),
        ("POST", "/parley/default", {}, b"", 400, "specversion is missing; id is missing"),
        ("POST", "/parley/default", {"content-type": "application/cloudevents-batch+json"}, b"[]", 400, "one event"),
        ("POST", "/parley/default", event_headers(), b"x" * (LIMIT + 1), 413, f"more than the {LIMIT} bytes"),
    ],
)
def test_a_refusal_says_what_to_send_instead(
    broker: RunningBroker, method: str, path: str, headers: dict[str, str], body: bytes, status: int, said: str
) -> None:
    code, _, answer = broker.request(method, path, headers, body)
    assert code == status
    assert said in json.loads(answer)["error"]


def test_an_event_of_the_largest_size_is_taken(broker: RunningBroker) -> None:
    assert broker.publish(b"x" * LIMIT) == 202


def test_a_slash_at_the_end_of_the_path_is_the_same_broker(broker: RunningBroker) -> None:
    assert broker.request(path="/parley/default/", headers=event_headers())[0] == 202


def test_health_and_counts_can_be_asked_for(broker: RunningBroker) -> None:
    assert broker.request("GET", "/healthz")[0] == 200
    stats = broker.stats()
    assert set(stats["events"]) == {"accepted", "unwanted", "looped"}
    outcomes = {"delivered", "retried", "failed", "dead_lettered", "parked", "dropped"}
    assert set(stats["triggers"]["t"]) == {"queued", *outcomes}
    page = broker.request("GET", "/metrics")[2].decode()
    for outcome in outcomes:
        assert f'parley_broker_deliveries_total{{trigger="t",outcome="{outcome}"}} ' in page
