"""REST: Rasa's contract in front of stages that really answer over HTTP."""

import json
import threading
import time
from queue import Queue
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.errors import Conflict, Failure, Rejected, Unavailable
from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood, Reply, TurnCompleted
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.telemetry import read_timings
from tests.loopback import Stub
from tests.unit.gateway.assistants import Assistant, decided, understood

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_message_is_answered_with_rasas_messages(assistant: Assistant) -> None:
    response = assistant.say({"sender": "me", "message": " hi "})
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.json == [{"recipient_id": "me", "text": "you said hi"}]


def test_the_channel_says_that_it_is_there(assistant: Assistant) -> None:
    assert assistant.client.get("/webhooks/rest/").json == {"status": "ok"}


def test_an_action_runs_on_the_way_and_what_is_said_before_comes_first(assistant: Assistant) -> None:
    response = assistant.say({"sender": "me", "message": "act"})
    assert [message["text"] for message in response.json] == ["one moment", "done"]
    assert len(assistant.actions.taken) == 1


def test_a_shadow_model_is_shown_what_was_understood_and_nothing_else() -> None:
    shown: Queue[Envelope] = Queue()
    with Assistant(settings={"shadow": shown.put}).running() as assistant:
        assistant.say({"sender": "me", "message": "act"})
        event = shown.get(timeout=10)
    assert event.type == MessageUnderstood.TYPE
    headers, body = encode(event)
    assert decode(headers, body, (MessageUnderstood,)).data == MessageUnderstood(
        MessageReceived("act", "me"), Intent("say", 0.9)
    )
    assert shown.empty()


def test_the_stream_is_one_object_a_line_as_replies_come(assistant: Assistant) -> None:
    gate, original = threading.Event(), assistant.actions.decide

    def slow(envelope: Any) -> Any:
        assert gate.wait(5)
        return original(envelope)

    assistant.actions.decide = slow
    response = assistant.say({"sender": "me", "message": "act"}, "?stream=true")
    assert response.content_type.startswith("text/event-stream")
    lines = response.iter_encoded()
    assert json.loads(next(lines)) == {"recipient_id": "me", "text": "one moment"}
    gate.set()
    assert [json.loads(line) for line in lines] == [{"recipient_id": "me", "text": "done"}]


def test_a_stream_that_fails_later_says_so_in_its_last_line(assistant: Assistant) -> None:
    assistant.actions.failures = [Rejected("no such action")]
    lines = assistant.say({"sender": "me", "message": "act"}, "?stream=true").get_data(as_text=True).splitlines()
    last = json.loads(lines[-1])
    assert last["status"] == 502
    assert "no such action" in last["error"]


def test_a_stream_that_fails_at_once_has_a_status_of_its_own(assistant: Assistant) -> None:
    assistant.nlu.failures = [Rejected("no")]
    assert assistant.say({"sender": "me", "message": "hi"}, "?stream=true").status_code == 502


def test_a_caller_that_hangs_up_does_not_stop_the_turn(assistant: Assistant) -> None:
    response = assistant.say({"sender": "me", "message": "act"}, "?stream=true")
    lines = response.iter_encoded()
    next(lines)
    response.close()
    assistant.reports.join()
    assert len(assistant.actions.taken) == 1
    assert len(assistant.broker.requests) == 1


def test_callers_without_a_sender_never_share_a_conversation(assistant: Assistant) -> None:
    recipients = set()
    for body in ({"message": "hi"}, {"message": "hi", "sender": None}, {"message": "hi", "sender": ""}):
        (message,) = assistant.say(body).json
        recipients.add(message["recipient_id"])
    assert len(recipients) == 3
    assert all(len(recipient) >= 22 for recipient in recipients)
    assert len({event.subject for event in assistant.nlu.taken}) == 3


def test_a_number_is_a_sender(assistant: Assistant) -> None:
    assert assistant.say({"sender": 123, "message": "hi"}).json[0]["recipient_id"] == "123"


