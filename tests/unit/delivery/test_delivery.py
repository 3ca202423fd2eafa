"""Delivery: once, in order, and with a cause where it does not work."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.delivery.sending import Refused
from shared.errors import Conflict, Rejected, Unavailable
from shared.events.catalogue import Button, MessageReceived, RepliesDecided, Reply, TurnCompleted
from tests.loopback import Recorder, served
from tests.unit.delivery.deliveries import Bench, decided, requested


@pytest.fixture
def platform() -> Iterator[tuple[Recorder, Bench]]:
    """A callback's receiver, and a delivery stage that is configured with its address."""
    recorder = Recorder()
    with served(recorder) as url:
        bench = Bench(settings={"callback": {"url": f"{url}/callback"}})
        yield recorder, bench
        bench.outbound.close()


def received(recorder: Recorder) -> list[Any]:
    return [json.loads(body) for _, _, body in recorder.requests]


def test_replies_go_to_the_callback_in_order_as_rasa_sends_them(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    answer = bench.stage(decided("hello stranger\n\nsecond part", "third"))
    assert received(recorder) == [
        {"recipient_id": "me", "text": "hello stranger"},
        {"recipient_id": "me", "text": "second part"},
        {"recipient_id": "me", "text": "third"},
    ]
    path, headers, _ = recorder.requests[0]
    assert (path, headers["content-type"]) == ("/callback", "application/json")
    assert answer is not None
    assert isinstance(answer.data, TurnCompleted)
    assert (answer.data.delivery, answer.data.seconds) == ("delivered", 2.0)


def test_a_redelivered_event_sends_nothing_again_and_answers_the_same_event(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    first, again = (bench.stage(decided("hi")) for _ in range(2))
    assert len(recorder.requests) == 1
    assert first is not None
    assert again is not None
    assert first.id == again.id


def test_what_was_sent_before_a_failure_is_not_sent_again(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    recorder.statuses = [200, 500, 500, 500]
    with pytest.raises(Unavailable, match="500"):
        bench.stage(decided("one", "two", "three"))
    assert bench.paused == [0.2, 0.8]
    bench.stage(decided("one", "two", "three"))
    assert [message["text"] for message in received(recorder)] == ["one", "two", "two", "two", "two", "three"]


def test_a_failure_that_passes_is_waited_out(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    recorder.statuses = [503, 200]
    assert bench.stage(decided("one")) is not None
    assert len(recorder.requests) == 2


def test_a_short_retry_after_is_obeyed_and_a_long_one_left_to_the_broker(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    recorder.statuses, recorder.headers = [429], {"retry-after": "3"}
    bench.stage(decided("one"))
    assert bench.paused == [3.0]
    recorder.statuses, recorder.headers = [429], {"retry-after": "60"}
    with pytest.raises(Unavailable):
        bench.stage(decided("two", id="callback:m2.decided"))
    assert bench.paused == [3.0]


def test_a_refusal_is_not_retried_and_keeps_what_a_replay_needs(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    recorder.statuses = [200, 404]
    with pytest.raises(Refused, match="404"):
        bench.stage(decided("one", "two"))
    assert len(recorder.requests) == 2
    bench.stage(decided("one", "two"))
    assert [message["text"] for message in received(recorder)] == ["one", "two", "two"]


def test_a_platform_that_is_gone_is_unavailable_and_its_address_is_not_told() -> None:
    bench = Bench(settings={"callback": {"url": "http://127.0.0.1:9/secret-path"}})
    with pytest.raises(Unavailable) as raised:
        bench.stage(decided("one"))
    assert "127.0.0.1" not in str(raised.value)


def test_a_platform_that_hangs_is_given_up_within_the_lease() -> None:
    release = threading.Event()

    def hang(_: Any) -> Any:
        release.wait(5)
        return "", 200, {}

    with served(hang) as url:
        bench = Bench(settings={"callback": {"url": url}})
        with pytest.raises(Unavailable):
            bench.delivery(bench.outbound, timeout=0.05)(decided("one"))
        release.set()
        bench.outbound.close()


def test_replies_that_somebody_else_is_sending_conflict(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    event = decided("one")
    bench.store.ledger.claim(event.id, event.subject, "somebody", bench.now, 60.0, bench.now + 1000)
    with pytest.raises(Conflict):
        bench.stage(event)
    bench.now += 61
    bench.stage(event)
    assert len(recorder.requests) == 1


def test_a_callback_without_an_address_says_which_setting_is_missing() -> None:
    with pytest.raises(Unavailable, match="CALLBACK_URL"):
        Bench().stage(decided("one"))


def test_web_chat_replies_wait_in_the_outbox_with_the_end_of_the_turn() -> None:
    bench = Bench()
    event = decided("one", channel="webchat")
    assert isinstance(event.data, RepliesDecided)
    reply = Reply(text="Which?", buttons=(Button("Yes", "/affirm"),), image="https://example.invalid/a.png")
    event = replace(event, data=replace(event.data, replies=(*event.data.replies, reply)))
    for _ in range(2):
        assert bench.stage(event) is not None
    assert bench.outbox() == [
        {"message": "webchat:m1", "text": "one"},
        {"message": "webchat:m1", "text": "Which?", "buttons": [{"title": "Yes", "payload": "/affirm"}]},
        {"message": "webchat:m1", "image": "https://example.invalid/a.png"},
        {"message": "webchat:m1", "end": True},
    ]
    assert set(bench.posted) == {"webchat:c"}


def test_a_turn_without_replies_still_ends_for_the_page() -> None:
    bench = Bench()
    bench.stage(decided(channel="webchat"))
    assert bench.outbox() == [{"message": "webchat:m1", "end": True}]


@pytest.mark.parametrize("channel", ["webchat", "callback"])
def test_what_is_said_before_an_action_goes_out_first_whatever_comes_first(
    platform: tuple[Recorder, Bench], channel: str
) -> None:
    recorder, bench = platform
    before, last = requested("one moment", channel=channel), decided("done", channel=channel, said=1)
    with pytest.raises(Conflict, match="before these"):
        bench.stage(last)
    assert bench.stage(before) is None
    assert bench.stage(last) is not None
    texts = received(recorder) if channel == "callback" else bench.outbox()
    assert [message["text"] for message in texts if "text" in message] == ["one moment", "done"]


def test_two_actions_in_a_turn_keep_their_order_too() -> None:
    bench = Bench()
    first = requested("one", "two", channel="webchat")
    second = requested("three", channel="webchat", said=2, ident="m1.requested2")
    last = decided("four", channel="webchat", said=3)
    for early in (last, second):
        with pytest.raises(Conflict):
            bench.stage(early)
    bench.stage(first)
    with pytest.raises(Conflict):
        bench.stage(last)
    for event in (second, first, last):
        bench.stage(event)
    assert [message["text"] for message in bench.outbox() if "text" in message] == ["one", "two", "three", "four"]


def test_an_earlier_reply_that_fails_holds_the_later_ones_back(platform: tuple[Recorder, Bench]) -> None:
    recorder, bench = platform
    recorder.statuses = [500, 500, 500]
    with pytest.raises(Unavailable):
        bench.stage(requested("one moment"))
    with pytest.raises(Conflict):
        bench.stage(decided("done", said=1))
    bench.stage(requested("one moment"))
    bench.stage(decided("done", said=1))
    assert [message["text"] for message in received(recorder)][-2:] == ["one moment", "done"]


def test_an_action_that_says_nothing_is_nothing_to_deliver() -> None:
    assert Bench().stage(requested(channel="webchat")) is None


def test_replies_to_rest_are_refused_with_the_reason() -> None:
    with pytest.raises(Rejected, match="the gateway's own answer"):
        Bench().stage(decided("one", channel="rest"))


def test_replies_to_an_unknown_channel_and_other_events_are_refused() -> None:
    with pytest.raises(Rejected, match="webchat"):
        Bench().stage(decided("one", channel="pigeon"))
    event = decided("one")
    with pytest.raises(Rejected):
        Bench().stage(replace(event, data=MessageReceived("hi", "me"), type=MessageReceived.TYPE))
