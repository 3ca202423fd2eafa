"""Probes and canaries: what the gateway marks, and what its own page tells of requests."""

import pytest

from functions.gateway.marks import Marks, is_in_canary, read_marks
from functions.gateway.requests_page import Requests
from shared.config import Misconfigured
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from tests.unit.gateway.assistants import Assistant

TOKEN = "a-probe-s-own-token"


def read_metrics(assistant: Assistant) -> dict[str, str]:
    text = assistant.client.get("/metrics").get_data(as_text=True)
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_a_conversation_stays_with_its_arm_and_who_is_in_one_percent_is_in_ten() -> None:
    names = [f"rest:{number}" for number in range(20_000)]
    one, ten = ({name for name in names if is_in_canary(name, percent)} for percent in (1, 10))
    assert one < ten
    assert 150 < len(one) < 250
    assert 1_850 < len(ten) < 2_150
    assert not any(is_in_canary(name, 0) for name in names)
    assert all(is_in_canary(name, 100) for name in names)


def test_messages_of_the_canarys_conversations_are_read_by_its_nlu_and_marked_to_the_end() -> None:
    with Assistant(settings={"canary_percent": 50.0}).running() as assistant:
        for number in range(8):
            assistant.say({"sender": str(number), "message": "hello"})
        arms = {event.subject: event.arm for event in assistant.nlu.taken}
        decided = {event.subject: event.arm for event in assistant.dialogue.taken}
    assert arms == decided
    assert {name: arm == "canary" for name, arm in arms.items()} == {name: is_in_canary(name, 50) for name in arms}
    assert set(arms.values()) == {"", "canary"}


def test_a_probe_is_marked_until_its_turn_ends_and_nobody_marks_without_the_token() -> None:
    with Assistant(settings={"probe_token": TOKEN}).running() as assistant:
        assistant.say({"sender": "a", "message": "hello"}, x_parley_probe=TOKEN)
        assistant.say({"sender": "b", "message": "hello"}, x_parley_probe="something else")
        purposes = {event.subject: event.purpose for event in assistant.dialogue.taken}
    assert purposes == {"rest:a": "probe", "rest:b": ""}
    assert not Marks().is_probe({"x-parley-probe": ""})


def test_a_probe_may_use_rest_where_it_asks_for_a_token() -> None:
    settings = {"probe_token": TOKEN, "auth": "token", "token": "t" * 20}
    with Assistant(settings=settings).running() as assistant:
        assert assistant.say({"sender": "a", "message": "hello"}).status_code == 401
        assert assistant.say({"sender": "a", "message": "hello"}, x_parley_probe=TOKEN).status_code == 200


def test_requests_are_told_by_channel_and_status_without_those_of_probes() -> None:
    with Assistant(settings={"probe_token": TOKEN}).running() as assistant:
        assistant.say({"sender": "a", "message": "hello"})
        assistant.say({"sender": "a", "message": "hello"}, x_parley_probe=TOKEN)
        assistant.say(b"{")
        found = read_metrics(assistant)
    assert found == {
        'parley_gateway_requests_total{channel="rest",code="2xx"}': "1",
        'parley_gateway_requests_total{channel="rest",code="4xx"}': "1",
        'parley_gateway_requests_total{channel="rest",code="5xx"}': "0",
    }


def test_who_comes_through_a_proxy_finds_no_page_of_numbers() -> None:
    with Assistant().running() as assistant:
        answered = assistant.client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    assert answered.status_code == 404


def test_a_channel_begins_with_every_class_of_status() -> None:
    requests = Requests()
    requests.count("line", 503)
    assert 'channel="line",code="2xx"} 0' in requests.render()
    assert 'channel="line",code="5xx"} 1' in requests.render()


def test_marks_travel_with_an_event_and_with_what_follows_from_it() -> None:
    from shared.events.catalogue import MessageReceived

    data = MessageReceived("hello", "me")
    event = Envelope("e", "/t", "rest:me", data, data.TYPE, "e", purpose="replay", arm="canary")
    headers, body = encode(event)
    assert decode(headers, body) == event
    answer = event.answer(data, "/t", "next")
    assert (answer.purpose, answer.arm) == ("replay", "canary")


@pytest.mark.parametrize(("token", "percent", "named"), [("short", 0.0, "PROBE_TOKEN"), ("", 101.0, "CANARY_PERCENT")])
def test_a_token_that_can_be_guessed_and_a_share_that_is_none_are_refused(
    token: str, percent: float, named: str
) -> None:
    with pytest.raises(Misconfigured, match=named):
        read_marks(token, percent)
