"""Web chat conversations: only those that this gateway gave out are taken, before anything is asked or woken."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.gateway.access import Forbidden, Unauthorised
from functions.gateway.conversations import Conversations
from functions.gateway.rate_limit import AnonymousLimit
from shared.config import Misconfigured
from shared.errors import Unavailable
from tests.loopback import Recorder
from tests.unit.gateway.assistants import CONVERSATION, Assistant

OLD, NEW, WEBSITE = "o" * 32, "n" * 32, "w" * 32
NOW = 1_800_000_000.0


def token(document: Any, secret: str = WEBSITE) -> str:
    """As a website makes it."""
    content = base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
    return f"{content}.{hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest()}"


def test_what_was_given_out_is_known_again_and_is_never_the_same() -> None:
    conversations = Conversations((NEW,))
    names = {conversations.issue() for _ in range(100)}
    assert len(names) == 100
    for name in names:
        conversations.check(name)


@given(st.text(max_size=64) | st.from_regex(r"[A-Za-z0-9_-]{40}", fullmatch=True) | st.integers(0, 39))
def test_what_was_not_given_out_is_refused(name: str | int) -> None:
    if isinstance(name, int):
        changed = "A" if CONVERSATION[name] != "A" else "B"
        name = CONVERSATION[:name] + changed + CONVERSATION[name + 1 :]
    with pytest.raises(Forbidden):
        Conversations(("s" * 32,)).check(name)


def test_a_secret_is_changed_by_putting_a_new_one_in_front() -> None:
    before = Conversations((OLD,)).issue()
    changed = Conversations((NEW, OLD))
    changed.check(before)
    with pytest.raises(Forbidden):
        Conversations((OLD,)).check(changed.issue())
    with pytest.raises(Forbidden):
        Conversations((NEW,)).check(before)


def test_without_a_secret_nothing_is_given_out_or_taken() -> None:
    for call in (Conversations(()).issue, lambda: Conversations(()).check(CONVERSATION)):
        with pytest.raises(Unavailable, match="INSTALLATION_SECRET"):
            call()


def test_a_websites_user_has_one_conversation_on_all_devices() -> None:
    conversations = Conversations((NEW,), WEBSITE, now=lambda: NOW)
    ann = token({"user": "ann", "exp": NOW + 60})
    assert conversations.issue(ann) == conversations.issue(token({"user": "ann", "exp": NOW + 600}))
    assert conversations.issue(ann) != conversations.issue(token({"user": "bob", "exp": NOW + 60}))
    conversations.check(conversations.issue(ann))
    assert "ann" not in conversations.issue(ann)


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "x.y",
        token({"user": "ann", "exp": NOW + 60}, "x" * 32),
        token({"user": "ann", "exp": NOW - 1}),
        token({"user": "ann"}),
        token({"user": "", "exp": NOW + 60}),
        token({"user": 7, "exp": NOW + 60}),
        token({"user": "ann", "exp": True}),
        token({"user": "ann", "exp": float("nan")}),
        token(["ann"]),
        token({"user": "a" * 3000, "exp": NOW + 60}),
    ],
)
def test_who_is_not_signed_is_nobody(identity: str) -> None:
    with pytest.raises(Unauthorised):
        Conversations((NEW,), WEBSITE, now=lambda: NOW).issue(identity)


def test_a_short_secret_of_the_website_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="WIDGET_SECRET"):
        Conversations((NEW,), "short")


def test_made_up_conversations_wake_store_and_publish_nothing() -> None:
    delivery = Recorder()
    with Assistant(delivery=delivery, settings={"speech_url": "http://127.0.0.1:9"}).running() as assistant:
        for number in range(20):
            name = f"{'A' * 14}{number:08d}"
            body = json.dumps({"conversation": name, "id": f"message-{number}", "text": "hi"}).encode()
            assert assistant.post("/webhooks/webchat/webhook", body).status_code == 403
            query = f"?conversation={name}&after=0&wait=20"
            assert assistant.client.get(f"/webhooks/webchat/messages{query}").status_code == 403
            assert assistant.post("/webhooks/webchat/aloud", body).status_code == 403
            recording = f"/webhooks/webchat/webhook?conversation={name}&id=message-{number}"
            assert assistant.post(recording, b"OggS", content_type="audio/ogg").status_code == 403
    assert delivery.requests == []
    assert assistant.broker.requests == []


def test_an_address_that_asks_for_too_much_is_429_and_told_when_to_come_again() -> None:
    limit = AnonymousLimit(20, 0, clock=lambda: 0.0)
    with Assistant(settings={"limit": limit}).running() as assistant:
        answers = [assistant.post("/webhooks/webchat/conversations", b"") for _ in range(15)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 5
    assert answers[-1].headers["retry-after"] == "3"


def test_metadata_is_bounded() -> None:
    with Assistant().running() as assistant:
        for size, expected in ((7000, 202), (9000, 413)):
            message = {
                "conversation": CONVERSATION,
                "id": f"message-{size}",
                "text": "hi",
                "metadata": {"x": "y" * size},
            }
            assert assistant.post("/webhooks/webchat/webhook", json.dumps(message).encode()).status_code == expected
        assert assistant.say({"sender": "a", "message": "hi", "metadata": {"x": "y" * 9000}}).status_code == 413
