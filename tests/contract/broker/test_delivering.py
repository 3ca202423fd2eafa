"""The broker as publishers and subscribers meet it: routing, retries, replies, dead letters, expiry, hops, headers."""

import base64
import http.client
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.gateway.outlasting import Outlasting
from shared.errors import Unavailable
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.outbound import Outbound
from shared.publishing import make_publisher
from tests.contract.broker.running import (
    DEADLINE,
    Answer,
    Received,
    event_headers,
    failing,
    quick,
    running,
    subscribers,
    trigger,
    typed,
    until,
)


def test_an_event_reaches_each_trigger_that_wants_it_and_no_other(tmp_path: Path) -> None:
    with subscribers(None, None) as (one, two):
        triggers = [trigger("one", one, filters=[{"prefix": {"type": "a"}}]), trigger("two", two, filter=typed("ab"))]
        with running(tmp_path, triggers) as broker:
            for kind in ("a", "ab", "c"):
                assert broker.publish(b"body", id=kind, type=kind) == 202
            stats = broker.settled()
    assert sorted(one.ids()) == ["a", "ab"]
    assert two.ids() == ["ab"]
    assert stats["events"] == {"accepted": 2, "unwanted": 1}
    assert stats["triggers"]["one"] == {"delivered": 2}


def test_a_subscriber_gets_the_event_with_its_arrival_and_nothing_of_the_publishers_own_headers(tmp_path: Path) -> None:
    sent = {
        **event_headers(subject="%E2%82%AC%20x", hasreplies="true"),
        "content-type": "application/x-own",
        "authorization": "Bearer secret",
        "cookie": "secret=1",
        "x-own": "lost",
        "X-Request-Id": "kept",
        "X-B3-TraceId": "kept",
        "Knative-Own": "kept",
    }
    with subscribers(None) as [subscriber], running(tmp_path, [trigger("t", subscriber)]) as broker:
        assert broker.request(headers=sent, body=b"\0\xff")[0] == 202
        until(lambda: subscriber.received, "the event arrives")
    [got] = subscriber.received
    assert got.body == b"\0\xff"
    arrival = got.headers["ce-knativearrivaltime"]
    assert abs(datetime.fromisoformat(arrival) - datetime.now(UTC)) < timedelta(minutes=1)
    assert got.headers == {
        **event_headers(subject="%E2%82%AC%20x", hasreplies="true", knativearrivaltime=arrival),
        "content-type": "application/x-own",
        "content-length": "2",
        "host": f"127.0.0.1:{subscriber.port}",
        "kn-namespace": "parley",
        "knative-own": "kept",
        "prefer": "reply",
        "x-b3-traceid": "kept",
        "x-request-id": "kept",
    }


def test_a_structured_event_is_delivered_in_binary_mode(tmp_path: Path) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "subject": "é", "data": {"a": [1, "é"]}}
    with subscribers(None) as [subscriber], running(tmp_path, [trigger("t", subscriber)]) as broker:
        headers = {"content-type": "application/cloudevents+json"}
        assert broker.request(headers=headers, body=json.dumps(event).encode())[0] == 202
        until(lambda: subscriber.received, "the event arrives")
    [got] = subscriber.received
    assert (got.headers["content-type"], json.loads(got.body)) == ("application/json", {"a": [1, "é"]})
    assert got.headers["ce-subject"] == "%C3%A9"


def test_a_reply_is_matched_against_every_trigger_the_senders_own_too(tmp_path: Path) -> None:
    def answer(got: Received) -> Answer:
        if got.headers["ce-type"] == "question":
            return Answer(200, {**event_headers(id=f"{got.id}-answer", type="answer"), "content-type": "a/b"}, b"42")
        return Answer()

    with subscribers(answer, None) as (sender, other):
        triggers = [trigger("sender", sender), trigger("other", other, filter=typed("answer"))]
        with running(tmp_path, triggers) as broker:
            broker.publish(id="q", type="question")
            stats = broker.settled()
    assert sender.ids() == ["q", "q-answer"]
    [got] = other.received
    assert (got.id, got.body, got.headers["content-type"]) == ("q-answer", b"42", "a/b")
    assert stats["triggers"]["sender"]["delivered"] == 2


def test_a_loop_of_replies_ends_when_the_hops_are_used_up(tmp_path: Path) -> None:
    def echo(got: Received) -> Answer:
        return Answer(200, event_headers(id=got.id + "x"))

    with subscribers(echo) as [subscriber], running(tmp_path, [trigger("loop", subscriber)]) as broker:
        broker.publish(id="x")
        until(lambda: broker.stats()["events"].get("looped"), "the loop is cut")
        assert broker.settled()["events"] == {"accepted": 1, "looped": 1}
        assert broker.publish(knativebrokerttl="1") == 400
    assert len(subscriber.received) == 255
    assert not any("ce-knativebrokerttl" in got.headers for got in subscriber.received)


