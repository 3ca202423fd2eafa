"""Webhooks of platforms at the gateway: answered once the broker holds them, refused with a status that says why."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from functions.gateway import recent_speech
from functions.gateway.access import access
from functions.gateway.arrivals import Arrivals
from functions.gateway.assets import Page
from functions.gateway.conversations import Conversations
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.pipeline import Pipeline, ask_over_http
from functions.gateway.prewarming import Prewarming
from functions.gateway.rate_limit import PersonLimit, TooFast
from functions.gateway.recent_speech import SECONDS
from functions.gateway.rest import Rest
from functions.gateway.stage import Entrance, Gateway
from functions.gateway.tracing import UNTRACED
from functions.gateway.turns import TurnReports, Turns
from functions.gateway.typing_signs import TypingSigns
from functions.gateway.webchat import Webchat
from functions.gateway.webhooks import ChannelReader, Publishing, Webhooks
from knative.platforms import catalogue as platforms
from knative.platforms import port
from knative.platforms import telegram as telegram_stand_in
from knative.platforms.standin import running as standing_in
from shared.channels.catalogue import PLATFORMS, ChannelSettings, channel
from shared.channels.port import Forged, Inbound, WebhookResponse
from shared.errors import Unavailable
from shared.events.catalogue import MessageArrived, MessageReceived, Reply, SpeechReceived
from shared.events.envelope import Envelope
from shared.handoff import operators_chat
from shared.outbound import Outbound
from shared.process import Process
from tests.loopback import served
from tests.unit.channels.cases.whatsapp import batch, said
from tests.unit.channels.test_cases import TABLES

URL = "https://bot.example.com"
every_platform = pytest.mark.parametrize("name", PLATFORMS)


class Place:
    """A gateway behind a proxy, a broker that keeps what it is handed, and the place where keys are published."""

    def __init__(self, keys_url: str, outbound: Outbound, **changes: Any) -> None:
        self.events: list[Envelope] = []
        self.asked: list[str] = []
        """The paths at which keys were asked for."""
        self.down = False
        self.typing = TypingSigns(outbound)
        prewarming = Prewarming({}, outbound)
        settings = {**platforms.environment("https://stand-in.example"), **changes.pop("settings", {})}
        settings |= {"TEAMS_KEYS_URL": keys_url, "GCHAT_KEYS_URL": keys_url}
        pipeline = Pipeline(ask_over_http({}, outbound))
        chat = operators_chat(changes.pop("handoff_to", ""))
        operators = Operators(pipeline, self.publish, outbound, token="", chat=chat)
        turns = changes.pop("turns", None) or Turns(
            pipeline, prewarming, TurnReports(self.publish, Process("gateway")), UNTRACED
        )
        publishing = Publishing(self.publish, prewarming, clock=changes.pop("clock", time.monotonic))
        person_limit = PersonLimit(changes.pop("rate", 0), 3)
        typing = self.typing if changes.pop("typing", False) else None
        arrivals = Arrivals(120.0, **changes)
        gateway = Gateway(
            Entrance(access("loopback", "", ()), public_url=URL),
            Rest(arrivals, turns, deadline=1.0),
            Webhooks(
                ChannelReader(ChannelSettings("gateway", settings), Keys(outbound), typing=typing),
                arrivals,
                publishing,
                turns=turns,
                person_limit=person_limit,
                operators=operators,
            ),
            Webchat(Conversations(()), outbound, "", long_polls=1),
            Page("Test"),
            operators=operators,
        )

        @Request.application
        def application(request: Request) -> Response:
            body, status, headers = gateway(request)
            return Response(body, status, headers)

        self.client = Client(application)

    def publish(self, envelope: Envelope) -> None:
        if self.down:
            raise Unavailable("the broker is down")
        self.events.append(envelope)

    def post(self, name: str, webhook: port.Webhook, **headers: str) -> Any:
        path = f"/webhooks/{name}/webhook"
        content_type = webhook.content_type
        signed = platforms.signed(name, webhook.body, URL + path, time.time(), content_type=content_type)
        return self.client.post(path, data=webhook.body, headers={**signed, **headers})


@contextmanager
def running(**changes: Any) -> Iterator[Place]:
    outbound = Outbound()
    asked: list[str] = []

    def keys(request: Request) -> Any:
        asked.append(request.path)
        return json.dumps(port.jwks()), 200, {"content-type": "application/json"}

    with served(keys) as url:
        place = Place(f"{url}/keys", outbound, **changes)
        place.asked = asked
        try:
            yield place
        finally:
            place.typing.join()
            outbound.close()


@pytest.fixture
def place() -> Iterator[Place]:
    with running() as found:
        yield found


@every_platform
def test_a_signed_webhook_is_published_and_answered_200(place: Place, name: str) -> None:
    response = place.post(name, platforms.text(name, "hello", 1))
    assert response.status_code == 200, response.get_data()
    (event,) = place.events
    assert isinstance(event.data, MessageReceived)
    assert (event.channel, event.data.text) == (name, "hello")
    assert event.subject.startswith(f"{name}:")


@every_platform
def test_a_broker_that_is_down_is_503_and_the_platforms_repetition_is_the_same_event(place: Place, name: str) -> None:
    webhook = platforms.text(name, "hello", 1)
    place.down = True
    assert place.post(name, webhook).status_code == 503
    place.down = False
    again = [place.post(name, webhook, **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"})]
    again.append(place.post(name, webhook))
    assert [response.status_code for response in again] == [200, 200]
    assert len({event.id for event in place.events}) == 1


@every_platform
def test_an_unsigned_webhook_is_401_or_403_and_nobody_hears_it(place: Place, name: str) -> None:
    webhook = platforms.text(name, "hello", 1)
    path = f"/webhooks/{name}/webhook"
    response = place.client.post(path, data=webhook.body, headers={"content-type": webhook.content_type})
    assert response.status_code in (401, 403)
    assert port.SECRET not in response.get_data(as_text=True)
    assert place.events == []


@every_platform
def test_a_channel_without_its_secret_is_503_with_the_name_of_the_setting(name: str) -> None:
    unset = {key: "" for key in platforms.environment("") if key.startswith(f"{name.upper()}_")}
    outbound = Outbound()
    place = Place("", outbound, settings=unset)
    response = place.post(name, platforms.text(name, "hello", 1))
    outbound.close()
    assert response.status_code == 503
    assert f"{name.upper()}_" in response.json["error"]


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
    with standing_in() as standin, running(settings=platforms.environment(standin.url), typing=True) as place:
        place.down = True
        webhook = platforms.text(name, "hello", 1, standin.url)
        webhook = port.Webhook(webhook.body.replace(*SIGNS[name]), webhook.content_type)
        started = time.perf_counter()
        assert place.post(name, webhook).status_code == 503
        while not standin.signs and time.perf_counter() - started < 5:
            time.sleep(0.005)
        assert standin.signs == [name]
        assert time.perf_counter() - started < 0.3
        assert standin.seen == []


def test_telegram_and_discord_take_the_sign_in_the_webhooks_answer(place: Place) -> None:
    sign = {"method": "sendChatAction", "action": "typing", "chat_id": 4242}
    assert place.post("telegram", platforms.text("telegram", "hello", 1)).json == sign
    pressed = platforms.pressed("telegram", "/affirm", 2)
    assert place.post("telegram", pressed).json == {"method": "answerCallbackQuery", "callback_query_id": "2"}
    assert place.post("discord", platforms.text("discord", "hello", 1)).json == {"type": 5}
    assert place.post("telegram", in_group("Bob?", 3)).get_data() == b""


def test_a_platform_that_does_not_take_the_sign_costs_the_message_nothing() -> None:
    with standing_in() as standin, running(settings=platforms.environment(standin.url), typing=True) as place:
        standin.token = "another"
        assert place.post("line", platforms.text("line", "hello", 1)).status_code == 200
    assert len(place.events) == 1


@every_platform
def test_what_the_tables_say_is_heard_is_published_and_all_is_answered_200(name: str) -> None:
    expected: list[str | None] = []
    with running(settings={f"{name}_GROUPS".upper(): "all", f"{name}_START_TEXT".upper(): "/start"}) as place:
        for case in TABLES[name].cases:
            if not case.settings and "/greet" not in str(case.messages):
                assert place.post(name, case.webhook()).status_code == 200, case.name
                expected += [message.get("text") for message in case.messages]
    texts = [message_of(event).text for event in place.events]
    assert len(texts) == len(expected)
    assert all(found == promised for found, promised in zip(texts, expected, strict=True) if promised is not None)


def test_a_huge_order_costs_nobody_their_message(place: Place) -> None:
    items = [{"product_retailer_id": f"sku{number}", "quantity": 1} for number in range(500)]
    order = {"type": "order", "order": {"catalog_id": "c", "product_items": items}}
    assert place.post("whatsapp", port.as_json(batch(order, said("hi")))).status_code == 200
    large, small = map(message_of, place.events)
    assert large.text.startswith("1 x sku0, 1 x sku1")
    assert large.metadata == {"too_large": True}
    assert small.text == "hi"


def message_of(event: Envelope) -> MessageReceived:
    data = event.data.message if isinstance(event.data, MessageArrived) else event.data
    assert isinstance(data, MessageReceived)
    return data


def in_group(text: str, number: int = 1, **message: Any) -> port.Webhook:
    """A message in a group of Telegram's, that names nobody."""
    body = json.loads(platforms.text("telegram", text, number).body)
    body["message"] |= {"chat": {"id": -100222, "type": "supergroup"}, **message}
    return port.as_json(body)


