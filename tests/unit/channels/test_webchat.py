"""What the chat page fetches: Rasa's REST messages, but cards stay cards."""

from typing import Any

from shared.channels import rest, webchat
from shared.channels.port import Document, Recipient
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON

CARDS: tuple[JSON, ...] = (
    {"title": "A", "image_url": "https://a.example/a.png", "buttons": [{"title": "Take A", "payload": "/a"}]},
    {"title": "B"},
)
WORDS = Reply(text="These:\n\nall", buttons=(Button("Yes", "/affirm"),), image="https://a.example/i.png")


def rendered(reply: Reply) -> list[dict[str, Any]]:
    found = webchat.CHANNEL.render([reply], Recipient("me", {}, "webchat:1", last=False), {})
    contents = [dict(one.content) for one in found if isinstance(one, Document)]
    assert all(content.pop("message") == "webchat:1" for content in contents)
    return contents


def test_cards_are_one_document_and_stay_as_they_are() -> None:
    assert rendered(Reply(text="These:", elements=CARDS)) == [{"text": "These:"}, {"elements": list(CARDS)}]


def test_elements_that_are_no_objects_are_left_out() -> None:
    assert rendered(Reply(elements=("x", 7, CARDS[1]))) == [{"elements": [CARDS[1]]}]
    assert rendered(Reply(elements=("x",))) == []


def test_all_else_is_as_on_rasas_rest_channel() -> None:
    assert rendered(WORDS) == rest.render_reply(WORDS)
