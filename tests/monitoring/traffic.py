"""A real run for the dashboards: people who are understood, who are not, who fill a form and who leave it."""

import json
import time
import urllib.request
import uuid
from typing import Any

from shared.events.catalogue import MessageReceived, TurnCompleted
from tests.e2e.conftest import Running

SECRET = "made-up-secret"
ORDER = ("I'd like a large pizza", "Pepperoni Pizza please", "to 12 Baker Street", "yes")
LEFT = ("I'd like a large pizza", "Pepperoni Pizza please", "stop", "yes")
SENTENCES = (
    "hello",
    "play some jazz",
    "search for a video about horror movies",
    "xylem quokka brumous fnord",
    "thank you",
)


def talk(assistant: Running, name: str) -> None:
    """One round of everything, under senders of this name."""
    for sentence in ORDER:
        _rest(assistant, f"{name}-order", sentence)
    for sentence in LEFT:
        _rest(assistant, f"{name}-left", sentence)
    for sentence in SENTENCES:
        _rest(assistant, f"{name}-talk", sentence)
    _webchat(assistant, ["hello", "play some jazz"])
    _telegram(assistant, name)
    _handed_over(assistant, name)
    _broken(assistant, name)


def _post(url: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json", **(headers or {})}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        content = answer.read()
    return json.loads(content) if content else None


def _rest(assistant: Running, sender: str, message: str) -> None:
    _post(f"{assistant.url}/webhooks/rest/webhook", {"sender": sender, "message": message})


def _webchat(assistant: Running, messages: list[str]) -> None:
    base = f"{assistant.url}/webhooks/webchat"
    conversation = _post(f"{base}/conversations", {})["conversation"]
    for number, text in enumerate(messages, start=1):
        _post(f"{base}/webhook", {"conversation": conversation, "id": str(uuid.uuid4()), "text": text})
        with urllib.request.urlopen(
            f"{base}/messages?conversation={conversation}&after={number - 1}&wait=20", timeout=40
        ) as answer:
            assert json.load(answer)["messages"]


class Platform:
    """Telegram's API, which has enough of every third message at first."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: object) -> tuple[str, int, dict[str, str]]:
        self.calls += 1
        if self.calls % 3 == 2:
            return '{"ok":false,"parameters":{"retry_after":0}}', 429, {"content-type": "application/json"}
        return '{"ok":true,"result":{}}', 200, {"content-type": "application/json"}


def _telegram(assistant: Running, name: str) -> None:
    chat = 1000 + sum(name.encode())
    for number, text in enumerate(("hello", "thank you"), start=1):
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private"},
            "from": {"id": chat, "is_bot": False, "first_name": "A"},
            "text": text,
        }
        headers = {"x-telegram-bot-api-secret-token": SECRET}
        update = {"update_id": 700_000 + chat * 10 + number, "message": message}
        _post(f"{assistant.url}/webhooks/telegram/webhook", update, headers)


def _handed_over(assistant: Running, name: str) -> None:
    """A turn that the default assistant does not have (it hands nobody over), reported twice, as a broker may."""
    turn = {
        "message": f"rest:{name}-person",
        "intent": "human_handoff",
        "confidence": 0.97,
        "actions": ["action_pause"],
        "handoff": True,
        "bundle": "another",
    }
    headers = _headers(f"rest:{name}-person.completed", TurnCompleted.TYPE, f"rest:{name}-person")
    for _ in range(2):
        _post(assistant.addresses["observer"], {"turn": turn, "delivery": "answered", "seconds": 0.1}, headers)


def _broken(assistant: Running, name: str) -> None:
    """An event that no stage can take."""
    headers = _headers(f"webchat:{name}-broken", MessageReceived.TYPE, f"webchat:{name}-broken")
    _post(f"{assistant.addresses['broker']}/parley/default", {"sender": 7}, headers)


def _headers(ident: str, kind: str, subject: str) -> dict[str, str]:
    return {
        "ce-specversion": "1.0",
        "ce-id": ident,
        "ce-source": "/test",
        "ce-type": kind,
        "ce-subject": subject,
        "ce-channel": subject.split(":")[0],
    }
