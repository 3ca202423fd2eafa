"""Envelopes, ids and CloudEvents over HTTP."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope, Raw
from shared.events.http import decode, encode
from shared.events.identity import LIMIT, derive_conversation_id, derive_event_id, derive_message_id, is_token, to_token

RECEIVED = Envelope(
    id="rest:m1",
    source="/parley/gateway",
    subject="rest:me",
    data=MessageReceived(text="Grüß Gott 🎬\nline two", sender="me", metadata={"a": [1, None]}),
    type=MessageReceived.TYPE,
    message="rest:m1",
    channel="rest",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    expirytime="2026-11-23T10:00:00Z",
    timings="gateway=1.0c",
)


def test_an_event_survives_the_way_over_http() -> None:
    headers, body = encode(RECEIVED)
    assert decode(headers, body) == RECEIVED
    assert encode(decode(headers, body)) == (headers, body)


def test_user_text_is_in_no_header() -> None:
    headers, _ = encode(RECEIVED)
    assert all(value.isascii() and "Gott" not in value for value in headers.values())
    assert headers["ce-partitionkey"] == headers["ce-subject"] == "rest:me"


def test_structured_mode_is_read_like_binary_mode() -> None:
    event = {
        "specversion": "1.0",
        "id": "rest:m1",
        "source": "/parley/gateway",
        "type": MessageReceived.TYPE,
        "subject": "rest:me",
        "datacontenttype": "application/json",
        "data": {"text": "hello", "sender": "me"},
    }
    read = decode({"content-type": "application/cloudevents+json; charset=utf-8"}, json.dumps(event).encode())
    assert read.data == MessageReceived(text="hello", sender="me")
    assert read.message == "rest:m1"


def test_an_answer_keeps_what_must_travel_and_derives_its_id() -> None:
    data = MessageUnderstood(MessageReceived(text="hello", sender="me"), intent=Intent("greet", 0.9))
    answer = RECEIVED.answer(data, "/parley/nlu", "understood")
    assert (answer.id, answer.type) == ("rest:m1.understood", MessageUnderstood.TYPE)
    assert (answer.message, answer.subject, answer.channel) == ("rest:m1", "rest:me", "rest")
    assert (answer.traceparent, answer.expirytime) == (RECEIVED.traceparent, RECEIVED.expirytime)
    assert RECEIVED.answer(data, "/parley/nlu", "understood") == answer


def test_data_of_a_type_that_is_not_wanted_stays_as_it_came() -> None:
    headers, body = encode(RECEIVED)
    read = decode(headers, body, known=())
    assert read.data == Raw(body, "application/json")
    assert encode(read) == (headers, body)


MALFORMED = {
    "no event": ({}, b"hello"),
    "no type": ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s"}, b"{}"),
    "another version": ({"ce-specversion": "9.9", "ce-id": "1", "ce-source": "s", "ce-type": "t"}, b"{}"),
    "broken structured JSON": ({"content-type": "application/cloudevents+json"}, b"{bad"),
    "a list": ({"content-type": "application/cloudevents+json"}, b"[1]"),
    "a batch": ({"content-type": "application/cloudevents-batch+json"}, b"[]"),
    "a type that is a number": (
        {"content-type": "application/cloudevents+json"},
        b'{"specversion":"1.0","id":"1","source":"s","type":4}',
    ),
    "a line break in an attribute": (
        {"ce-specversion": "1.0", "ce-id": "1\r\nx: y", "ce-source": "s", "ce-type": "t"},
        b"{}",
    ),
    "broken data": (
        {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": MessageReceived.TYPE},
        b'{"text": ',
    ),
    "deep data": (
        {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": MessageReceived.TYPE},
        b"[" * 200_000,
    ),
    "an id with blanks": (
        {"ce-specversion": "1.0", "ce-id": "a b", "ce-source": "s", "ce-type": MessageReceived.TYPE},
        b'{"text":"a","sender":"b"}',
    ),
}


@pytest.mark.parametrize("case", MALFORMED, ids=str)
def test_what_is_no_event_is_rejected_without_repeating_it(case: str) -> None:
    headers, body = MALFORMED[case]
    with pytest.raises(Rejected) as caught:
        decode(headers, body)
    assert "hello" not in str(caught.value)
    assert "bad" not in str(caught.value)


@given(
    headers=st.dictionaries(
        st.sampled_from(["ce-id", "ce-type", "ce-source", "ce-specversion", "content-type", "ce-subject", "ce-x"]),
        st.sampled_from(["1.0", "1", MessageReceived.TYPE, "application/cloudevents+json", "application/json"])
        | st.text(max_size=8),
    ),
    body=st.binary(max_size=40) | st.just(b'{"specversion":"1.0","id":"1","source":"s","type":"t"}'),
)
def test_any_bytes_are_an_event_or_rejected(headers: dict[str, str], body: bytes) -> None:
    try:
        envelope = decode(headers, body)
    except Rejected:
        return
    assert decode(*encode(envelope)).id == envelope.id


@given(text=st.text(max_size=300))
def test_any_text_becomes_a_token_within_the_limit(text: str) -> None:
    assert is_token(to_token(text))
    assert is_token(derive_conversation_id("whatsapp", text))
    assert len(derive_message_id("whatsapp", text)) <= LIMIT


def test_long_ids_stay_derivable_and_different() -> None:
    ident = "m" * LIMIT
    assert derive_event_id(ident, "a") == derive_event_id(ident, "a") != derive_event_id(ident, "b")
    assert len(derive_event_id(ident, "a")) <= LIMIT


def test_ids_that_do_not_fit_are_different_among_a_hundred_thousand() -> None:
    assert len({to_token(f"line\n{number}") for number in range(100_000)}) == 100_000
    assert len(to_token("line\n1")) == len("h~") + 32, "128 bits"


def test_senders_of_two_channels_never_share_a_conversation() -> None:
    assert derive_conversation_id("rest", "telegram:1") != derive_conversation_id("telegram", "1")
