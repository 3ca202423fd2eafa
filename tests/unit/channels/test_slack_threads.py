"""Threads with the assistant in Slack: the signs that people see there before any other stage is awake."""

import json
from typing import Any

import pytest

from knative.platforms import catalogue as platforms
from knative.platforms.port import Sent
from shared.channels.port import InboundMessage
from shared.channels.slack.rendering import OPENED, indicate

TOKEN = {"bot_token": "xoxb-1"}
THREAD = {"channel": "D1", "thread": "17.1"}


def make_message(address: dict[str, Any] = THREAD, **metadata: Any) -> InboundMessage:
    return InboundMessage("hello", "U1", "1", metadata=metadata, address=address)


def signs(message: InboundMessage, **settings: str) -> list[tuple[str, Any]]:
    return [(call.url.rpartition("/")[2], json.loads(call.body)) for call in indicate(message, settings)]


def test_a_thread_that_was_opened_shows_a_status_and_what_may_be_said_first() -> None:
    found = signs(make_message(**{OPENED: {}}), prompts="Order a pizza | What can you do? |", **TOKEN)
    place = {"channel_id": "D1", "thread_ts": "17.1"}
    listed = [{"title": words, "message": words} for words in ("Order a pizza", "What can you do?")]
    assert found == [
        ("assistant.threads.setStatus", {**place, "status": "is typing..."}),
        ("assistant.threads.setSuggestedPrompts", {**place, "prompts": listed}),
    ]


def test_prompts_are_suggested_once_and_only_where_there_are_any() -> None:
    assert [name for name, _ in signs(make_message(), prompts="a", **TOKEN)] == ["assistant.threads.setStatus"]
    assert [name for name, _ in signs(make_message(**{OPENED: {}}), prompts=" | ", **TOKEN)] == [
        "assistant.threads.setStatus"
    ]
    assert [name for name, _ in signs(make_message(**{OPENED: {}}), **TOKEN)] == ["assistant.threads.setStatus"]


@pytest.mark.parametrize("address", [{"channel": "C1", "thread": "17.1"}, {"channel": "D1"}, {}])
def test_elsewhere_slack_has_no_signs(address: dict[str, Any]) -> None:
    assert signs(make_message(address, **{OPENED: {}}), prompts="a", **TOKEN) == []


def test_without_the_bots_token_nothing_is_shown() -> None:
    assert signs(make_message(**{OPENED: {}}), prompts="a") == []


def test_slack_takes_four_prompts_and_no_more_are_sent() -> None:
    *_, (_, body) = signs(make_message(**{OPENED: {}}), prompts="a|b|c|d|e", **TOKEN)
    sent = Sent("POST", "/assistant.threads.setSuggestedPrompts", {}, json.dumps(body).encode(), {})
    assert platforms.inspect("slack", sent).mistakes == ()
    more = json.dumps({**body, "prompts": body["prompts"] * 2}).encode()
    assert platforms.inspect("slack", Sent("POST", sent.path, {}, more, {})).mistakes != ()