@pytest.mark.parametrize("message", ["", "  ", None, 5, ["x"], {"a": 1}])
def test_a_message_that_says_nothing_is_answered_with_nothing(assistant: Assistant, message: Any) -> None:
    response = assistant.say({"sender": "me", "message": message})
    assert (response.status_code, response.json) == (200, [])
    assert assistant.nlu.taken == []


def test_what_is_no_json_is_refused_in_rasas_shape(assistant: Assistant) -> None:
    response = assistant.say(b"{bad json")
    assert response.status_code == 400
    assert (
        response.json.items()
        >= {
            "description": "Bad Request",
            "status": 400,
            "message": "Failed when parsing body as json",
        }.items()
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"",
        b"1",
        b"null",
        b'{"sender": [], "message": "hi"}',
        b'{"message": "hi", "metadata": []}',
        b'{"message": "\\ud800"}',
        b'{"message": "hi", "metadata": {"x": NaN}}',
        b'{"message": "hi", "sender": 1e999}',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"message": "hi", "metadata": ' + b'{"x":' * 400 + b"1" + b"}" * 401,
    ],
)
def test_the_callers_mistakes_are_400_with_a_cause(assistant: Assistant, body: bytes) -> None:
    response = assistant.say(body)
    assert response.status_code == 400
    assert response.json["error"]


def test_metadata_and_trace_travel_with_the_message(assistant: Assistant) -> None:
    assistant.say({"sender": "me", "message": "hi", "metadata": {"k": [1, None]}}, traceparent=TRACE)
    (event,) = assistant.nlu.taken
    assert isinstance(event.data, MessageReceived)
    assert event.data.metadata == {"k": [1, None]}
    assert event.data.sent_at == event.time
    assert (event.channel, event.subject, event.traceparent) == ("rest", "rest:me", TRACE)


def test_a_message_without_a_valid_trace_starts_one_and_expires(assistant: Assistant) -> None:
    assistant.say({"sender": "me", "message": "hi"}, traceparent="00-xyz")
    (event,) = assistant.nlu.taken
    assert event.traceparent is not None
    assert len(event.traceparent) == len(TRACE)
    assert event.expirytime is not None
    assert event.time is not None
    assert event.expirytime > event.time


def test_the_same_idempotency_key_is_the_same_message_of_that_sender(assistant: Assistant) -> None:
    for sender, key in (("me", "k 1"), ("me", "k 1"), ("you", "k 1"), ("me", "k2")):
        assert assistant.say({"sender": sender, "message": "hi"}, Idempotency_Key=key).status_code == 200
    first, again, other, another = (event.id for event in assistant.nlu.taken)
    assert first == again
    assert len({first, other, another}) == 3


def test_an_idempotency_key_without_a_sender_or_without_end_is_refused(assistant: Assistant) -> None:
    assert assistant.say({"message": "hi"}, Idempotency_Key="k").status_code == 400
    assert assistant.say({"sender": "me", "message": "hi"}, Idempotency_Key="k" * 201).status_code == 400


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


def test_a_reply_is_rendered_in_rasas_order() -> None:
    everything = Reply(
        text="a\n\nb",
        custom={"blocks": [1]},
        image="https://example.invalid/a.png",
        attachment={"type": "video"},
        elements=({"title": "E", "subtitle": "S", "buttons": []},),
    )
    with Assistant(dialogue=Stub(decided(lambda _: (everything,)))).running() as assistant:
        messages = assistant.say({"sender": "me", "message": "hi"}).json
    assert [{key: value for key, value in message.items() if key != "recipient_id"} for message in messages] == [
        {"text": "a"},
        {"text": "b"},
        {"custom": {"blocks": [1]}},
        {"image": "https://example.invalid/a.png"},
        {"attachment": {"type": "video"}},
        {"text": "E : S", "buttons": []},
    ]


@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["sender", "message", "metadata", "x"]), inner, max_size=4)
        ),
        max_leaves=10,
    ).map(lambda value: json.dumps(value).encode())
)
@hypothesis_settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_answered_below_500(assistant: Assistant, body: bytes) -> None:
    assert assistant.say(body).status_code < 500
