"""What a conversation keeps between events: bounded, whole, and enough to go on exactly."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.dialogue.remote import Answer
from functions.dialogue.state import State, bound_history, document_of, state_of, tracker_of
from functions.dialogue.tracker import Tracker
from shared.events.wire import JSON
from tests.unit.dialogue.talking import Talk, table

DOMAIN = """
version: "3.1"
intents: [greet, order, inform, affirm, deny, stop, unknown]
entities: [dish]
slots:
  dish: {type: text, mappings: [{type: from_entity, entity: dish}]}
  drink:
    type: bool
    mappings:
    - {type: from_intent, intent: affirm, value: true, conditions: [{active_loop: f, requested_slot: drink}]}
    - {type: from_intent, intent: deny, value: false, conditions: [{active_loop: f, requested_slot: drink}]}
forms:
  f: {required_slots: [dish, drink]}
responses:
  utter_greet: [{text: Hello}, {text: Hi}]
  utter_ask_dish: [{text: Dish?}]
  utter_ask_drink: [{text: Drink?}]
  utter_done: [{text: "{dish} {drink}"}]
  utter_stop: [{text: Stopped}]
  utter_default: [{text: What?}]
actions: [action_go, validate_f, action_reset]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: order
  steps: [{intent: order}, {action: action_reset}, {action: f}, {active_loop: f}]
- rule: submit
  condition: [{active_loop: f}]
  steps: [{action: f}, {active_loop: null}, {action: utter_done}, {action: action_go}]
"""
STORIES = """
stories:
- story: stop
  steps:
  - intent: order
  - action: action_reset
  - action: f
  - active_loop: f
  - intent: stop
  - action: utter_stop
  - action: action_deactivate_loop
  - active_loop: null