def test_a_202_with_an_event_in_it_is_no_reply(tmp_path: Path) -> None:
    with (
        subscribers(lambda _: Answer(202, event_headers(id="no-reply"))) as [subscriber],
        running(tmp_path, [trigger("t", subscriber)]) as broker,
    ):
        broker.publish()
        assert broker.settled()["triggers"]["t"] == {"delivered": 1}
    assert subscriber.ids() == ["1"]


def test_failures_are_retried_with_the_same_id_and_then_the_event_counts_as_delivered(tmp_path: Path) -> None:
    with (
        subscribers(failing(3, failure=Answer(503))) as [subscriber],
        running(tmp_path, [trigger("t", subscriber)], quick(retry=3)) as broker,
    ):
        broker.publish(b"body")
        assert broker.settled()["triggers"]["t"] == {"retried": 3, "delivered": 1}
    assert subscriber.ids() == ["1"] * 4
    assert {got.body for got in subscriber.received} == {b"body"}


def test_a_dead_letter_is_the_original_event_with_what_failed(tmp_path: Path) -> None:
    with (
        subscribers(lambda _: Answer(500, body=b"no bundle"), None) as (subscriber, sink),
        running(tmp_path, [trigger("t", subscriber)], quick(2, sink)) as broker,
    ):
        broker.publish(b"body", subject="s")
        stats = broker.settled()["triggers"]["t"]
    assert stats == {"retried": 2, "failed": 1, "dead_lettered": 1}
    [letter] = sink.received
    assert letter.body == b"body"
    assert {name: letter.headers["ce-" + name] for name in ("id", "type", "subject")} == {
        "id": "1",
        "type": "t",
        "subject": "s",
    }
    assert letter.headers["ce-knativeerrordest"] == subscriber.url
    assert letter.headers["ce-knativeerrorcode"] == "500"
    assert base64.b64decode(letter.headers["ce-knativeerrordata"]) == b"no bundle"
    assert "prefer" not in letter.headers


def test_what_is_wrong_for_good_goes_to_the_dead_letter_sink_at_once_and_its_answer_is_ignored(tmp_path: Path) -> None:
    with (
        subscribers(lambda _: Answer(400), lambda _: Answer(200, event_headers(id="r"), b"OK")) as (subscriber, sink),
        running(tmp_path, [trigger("t", subscriber)], quick(5, sink)) as broker,
    ):
        broker.publish()
        assert broker.settled()["triggers"]["t"] == {"failed": 1, "dead_lettered": 1}
    assert (subscriber.ids(), sink.ids()) == (["1"], ["1"])


def test_a_subscriber_that_answers_ok_in_words_fails_the_delivery_with_502(tmp_path: Path) -> None:
    with (
        subscribers(lambda _: Answer(200, {"content-type": "text/html"}, b"OK"), None) as (subscriber, sink),
        running(tmp_path, [trigger("t", subscriber)], quick(1, sink)) as broker,
    ):
        broker.publish()
        until(lambda: sink.received, "the dead letter arrives")
    assert len(subscriber.received) == 2
    assert sink.received[0].headers["ce-knativeerrorcode"] == "502"
    assert b"neither an empty body nor a CloudEvent" in base64.b64decode(
        sink.received[0].headers["ce-knativeerrordata"]
    )


def test_a_redirect_is_a_failure_that_nobody_follows(tmp_path: Path) -> None:
    with (
        subscribers(None, None) as (elsewhere, sink),
        subscribers(lambda _: Answer(307, {"location": elsewhere.url})) as [subscriber],
        running(tmp_path, [trigger("t", subscriber)], quick(3, sink)) as broker,
    ):
        broker.publish()
        broker.settled()
    assert (len(subscriber.received), len(elsewhere.received)) == (1, 0)
    assert sink.received[0].headers["ce-knativeerrorcode"] == "307"


def test_a_subscriber_that_is_not_there_or_too_slow_is_retried_and_dead_lettered(tmp_path: Path) -> None:
    def slow(_: Received) -> Answer:
        until(lambda: dawdler.url in [got.headers["ce-knativeerrordest"] for got in sink.received], "it is given up")
        return Answer()

    with subscribers(None) as [gone]:
        pass
    with subscribers(None, slow) as (sink, dawdler):
        triggers = [trigger("gone", gone), trigger("slow", dawdler)]
        with running(tmp_path, triggers, {**quick(1, sink), "timeout": "PT0.2S"}) as broker:
            broker.publish()
            stats = broker.settled()["triggers"]
    assert stats["gone"] == stats["slow"] == {"retried": 1, "failed": 1, "dead_lettered": 1}
    for letter in sink.received:
        assert letter.headers["ce-knativeerrorcode"] == "500"
        assert base64.b64decode(letter.headers["ce-knativeerrordata"]).startswith(b"no answer within 0.2 s")


