"""Delivery to platforms, against a stand-in that checks token, shape and limits: once and in order, come what may."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.delivery.sending import Denied, Refused, Sender, Slots
from knative.platforms import catalogue as platforms
from knative.platforms import port
from knative.platforms.standin import Fault, Standin, run_stand_in
from shared.channels.catalogue import PLATFORMS, ChannelSettings, find_channel
from shared.channels.port import Inbound, WebhookResponse
from shared.channels.tokens import Tokens
from shared.errors import Conflict, Unavailable
from shared.events.catalogue import Button, RepliesDecided, Reply, TurnCompleted, TurnSummary
from shared.events.envelope import Envelope
from tests.unit.channels.test_cases import TABLES
from tests.unit.delivery.deliveries import Bench

every_platform = pytest.mark.parametrize("name", PLATFORMS)
NOW = 1767225000.0
BUY = [{"title": "Buy", "payload": "/buy"}]


@pytest.fixture
def standin() -> Iterator[Standin]:
    with run_stand_in() as found:
        yield found


class Deliveries(Bench):
    """A delivery stage whose settings lead to the stand-in."""

    def __init__(self, standin: Standin) -> None:
        self.standin = standin
        found = ChannelSettings("delivery", platforms.build_environment(standin.url))
        super().__init__(settings={name: dict(found[name]) for name in PLATFORMS})

    def sender(self, outbound: Any, timeout: float) -> Sender:
        return replace(super().sender(outbound, timeout), tokens=Tokens(outbound, lambda: self.now))


@pytest.fixture
def bench(standin: Standin) -> Iterator[Deliveries]:
    found = Deliveries(standin)
    yield found
    found.outbound.close()


def address(name: str, standin: Standin, number: int = 1) -> Any:
    """The address that the gateway found in a real webhook of this platform."""
    webhook = platforms.write_text(name, "hi", number, standin.url)
    url = "https://bot.example.com/"
    headers = platforms.sign_webhook(name, webhook.body, url, NOW, content_type=webhook.content_type)
    settings = platforms.list_settings(name, standin.url)
    inbound = Inbound(webhook.body, headers, url=url, now=NOW, keys={f"{standin.url}/keys": port.encode_jwks()})
    parsed = find_channel(name).parse(inbound, settings)
    assert not isinstance(parsed, WebhookResponse)
    return parsed[0].address


def decided(name: str, standin: Standin, *replies: Reply, turn: int = 1) -> Envelope:
    message = f"{name}:m{turn}"
    data = RepliesDecided("me", replies, TurnSummary(message=message), address=address(name, standin, turn))
    return Envelope(
        id=f"{message}.decided",
        source="/parley/dialogue",
        subject=f"{name}:c",
        data=data,
        type=RepliesDecided.TYPE,
        message=message,
        channel=name,
    )


HELLO = (Reply("Hello", (Button("Yes", "/affirm"), Button("No", "/deny"))), Reply("two"), Reply("three"))


@every_platform
def test_replies_arrive_in_order_without_a_mistake(bench: Deliveries, name: str) -> None:
    answer = bench.stage(decided(name, bench.standin, *HELLO))
    assert bench.standin.list_mistakes() == []
    shown = "\n".join(bench.standin.list_texts(name))
    assert shown.index("Hello") < shown.index("Yes") < shown.index("two") < shown.index("three")
    assert answer is not None
    assert isinstance(answer.data, TurnCompleted)


@every_platform
def test_what_the_tables_render_is_taken_by_the_platform(bench: Deliveries, name: str) -> None:
    for turn, line in enumerate(TABLES[name].rendered, 1):
        bench.stage(decided(name, bench.standin, *line.replies, turn=turn))
    assert bench.standin.list_mistakes() == []
    assert len(bench.standin.seen) >= len(TABLES[name].rendered)


@every_platform
def test_a_redelivered_event_sends_nothing_again(bench: Deliveries, name: str) -> None:
    for _ in range(2):
        bench.stage(decided(name, bench.standin, *HELLO))
    assert "\n".join(bench.standin.list_texts(name)).count("three") == 1


@every_platform
@pytest.mark.parametrize(
    "fault",
    [
        Fault(500),
        Fault(503, {"retry-after": "2"}),
        Fault(429, {"retry-after": "3"}),
        Fault(reset=True),
        Fault(hang=0.6),
        Fault(drip=0.1),
    ],
    ids=["500", "503", "429", "reset", "hang", "slow body"],
)
def test_one_fault_is_mended_by_trying_again(standin: Standin, name: str, fault: Fault) -> None:
    bench = Deliveries(standin)
    stage = bench.delivery(bench.outbound, timeout=0.3)
    event = decided(name, standin, Reply("one"), Reply("two"))
    standin.faults = [fault]
    stage(event)
    assert standin.list_texts(name) == ["one", "two"]
    if fault.headers:
        assert float(fault.headers["retry-after"]) in bench.paused
    bench.outbound.close()


@pytest.mark.parametrize("name", ["slack", "telegram"])
def test_a_proxys_page_is_no_success_where_the_platform_says_it_in_the_body(bench: Deliveries, name: str) -> None:
    bench.standin.faults = [Fault(200, body=b"<html>a proxy's page</html>")]
    bench.stage(decided(name, bench.standin, Reply("hi")))
    assert bench.standin.list_texts(name) == ["hi"]


@every_platform
def test_what_fails_three_times_is_left_to_the_broker_which_sends_only_the_rest(bench: Deliveries, name: str) -> None:
    event = decided(name, bench.standin, *(Reply(str(count)) for count in range(1, 8)))
    bench.standin.faults = [Fault(500)] * 3
    with pytest.raises(Unavailable, match=f"{name} answered 500"):
        bench.stage(event)
    bench.stage(event)
    assert bench.standin.list_texts(name) == [str(count) for count in range(1, 8)]


@every_platform
def test_a_wrong_token_is_told_apart_and_the_message_goes_out_once_it_is_mended(bench: Deliveries, name: str) -> None:
    bench.standin.token = "another"
    event = decided(name, bench.standin, Reply("hi"))
    with pytest.raises(Denied, match="does not accept our token") as denied:
        bench.stage(event)
    assert port.TOKEN not in str(denied.value)
    bench.standin.token = port.TOKEN
    bench.stage(event)
    assert bench.standin.list_texts(name) == ["hi"]


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("slack", 200, {"ok": False, "error": "invalid_blocks"}),
        ("telegram", 400, {"ok": False, "description": "Bad Request: failed to get HTTP URL content"}),
        ("whatsapp", 400, {"error": {"code": 131053}}),
        ("messenger", 400, {"error": {"code": 100, "error_subcode": 2018047}}),
        ("twilio", 400, {"code": 21620}),
    ],
)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(image="https://example.com/gone.png"),
        Reply(elements=({"title": "Margherita", "image_url": "https://example.com/gone.png", "buttons": BUY},)),
    ],
    ids=["picture", "card"],
)
def test_a_picture_that_the_platform_cannot_fetch_costs_nobody_the_rest(
    bench: Deliveries, name: str, status: int, body: Any, reply: Reply
) -> None:
    bench.standin.faults = [Fault(status, body=json.dumps(body).encode())]
    bench.stage(decided(name, bench.standin, reply))
    told = " ".join(bench.standin.list_texts(name))
    assert bench.standin.list_mistakes() == []
    assert ("Margherita" in told and "Buy" in told) or "https://example.com/gone.png" in told
    assert "<image" not in told
    assert "<photo" not in told


@pytest.mark.parametrize(
    ("name", "status", "body", "cause"),
    [
        ("slack", 200, {"ok": False, "error": "channel_not_found"}, "channel_not_found"),
        ("messenger", 400, {"error": {"code": 10, "error_subcode": 2018278}}, "10/2018278"),
        ("discord", 404, {"code": 10062}, "10062"),
        ("gchat", 404, {}, "404"),
    ],
)
def test_a_refusal_is_tried_once_and_says_why(bench: Deliveries, name: str, status: int, body: Any, cause: str) -> None:
    bench.standin.faults = [Fault(status, body=json.dumps(body).encode())]
    with pytest.raises(Refused, match=cause):
        bench.stage(decided(name, bench.standin, Reply("hi")))
    assert bench.standin.list_texts(name) == []
    answer = bench.stage(decided(name, bench.standin, Reply("next"), turn=2))
    assert bench.standin.list_texts(name) == ["next"]
    assert answer is not None
    assert isinstance(answer.data, TurnCompleted)
    counted = f"{status}_refused" if cause == f"{status}" else f"{status}_refused:{cause}"
    assert answer.data.calls == {counted: 1, **answer.data.calls}


@pytest.mark.parametrize(
    ("name", "status", "body", "cause"),
    [
        ("telegram", 403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, "blocked"),
        ("twilio", 400, {"code": 21610}, "21610"),
        ("whatsapp", 400, {"error": {"code": 131026}}, "131026"),
        ("teams", 403, {"error": {"code": "BotNotInConversationRoster"}}, "BotNotInConversationRoster"),
    ],
)
def test_who_takes_no_messages_is_no_dead_letter_and_the_cause_is_kept_counted_and_logged(
    bench: Deliveries, name: str, status: int, body: Any, cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench.standin.faults = [Fault(status, body=json.dumps(body).encode())]
    event = decided(name, bench.standin, Reply("one"), Reply("two"))
    answer = bench.stage(event)
    assert answer is not None
    assert isinstance(answer.data, TurnCompleted)
    assert (answer.data.delivery, answer.data.calls) == ("unreachable", {f"{status}_unreachable:{cause}": 1})
    assert any(cause in str(vars(record)) for record in caplog.records)
    bench.stage(event)
    assert bench.standin.list_texts(name) == []


def test_what_is_for_a_group_that_moved_goes_to_its_new_address(bench: Deliveries) -> None:
    moved = {"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -1001}}
    bench.standin.faults = [Fault(400, body=json.dumps(moved).encode())]
    answer = bench.stage(decided("telegram", bench.standin, Reply("hi")))
    assert bench.standin.list_texts("telegram") == ["hi"]
    assert bench.standin.seen[0]["body"]["chat_id"] == -1001
    assert answer is not None
    assert isinstance(answer.data, TurnCompleted)
    assert answer.data.calls == {"400_moved:migrated": 1, "200": 1}


def test_a_platform_that_says_again_that_it_moved_has_refused(bench: Deliveries) -> None:
    moved = json.dumps({"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -1001}}).encode()
    bench.standin.faults = [Fault(400, body=moved)] * 2
    with pytest.raises(Refused, match="migrated"):
        bench.stage(decided("telegram", bench.standin, Reply("hi")))


def test_a_picture_that_the_platform_cannot_fetch_comes_as_its_address(bench: Deliveries) -> None:
    bench.standin.faults = [Fault(400, body=b'{"ok": false, "error_code": 400}')]
    bench.stage(decided("telegram", bench.standin, Reply(image="https://e.com/a.png")))
    assert bench.standin.list_texts("telegram") == ["https://e.com/a.png"]


@pytest.mark.parametrize(("name", "code"), [("whatsapp", 131056), ("whatsapp", 130429), ("messenger", 613)])
def test_metas_rate_limits_come_as_400_and_are_waited_for(bench: Deliveries, name: str, code: int) -> None:
    bench.standin.faults = [Fault(400, body=json.dumps({"error": {"code": code}}).encode())]
    event = decided(name, bench.standin, Reply("hi"))
    try:
        bench.stage(event)
    except Unavailable:
        # A pause beyond five seconds is the broker's.
        bench.now += 10
        bench.stage(event)
    assert bench.standin.list_texts(name) == ["hi"]


def test_a_used_reply_token_of_line_falls_back_to_a_push_and_a_taken_push_is_not_sent_again(
    bench: Deliveries,
) -> None:
    bench.standin.once["reply:reply1"] = -1
    bench.stage(decided("line", bench.standin, Reply("hi")))
    assert [sent["path"] for sent in bench.standin.seen] == ["/v2/bot/message/push"]
    # The push arrived, but delivery died before it marked it.
    other = Deliveries(bench.standin)
    other.stage(decided("line", bench.standin, Reply("hi")))
    assert bench.standin.list_texts("line") == ["hi"]
    other.outbound.close()


def test_google_chat_takes_a_message_once_even_where_delivery_forgot(bench: Deliveries) -> None:
    for _ in range(2):
        fresh = Deliveries(bench.standin)
        fresh.stage(decided("gchat", bench.standin, Reply("hi")))
        fresh.outbound.close()
    assert bench.standin.list_texts("gchat") == ["hi"]


def test_an_access_token_is_asked_for_once_and_again_before_it_ends(bench: Deliveries) -> None:
    for turn in range(3):
        bench.stage(decided("teams", bench.standin, Reply("hi"), turn=turn))
    assert bench.standin.granted == 1
    bench.now += 3600
    bench.stage(decided("teams", bench.standin, Reply("hi"), turn=4))
    assert bench.standin.granted == 2


def test_wrong_credentials_say_so_without_showing_them(bench: Deliveries) -> None:
    bench.settings["teams"]["app_password"] = "a wrong password"  # type: ignore[index]
    with pytest.raises(Unavailable, match=r"invalid_client.*credentials") as refused:
        bench.stage(decided("teams", bench.standin, Reply("hi")))
    assert "a wrong password" not in str(refused.value)


def test_a_channel_without_its_token_says_which_setting_is_missing(bench: Deliveries) -> None:
    del bench.settings["slack"]["bot_token"]  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match="SLACK_BOT_TOKEN"):
        bench.stage(decided("slack", bench.standin, Reply("hi")))


def test_discord_that_does_not_know_the_interaction_yet_is_asked_again(bench: Deliveries) -> None:
    bench.standin.faults = [Fault(404, body=b'{"code": 10015, "message": "Unknown Webhook"}')]
    bench.stage(decided("discord", bench.standin, Reply("hi")))
    assert bench.standin.list_texts("discord") == ["hi"]


def test_a_later_turn_waits_for_the_replies_that_could_not_be_sent_yet(bench: Deliveries) -> None:
    first, second = (decided("line", bench.standin, Reply(text), turn=turn) for turn, text in ((1, "one"), (2, "two")))
    bench.standin.faults = [Fault(500)] * 3
    with pytest.raises(Unavailable):
        bench.stage(first)
    with pytest.raises(Conflict, match="earlier replies"):
        bench.stage(second)
    bench.stage(first)
    bench.stage(second)
    assert bench.standin.list_texts("line") == ["one", "two"]


def test_a_later_turn_goes_out_where_the_earlier_one_does_not_come_soon(bench: Deliveries) -> None:
    bench.standin.faults = [Fault(500)] * 3
    with pytest.raises(Unavailable):
        bench.stage(decided("line", bench.standin, Reply("one")))
    bench.now += 3.1
    bench.stage(decided("line", bench.standin, Reply("two"), turn=2))
    assert bench.standin.list_texts("line") == ["two"]


def test_messages_keep_the_platforms_pace(bench: Deliveries) -> None:
    bench.stage(decided("telegram", bench.standin, Reply("one"), Reply("two"), Reply("three")))
    assert bench.paused == [1.0, 1.0]


@pytest.mark.slow
def test_one_slow_platform_does_not_hold_up_another(standin: Standin) -> None:
    bench = Deliveries(standin)
    sender = replace(bench.sender(bench.outbound, 30.0), slots=Slots(1))
    bench.stage = bench.delivery_with(sender)
    slow, other = (decided(name, standin, Reply("hi")) for name in ("slack", "line"))
    standin.faults = [Fault(hang=3.0)]
    thread = threading.Thread(target=lambda: bench.stage(slow), daemon=True)
    thread.start()
    while standin.faults:
        time.sleep(0.01)
    with pytest.raises(Unavailable, match="slack is slow"):
        bench.stage(Envelope(**{**_fields(slow), "id": "slack:other", "subject": "slack:other"}))
    bench.stage(other)
    assert (standin.list_texts("line"), standin.list_texts("slack")) == (["hi"], [])
    thread.join()
    assert standin.list_texts("slack") == ["hi"]
    bench.outbound.close()


def _fields(envelope: Envelope) -> dict[str, Any]:
    return {name: getattr(envelope, name) for name in Envelope.__dataclass_fields__}


def test_connections_are_kept(bench: Deliveries) -> None:
    for turn in range(3):
        bench.stage(decided("line", bench.standin, Reply("hi"), turn=turn))
    assert sum(len(idle) for idle in bench.outbound._idle.values()) == 1
