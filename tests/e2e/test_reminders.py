"""What the assistant says by itself, later: once, through the broker, though everything was stopped in between."""

import time
import uuid
from pathlib import Path

from tests.e2e.conftest import Running, running
from tests.e2e.test_assistant import get, post


def test_a_reminder_outlives_the_assistant_and_comes_once(tmp_path: Path) -> None:
    with running(tmp_path, ARRIVAL_MINUTES="0.1", TICK_SECONDS="0.5") as assistant:
        conversation = post(f"{assistant.url}/webhooks/webchat/conversations", b"")[1]["conversation"]
        say(assistant, conversation, "a large margherita to 12 Baker Street")
        expect_messages(assistant, conversation, ["Shall I place the order?"])
        say(assistant, conversation, "/affirm")
        expect_messages(assistant, conversation, ["Shall I place the order?", "Done."])
    with running(tmp_path, ARRIVAL_MINUTES="0.1", TICK_SECONDS="0.5") as assistant:
        expected = ["Shall I place the order?", "Done.", "Enjoy"]
        expect_messages(assistant, conversation, expected)
        # Several ticks later it is still the only one.
        time.sleep(2)
        expect_messages(assistant, conversation, expected)


def say(assistant: Running, conversation: str, text: str) -> None:
    body = {"conversation": conversation, "id": uuid.uuid4().hex, "text": text}
    assert post(f"{assistant.url}/webhooks/webchat/webhook", body)[0] == 202


def expect_messages(assistant: Running, conversation: str, parts: list[str]) -> None:
    """All that was said so far is this many messages with these words; waits for them for a while."""
    texts: list[str] = []
    end = time.monotonic() + 30
    while len(texts) < len(parts) and time.monotonic() < end:
        url = f"{assistant.url}/webhooks/webchat/messages?conversation={conversation}&after=0"
        texts = [str(item["message"]["text"]) for item in get(url)["messages"] if item["message"].get("text")]
        time.sleep(0.1)
    assert len(texts) == len(parts), texts
    assert all(part in text for part, text in zip(parts, texts, strict=True)), texts
