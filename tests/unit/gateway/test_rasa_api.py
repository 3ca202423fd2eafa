"""Rasa's HTTP API on the gateway, before the real dialogue with a store in memory: what it answers and changes."""

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import yaml

from functions.gateway.access import read_access
from shared.events.catalogue import RepliesDecided
from shared.events.http import decode
from tests.loopback import Recorder, served
from tests.unit.gateway.assistants import Assistant
from tests.unit.gateway.trips import trips

HUMAN = "text/html,application/xhtml+xml"


@pytest.fixture(scope="module")
def bot() -> Iterator[Assistant]:
    with trips() as assistant:
        yield assistant


def read_json(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json


def test_it_says_which_rasa_it_answers_as_and_which_model_runs(bot: Assistant) -> None:
    assert read_json(bot.call("GET", "/version"))["version"] == "3.6.21"
    assert read_json(bot.call("GET", "/status")) == {
        "model_file": "trips",
        "model_id": "bundle-1",
        "num_active_training_jobs": 0,
    }
    assert bot.call("GET", "/", accept="*/*").text == "Hello from Parley, which answers as Rasa: 3.6.21"
    assert "<html" in bot.call("GET", "/", accept=HUMAN).text
    # One address, two answers: a cache between has to know by what they differ.
    assert [bot.call("GET", "/", accept=accept).headers["vary"] for accept in ("*/*", HUMAN)] == ["Accept", "Accept"]


def test_a_text_is_parsed_as_rasa_answers_it(bot: Assistant) -> None:
    parsed = read_json(bot.call("POST", "/model/parse", {"text": '/inform{"city": "Oslo"}'}))
    assert list(parsed) == ["text", "intent", "entities", "text_tokens", "intent_ranking"]
    assert parsed["intent"]["name"] == "inform"
    assert {"entity", "start", "end", "confidence_entity", "value", "extractor", "processors"} <= set(
        parsed["entities"][0]
    )
    assert read_json(bot.call("POST", "/model/parse", {"text": "see you"}))["text_tokens"] == [[0, 3], [4, 7]]


def test_a_new_conversation_is_shown_as_rasa_begins_one_and_is_not_kept(bot: Assistant) -> None:
    tracker = read_json(bot.call("GET", "/conversations/new/tracker"))
    assert [event.get("name", event["event"]) for event in tracker["events"]] == [
        "action_session_start",
        "session_started",
        "action_listen",
    ]
    assert tracker["latest_message"]["text"] is None
    assert bot.call("GET", "/conversations/new/story").status_code == 404


def test_the_tracker_shows_what_happened(bot: Assistant) -> None:
    bot.say({"sender": "ann", "message": "a trip please"})
    bot.say({"sender": "ann", "message": '/inform{"city": "Oslo"}'})
    tracker = read_json(bot.call("GET", "/conversations/ann/tracker"))
    assert (tracker["sender_id"], tracker["slots"]["city"], tracker["paused"]) == ("ann", "Oslo", False)
    assert tracker["latest_action_name"] == "action_listen"
    assert tracker["latest_input_channel"] == "rest"
    kinds = [event["event"] for event in tracker["events"]]
    assert kinds.count("user") == 2
    assert all({"event", "timestamp", "metadata"} <= set(event) for event in tracker["events"])
    assert read_json(bot.call("GET", "/conversations/ann/tracker?include_events=NONE"))["events"] is None
    first = tracker["events"][3]["timestamp"]
    before = read_json(bot.call("GET", f"/conversations/ann/tracker?until={first}"))
    assert [event["event"] for event in before["events"]].count("user") == 1
    assert before["slots"]["city"] is None


def test_events_are_appended_and_count_from_then_on(bot: Assistant) -> None:
    bot.say({"sender": "ben", "message": "hi"})
    changed = read_json(
        bot.call("POST", "/conversations/ben/tracker/events", {"event": "slot", "name": "city", "value": "Rome"})
    )
    assert changed["slots"]["city"] == "Rome"
    answer = read_json(bot.call("POST", "/conversations/ben/trigger_intent", {"name": "order_ready"}))
    assert answer["messages"] == [{"recipient_id": "ben", "text": "Your order to Rome is ready."}]
    assert (
        read_json(bot.call("POST", "/conversations/ben/tracker/events", [{"event": "restart"}]))["slots"]["city"]
        is None
    )
    assert read_json(bot.call("GET", "/conversations/ben/tracker"))["events"] == []
    everything = read_json(bot.call("GET", "/conversations/ben/tracker?include_events=ALL"))
    assert "restart" in [event["event"] for event in everything["events"]]


def test_events_that_were_read_can_be_put_back(bot: Assistant) -> None:
    bot.say({"sender": "cy", "message": "a trip please"})
    before = read_json(bot.call("GET", "/conversations/cy/tracker"))
    bot.say({"sender": "cy", "message": '/inform{"city": "Oslo"}'})
    after = read_json(bot.call("PUT", "/conversations/cy/tracker/events", before["events"]))
    assert after["slots"]["city"] is None
    assert after["active_loop"]["name"] == "trip_form"
    assert [event["event"] for event in after["events"]] == [event["event"] for event in before["events"]]
    assert bot.say({"sender": "cy", "message": '/inform{"city": "Rome"}'}).json[0]["text"] == "How many?"


@pytest.mark.parametrize(
    "events",
    [
        {"event": "nope"},
        {"event": "slot"},
        {"event": "slot", "name": 5, "value": 1},
        {"event": "user", "parse_data": {"entities": [{"entity": "city"}]}},
        {"event": "user", "parse_data": {"intent": 5}},
        {"event": "action", "name": ["a"]},
        {"event": "action", "timestamp": "now"},
        [],
        [5],
        [{"event": "slot", "name": "city", "value": [[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]}],
        "x",
    ],
)
def test_events_that_are_none_are_refused_and_change_nothing(bot: Assistant, events: Any) -> None:
    bot.say({"sender": "dee", "message": "hi"})
    before = read_json(bot.call("GET", "/conversations/dee/tracker"))
    answer = bot.call("POST", "/conversations/dee/tracker/events", events)
    assert answer.status_code == 400
    assert answer.json["status"] == "failure"
    assert read_json(bot.call("GET", "/conversations/dee/tracker")) == before


def test_an_intent_is_triggered_and_its_action_runs(bot: Assistant) -> None:
    answer = read_json(bot.call("POST", "/conversations/eve/trigger_intent", {"name": "bye"}))
    assert [message["text"] for message in answer["messages"]] == ["counted", "Goodbye"]
    told = next(event for event in answer["tracker"]["events"] if event["event"] == "user")
    assert told["text"] == "EXTERNAL: bye"
    assert told["metadata"]["is_external"] is True
    assert answer["tracker"]["latest_message"]["intent"] == {"name": "bye"}


def test_entities_come_with_a_triggered_intent(bot: Assistant) -> None:
    body = {"name": "order_ready", "entities": [{"entity": "city", "value": "Bonn"}]}
    answer = read_json(bot.call("POST", "/conversations/fay/trigger_intent", body))
    assert answer["messages"][0]["text"] == "Your order to Bonn is ready."


@pytest.mark.parametrize(("body", "status"), [({"name": "nobody"}, 404), ({}, 400), ({"name": 5}, 400)])
def test_an_intent_that_is_none_is_refused(bot: Assistant, body: Any, status: int) -> None:
    assert bot.call("POST", "/conversations/x/trigger_intent", body).status_code == status


def test_an_action_is_run_alone(bot: Assistant) -> None:
    assert bot.call("POST", "/conversations/gus/execute", {"name": "utter_bye"}).status_code == 404
    bot.say({"sender": "gus", "message": "hi"})
    answer = read_json(bot.call("POST", "/conversations/gus/execute", {"name": "action_count", "policy": "me"}))
    assert [message["text"] for message in answer["messages"]] == ["counted"]
    last = [event for event in answer["tracker"]["events"] if event["event"] == "action"][-1]
    assert (last["name"], last["policy"]) == ("action_count", "me")
    assert bot.call("POST", "/conversations/gus/execute", {"name": "no_such"}).status_code == 404
    assert bot.say({"sender": "gus", "message": "hi"}).json[0]["text"] == "Hello"


def test_a_message_is_recorded_and_not_answered(bot: Assistant) -> None:
    body = {"text": '/inform{"city": "Kiel"}', "sender": "user"}
    tracker = read_json(bot.call("POST", "/conversations/hal/messages", body))
    assert tracker["slots"]["city"] == "Kiel"
    assert "bot" not in [event["event"] for event in tracker["events"]]
    given = {**body, "text": "x", "parse_data": {"intent": {"name": "bye", "confidence": 1.0}, "entities": []}}
    assert (
        read_json(bot.call("POST", "/conversations/hal/messages", given))["latest_message"]["intent"]["name"] == "bye"
    )
    assert bot.call("POST", "/conversations/hal/messages", {**body, "sender": "bot"}).status_code == 400
    predicted = read_json(bot.call("POST", "/conversations/hal/predict"))
    assert predicted["scores"][0] == {"action": "action_count", "score": 1.0}
    assert set(predicted) == {"scores", "policy", "confidence", "tracker"}


def test_the_story_is_a_test_story_that_reads_again(bot: Assistant) -> None:
    bot.say({"sender": "ida", "message": "a trip please"})
    bot.say({"sender": "ida", "message": '/inform{"city": "Oslo"}'})
    answer = bot.call("GET", "/conversations/ida/story")
    (story,) = yaml.safe_load(answer.text)["stories"]
    assert story["story"] == "ida"
    assert story["steps"][0] == {"intent": "book", "user": "a trip please"}
    assert {"action": "trip_form"} in story["steps"]
    assert {"active_loop": "trip_form"} in story["steps"]


def test_the_domain_is_shown_in_both_forms(bot: Assistant) -> None:
    shown = read_json(bot.call("GET", "/domain", accept="application/json"))
    assert shown["forms"] == {"trip_form": {"required_slots": ["city", "people"], "ignored_intents": []}}
    assert yaml.safe_load(bot.call("GET", "/domain", accept="application/yaml").text) == shown
    assert bot.call("GET", "/domain", accept="text/html").status_code == 406


@pytest.mark.parametrize(
    ("method", "path", "way"),
    [
        ("POST", "/model/train", "task train"),
        ("PUT", "/model", "rollout"),
        ("DELETE", "/model", "rollout"),
        ("POST", "/model/test/stories", "task test:stories"),
        ("POST", "/model/test/intents", "task eval"),
        ("POST", "/model/predict", "/predict"),
    ],
)
def test_what_has_no_meaning_here_says_how_it_is_done(bot: Assistant, method: str, path: str, way: str) -> None:
    answer = bot.call(method, path, {})
    assert answer.status_code == 405
    assert way in answer.json["message"]


def test_latest_brings_what_is_said_to_the_platform_where_the_person_is() -> None:
    broker = Recorder()
    with served(broker) as url, trips(broker_url=url) as bot:
        asked = {"sender_id": "telegram:7"}
        user = {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "greet"}}, "input_channel": "telegram"}
        read_json(bot.call("POST", "/conversations/telegram:7/tracker/events", user))
        # Nobody there yet: the answer has it.
        first = read_json(
            bot.call("POST", "/conversations/telegram:7/trigger_intent?output_channel=latest", {"name": "bye"})
        )
        assert [message["text"] for message in first["messages"]] == ["counted", "Goodbye"]
        assert asked["sender_id"] == first["tracker"]["sender_id"]
        # Somebody was answered there, so that it is known where.
        again = read_json(
            bot.call("POST", "/conversations/telegram:7/trigger_intent?output_channel=latest", {"name": "bye"})
        )
        assert "messages" not in again
        bot.reports.join()
    events = [decode({**headers}, body) for _, headers, body in broker.requests]
    (decided,) = [event for event in events if isinstance(event.data, RepliesDecided)]
    assert isinstance(decided.data, RepliesDecided)
    assert [reply.text for reply in decided.data.replies] == ["counted", "Goodbye"]
    assert (decided.subject, decided.channel, decided.data.said) == ("telegram:7", "telegram", 0)


