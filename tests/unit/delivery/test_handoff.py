"""Telling operators: a signed webhook and a chat, after the person's own replies, and each once."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.delivery.handoff import Operators
from knative.platforms import catalogue as platforms
from knative.platforms.standin import Standin, run_stand_in
from shared.channels.catalogue import PLATFORMS
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Attachment, Handoff, RepliesDecided, Reply, TurnCompleted, TurnSummary
from shared.events.envelope import Envelope
from shared.handoff import read_operators_chat
from tests.loopback import Recorder, served
from tests.unit.delivery.deliveries import Bench

SECRET = "shared with the operators"
TRANSCRIPT = ({"by": "person", "text": "I want a person"}, {"by": "assistant", "text": "One moment <!channel>"})
BEGUN = Handoff("begun", "I want a person", (Attachment("image", "f1", content_type="image/png"),), TRANSCRIPT)


@pytest.fixture
def standin() -> Iterator[Standin]:
    with run_stand_in() as standin:
        yield standin


@pytest.fixture
def webhook() -> Recorder:
    return Recorder()


@pytest.fixture
def bench(standin: Standin, webhook: Recorder) -> Iterator[Bench]:
    with served(webhook) as url:
        settings = {name: platforms.list_settings(name, standin.url) for name in PLATFORMS}
        chat = read_operators_chat("slack:C0OPS")
        operators = Operators(f"{url}/told", SECRET, chat, "https://bot.example.com/", settings)
        bench = Bench(settings=settings, operators=operators)
        yield bench
        bench.outbound.close()


def event(handoff: Handoff | None, *replies: str, ident: str = "m1", channel: str = "telegram") -> Envelope:
    turn = TurnSummary(message=ident, started_at="2027-01-15T07:59:58Z", handoff=True)
    said = tuple(Reply(text=text) for text in replies)
    data = RepliesDecided("4242", said, turn, locale="de", address={"chat": "4242"}, handoff=handoff)
    subject = f"{channel}:4242"
    return Envelope(f"{ident}.decided", "/parley/dialogue", subject, data, data.TYPE, f"{channel}:{ident}", channel)


def read_notifications(webhook: Recorder) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, body in webhook.requests]


def test_the_webhook_is_told_what_it_needs_signed_and_under_one_key(bench: Bench, webhook: Recorder) -> None:
    completed = bench.stage(event(BEGUN, "A person takes over"))
    assert completed is not None
    assert isinstance(completed.data, TurnCompleted)
    ((path, headers, body),) = webhook.requests
    document = json.loads(body)
    assert path == "/told"
    assert document["kind"] == "begun"
    assert (document["conversation"], document["channel"], document["sender"]) == ("telegram:4242", "telegram", "4242")
    assert (document["text"], document["locale"], len(document["transcript"])) == ("I want a person", "de", 2)
    assert document["resume"] == "https://bot.example.com/handoff/resume"
    (attachment,) = document["attachments"]
    assert attachment["url"].startswith("https://bot.example.com/handoff/attachment?channel=telegram&type=image")
    stamp = headers["x-parley-timestamp"]
    expected = hmac.new(SECRET.encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-parley-signature"] == f"v1={expected}"
    assert headers["idempotency-key"] == "m1.decided"


def test_the_operators_chat_reads_what_was_said_and_has_a_button_to_give_back(bench: Bench, standin: Standin) -> None:
    bench.stage(event(BEGUN, "A person takes over"))
    assert standin.list_texts("telegram") == ["A person takes over"]
    words, buttons = standin.list_texts("slack")
    assert "wants a person: telegram:4242" in words
    assert "assistant: One moment &lt;!channel&gt;" in words
    assert buttons == "[Give back to the assistant]"
    assert standin.list_mistakes() == []


def test_a_message_meanwhile_is_passed_on_and_the_person_hears_nothing(bench: Bench, standin: Standin) -> None:
    bench.stage(event(Handoff("message", "hello?")))
    assert standin.list_texts("telegram") == []
    assert standin.list_texts("slack")[0].startswith("telegram:4242\nhello?")


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_spoken_and_not_heard_is_passed_on_with_the_recording_where_there_is_one(
    bench: Bench, standin: Standin, webhook: Recorder, kept: bool
) -> None:
    note = (Attachment("audio", "voice-1"),) if kept else ()
    bench.stage(event(Handoff("message", "", note, transcription_failure="unclear")))
    words = standin.list_texts("slack")[0]
    assert "[a voice message that did not become text: unclear" in words
    assert ("the recording is not kept]" in words) is not kept
    assert ("https://bot.example.com/handoff/attachment?channel=telegram" in words) is kept
    assert standin.list_texts("telegram") == []
    (document,) = read_notifications(webhook)
    assert (document["text"], document["transcription_failure"], len(document["attachments"])) == (
        "",
        "unclear",
        len(note),
    )


def test_everybody_is_told_once_however_often_the_event_comes(
    bench: Bench, standin: Standin, webhook: Recorder
) -> None:
    for _ in range(3):
        bench.stage(event(BEGUN, "A person takes over"))
    assert (len(webhook.requests), len(standin.seen)) == (1, 2)


def test_a_webhook_that_is_down_is_told_later_and_the_person_hears_nothing_twice(
    bench: Bench, standin: Standin, webhook: Recorder
) -> None:
    webhook.statuses = [503, 503, 503]
    with pytest.raises(Unavailable, match="handoff answered 503"):
        bench.stage(event(BEGUN, "A person takes over"))
    assert standin.list_texts("telegram") == ["A person takes over"]
    bench.stage(event(BEGUN, "A person takes over"))
    assert standin.list_texts("telegram") == ["A person takes over"]
    assert len(standin.list_texts("slack")) == 2
    assert [document["kind"] for document in read_notifications(webhook)] == ["begun"] * 4


def test_a_webhook_that_refuses_is_a_dead_letter_with_the_cause(bench: Bench, webhook: Recorder) -> None:
    webhook.statuses = [422]
    with pytest.raises(Rejected, match="handoff refused the message with 422"):
        bench.stage(event(BEGUN))


def test_an_operators_words_are_no_turn_and_are_not_told_back(
    bench: Bench, standin: Standin, webhook: Recorder
) -> None:
    assert bench.stage(event(Handoff("answered", "hi", operator=True), "hi")) is None
    assert standin.list_texts("telegram") == ["hi"]
    assert standin.list_texts("slack") == []
    assert [document["kind"] for document in read_notifications(webhook)] == ["answered"]


def test_giving_back_shows_the_person_nothing_and_the_operators_that_it_is_done(bench: Bench, standin: Standin) -> None:
    assert bench.stage(event(Handoff("ended", operator=True))) is None
    assert [sent["platform"] for sent in standin.seen] == ["slack"]
    assert standin.list_texts("slack") == ["telegram:4242 is with the assistant again."]


def test_a_person_who_leaves_by_starting_over_is_a_turn(bench: Bench, standin: Standin) -> None:
    completed = bench.stage(event(Handoff("ended", "/restart"), "Hello"))
    assert completed is not None
    assert standin.list_texts("telegram") == ["Hello"]


def test_rest_is_told_to_the_operators_only(bench: Bench, standin: Standin) -> None:
    assert bench.stage(event(BEGUN, channel="rest")) is None
    assert [sent["platform"] for sent in standin.seen] == ["slack"]


def test_the_chat_page_learns_that_somebody_may_answer(bench: Bench) -> None:
    bench.stage(event(Handoff("message", "hello?"), channel="webchat"))
    assert bench.outbox("webchat:4242")[-1]["handoff"] is True
    bench.stage(event(Handoff("answered", "hi", operator=True), "hi", ident="m2", channel="webchat"))
    assert [document.get("text") for document in bench.outbox("webchat:4242")] == [None, "hi", None]


def test_without_operators_nothing_is_told(standin: Standin) -> None:
    bench = Bench(settings={"telegram": platforms.list_settings("telegram", standin.url)})
    assert bench.stage(event(BEGUN, "A person takes over")) is not None
    assert len(standin.seen) == 1
    bench.outbound.close()