def test_what_members_of_a_group_say_to_each_other_is_answered_200_and_heard_by_nobody(place: Place) -> None:
    assert place.post("telegram", in_group("Bob, are you coming?")).status_code == 200
    assert place.events == []
    assert place.post("telegram", in_group("@parley_bot, play jazz", 2)).status_code == 200
    (event,) = place.events
    assert isinstance(event.data, MessageReceived)
    assert event.data.text == "play jazz"


def test_a_setting_makes_the_assistant_hear_all_that_is_said_in_groups() -> None:
    with running(settings={"TELEGRAM_GROUPS": "all"}) as place:
        place.post("telegram", in_group("Bob, are you coming?"))
    assert len(place.events) == 1


def test_the_parts_of_an_album_wait_for_each_other(place: Place) -> None:
    for number in (1, 2):
        photo = {"photo": [{"file_id": f"p{number}"}], "media_group_id": "A", "text": ""}
        body = json.loads(platforms.text("telegram", "", number).body)
        body["message"] |= photo
        place.post("telegram", port.as_json(body))
    arrivals = [event.data for event in place.events]
    assert all(isinstance(data, MessageArrived) and data.quiet == 1.0 for data in arrivals)


def test_keys_are_fetched_once_and_a_made_up_key_name_fetches_no_more(place: Place) -> None:
    import jwt

    for number in range(3):
        assert place.post("teams", platforms.text("teams", "hello", number)).status_code == 200
    forged = jwt.encode({"iss": "x"}, port.token_key(), algorithm="RS256", headers={"kid": "made-up"})
    for _ in range(3):
        response = place.post("teams", platforms.text("teams", "hi", 9), authorization=f"Bearer {forged}")
        assert response.status_code == 401
    assert place.asked == ["/keys"]