"""
TABLE = table(domain=DOMAIN, rules=RULES, stories=STORIES)
RESET = Answer("done", ({"event": "reset_slots"},))
SAID = [
    "/greet",
    "/order",
    '/inform{"dish": "soup"}',
    "/affirm",
    "/deny",
    "/stop",
    "/unknown",
    "hm",
    "/restart",
    "/back",
]
NOT_BACK = SAID[:-1]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(SAID), max_size=15))
def test_whatever_is_said_is_taken_and_the_state_survives_json(said: list[str]) -> None:
    talk = Talk(TABLE, {"action_reset": RESET})
    for text in said:
        talk.say(text)
        assert talk.state.pending is None
        assert state_of(json.loads(json.dumps(document_of(talk.state)))) == talk.state


@settings(max_examples=30)
@given(st.lists(st.sampled_from(NOT_BACK), min_size=15, max_size=40))
def test_a_conversation_that_forgets_its_oldest_events_goes_on_as_one_that_keeps_them(said: list[str]) -> None:
    short, whole = Talk(replace(TABLE, keep=32), {"action_reset": RESET}), Talk(TABLE, {"action_reset": RESET})
    for text in said:
        assert short.say(text) == whole.say(text)
        assert short.slots == whole.slots
        assert len(short.state.events) <= 32 + 16 + 20


def test_a_long_conversation_keeps_a_bounded_number_of_events_and_its_slots() -> None:
    talk = Talk(TABLE, {"action_reset": RESET})
    talk.say('/inform{"dish": "soup"}')
    talk.say('/greet{"dish": "soup"}')
    for _ in range(300):
        talk.say("/greet")
    assert len(talk.state.events) < 260
    assert talk.state.base is not None
    assert talk.slots["dish"] == "soup"
    assert len(json.dumps(document_of(talk.state))) < 120_000


def test_a_new_session_keeps_no_events_of_the_old_one() -> None:
    talk = Talk(TABLE, {"action_reset": RESET})
    for _ in range(20):
        talk.say("/greet")
    before = len(talk.state.events)
    talk.say("/greet", after=7200)
    assert len(talk.state.events) < before / 5


def make_turn(*names: str) -> list[JSON]:
    """A turn: a message, what an action sets, and listening."""
    events: list[JSON] = [message("m")]
    events += [{"event": "action", "name": "action_go"}]
    events += [{"event": "slot", "name": "dish", "value": name} for name in names]
    return [*events, {"event": "bot", "text": "So?", "data": {}}, {"event": "action", "name": "action_listen"}]


def message(ident: str) -> dict[str, JSON]:
    ranking = [{"name": f"intent_{number}", "confidence": 0.1} for number in range(10)]
    parsed = {"intent": {"name": "greet", "confidence": 1.0}, "entities": [], "intent_ranking": ranking}
    return {"event": "user", "text": "hi", "message_id": ident, "parse_data": parsed}


def test_so_many_steps_are_kept_as_are_looked_back_on_however_many_events_they_are() -> None:
    tracker = Tracker(TABLE.domain)
    for number in range(20):
        tracker.extend(make_turn(*(f"dish {number} {place}" for place in range(30))))
    for steps in (0, 4, 11):
        kept, base = bound_history(tracker, 32, steps)
        actions = [event for event in kept if event["event"] == "action"]
        assert steps <= len(actions) <= max(steps, 5) + 4
        assert base is not None
    whole, _ = bound_history(tracker, None, 2)
    assert len(whole) == len(tracker.events)


def test_of_older_turns_is_kept_what_they_changed() -> None:
    tracker = Tracker(TABLE.domain)
    for _ in range(12):
        tracker.extend(make_turn("soup", "soup", "soup"))
    kept, base = bound_history(tracker, 32, 9)
    newest = next(index for index, event in enumerate(kept) if event["event"] == "bot")
    assert [event for event in kept[: newest - 6] if event["event"] == "slot"] == []
    assert tracker_of(State(events=kept, base=base), TABLE.domain).slot("dish") == "soup"


@pytest.mark.parametrize(("first", "then"), [(True, 1), (1, 1.0), ([1], [True]), ({"a": 1}, {"a": 1.0}), ("1", 1)])
def test_values_that_only_python_takes_for_the_same_are_kept_apart(first: JSON, then: JSON) -> None:
    tracker = Tracker(TABLE.domain)
    # Right at the end of what is thinned out.
    tracker.extend(make_turn("x")).extend(make_turn(first, then))
    for _ in range(3):
        tracker.extend(make_turn(*["y"] * 16))
    kept, _ = bound_history(tracker, 32, 9)
    values = [event["value"] for event in kept if event["event"] == "slot"]
    assert [repr(value) for value in values if value not in ("x", "y")] == [repr(first), repr(then)]


def test_only_the_two_latest_messages_keep_their_whole_ranking() -> None:
    tracker = Tracker(TABLE.domain)
    for _ in range(5):
        tracker.extend(make_turn())
    kept, _ = bound_history(tracker)
    ranked = [len(event["parse_data"]["intent_ranking"]) for event in kept if event["event"] == "user"]
    assert ranked == [3, 3, 3, 10, 10]


KINDS = (
    *("slot", "action", "active_loop", "form", "followup", "reminder", "cancel_reminder", "user", "bot", "restart"),
    *("session_started", "rewind", "undo", "pause", "resume", "reset_slots", "loop_interrupted", "form_validation"),
    *("action_execution_rejected", "agent", "export", "x"),
)
values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
events = st.fixed_dictionaries(
    {
        "event": st.sampled_from(KINDS),
    },
    optional={
        "name": st.sampled_from(
            ["dish", "drink", "f", "action_listen", "action_go", "utter_greet", "requested_slot", "?"]
        ),
        "value": values,
        "intent": st.sampled_from(["greet", "order"]),
        "date_time": st.sampled_from(["2030-01-01T00:00:00", "2030-01-01T00:00:00Z", "soon"]),
        "text": st.text(max_size=5),
        "is_interrupted": st.booleans(),
    },
)


@settings(max_examples=40)
@given(st.lists(events, max_size=6), st.sampled_from(["action_go", "validate_f", "action_reset"]))
def test_whatever_an_action_answers_the_turn_comes_to_an_end(answered: list[JSON], action: str) -> None:
    talk = Talk(TABLE, {action: Answer("done", tuple(answered), ({"text": "said"}, {"response": "utter_none"}))})
    for text in ("/order", '/inform{"dish": "soup"}', "/affirm", "/greet"):
        talk.say(text)
    assert talk.state.pending is None
