"""Every platform's webhooks at the gateway: signed, published once, answered in time, limited."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from functions.gateway.rate_limit import PersonLimit, TooFast
from functions.gateway.turns import Turns
from knative.platforms import catalogue as platforms
from knative.platforms import port
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.events.catalogue import MessageArrived, MessageReceived, Reply
from shared.events.envelope import Envelope
from shared.outbound import Outbound
from tests.unit.channels.cases.whatsapp import batch, text_message
from tests.unit.channels.test_cases import TABLES
from tests.unit.gateway.webhook_gateway import WebhookGateway, running

every_platform = pytest.mark.parametrize("name", [name for name in PLATFORMS if not find_channel(name).spoken])
"""A call is answered in its webhook's own answer, and no broker sees it."""


@every_platform
def test_a_signed_webhook_is_published_and_answered_200(gateway: WebhookGateway, name: str) -> None:
    response = gateway.post(name, platforms.write_text(name, "hello", 1))
    assert response.status_code == 200, response.get_data()
    (event,) = gateway.events
    assert isinstance(event.data, MessageReceived)
    assert (event.channel, event.data.text) == (name, "hello")
    assert event.subject.startswith(f"{name}:")


@every_platform
def test_a_broker_that_is_down_is_503_and_the_platforms_repetition_is_the_same_event(
    gateway: WebhookGateway, name: str
) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    gateway.down = True
    assert gateway.post(name, webhook).status_code == 503
    gateway.down = False
    again = [gateway.post(name, webhook, **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"})]
    again.append(gateway.post(name, webhook))
    assert [response.status_code for response in again] == [200, 200]
    assert len({event.id for event in gateway.events}) == 1


@every_platform
def test_an_unsigned_webhook_is_401_or_403_and_nobody_hears_it(gateway: WebhookGateway, name: str) -> None:
    webhook = platforms.write_text(name, "hello", 1)
    path = f"/webhooks/{name}/webhook"
    response = gateway.client.post(path, data=webhook.body, headers={"content-type": webhook.content_type})
    assert response.status_code in (401, 403)
    assert port.SECRET not in response.get_data(as_text=True)
    assert gateway.events == []


@every_platform
def test_a_channel_without_its_secret_is_503_with_the_name_of_the_setting(name: str) -> None:
    unset = {key: "" for key in platforms.build_environment("") if key.startswith(f"{name.upper()}_")}
    outbound = Outbound()
    gateway = WebhookGateway("", outbound, settings=unset)
    response = gateway.post(name, platforms.write_text(name, "hello", 1))
    outbound.close()
    assert response.status_code == 503
    assert f"{name.upper()}_" in response.json["error"]


@every_platform
def test_what_the_tables_say_is_heard_is_published_and_all_is_answered_200(name: str) -> None:
    expected: list[str | None] = []
    with running(settings={f"{name}_GROUPS".upper(): "all", f"{name}_START_TEXT".upper(): "/start"}) as gateway:
        for case in TABLES[name].cases:
            if not case.settings and "/greet" not in str(case.messages):
                assert gateway.post(name, case.webhook()).status_code == 200, case.name
                expected += [message.get("text") for message in case.messages]
    texts = [message_of(event).text for event in gateway.events]
    assert len(texts) == len(expected)
    assert all(found == promised for found, promised in zip(texts, expected, strict=True) if promised is not None)


def test_a_huge_order_costs_nobody_their_message(gateway: WebhookGateway) -> None:
    items = [{"product_retailer_id": f"sku{number}", "quantity": 1} for number in range(500)]
    order = {"type": "order", "order": {"catalog_id": "c", "product_items": items}}
    assert gateway.post("whatsapp", port.as_json(batch(order, text_message("hi")))).status_code == 200
    large, small = map(message_of, gateway.events)
    assert large.text.startswith("1 x sku0, 1 x sku1")
    assert large.metadata == {"too_large": True}
    assert small.text == "hi"


def message_of(event: Envelope) -> MessageReceived:
    data = event.data.message if isinstance(event.data, MessageArrived) else event.data
    assert isinstance(data, MessageReceived)
    return data


def test_metas_handshake_is_answered_at_the_webhook_itself(gateway: WebhookGateway) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": port.SECRET, "hub.challenge": "42"}
    for name in ("whatsapp", "messenger"):
        response = gateway.client.get(f"/webhooks/{name}/webhook?{urlencode(query)}")
        assert (response.status_code, response.get_data()) == (200, b"42")
        wrong = urlencode({**query, "hub.verify_token": "wrong"})
        assert gateway.client.get(f"/webhooks/{name}/webhook?{wrong}").status_code == 403
    assert gateway.client.get("/webhooks/slack/webhook").status_code == 405


def test_one_person_who_writes_too_fast_gets_429_and_others_are_heard() -> None:
    with running(rate=60) as gateway:
        statuses = [
            gateway.post("telegram", platforms.write_text("telegram", "hi", number)).status_code for number in range(5)
        ]
        assert statuses == [200, 200, 200, 429, 429]
        response = gateway.post("telegram", platforms.write_text("telegram", "hi", 6))
        assert int(response.headers["retry-after"]) >= 1
        assert "too many messages" in response.json["error"]
        assert gateway.post("line", platforms.write_text("line", "hi", 1)).status_code == 200


def test_the_limit_lets_one_through_again_after_a_while() -> None:
    now = [0.0]
    limit = PersonLimit(60, 1, lambda: now[0])
    limit.take("a")
    with pytest.raises(TooFast) as fast:
        limit.take("a")
    now[0] += fast.value.wait
    limit.take("a")


def test_a_batch_that_takes_too_long_is_503_and_its_rest_comes_again() -> None:
    ticks = iter(range(100))
    with running(clock=lambda: float(next(ticks))) as gateway:
        body = platforms.write_text("line", "hi", 1).body
        events = json.loads(body)
        events["events"] = [{**events["events"][0], "webhookEventId": f"E{number}"} for number in range(6)]
        batch = port.Webhook(json.dumps(events).encode())
        assert gateway.post("line", batch).status_code == 503
        assert 0 < len(gateway.events) < 6


def test_a_body_beyond_the_channels_limit_is_413(gateway: WebhookGateway) -> None:
    response = gateway.client.post("/webhooks/telegram/webhook", data=b" " * 70_000)
    assert response.status_code == 413
    large = platforms.write_text("whatsapp", "x" * 100_000, 1)
    assert gateway.post("whatsapp", large).status_code == 200


def test_an_outgoing_webhook_of_teams_gets_the_answer_in_the_call() -> None:
    said: list[tuple[Envelope, float]] = []

    class OneTurn(Turns):
        def __init__(self) -> None:
            pass

        def answer(self, envelope: Envelope, seconds: float) -> tuple[list[Reply], bool]:
            said.append((envelope, seconds))
            return [Reply("Hello!")], False

    key = base64.b64encode(b"0123456789abcdef").decode()
    with running(settings={"TEAMS_SECURITY_TOKEN": key}, turns=OneTurn()) as gateway:
        body = platforms.write_text("teams", "hi", 1).body
        stamp = base64.b64encode(hmac.new(b"0123456789abcdef", body, hashlib.sha256).digest()).decode()
        path, headers = "/webhooks/teams/webhook", {"authorization": f"HMAC {stamp}"}
        response = gateway.client.post(path, data=body, headers=headers)
        assert response.json == {"type": "message", "text": "Hello!", "textFormat": "plain"}
        assert gateway.client.post(path, data=body + b" ", headers=headers).status_code == 401
        assert gateway.events == []
    ((envelope, seconds),) = said
    assert isinstance(envelope.data, MessageReceived)
    assert (envelope.data.text, envelope.channel) == ("hi", "teams")
    assert seconds < 5


def test_a_message_that_did_not_arrive_is_told_with_the_platforms_cause(
    gateway: WebhookGateway, caplog: pytest.LogCaptureFixture
) -> None:
    value = {"statuses": [{"id": "w1", "status": "failed", "recipient_id": "1555", "errors": [{"code": 131026}]}]}
    told = {"entry": [{"changes": [{"field": "messages", "value": value}]}]}
    assert gateway.post("whatsapp", port.as_json(told)).status_code == 200
    assert gateway.events == []
    ((channel, _, status, causes),) = gateway.recorded
    assert (channel, status, list(causes)) == ("whatsapp", 200, ["131026"])
    (line,) = [record for record in caplog.records if record.message == "undelivered"]
    assert line.__dict__["fields"] == {"stage": "gateway", "channel": "whatsapp", "cause": "131026"}
    assert "1555" not in caplog.text
