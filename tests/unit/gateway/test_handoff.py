"""Operators over HTTP and in their chat: who may answer, and that nobody else's words do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Request

from knative.platforms import catalogue as platforms
from knative.platforms import port
from shared.config import Misconfigured
from shared.errors import Rejected
from shared.events.catalogue import Handoff, HandoffAnswered, MessageReceived, RepliesDecided, Reply, TurnSummary
from shared.events.envelope import Envelope
from shared.events.http import decode
from shared.handoff import parse_command, read_operators_chat
from shared.outbound import Outbound
from tests.loopback import Stub
from tests.unit.gateway.assistants import Assistant
from tests.unit.gateway.webhook_gateway import WebhookGateway

TOKEN = "an operator's long token"
BEARER = {"authorization": f"Bearer {TOKEN}"}
SAID = {"conversation": "telegram:4242", "text": "How can I help?"}


def answering(envelope: Envelope) -> Envelope:
    """A dialogue that takes an operator's words."""
    assert isinstance(envelope.data, HandoffAnswered)
    data = RepliesDecided("4242", (Reply(text=envelope.data.text),), TurnSummary(envelope.message))
    return envelope.answer(data, "/t/dialogue", "decided")


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    settings = {"handoff_token": TOKEN}
    with Assistant(dialogue=Stub(answering), settings=settings).running() as running:
        yield running


def published(assistant: Assistant) -> list[Envelope]:
    assistant.reports.join()
    return [decode(headers, body) for _, headers, body in assistant.broker.requests]


def post_json(assistant: Assistant, path: str, body: Any, **headers: str) -> Any:
    return assistant.post(path, json.dumps(body).encode(), **headers)


def test_an_operators_words_go_out_to_the_person(assistant: Assistant) -> None:
    answer = post_json(assistant, "/handoff/say", {**SAID, "operator": "Ann"}, **BEARER)
    assert (answer.status_code, answer.json["resumed"]) == (202, False)
    (taken,) = assistant.dialogue.taken
    assert (taken.subject, taken.channel, taken.id) == ("telegram:4242", "telegram", answer.json["message"])
    assert taken.data == HandoffAnswered("How can I help?", False, "Ann")
    (decided,) = published(assistant)
    assert isinstance(decided.data, RepliesDecided)
    assert decided.data.replies[0].text == "How can I help?"


def test_resume_gives_the_conversation_back(assistant: Assistant) -> None:
    answer = post_json(assistant, "/handoff/resume", {"conversation": "telegram:4242"}, **BEARER)
    assert (answer.status_code, answer.json["resumed"]) == (202, True)
    assert assistant.dialogue.taken[0].data == HandoffAnswered(None, True)


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"cookie": TOKEN}]
)
@pytest.mark.parametrize("path", ["/handoff/say", "/handoff/resume"])
def test_without_the_token_nothing_is_said_or_given_back(assistant: Assistant, path: str, headers: Any) -> None:
    assert post_json(assistant, path, SAID, **headers).status_code == 401
    assert post_json(assistant, f"{path}?token={TOKEN}", SAID).status_code == 401
    assert assistant.client.get("/handoff/attachment?reference=1").status_code == 401
    assert assistant.dialogue.taken == []


def test_without_the_setting_operators_are_told_which() -> None:
    with Assistant().running() as assistant:
        answer = post_json(assistant, "/handoff/say", SAID, authorization="Bearer ")
    assert answer.status_code == 503
    assert "HANDOFF_TOKEN" in answer.json["error"]


def test_a_conversation_that_nobody_handed_over_is_told_with_its_cause() -> None:
    refusing = Stub(answering, failures=[Rejected("this conversation is not in a person's hands")])
    with Assistant(dialogue=refusing, settings={"handoff_token": TOKEN}).running() as assistant:
        answer = post_json(assistant, "/handoff/say", SAID, **BEARER)
        assert answer.status_code == 400
        assert "not in a person's hands" in answer.json["error"]
        assert published(assistant) == []


def test_the_same_id_is_the_same_event(assistant: Assistant) -> None:
    ids = {post_json(assistant, "/handoff/say", {**SAID, "id": "1"}, **BEARER).json["message"] for _ in range(2)}
    other = {**SAID, "conversation": "telegram:1", "id": "1"}
    assert len(ids) == 1
    assert post_json(assistant, "/handoff/say", other, **BEARER).json["message"] not in ids


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"text": "x"}',
        b'{"conversation": "no colon"}',
        b'{"conversation": 1}',
        b'{"conversation": "telegram:1", "text": 1}',
        b"\xff",
    ],
)
def test_an_operators_mistakes_are_400_with_a_cause(assistant: Assistant, body: bytes) -> None:
    answer = assistant.post("/handoff/say", body, **BEARER)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_a_broker_that_does_not_hold_it_is_503_so_that_the_operator_tries_again(assistant: Assistant) -> None:
    assistant.broker.statuses = [503]
    answer = post_json(assistant, "/handoff/say", {**SAID, "id": "1"}, **BEARER)
    assert answer.status_code == 503


