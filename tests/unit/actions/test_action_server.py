"""The adapter for a Rasa SDK action server, against a real one that answers as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from functions.actions.action_server import ActionServer
from functions.actions.fulfilment import Call, Result, text
from functions.actions.running import Runner
from functions.actions.stage import Actions
from shared.domain_view import render_domain
from shared.errors import Unavailable
from shared.outbound import Outbound
from tests.unit.actions.events import NOW, completed, requested
from tests.unit.actions.standin import Answer, Asked, Standin, standin

LATER = (NOW + timedelta(seconds=20)).isoformat()
ANSWER = {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "from the server"}]}


@contextmanager
def server(answer: Answer) -> Iterator[tuple[Standin, ActionServer]]:
    outbound = Outbound()
    with standin(lambda _: answer) as seen:
        try:
            yield seen, ActionServer(seen.url + "/webhook", {"version": "3.1", "intents": ["greet"]}, outbound)
        finally:
            outbound.close()


def outcome(answer: Answer, **fields: Any) -> Any:
    with server(answer) as (_, endpoint):
        return completed(Actions({}, endpoint, clock=lambda: NOW)(requested(**fields)))


def test_an_action_server_gets_what_rasa_sends_and_its_answer_is_taken() -> None:
    event = requested(
        slots={"a": None},
        latest_message={"text": "hi", "intent": {"name": "greet"}},
        events=({"event": "user", "timestamp": 1.5, "text": "hi"},),
        active_loop={"name": "form"},
        latest_action_name="action_listen",
    )
    with server(Answer(body=ANSWER)) as (seen, endpoint):
        answer = completed(Actions({}, endpoint)(event))
    assert answer.outcome == "done"
    assert answer.events == ({"event": "slot", "name": "a", "value": 1},)
    assert answer.responses == ({"text": "from the server"},)
    (asked,) = seen.asked
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/webhook", "application/json")
    assert asked.body == {
        "next_action": "action_hello",
        "sender_id": "somebody",
        "tracker": {
            "sender_id": "somebody",
            "slots": {"a": None},
            "latest_message": {"text": "hi", "intent": {"name": "greet"}},
            "latest_event_time": 1.5,
            "followup_action": None,
            "paused": False,
            "events": [{"event": "user", "timestamp": 1.5, "text": "hi"}],
            "latest_input_channel": "rest",
            "active_loop": {"name": "form"},
            "latest_action": {"action_name": "action_listen"},
            "latest_action_name": "action_listen",
        },
        "version": "3.6.21",
        "domain": {"version": "3.1", "intents": ["greet"]},
    }


def test_an_own_function_goes_before_the_action_server() -> None:
    def own(_: Call) -> Result:
        return Result.of(text("own"))

    with server(Answer(body=ANSWER)) as (seen, endpoint):
        answer = completed(Actions({"action_hello": own}, endpoint)(requested()))
    assert answer.responses == ({"text": "own"},)
    assert not seen.asked


def test_an_execution_that_the_server_rejects_is_rejected() -> None:
    answer = outcome(Answer(400, {"error": "Custom action 'a' rejected execution.", "action_name": "a"}))
    assert answer.outcome == "rejected"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(404, {"error": "no"}), "has no action_hello; define it there"),
        (Answer(400, {"error": "bad"}), "answered 400"),
        (Answer(413, {}), "answered 413"),
        (Answer(200, b"hello"), "no JSON object"),
        (Answer(200, []), "no JSON object"),
        (Answer(200, {"events": {}}), "that are no lists"),
        (Answer(200, {"responses": ["hello"]}), "that are no lists"),
    ],
)
def test_an_answer_that_cannot_be_used_fails_and_says_why(answer: Answer, cause: str) -> None:
    result = outcome(answer)
    assert result.outcome == "failed"
    assert cause in str(result.error)


def test_an_answer_may_leave_out_events_and_responses() -> None:
    result = outcome(Answer(200, {"events": None}))
    assert (result.outcome, result.events, result.responses) == ("done", (), ())


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_breaks_is_asked_again_later(status: int) -> None:
    with pytest.raises(Unavailable, match=f"answered {status}"):
        outcome(Answer(status, {"error": "boom"}), deadline=LATER)


def test_a_server_that_is_slow_is_asked_again_later() -> None:
    with (
        server(Answer(body=ANSWER, seconds=0.5)) as (_, endpoint),
        pytest.raises(Unavailable, match="did not answer"),
    ):
        Actions({}, endpoint, runner=Runner(0.1))(requested())


def test_a_server_that_is_away_is_asked_again_later() -> None:
    endpoint = ActionServer("http://127.0.0.1:9/webhook", {}, Outbound())
    with pytest.raises(Unavailable, match="cannot be reached"):
        Actions({}, endpoint, clock=lambda: NOW)(requested(deadline=LATER))


def test_after_the_deadline_the_conversation_goes_on_without_the_server() -> None:
    times = iter([NOW, NOW + timedelta(seconds=30)])
    endpoint = ActionServer("http://127.0.0.1:9/webhook", {}, Outbound())
    answer = completed(Actions({}, endpoint, clock=lambda: next(times))(requested(deadline=LATER)))
    assert answer.outcome == "failed"
    assert "the deadline has passed" in str(answer.error)


def test_an_asked_server_sees_no_more_than_the_event_holds() -> None:
    with server(Answer(body={})) as (seen, endpoint):
        Actions({}, endpoint)(requested(address={"callback": "secret"}))
    (asked,) = seen.asked
    assert isinstance(asked, Asked)
    assert "secret" not in repr(asked.body)


def test_the_domain_is_sent_in_rasas_form() -> None:
    compiled = {
        "domain": {
            "intents": {"greet": [], "bye": []},
            "entities": ["city"],
            "slots": {
                "size": {"type": "categorical", "influence": True, "values": ["s", "l"], "mappings": []},
                "count": {"type": "float", "influence": False, "initial": 2, "low": 0, "high": 9},
            },
            "forms": {"f": {"required_slots": ["size"], "ignored_intents": []}},
            "responses": {"utter_hi": [{"text": "hi"}]},
            "actions": ["action_b", "action_a"],
            "session": {"minutes": 30, "carry_over_slots": False},
        }
    }
    assert render_domain(compiled) == {
        "version": "3.1",
        "intents": ["bye", "greet"],
        "entities": ["city"],
        "slots": {
            "size": {"type": "categorical", "influence_conversation": True, "mappings": [], "values": ["s", "l"]},
            "count": {
                "type": "float",
                "influence_conversation": False,
                "mappings": [],
                "initial_value": 2,
                "min_value": 0,
                "max_value": 9,
            },
        },
        "forms": {"f": {"required_slots": ["size"], "ignored_intents": []}},
        "responses": {"utter_hi": [{"text": "hi"}]},
        "actions": ["action_a", "action_b"],
        "session_config": {"session_expiration_time": 30, "carry_over_slots_to_new_session": False},
    }