def test_keys_that_cannot_be_fetched_are_503_so_that_the_platform_repeats() -> None:
    outbound = Outbound()
    place = Place("http://127.0.0.1:9/keys", outbound)
    responses = [place.post("gchat", platforms.text("gchat", "hello", 1)) for _ in range(2)]
    outbound.close()
    assert [response.status_code for response in responses] == [503, 503]
    assert "a moment ago" in responses[1].json["error"]


def test_a_key_that_was_turned_is_fetched_again_after_a_moment() -> None:
    now = [0.0]
    published = [{"keys": []}, port.jwks()]

    def keys(request: Request) -> Any:
        return json.dumps(published.pop(0)), 200, {"content-type": "application/json"}

    outbound = Outbound()
    with served(keys) as url:
        settings = {**platforms.settings("teams"), "keys_url": f"{url}/keys"}
        webhook = platforms.text("teams", "hi", 1)
        headers = platforms.signed("teams", webhook.body, "", 1e9)
        inbound, found = Inbound(webhook.body, headers, now=1e9), Keys(outbound, lambda: now[0])
        with pytest.raises(Forged):
            found.parse(channel("teams"), inbound, settings)
        now[0] += 6
        assert not isinstance(found.parse(channel("teams"), inbound, settings), WebhookResponse)
    outbound.close()


def test_metas_handshake_is_answered_at_the_webhook_itself(place: Place) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": port.SECRET, "hub.challenge": "42"}
    for name in ("whatsapp", "messenger"):
        response = place.client.get(f"/webhooks/{name}/webhook?{urlencode(query)}")
        assert (response.status_code, response.get_data()) == (200, b"42")
        wrong = urlencode({**query, "hub.verify_token": "wrong"})
        assert place.client.get(f"/webhooks/{name}/webhook?{wrong}").status_code == 403
    assert place.client.get("/webhooks/slack/webhook").status_code == 405


