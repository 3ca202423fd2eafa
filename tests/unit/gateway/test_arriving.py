"""What is held back and what waits: in groups, in albums, in several messages, right after a voice note."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from functions.gateway import recent_speech
from functions.gateway.recent_speech import SECONDS
from knative.platforms import catalogue as platforms
from knative.platforms import port
from knative.platforms import telegram as telegram_stand_in
from shared.events.catalogue import MessageArrived, MessageReceived, SpeechReceived
from shared.events.envelope import Envelope
from tests.unit.gateway.webhook_gateway import WebhookGateway, in_group, running


def test_what_members_of_a_group_say_to_each_other_is_answered_200_and_heard_by_nobody(gateway: WebhookGateway) -> None:
    assert gateway.post("telegram", in_group("Bob, are you coming?")).status_code == 200
    assert gateway.events == []
    assert gateway.post("telegram", in_group("@parley_bot, play jazz", 2)).status_code == 200
    (event,) = gateway.events
    assert isinstance(event.data, MessageReceived)
    assert event.data.text == "play jazz"


def test_a_setting_makes_the_assistant_hear_all_that_is_said_in_groups() -> None:
    with running(settings={"TELEGRAM_GROUPS": "all"}) as gateway:
        gateway.post("telegram", in_group("Bob, are you coming?"))
    assert len(gateway.events) == 1


def test_the_parts_of_an_album_wait_for_each_other(gateway: WebhookGateway) -> None:
    for number in (1, 2):
        photo = {"photo": [{"file_id": f"p{number}"}], "media_group_id": "A", "text": ""}
        body = json.loads(platforms.write_text("telegram", "", number).body)
        body["message"] |= photo
        gateway.post("telegram", port.as_json(body))
    arrivals = [event.data for event in gateway.events]
    assert all(isinstance(data, MessageArrived) and data.quiet == 1.0 for data in arrivals)


def test_with_joining_on_what_a_person_writes_may_go_on() -> None:
    with running(join_seconds=2.0) as gateway:
        assert gateway.post("telegram", platforms.write_text("telegram", "well", 1)).status_code == 200
        (event,) = gateway.events
    assert isinstance(event.data, MessageArrived)
    assert (event.data.message.text, event.data.quiet) == ("well", 2.0)
    assert (event.id, event.message) == ("telegram:1.arrived", "telegram:1")


def test_nobody_waits_longer_than_the_brokers_retries() -> None:
    with running(join_seconds=3600.0) as gateway:
        gateway.post("telegram", platforms.write_text("telegram", "well", 1))
        (event,) = gateway.events
    assert isinstance(event.data, MessageArrived)
    assert event.data.quiet == 10.0


def test_what_somebody_writes_right_after_they_spoke_waits_for_that() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    with running(transcribes=True, now=lambda: now) as gateway:
        gateway.post("telegram", platforms.write_text("telegram", "before", 1))
        gateway.post("telegram", telegram_stand_in.record_voice_note(2))
        gateway.post("telegram", platforms.write_text("telegram", "after", 3))
        gateway.post("slack", platforms.write_text("slack", "somebody else", 4))
        now += timedelta(seconds=SECONDS)
        gateway.post("telegram", platforms.write_text("telegram", "later", 5))
    kinds = [event.type for event in gateway.events]
    assert kinds == [
        kind.TYPE for kind in (MessageReceived, SpeechReceived, MessageArrived, MessageReceived, MessageReceived)
    ]
    after = gateway.events[2].data
    assert isinstance(after, MessageArrived)
    assert (after.message.text, after.quiet, after.after) == ("after", 0.0, "telegram:2")
    assert after.until - after.at == SECONDS
    assert (gateway.events[2].message, gateway.events[2].id) == ("telegram:3", "telegram:3.arrived")


def test_who_spoke_long_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_speech, "MAX_PEOPLE", 2)
    now, memory = datetime(2026, 11, 26, tzinfo=UTC), recent_speech.RecentSpeech()
    for name in ("a", "b", "a", "c"):
        memory.remember(Envelope(f"m-{name}", "/t", name, None, "", f"m-{name}"), now)
    assert [memory.find(name, now) is not None for name in ("a", "b", "c")] == [True, False, True]
    assert memory.find("a", now + timedelta(seconds=SECONDS)) is None
