"""A sign that the assistant is typing, before any other stage is awake."""

import time

import pytest

from knative.platforms import catalogue as platforms
from knative.platforms import port
from knative.platforms.standin import run_stand_in as standing_in
from tests.unit.gateway.webhook_gateway import WebhookGateway, in_group, running

SIGNS = {
    # Slack has one in threads with the assistant, Teams asks for a token first.
    "slack": (b'"ts"', b'"thread_ts": "1.1", "ts"'),
    "whatsapp": (b"", b""),
    "messenger": (b"", b""),
    "line": (b"", b""),
    "teams": (b"", b""),
}


@pytest.mark.parametrize("name", SIGNS)
def test_people_see_that_the_assistant_types_though_no_other_stage_is_awake(name: str) -> None:
    """Within 300 ms of the webhook's arrival, while the broker does not even answer."""
    with standing_in() as standin, running(settings=platforms.build_environment(standin.url), typing=True) as gateway:
        gateway.down = True
        webhook = platforms.write_text(name, "hello", 1, standin.url)
        webhook = port.Webhook(webhook.body.replace(*SIGNS[name]), webhook.content_type)
        started = time.perf_counter()
        assert gateway.post(name, webhook).status_code == 503
        while not standin.signs and time.perf_counter() - started < 5:
            time.sleep(0.005)
        assert standin.signs == [name]
        assert time.perf_counter() - started < 0.3
        assert standin.seen == []


def test_telegram_and_discord_take_the_sign_in_the_webhooks_answer(gateway: WebhookGateway) -> None:
    sign = {"method": "sendChatAction", "action": "typing", "chat_id": 4242}
    assert gateway.post("telegram", platforms.write_text("telegram", "hello", 1)).json == sign
    pressed = platforms.press_button("telegram", "/affirm", 2)
    assert gateway.post("telegram", pressed).json == {"method": "answerCallbackQuery", "callback_query_id": "2"}
    assert gateway.post("discord", platforms.write_text("discord", "hello", 1)).json == {"type": 5}
    assert gateway.post("telegram", in_group("Bob?", 3)).get_data() == b""


def test_a_platform_that_does_not_take_the_sign_costs_the_message_nothing() -> None:
    with standing_in() as standin, running(settings=platforms.build_environment(standin.url), typing=True) as gateway:
        standin.token = "another"
        assert gateway.post("line", platforms.write_text("line", "hello", 1)).status_code == 200
    assert len(gateway.events) == 1