def test_one_person_who_writes_too_fast_gets_429_and_others_are_heard() -> None:
    with running(rate=60) as place:
        statuses = [place.post("telegram", platforms.text("telegram", "hi", number)).status_code for number in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        response = place.post("telegram", platforms.text("telegram", "hi", 6))
        assert int(response.headers["retry-after"]) >= 1
        assert "too many messages" in response.json["error"]
        assert place.post("line", platforms.text("line", "hi", 1)).status_code == 200


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
    with running(clock=lambda: float(next(ticks))) as place:
        body = platforms.text("line", "hi", 1).body
        events = json.loads(body)
        events["events"] = [{**events["events"][0], "webhookEventId": f"E{number}"} for number in range(6)]
        batch = port.Webhook(json.dumps(events).encode())
        assert place.post("line", batch).status_code == 503
        assert 0 < len(place.events) < 6


def test_a_body_beyond_the_channels_limit_is_413(place: Place) -> None:
    response = place.client.post("/webhooks/telegram/webhook", data=b" " * 70_000)
    assert response.status_code == 413
    large = platforms.text("whatsapp", "x" * 100_000, 1)
    assert place.post("whatsapp", large).status_code == 200


def test_an_outgoing_webhook_of_teams_gets_the_answer_in_the_call() -> None:
    said: list[tuple[Envelope, float]] = []

    class OneTurn(Turns):
        def __init__(self) -> None:
            pass

        def replies(self, envelope: Envelope, seconds: float) -> Iterator[Reply]:
            said.append((envelope, seconds))
            yield Reply("Hello!")

    key = base64.b64encode(b"0123456789abcdef").decode()
    with running(settings={"TEAMS_SECURITY_TOKEN": key}, turns=OneTurn()) as place:
        body = platforms.text("teams", "hi", 1).body
        stamp = base64.b64encode(hmac.new(b"0123456789abcdef", body, hashlib.sha256).digest()).decode()
        path, headers = "/webhooks/teams/webhook", {"authorization": f"HMAC {stamp}"}
        response = place.client.post(path, data=body, headers=headers)
        assert response.json == {"type": "message", "text": "Hello!", "textFormat": "plain"}
        assert place.client.post(path, data=body + b" ", headers=headers).status_code == 401
        assert place.events == []
    ((envelope, seconds),) = said
    assert isinstance(envelope.data, MessageReceived)
    assert (envelope.data.text, envelope.channel) == ("hi", "teams")
    assert seconds < 5


def test_with_joining_on_what_a_person_writes_may_go_on() -> None:
    with running(join_seconds=2.0) as place:
        assert place.post("telegram", platforms.text("telegram", "well", 1)).status_code == 200
        (event,) = place.events
    assert isinstance(event.data, MessageArrived)
    assert (event.data.message.text, event.data.quiet) == ("well", 2.0)
    assert (event.id, event.message) == ("telegram:1.arrived", "telegram:1")


def test_nobody_waits_longer_than_the_brokers_retries() -> None:
    with running(join_seconds=3600.0) as place:
        place.post("telegram", platforms.text("telegram", "well", 1))
        (event,) = place.events
    assert isinstance(event.data, MessageArrived)
    assert event.data.quiet == 10.0


def test_what_somebody_writes_right_after_they_spoke_waits_for_that() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    with running(transcribes=True, now=lambda: now) as place:
        place.post("telegram", platforms.text("telegram", "before", 1))
        place.post("telegram", telegram_stand_in.voice_note(2))
        place.post("telegram", platforms.text("telegram", "after", 3))
        place.post("slack", platforms.text("slack", "somebody else", 4))
        now += timedelta(seconds=SECONDS)
        place.post("telegram", platforms.text("telegram", "later", 5))
    kinds = [event.type for event in place.events]
    assert kinds == [
        kind.TYPE for kind in (MessageReceived, SpeechReceived, MessageArrived, MessageReceived, MessageReceived)
    ]
    after = place.events[2].data
    assert isinstance(after, MessageArrived)
    assert (after.message.text, after.quiet, after.after) == ("after", 0.0, "telegram:2")
    assert after.until - after.at == SECONDS
    assert (place.events[2].message, place.events[2].id) == ("telegram:3", "telegram:3.arrived")


def test_who_spoke_long_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_speech, "MAX_PEOPLE", 2)
    now, memory = datetime(2026, 11, 26, tzinfo=UTC), recent_speech.RecentSpeech()
    for name in ("a", "b", "a", "c"):
        memory.remember(Envelope(f"m-{name}", "/t", name, None, "", f"m-{name}"), now)
    assert [memory.find(name, now) is not None for name in ("a", "b", "c")] == [True, False, True]
    assert memory.find("a", now + timedelta(seconds=SECONDS)) is None
