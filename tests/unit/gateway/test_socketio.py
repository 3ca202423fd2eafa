"""Rasa's socketio channel over Engine.IO 4: what a client sends and polls for, packet by packet."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.gateway import socketio
from functions.gateway.conversations import Conversations
from functions.gateway.socketio import SocketIo
from shared.channels.catalogue import find_channel
from shared.channels.port import Document, Inbound, Recipient
from shared.errors import Unavailable
from shared.events.catalogue import Button, Reply
from shared.serving import Answer

ASKED = {"EIO": "4", "transport": "polling"}
BUTTONS = (Button("Yes", "/affirm"), Button("No", "/deny"))


@dataclass
class Desk:
    """A gateway's socket side, the messages that it took, and an outbox that is written by hand."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 0
    down: bool = False
    broker_down: bool = False
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.conversations = Conversations(("a secret of this installation",))
        self.sockets = SocketIo(self.receive, self.conversations, self.read, long_polls=4, now=lambda: self.now)

    def receive(self, name: str, inbound: Inbound) -> Answer:
        if self.broker_down:
            raise Unavailable("the broker is starting")
        (message,) = find_channel(name).parse(inbound, {})  # type: ignore[misc]
        self.messages.append({"text": message.text, "sender": message.sender, "metadata": message.metadata})
        return "", 200, {}

    def read(self, conversation: str, after: int, wait: float) -> bytes:
        self.looks += 1
        assert conversation.startswith("socketio:")
        if self.down:
            raise Unavailable("delivery is starting")
        if not self.posted[after:]:
            threading.Event().wait(min(wait, 0.02))
        return json.dumps({"messages": self.posted[after:]}).encode()

    def post(self, *replies: Reply, at: float = 1000.0) -> None:
        for document in find_channel("socketio").render(replies, Recipient("s", {}, "m", True), {}):
            assert isinstance(document, Document)
            self.posted.append({"number": len(self.posted) + 1, "at": at, "message": document.content})

    def ask(self, method: str, body: str = "", **query: str) -> tuple[Any, int]:
        answer, status, _ = self.sockets(method, {**ASKED, **query}, body.encode())
        return answer, status

    def open(self) -> str:
        opened, status = self.ask("GET")
        assert status == 200
        assert opened.startswith("0")
        sid: str = json.loads(opened[1:])["sid"]
        return sid

    def packets(self, sid: str) -> list[str]:
        answer, status = self.ask("GET", sid=sid)
        assert status == 200
        return str(answer).split(socketio.SEPARATOR)

    def emit(self, sid: str, *packets: str) -> tuple[Any, int]:
        return self.ask("POST", socketio.SEPARATOR.join(packets), sid=sid)

    def confirm(self, sid: str, session: str | None = None) -> str:
        self.emit(sid, "42" + json.dumps(["session_request", {"session_id": session}]))
        (packet,) = self.packets(sid)
        name, confirmed = json.loads(packet[2:])
        assert name == "session_confirm"
        return str(confirmed)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(socketio, "PING_SECONDS", 0.3)
    return Desk()


def test_a_session_opens_connects_and_is_pinged_while_nothing_is_said(desk: Desk) -> None:
    sid = desk.open()
    assert desk.emit(sid, "40") == ("ok", 200)
    assert desk.packets(sid) == [f'40{{"sid": "{sid}"}}']
    assert desk.packets(sid) == ["2"]
    assert desk.emit(sid, "3") == ("ok", 200)
    assert desk.looks == 0


def test_what_is_uttered_is_a_message_and_what_is_answered_is_uttered_back(desk: Desk) -> None:
    sid = desk.open()
    session = desk.confirm(sid)
    said = {"message": "hi", "session_id": session, "customData": {"language": "en"}}
    desk.emit(sid, "42" + json.dumps(["user_uttered", said]))
    assert desk.messages == [{"text": "hi", "sender": session, "metadata": {"language": "en"}}]
    desk.post(Reply("Hello\n\nyou", BUTTONS))
    packets = desk.packets(sid)
    assert [json.loads(packet[2:]) for packet in packets] == [
        ["bot_uttered", {"text": "Hello", "quick_replies": []}],
        [
            "bot_uttered",
            {
                "text": "you",
                "quick_replies": [
                    {"content_type": "text", "title": "Yes", "payload": "/affirm"},
                    {"content_type": "text", "title": "No", "payload": "/deny"},
                ],
            },
        ],
    ]
    assert desk.packets(sid) == ["2"]


def test_a_poll_that_waits_already_gets_the_answer(desk: Desk) -> None:
    sid = desk.open()
    desk.confirm(sid)
    found: list[list[str]] = []
    poll = threading.Thread(target=lambda: found.append(desk.packets(sid)))
    poll.start()
    desk.post(Reply("Hello"))
    desk.emit(sid, '42["user_uttered",{"message":"hi"}]')
    poll.join(5)
    assert found == [['42["bot_uttered", {"text": "Hello"}]']]


