"""The local broker calls stages at regular times, as a PingSource does."""

from pathlib import Path

import pytest

from knative.local.broker.pinging import Ping, read_pings
from tests.contract.broker.running import Answer, RunningBroker, failing, subscribers, trigger, until


def test_it_calls_again_and_again_whatever_is_answered(tmp_path: Path) -> None:
    with subscribers(failing(2, Answer(202)), None) as [called, subscriber]:
        broker = RunningBroker(
            tmp_path,
            [trigger("t", subscriber)],
            options=("--service", f"parley-dialogue={called.url}", "--ping", "parley-dialogue/tick=0.1"),
        )
        try:
            until(lambda: len(called.received) >= 4, "the stage is called")
        finally:
            broker.stop()
        assert {received.path for received in called.received} == {"/tick"}
        assert subscriber.received == []


def test_a_ping_is_a_service_a_path_and_a_time() -> None:
    services = {"parley-dialogue": "http://dialogue:8080"}
    assert read_pings(["parley-dialogue/tick=60"], services) == (Ping("http://dialogue:8080/tick", 60.0),)
    shared = {"parley-dialogue": "http://one:8080/stages/dialogue?token=secret"}
    assert read_pings(["parley-dialogue/tick=60"], shared) == (
        Ping("http://one:8080/stages/dialogue/tick?token=secret", 60.0),
    )


@pytest.mark.parametrize("pair", ["parley-dialogue/tick", "parley-dialogue/tick=0", "parley-dialogue/tick=x", "no/t=1"])
def test_anything_else_is_refused_with_what_is_taken(pair: str) -> None:
    with pytest.raises(ValueError, match="NAME/PATH=SECONDS"):
        read_pings([pair], {"parley-dialogue": "http://dialogue:8080"})
