"""Ordered Triggers, and what the broker does when too much waits."""

import random
import threading
import time
from pathlib import Path
from typing import Any

from knative.local.routes import ORDER
from tests.contract.broker.running import (
    Answer,
    Received,
    RunningBroker,
    Subscriber,
    event_headers,
    quick,
    running,
    subscribers,
    trigger,
    until,
)


def ordered(name: str, subscriber: Subscriber, **spec: Any) -> dict[str, Any]:
    found = trigger(name, subscriber, **spec)
    return {**found, "metadata": {**found["metadata"], "annotations": {ORDER: "ordered"}}}


def test_an_ordered_trigger_gets_each_partition_in_order_however_slow_or_failing_single_events_are(
    tmp_path: Path,
) -> None:
    chance = random.Random(7)
    done: list[str] = []

    def unreliable(received: Received) -> Answer:
        time.sleep(chance.random() * 0.02)
        if chance.random() < 0.3:
            return Answer(503)
        done.append(received.id)
        return Answer()

    with (
        subscribers(unreliable) as [subscriber],
        running(tmp_path, [ordered("t", subscriber, delivery=quick(retry=50))]) as broker,
    ):
        for number in range(20):
            for key in ("a", "b", "c"):
                assert broker.publish(id=f"{key}{number}", partitionkey=key) == 202
        broker.settled()
    for key in ("a", "b", "c"):
        assert [ident for ident in done if ident[0] == key] == [f"{key}{number}" for number in range(20)]


def test_one_partition_does_not_wait_for_another(tmp_path: Path) -> None:
    free = threading.Event()

    def stuck(received: Received) -> Answer:
        if received.headers["ce-partitionkey"] == "stuck":
            free.wait(10)
        return Answer()

    with subscribers(stuck) as [subscriber], running(tmp_path, [ordered("t", subscriber)]) as broker:
        broker.publish(id="1", partitionkey="stuck")
        broker.publish(id="2", partitionkey="stuck")
        broker.publish(id="3", partitionkey="other")
        until(lambda: "3" in subscriber.ids(), "the other partition is served")
        assert "2" not in subscriber.ids()
        free.set()
        broker.settled()
    assert sorted(subscriber.ids()) == ["1", "2", "3"]


def test_an_event_that_is_given_up_lets_the_next_one_pass(tmp_path: Path) -> None:
    def picky(received: Received) -> Answer:
        return Answer(400 if received.id == "1" else 202)

    with (
        subscribers(picky, None) as (subscriber, sink),
        running(tmp_path, [ordered("t", subscriber, delivery=quick(sink=sink))]) as broker,
    ):
        broker.publish(id="1", partitionkey="k")
        broker.publish(id="2", partitionkey="k")
        broker.settled()
    assert subscriber.ids() == ["1", "2"]
    assert sink.ids() == ["1"]


def test_the_order_survives_kill_9(tmp_path: Path) -> None:
    up = threading.Event()
    with subscribers(lambda _: Answer(202 if up.is_set() else 503)) as [subscriber]:
        triggers = [ordered("t", subscriber, delivery=quick(retry=1000))]
        broker = RunningBroker(tmp_path, triggers)
        for number in range(5):
            assert broker.publish(id=str(number), partitionkey="k") == 202
        until(lambda: subscriber.received, "the first is tried")
        broker.kill()
        with running(tmp_path, triggers) as broker:
            subscriber.received.clear()
            up.set()
            broker.settled()
    assert subscriber.ids()[-5:] == ["0", "1", "2", "3", "4"]
    assert "1" not in subscriber.ids()[:-5]


def test_where_too_much_waits_new_events_are_refused_for_now_and_replies_are_not(tmp_path: Path) -> None:
    free = threading.Event()

    def slow(received: Received) -> Answer:
        free.wait(10)
        return Answer(200, event_headers(id=f"{received.id}.answer", type="answer"))

    with subscribers(slow, None) as (subscriber, after):
        triggers = [
            trigger("t", subscriber, filter={"attributes": {"type": "t"}}),
            trigger("answers", after, filter={"attributes": {"type": "answer"}}),
        ]
        with running(tmp_path, triggers, options=("--backlog", "3")) as broker:
            assert [broker.publish(id=str(number)) for number in range(5)] == [202, 202, 202, 503, 503]
            assert broker.request(headers=event_headers())[1]["retry-after"] == "1"
            free.set()
            until(lambda: len(after.received) == 3, "all that was taken came to its end")
            broker.settled()
            assert broker.publish(id="again") == 202
            broker.settled()


def test_with_partitions_one_event_that_is_retried_holds_up_those_behind_it_and_a_trigger_of_its_own_does_not(
    tmp_path: Path,
) -> None:
    """Kafka's order, and why each channel has a delivery Trigger (knative/components/kafka/delivery.yaml)."""

    def dead_platform(received: Received) -> Answer:
        return Answer(503) if received.headers["ce-channel"] == "dead" else Answer()

    slow = {"retry": 50, "backoffPolicy": "linear", "backoffDelay": "PT1S"}
    with subscribers(dead_platform, dead_platform, dead_platform) as (together, alive, dead):
        triggers = [
            ordered("together", together, delivery=slow),
            ordered("alive", alive, delivery=slow, filter={"attributes": {"channel": "alive"}}),
            ordered("dead", dead, delivery=slow, filter={"attributes": {"channel": "dead"}}),
        ]
        with running(tmp_path, triggers, options=["--partitions", "1"]) as broker:
            assert broker.publish(id="1", partitionkey="ann", channel="dead") == 202
            for number in range(2, 6):
                assert broker.publish(id=str(number), partitionkey=f"p{number}", channel="alive") == 202
            until(lambda: len(alive.received) == 4, "the other channel is served")
            until(lambda: len(together.received) >= 2, "the event at the head is tried again")
            assert set(together.ids()) == {"1"}