PATHS = [
    ("GET", "/version"),
    ("GET", "/status"),
    ("GET", "/domain"),
    ("POST", "/model/parse"),
    ("GET", "/conversations/a/tracker"),
    ("POST", "/conversations/a/tracker/events"),
    ("PUT", "/conversations/a/tracker/events"),
    ("POST", "/conversations/a/messages"),
    ("POST", "/conversations/a/trigger_intent"),
    ("POST", "/conversations/a/execute"),
    ("POST", "/conversations/a/predict"),
    ("GET", "/conversations/a/story"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_else_may_call_it_and_a_token_opens_it(method: str, path: str) -> None:
    with trips() as bot:
        away = bot.client.open(path, method=method, environ_overrides={"REMOTE_ADDR": "192.0.2.1", "REMOTE_PORT": "1"})
        assert away.status_code == 401
        assert (away.json or {})["reason"] == "NotAuthenticated"
    with trips(auth="token", token="t" * 20) as bot:
        assert bot.call(method, path).status_code == 401
        assert bot.call(method, f"{path}?token={'t' * 20}").status_code not in (401, 403)
        assert bot.call(method, path, authorization=f"Bearer {'t' * 20}").status_code not in (401, 403)


def test_a_token_of_the_role_user_reaches_the_conversation_with_their_name_alone() -> None:
    key = "k" * 32
    rules = read_access("jwt", "", (), key)
    with trips(access=rules) as bot:
        claims = {"exp": time.time() + 600, "user": {"username": "ann", "role": "user"}}
        user = f"Bearer {jwt.encode(claims, key, 'HS256')}"
        admin = f"Bearer {jwt.encode({**claims, 'user': {'role': 'admin'}}, key, 'HS256')}"
        assert bot.call("GET", "/conversations/ann/tracker", authorization=user).status_code == 200
        for path in (
            "/conversations/ben/tracker",
            "/conversations/telegram:7/tracker",
            "/conversations/ann/../ben/tracker",
            "/domain",
            "/status",
        ):
            assert bot.call("GET", path, authorization=user).status_code in (403, 404), path
        assert bot.call("GET", "/conversations/ben/tracker", authorization=admin).status_code == 200


def test_a_body_over_the_limit_is_413(bot: Assistant) -> None:
    large = json.dumps({"event": "slot", "name": "city", "value": "x" * 600_000}).encode()
    assert bot.call("POST", "/conversations/a/tracker/events", large).status_code == 413
    assert bot.call("POST", "/model/parse", b'{"text": "' + b"x" * 70_000 + b'"}').status_code == 413