def test_what_a_person_attached_is_asked_of_delivery() -> None:
    asked = []

    def delivery(request: Request) -> Any:
        asked.append(request.full_path)
        return b"\x89PNG", 200, {"content-type": "image/png", "content-disposition": "attachment", "x-other": "1"}

    with Assistant(delivery=delivery, settings={"handoff_token": TOKEN}).running() as assistant:
        query = "channel=telegram&type=image&reference=a%26b&admin=1"
        answer = assistant.client.get(f"/handoff/attachment?{query}", headers=BEARER)
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"\x89PNG", "image/png")
    assert asked == ["/attachments?channel=telegram&type=image&reference=a%26b"]
    assert "x-other" not in answer.headers


def test_rest_tells_the_operators_over_the_broker_and_counts_the_turn_once() -> None:
    def handing_over(envelope: Envelope) -> Envelope:
        turn = TurnSummary(envelope.message, handoff=True)
        data = RepliesDecided("s", (Reply(text="A person"),), turn, handoff=Handoff("begun", "help"))
        return envelope.answer(data, "/t/dialogue", "decided")

    with Assistant(dialogue=Stub(handing_over)).running() as assistant:
        assert assistant.say({"sender": "s", "message": "help"}).json == [{"recipient_id": "s", "text": "A person"}]
        _, told = published(assistant)
        assert isinstance(told.data, RepliesDecided)
        assert (told.data.replies, told.data.handoff) == ((), Handoff("begun", "help"))


@pytest.fixture
def gateway() -> Iterator[WebhookGateway]:
    outbound = Outbound()
    yield WebhookGateway("http://127.0.0.1:9", outbound, handoff_to="slack:C0OPERATORS")
    outbound.close()


def slack(text: str, channel: str, number: int = 1) -> port.Webhook:
    body = platforms.write_text("slack", text, number).body.replace(b"D0SIMULATED", channel.encode())
    return port.Webhook(body.replace(b'"im"', b'"channel"') if channel.startswith("C") else body)


@pytest.mark.parametrize(
    ("words", "data"),
    [
        ("/say telegram:4242 How can I help?", HandoffAnswered("How can I help?")),
        ("say telegram:4242 two\nlines", HandoffAnswered("two\nlines")),
        ("/resume telegram:4242", HandoffAnswered(resume=True)),
        ("Resume telegram:4242 Bye", HandoffAnswered("Bye", resume=True)),
    ],
)
def test_commands_in_the_operators_chat_are_the_operators(
    gateway: WebhookGateway, words: str, data: HandoffAnswered
) -> None:
    assert gateway.post("slack", slack(words, "C0OPERATORS")).status_code == 200
    (event,) = gateway.events
    assert (event.data, event.subject, event.channel) == (data, "telegram:4242", "telegram")


def test_a_slash_command_in_the_operators_chat_is_one_too(gateway: WebhookGateway) -> None:
    form = b"command=%2Fresume&text=telegram%3A4242&channel_id=C0OPERATORS&user_id=U1&team_id=T1&trigger_id=t1"
    assert gateway.post("slack", port.Webhook(form, port.FORM)).status_code == 200
    assert gateway.events[0].data == HandoffAnswered(resume=True)


def test_operators_who_talk_among_themselves_are_not_answered(gateway: WebhookGateway) -> None:
    assert gateway.post("slack", slack("who takes this one?", "C0OPERATORS")).status_code == 200
    assert gateway.events == []


@pytest.mark.parametrize("words", ["/resume telegram:4242", "/say telegram:4242 send money", "/resume slack:T0.C1.U1"])
def test_the_same_words_anywhere_else_are_ordinary_words(gateway: WebhookGateway, words: str) -> None:
    for channel in ("C0SOMEWHERE", "D0SIMULATED"):
        assert gateway.post("slack", slack(words, channel, number=len(gateway.events))).status_code == 200
    assert gateway.post("telegram", platforms.write_text("telegram", words, 9)).status_code == 200
    # In a channel they name nobody, and are nobody's.
    assert [event.channel for event in gateway.events] == ["slack", "telegram"]
    assert all(isinstance(event.data, MessageReceived) for event in gateway.events)


def test_a_forged_webhook_from_the_operators_chat_is_refused(gateway: WebhookGateway) -> None:
    webhook = slack("/resume telegram:4242", "C0OPERATORS")
    headers = platforms.sign_webhook("slack", b"something else", "", 0.0)
    answer = gateway.client.post("/webhooks/slack/webhook", data=webhook.body, headers=dict(headers))
    assert answer.status_code == 401
    assert gateway.events == []


@pytest.mark.parametrize(
    "text", ["", "hello", "/say", "/say telegram:1", "/resume", "/resume telegram", "say x y", "/say a:b\r\n"]
)
def test_what_is_no_command(text: str) -> None:
    assert parse_command(text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("slack:C01", {"channel": "C01"}),
        ("telegram:-100123", {"chat": "-100123"}),
        ("gchat:spaces/AAA", {"space": "spaces/AAA"}),
        ('whatsapp:{"to": "1555", "line": "100"}', {"to": "1555", "line": "100"}),
    ],
)
def test_where_the_operators_chat_is(text: str, address: dict[str, str]) -> None:
    chat = read_operators_chat(text)
    assert chat is not None
    assert dict(chat.address) == address


@pytest.mark.parametrize(
    "text", ["slack", "slack:", "discord:123", "email:a@b.c", "whatsapp:123", 'twilio:{"to": "1"}', "slack:{"]
)
def test_a_chat_that_cannot_be_written_to_is_said_at_start(text: str) -> None:
    with pytest.raises(Misconfigured, match="HANDOFF_TO"):
        read_operators_chat(text)
