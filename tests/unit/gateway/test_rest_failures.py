"""REST where a stage is busy, gone, slow or broken, and where the broker is: what the caller is told."""

import threading
import time
from typing import Any

import pytest

from shared.errors import Conflict, Failure, Unavailable
from shared.events.catalogue import MessageUnderstood, TurnCompleted
from shared.events.http import decode
from shared.telemetry import read_timings
from tests.loopback import Stub
from tests.unit.gateway.assistants import Assistant, decided, understood


def test_a_busy_conversation_and_a_stage_that_starts_are_asked_again(assistant: Assistant) -> None:
    assistant.dialogue.failures = [Conflict("busy"), Unavailable("starting"), Conflict("busy")]
    assert assistant.say({"sender": "me", "message": "hi"}).json[0]["text"] == "you said hi"
    assert len({event.id for event in assistant.dialogue.taken}) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 502, 503, 504])
def test_what_a_broker_would_try_again_is_tried_again(status: int) -> None:
    class Busy(Failure):
        pass

    Busy.status = status
    with Assistant(nlu=Stub(understood, failures=[Busy("later")])).running() as assistant:
        assert assistant.say({"sender": "me", "message": "hi"}).json[0]["text"] == "you said hi"
        assert len(assistant.nlu.taken) == 2


def test_a_bug_of_a_stage_is_not_tried_again() -> None:
    class Bug(Failure):
        status = 422

    with Assistant(nlu=Stub(understood, failures=[Bug("a bug")] * 2)).running() as assistant:
        assert assistant.say({"sender": "me", "message": "hi"}).status_code == 502
        assert len(assistant.nlu.taken) == 1


def test_a_stage_that_stays_busy_is_503_with_its_cause_and_when_to_come_back() -> None:
    dialogue = Stub(decided(lambda _: ()), failures=[Conflict("an action is pending")] * 100)
    with Assistant(dialogue=dialogue, settings={"deadline": 0.4}).running() as assistant:
        response = assistant.say({"sender": "me", "message": "hi"})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert "an action is pending" in response.json["error"]


def test_a_stage_that_is_gone_is_503_and_named() -> None:
    with Assistant(settings={"deadline": 0.3, "urls": {"nlu": "http://127.0.0.1:9"}}).running() as assistant:
        response = assistant.say({"sender": "me", "message": "hi"})
    assert response.status_code == 503
    assert response.json["error"].startswith("nlu: ")


def test_a_stage_that_does_not_answer_is_504() -> None:
    release = threading.Event()

    def hang(envelope: Any) -> Any:
        release.wait(5)
        return understood(envelope)

    with Assistant(nlu=Stub(hang), settings={"deadline": 0.3}).running() as assistant:
        started = time.monotonic()
        response = assistant.say({"sender": "me", "message": "hi"})
        assert time.monotonic() - started < 2
        release.set()
    assert response.status_code == 504
    assert "nlu" in response.json["error"]


def test_a_gateway_that_knows_no_stages_says_which_setting_is_missing() -> None:
    with Assistant(settings={"urls": {"nlu": ""}}).running() as assistant:
        response = assistant.say({"sender": "me", "message": "hi"})
    assert response.status_code == 503
    assert "NLU_URL" in response.json["error"]


def test_a_bug_in_a_stage_is_not_retried_and_not_hidden() -> None:
    def broken(envelope: Any) -> Any:
        raise ZeroDivisionError

    with Assistant(nlu=Stub(broken)).running() as assistant:
        response = assistant.say({"sender": "me", "message": "hi"})
        assert len(assistant.nlu.taken) == 1
    assert response.status_code == 502
    assert "nlu has a bug" in response.json["error"]


def test_a_stage_that_ends_the_turn_without_replies_is_named() -> None:
    with Assistant(dialogue=Stub(lambda _: None)).running() as assistant:
        response = assistant.say({"sender": "me", "message": "hi"})
    assert response.status_code == 502
    assert "dialogue ended the turn" in response.json["error"]


def test_a_loop_of_stages_ends() -> None:
    def again(envelope: Any) -> Any:
        data = envelope.data
        return envelope.answer(MessageUnderstood(data.message, None), "/t", "again")

    with Assistant(dialogue=Stub(again)).running() as assistant:
        response = assistant.say({"sender": "me", "message": "hi"})
    assert response.status_code == 502
    assert "64 steps" in response.json["error"]


def test_the_broker_is_told_of_the_finished_turn_with_everybodys_timings(assistant: Assistant) -> None:
    assistant.say({"sender": "me", "message": "hi"})
    assistant.reports.join()
    ((_, headers, body),) = assistant.broker.requests
    event = decode(headers, body)
    assert isinstance(event.data, TurnCompleted)
    assert event.data.delivery == "answered"
    assert event.data.seconds is not None
    assert event.data.seconds > 0
    assert event.message == assistant.nlu.taken[0].id
    assert [(timing.stage, timing.cold) for timing in read_timings(event.timings)] == [
        ("nlu", True),
        ("dialogue", True),
        ("gateway", True),
    ]


def test_rest_answers_where_the_broker_is_down_and_counts_what_was_lost() -> None:
    with Assistant(settings={"broker_url": "http://127.0.0.1:9"}).running() as assistant:
        assert assistant.say({"sender": "me", "message": "hi"}).status_code == 200
        assistant.reports.join()
        assert assistant.reports.dropped == 1


def test_rest_needs_no_broker_at_all() -> None:
    with Assistant(settings={"broker_url": ""}).running() as assistant:
        assert assistant.say({"sender": "me", "message": "hi"}).status_code == 200
        assistant.reports.join()
        assert assistant.reports.dropped == 0