def test_a_slow_subscriber_does_not_hold_up_another(tmp_path: Path) -> None:
    def slow(_: Received) -> Answer:
        until(lambda: len(fast.received) == 100, "the other has all its events")
        return Answer()

    with (
        subscribers(slow, None) as (stuck, fast),
        running(tmp_path, [trigger("slow", stuck), trigger("fast", fast)]) as broker,
    ):
        for number in range(100):
            broker.publish(id=str(number))
        broker.settled()
    assert sorted(stuck.ids()) == sorted(fast.ids())


def test_the_log_tells_ids_and_never_content(tmp_path: Path) -> None:
    with (
        subscribers(lambda _: Answer(400, body=b"a private answer")) as [subscriber],
        running(tmp_path, [trigger("t", subscriber)], quick()) as broker,
    ):
        broker.publish(b"a private question", id="the-id")
        broker.settled()
    log = (tmp_path / "broker.log").read_text()
    assert "the-id" in log
    assert "private" not in log


def test_in_memory_a_publisher_is_held_until_the_whole_chain_has_ended(tmp_path: Path) -> None:
    """As with Knative's in-memory channel, where ingress, dispatcher and filter share the publisher's request."""

    def slow(received: Received) -> Answer:
        time.sleep(0.3)
        return Answer(200, event_headers(id="2", type="u")) if received.headers["ce-type"] == "t" else Answer()

    with subscribers(slow, slow) as (first, second):
        triggers = [
            trigger("t", first, filter={"attributes": {"type": "t"}}),
            trigger("u", second, filter={"attributes": {"type": "u"}}),
        ]
        with running(tmp_path, triggers, options=["--in-memory"]) as broker:
            began = time.monotonic()
            assert broker.publish() == 202
            assert time.monotonic() - began >= 0.6
            assert second.ids() == ["2"]


def test_in_memory_a_publisher_that_hangs_up_ends_retries_and_dead_letters(tmp_path: Path) -> None:
    with subscribers(lambda _: Answer(503), None) as (down, sink):
        spec = {"retry": 20, "backoffPolicy": "linear", "backoffDelay": "PT0.05S", "deadLetterSink": {"uri": sink.url}}
        with running(tmp_path, [trigger("t", down, delivery=spec)], options=["--in-memory"]) as broker:
            hasty = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=0.5)
            hasty.request("POST", "/parley/default", b"", event_headers())
            with pytest.raises(TimeoutError):
                hasty.getresponse()
            hasty.close()
            until(lambda: broker.stats()["triggers"]["t"]["queued"] == 0, "the chain ended with its publisher")
            tried = len(down.received)
            time.sleep(1.0)
            assert (len(down.received), sink.received) == (tried, [])


def test_in_memory_a_gateway_that_answered_already_still_holds_its_request_until_the_dead_letter(
    tmp_path: Path,
) -> None:
    """PUBLISH_HOLD: what came through the gateway has the retries of what came by curl."""
    with subscribers(lambda _: Answer(503), None) as (down, sink):
        spec = {"retry": 6, "backoffPolicy": "linear", "backoffDelay": "PT0.1S", "deadLetterSink": {"uri": sink.url}}
        with running(tmp_path, [trigger("t", down, delivery=spec)], options=["--in-memory"]) as broker:
            outbound = Outbound()
            held = make_publisher(outbound, f"http://127.0.0.1:{broker.port}/parley/default", DEADLINE)
            hello = MessageReceived("hello", "ann")
            event = Envelope("1", "/t", "rest:ann", hello, hello.TYPE, "1", "rest")
            with pytest.raises(Unavailable):
                Outlasting(held, 0.2)(event)
            until(lambda: sink.ids() == ["1"], "the dead letter came")
            assert len(down.received) == 7
            broker.settled()
            outbound.close()


def test_in_memory_a_publisher_that_waits_gets_a_dead_letter_of_what_failed(tmp_path: Path) -> None:
    """So in dev retries are shorter than the gateway waits (knative/components/in-memory, PUBLISH_TIMEOUT)."""
    with subscribers(lambda _: Answer(503), None) as (down, sink):
        delivery = quick(retry=4, sink=sink)
        with running(tmp_path, [trigger("t", down, delivery=delivery)], options=["--in-memory"]) as broker:
            assert broker.publish() == 202
            assert sink.ids() == ["1"]


def test_a_side_road_with_an_end_of_its_own_fails_no_message(tmp_path: Path) -> None:
    """Prewarming of a stage that is not there, as `wake-actions` where its image is missing."""
    with subscribers(None, lambda _: Answer(503), None, None) as (stage, missing, end, sink):
        side = {"retry": 1, "backoffPolicy": "linear", "backoffDelay": "PT0.05S", "deadLetterSink": {"uri": end.url}}
        triggers = [trigger("t", stage), trigger("wake", missing, delivery=side)]
        with running(tmp_path, triggers, quick(retry=9, sink=sink), ["--in-memory"]) as broker:
            assert broker.publish() == 202
            assert (stage.ids(), end.ids(), sink.received) == (["1"], ["1"], [])
