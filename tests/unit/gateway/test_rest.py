"""REST: Rasa's contract in front of stages that really answer over HTTP."""

import json
import threading
from queue import Queue
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood, Reply
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from tests.loopback import Stub
from tests.unit.gateway.assistants import Assistant, decided

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
