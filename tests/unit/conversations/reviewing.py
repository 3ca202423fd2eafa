"""Conversations to review: what is kept, the page over it, and its first handle."""

from collections.abc import Mapping
from typing import Any

from monitoring.conversations.review.app import Pages
from monitoring.conversations.review.judging import Domain
from shared.stores.ports import Committed, Store, Turn

NOW = 1_000_000.0
DOMAIN = Domain(frozenset({"greet", "play_music", "out_of_scope"}), frozenset({"genre", "artist"}))
JAZZ = {
    "text": "play some jazz, call +49 170 1234567",
    "intent": "play_music",
    "confidence": 0.4,
    "entities": [{"entity": "genre", "value": "Jazz", "start": 10, "end": 14}],
    "replies": [{"text": "I call +49 170 1234567", "buttons": [{"title": "Stop", "payload": "/stop"}]}],
    "bundle": "abc",
}


def keep_turns(store: Store, conversation: str, *documents: Mapping[str, Any], at: float = NOW - 60) -> None:
    for number, document in enumerate(documents):
        revision = store.conversations.load(conversation, "", NOW).revision
        turn = Turn(f"m{number}", at + number, {"events": [], "replies": [], **document})
        store.conversations.commit(conversation, revision, Committed({}, turn, NOW * 2), NOW)


def pages(store: Store) -> Pages:
    return Pages(store, DOMAIN, personal=("address",), keep_seconds=1000.0, now=lambda: NOW)


def handle(page: Pages, which: str = "all") -> str:
    (one,) = page.conversations(which, "0.6", "")["conversations"]
    return str(one["handle"])
