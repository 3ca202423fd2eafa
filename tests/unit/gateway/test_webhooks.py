"""Everything but REST: published to the broker, answered when it holds the message."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from functions.gateway.unconfirmed import SECONDS, Unconfirmed
from shared.channels.port import InboundMessage
from shared.events.catalogue import MessageReceived
from shared.events.http import decode
from tests.loopback import Recorder
from tests.unit.gateway.assistants import CONVERSATION, OTHER, Assistant


def chat(**changes: Any) -> bytes:
    return json.dumps({"conversation": CONVERSATION, "id": "message-1", "text": "hi", **changes}).encode()


def published(assistant: Assistant) -> list[Any]:
    return [decode(headers, body) for _, headers, body in assistant.broker.requests]


def test_callback_says_success_once_the_broker_holds_the_message(assistant: Assistant) -> None:
    response = assistant.post("/webhooks/callback/webhook", b'{"sender": "cb", "message": "hi"}')
    assert (response.status_code, response.get_data(as_text=True)) == (200, "success")
    (event,) = published(assistant)
    assert isinstance(event.data, MessageReceived)
    assert (event.type, event.channel, event.subject, event.data.text) == (
        MessageReceived.TYPE,
        "callback",
        "callback:cb",
        "hi",
    )
    assert event.expirytime
    assert event.traceparent


def test_callback_with_nothing_said_succeeds_and_publishes_nothing(assistant: Assistant) -> None:
    response = assistant.post("/webhooks/callback/webhook", b'{"sender": "cb", "message": ""}')
    assert response.get_data(as_text=True) == "success"
    assert assistant.broker.requests == []
    assert assistant.client.get("/webhooks/callback/").json == {"status": "ok"}


CALLBACK = "/webhooks/callback/webhook"


def test_who_repeats_a_callback_message_after_503_is_answered_once() -> None:
    """The broker may hold what it could not confirm in time: the same words are one event until it is."""
    body = json.dumps({"sender": "cb", "message": "hi"}).encode()
    other = json.dumps({"sender": "cb", "message": "hello"}).encode()
    with Assistant(broker=Recorder([503, 503, 202, 503, 202])).running() as assistant:
        refused = assistant.post(CALLBACK, body)
        assert refused.status_code == 503
        assert "Idempotency-Key" in refused.json["error"]
        assert [assistant.post(CALLBACK, body).status_code for _ in range(2)] == [503, 200]
        assert [assistant.post(CALLBACK, other).status_code for _ in range(2)] == [503, 200]
        # Said once more, after it was taken: another message.
        assert assistant.post(CALLBACK, body).status_code == 200
        first, second, third, *others, again = (event.id for event in published(assistant))
        assert first == second == third
        assert len(set(others)) == 1
        assert len({first, *others, again}) == 3


def test_the_same_words_of_others_are_others_messages() -> None:
    with Assistant(broker=Recorder([503, 503])).running() as assistant:
        for sender in ("one", "two"):
            assert assistant.post(CALLBACK, json.dumps({"sender": sender, "message": "hi"}).encode()).status_code == 503
        one, two = (event.id for event in published(assistant))
        assert one != two


def test_an_idempotency_key_names_a_callback_message(assistant: Assistant) -> None:
    body, other = (json.dumps({"sender": sender, "message": "hi"}).encode() for sender in ("cb", "somebody"))
    for sent in (body, body, other):
        assert assistant.post(CALLBACK, sent, **{"Idempotency-Key": "k-1"}).status_code == 200
    first, again, others = (event.id for event in published(assistant))
    assert first == again != others
    assert assistant.post(CALLBACK, body, **{"Idempotency-Key": "x" * 201}).status_code == 400


def test_what_was_refused_long_ago_is_another_message() -> None:
    now = [0.0]
    ids = iter("abc")
    unconfirmed = Unconfirmed(lambda: next(ids), clock=lambda: now[0])
    message = InboundMessage(text="hi", sender="me")
    named = unconfirmed.assign_id(message)
    unconfirmed.note(named, confirmed=False)
    now[0] = SECONDS - 1
    assert unconfirmed.assign_id(message).id == named.id == "a"
    now[0] = SECONDS
    assert unconfirmed.assign_id(message).id == "b"


@pytest.mark.parametrize("path", ["/webhooks/callback/webhook", "/webhooks/webchat/webhook"])
def test_a_broker_that_does_not_hold_the_message_is_503_so_that_it_is_sent_again(path: str) -> None:
    body = chat(sender="x", message="hi")
    with Assistant(broker=Recorder([503])).running() as assistant:
        response = assistant.post(path, body)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert assistant.post(path, body).status_code < 300
    with Assistant(settings={"broker_url": "http://127.0.0.1:9"}).running() as assistant:
        assert assistant.post(path, body).status_code == 503
    with Assistant(settings={"broker_url": ""}).running() as assistant:
        response = assistant.post(path, body)
        assert response.status_code == 503
        assert "BROKER_URL" in response.json["error"]


def test_a_chat_message_is_taken_and_its_id_repeats_with_it(assistant: Assistant) -> None:
    first, again = (assistant.post("/webhooks/webchat/webhook", chat()) for _ in range(2))
    assert first.status_code == again.status_code == 202
    one, same = published(assistant)
    assert one.id == same.id == first.json["message"] == again.json["message"]
    assert one.subject == f"webchat:{CONVERSATION}"
    assert CONVERSATION not in one.id


def test_the_same_id_in_two_conversations_is_two_messages(assistant: Assistant) -> None:
    for conversation in (CONVERSATION, OTHER):
        assistant.post("/webhooks/webchat/webhook", chat(conversation=conversation))
    assert len({event.id for event in published(assistant)}) == 2


def test_a_button_sends_its_payload(assistant: Assistant) -> None:
    assistant.post("/webhooks/webchat/webhook", chat(text=None, payload="/greet", locale="de-DE"))
    (event,) = published(assistant)
    assert (event.data.text, event.data.locale) == ("/greet", "de-DE")


@pytest.mark.parametrize(
    "changes",
    [
        {"conversation": "short"},
        {"conversation": None},
        {"conversation": "a/b" * 10},
        {"id": "x"},
        {"id": 7},
        {"text": ""},
        {"text": None},
        {"text": 5},
        {"text": "x" * 4001},
        {"metadata": "m"},
        {"locale": 1},
    ],
)
def test_what_the_page_would_not_send_is_refused_with_a_cause(assistant: Assistant, changes: dict[str, Any]) -> None:
    response = assistant.post("/webhooks/webchat/webhook", chat(**changes))
    assert response.status_code == 400
    assert response.json["error"]
    assert assistant.broker.requests == []


def test_conversations_are_given_out_and_nobody_guesses_them(assistant: Assistant) -> None:
    names = {assistant.post("/webhooks/webchat/conversations", b"").json["conversation"] for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) == 40 for name in names)


def test_messages_are_fetched_from_deliverys_outbox() -> None:
    asked = []

    def outbox(request: Any) -> Any:
        asked.append(request.full_path)
        return '{"messages": []}', 200, {"content-type": "application/json"}

    with Assistant(delivery=outbox).running() as assistant:
        response = assistant.client.get(f"/webhooks/webchat/messages?conversation={CONVERSATION}&after=3&wait=1000")
        assert response.json == {"messages": []}
        assert response.headers["cache-control"] == "no-store"
        assert asked == [f"/outbox/webchat:{CONVERSATION}?after=3&wait=25"]
        for query in ("", "?conversation=x", f"?conversation={CONVERSATION}&after=-1"):
            assert assistant.client.get(f"/webhooks/webchat/messages{query}").status_code == 400


def test_an_outbox_that_is_down_is_503() -> None:
    with Assistant(delivery=Recorder([500])).running() as assistant:
        response = assistant.client.get(f"/webhooks/webchat/messages?conversation={CONVERSATION}")
        assert response.status_code == 503
    with Assistant(settings={"urls": {"delivery": ""}}).running() as assistant:
        response = assistant.client.get(f"/webhooks/webchat/messages?conversation={CONVERSATION}")
        assert response.json is not None
        assert "DELIVERY_URL" in response.json["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/", 405),
        ("GET", "/webhooks/rest/webhook", 405),
        ("PUT", "/webhooks/rest/webhook", 405),
        ("POST", "/webhooks/rest/", 405),
        ("GET", "/webhooks/pigeon/webhook", 404),
        ("POST", "/webhooks/pigeon/webhook", 404),
        ("GET", "/webhooks/rest/other", 404),
        ("GET", "/webhooks", 404),
        ("POST", "/webhooks/rest/conversations", 404),
        ("GET", "/webhooks/webchat/conversations", 405),
        ("POST", "/webhooks/webchat/messages", 405),
        ("DELETE", "/healthz", 405),
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/wake", 202),
        ("GET", "/../etc/passwd", 404),
    ],
)
def test_every_path_and_method_has_its_answer(assistant: Assistant, method: str, path: str, status: int) -> None:
    response = assistant.client.open(path, method=method, environ_base={"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "1"})
    assert response.status_code == status
    if status >= 400:
        assert response.json is not None
        assert response.json["error"]
    if status == 405:
        assert response.headers["allow"] in ("GET", "POST")


@pytest.mark.parametrize("channel", ["rest", "callback", "webchat"])
def test_a_body_over_the_limit_is_413(assistant: Assistant, channel: str) -> None:
    response = assistant.post(f"/webhooks/{channel}/webhook", b'{"message": "' + b"x" * 70_000 + b'"}')
    assert response.status_code == 413
    assert "65536" in response.json["error"]


@given(
    body=st.binary(max_size=200)
    | st.fixed_dictionaries(
        {},
        optional={
            name: st.none() | st.text(max_size=40) | st.integers() | st.just(CONVERSATION) | st.lists(st.text())
            for name in ("conversation", "id", "text", "payload", "sender", "message", "metadata", "locale")
        },
    ).map(lambda value: json.dumps(value).encode()),
    channel=st.sampled_from(["callback", "webchat"]),
)
@hypothesis_settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_answered_below_500(assistant: Assistant, body: bytes, channel: str) -> None:
    assert assistant.post(f"/webhooks/{channel}/webhook", body).status_code < 500