def test_an_event_that_wants_to_be_acknowledged_is(desk: Desk) -> None:
    sid = desk.open()
    desk.emit(sid, '4212["user_uttered",{"message":"hi"}]')
    assert "4312[]" in desk.packets(sid)


def test_a_client_that_comes_again_goes_on_and_hears_nothing_twice(desk: Desk) -> None:
    session = desk.confirm(desk.open())
    desk.post(Reply("of before"))
    desk.now += 60
    again = desk.open()
    assert desk.confirm(again, session) == session
    desk.emit(again, '42["user_uttered",{"message":"hi"}]')
    desk.post(Reply("of now"), at=desk.now)
    assert desk.packets(again) == ['42["bot_uttered", {"text": "of now"}]']
    assert desk.messages[0]["sender"] == session


@pytest.mark.parametrize("session", ["me", "x" * 40, "", "../../etc"])
def test_a_session_id_that_was_not_given_out_here_is_not_taken(desk: Desk, session: str) -> None:
    sid = desk.open()
    confirmed = desk.confirm(sid, session)
    assert confirmed != session
    desk.emit(sid, "42" + json.dumps(["user_uttered", {"message": "hi", "session_id": session or "guess"}]))
    assert desk.messages[0]["sender"] != session


def test_delivery_that_is_starting_costs_no_answer(desk: Desk) -> None:
    sid = desk.open()
    desk.confirm(sid)
    desk.down = True
    desk.emit(sid, '42["user_uttered",{"message":"hi"}]')
    assert desk.packets(sid) == ["2"]
    desk.down = False
    desk.post(Reply("Hello"))
    assert desk.packets(sid) == ['42["bot_uttered", {"text": "Hello"}]']


def test_what_the_broker_does_not_take_goes_out_once_it_does(desk: Desk) -> None:
    sid = desk.open()
    desk.confirm(sid)
    desk.broker_down = True
    assert desk.emit(sid, '42["user_uttered",{"message":"hi"}]') == ("ok", 200)
    assert desk.packets(sid) == ["2"]
    desk.broker_down = False
    desk.post(Reply("Hello"))
    assert desk.packets(sid) == ['42["bot_uttered", {"text": "Hello"}]']
    assert [message["text"] for message in desk.messages] == ["hi"]


def test_a_process_that_does_not_know_the_client_says_so_and_the_client_begins_anew(desk: Desk) -> None:
    session = desk.confirm(desk.open())
    other = Desk()
    answer, status = other.ask("GET", sid="of-another-process")
    assert (status, json.loads(answer)) == (400, {"code": 1, "message": "Session ID unknown"})
    assert other.confirm(other.open(), session) == session


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", {"transport": "websocket"}, 0),
        ("GET", {"EIO": "3"}, 5),
        ("POST", {}, 3),
    ],
)
def test_what_is_no_request_of_the_protocol_is_400_with_its_code(
    desk: Desk, method: str, query: dict[str, str], code: int
) -> None:
    answer, status = desk.ask(method, **query)
    assert (status, json.loads(answer)["code"]) == (400, code)


def test_packets_that_are_none_are_400_and_a_closed_session_is_gone(desk: Desk) -> None:
    sid = desk.open()
    assert desk.emit(sid, "x")[1] == 400
    assert desk.emit(sid, "1") == ("ok", 200)
    assert desk.ask("GET", sid=sid)[1] == 400


def test_another_namespace_is_refused_by_its_name(desk: Desk) -> None:
    sid = desk.open()
    desk.emit(sid, "40/admin,")
    assert desk.packets(sid) == ['44/admin,{"message": "Invalid namespace"}']


def test_replies_are_uttered_in_rasas_form() -> None:
    reply = Reply(
        "A",
        image="https://e.com/a.png",
        attachment={"type": "video"},
        elements=({"title": "T"},),
        custom={"data": {"a": 1}},
    )
    rendered = find_channel("socketio").render((reply,), Recipient("s", {}, "m", True, with_operator=True), {})
    assert [document.content for document in rendered if isinstance(document, Document)] == [
        {"uttered": {"text": "A"}},
        {"uttered": {"a": 1}},
        {"uttered": {"attachment": {"type": "image", "payload": {"src": "https://e.com/a.png"}}}},
        {"uttered": {"attachment": {"type": "video"}}},
        {
            "uttered": {
                "attachment": {
                    "type": "template",
                    "payload": {"template_type": "generic", "elements": {"title": "T"}},
                }
            }
        },
        {"handoff": True},
    ]
