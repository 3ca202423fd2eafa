"""What the chat page sends besides messages: files in pieces, and what the person thinks of an answer."""

import json
from typing import Any

import pytest

from functions.gateway.rate_limit import AnonymousLimit
from shared.channels import webchat
from shared.channels.port import Inbound, InboundMessage
from shared.errors import Rejected
from shared.events.catalogue import AnswerRated, Attachment
from shared.events.envelope import Envelope
from shared.events.http import decode
from shared.events.identity import derive_conversation_id
from tests.loopback import Recorder
from tests.unit.gateway.assistants import CONVERSATION, OTHER, Assistant

FILE = "f" * 32
MINE = derive_conversation_id("webchat", CONVERSATION)


def piece(assistant: Assistant, content: bytes = b"x", **query: Any) -> Any:
    asked = {"conversation": CONVERSATION, "file": FILE, "piece": 0, "of": 1, **query}
    path = "&".join(f"{name}={value}" for name, value in asked.items())
    return assistant.post(f"/webhooks/webchat/files?{path}", content)


def test_a_piece_of_a_file_is_kept_beside_its_conversation() -> None:
    delivery = Recorder(statuses=[201])
    with Assistant(delivery=delivery).running() as assistant:
        assert piece(assistant, b"\x00\xff", piece=1, of=2).status_code == 201
    ((path, headers, body),) = delivery.requests
    assert (path, body, headers["content-type"]) == (f"/files/{MINE}", b"\x00\xff", "application/octet-stream")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"conversation": "c" * 40}, 403),
        ({"conversation": "me"}, 400),
        ({"file": "../x"}, 400),
        ({"piece": 1}, 400),
        ({"of": 0}, 400),
        ({"of": webchat.MAX_PIECES + 1}, 400),
    ],
)
def test_what_is_no_piece_of_a_file_asks_delivery_nothing(query: dict[str, Any], status: int) -> None:
    delivery = Recorder()
    with Assistant(delivery=delivery).running() as assistant:
        assert piece(assistant, **query).status_code == status
    assert delivery.requests == []


def test_a_piece_that_is_not_kept_may_be_sent_again() -> None:
    with Assistant(delivery=Recorder(statuses=[503])).running() as assistant:
        assert piece(assistant).status_code == 503


def test_where_files_are_not_taken_a_piece_is_refused() -> None:
    delivery = Recorder()
    with Assistant(delivery=delivery, settings={"uploads": False}).running() as assistant:
        answer = piece(assistant)
    assert (answer.status_code, "UPLOADS" in answer.json["error"], delivery.requests) == (400, True, [])


def test_pieces_count_as_several_requests_so_that_nobody_fills_the_store() -> None:
    limit = AnonymousLimit(24, 0, clock=lambda: 1.0)
    with Assistant(delivery=Recorder(statuses=[201] * 9), settings={"limit": limit}).running() as assistant:
        assert [piece(assistant).status_code for _ in range(3)] == [201, 201, 429]


def parsed(**fields: Any) -> InboundMessage:
    body = json.dumps({"conversation": CONVERSATION, "id": FILE, **fields}).encode()
    found = webchat.CHANNEL.parse(Inbound(body), {})
    assert isinstance(found, tuple)
    return found[0]


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("image/png", "image"), ("audio/ogg; codecs=opus", "audio"), ("VIDEO/MP4", "video"), ("application/pdf", "file")],
)
def test_a_file_comes_with_a_message_or_is_one(content_type: str, kind: str) -> None:
    attachment = {"file": FILE, "type": content_type, "name": "ticket.pdf", "bytes": 7}
    expected = Attachment(kind, f"{MINE}/{FILE}", "ticket.pdf", content_type.partition(";")[0].lower(), 7)
    assert parsed(attachment=attachment).attachments == (expected,)
    assert parsed(attachment=attachment).text == ""
    assert parsed(attachment=attachment, text="my ticket").text == "my ticket"


@pytest.mark.parametrize(
    "attachment",
    [
        {"file": FILE},
        {"file": FILE, "type": "png"},
        {"file": FILE, "type": "image/png\r\nx: y"},
        {"file": "../../x", "type": "image/png"},
        {"file": f"{MINE}/{FILE}", "type": "image/png"},
        {"type": "image/png"},
        {"file": FILE, "type": "image/png", "name": "x" * 201},
        {"file": FILE, "type": "image/png", "name": 7},
        "a file",
    ],
)
def test_an_attachment_that_names_no_file_of_this_conversation_is_refused(attachment: Any) -> None:
    with pytest.raises(Rejected):
        parsed(attachment=attachment)


def rate(assistant: Assistant, **fields: Any) -> Any:
    body = {"conversation": CONVERSATION, "message": "webchat:1", "helpful": True, **fields}
    return assistant.post("/webhooks/webchat/ratings", json.dumps(body).encode(), content_type="application/json")


def published(assistant: Assistant) -> list[Envelope]:
    return [decode(headers, body) for _, headers, body in assistant.broker.requests]


def test_a_rating_is_an_event_of_the_message_that_was_answered() -> None:
    with Assistant().running() as assistant:
        answers = [rate(assistant, helpful=helpful).status_code for helpful in (True, True, False)]
    assert answers == [202, 202, 202]
    events = published(assistant)
    assert [event.data for event in events] == [AnswerRated(True), AnswerRated(True), AnswerRated(False)]
    assert {(event.subject, event.message, event.channel) for event in events} == {(MINE, "webchat:1", "webchat")}
    assert events[0].id == events[1].id != events[2].id


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"conversation": OTHER[:-1] + "!"}, 400),
        ({"conversation": "c" * 40}, 403),
        ({"message": "no id"}, 400),
        ({"message": None}, 400),
        ({"helpful": "yes"}, 400),
        ({"helpful": None}, 400),
        ({"helpful": 1}, 400),
    ],
)
def test_what_is_no_rating_is_refused(fields: dict[str, Any], status: int) -> None:
    with Assistant().running() as assistant:
        assert rate(assistant, **fields).status_code == status
    assert assistant.broker.requests == []
