"""Stored events and turns are short, and say all that was said."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.dialogue.packing import packed, unpacked
from functions.dialogue.record import compact, opened
from functions.dialogue.responses import bot_event
from shared.events.catalogue import ActionRequested, RepliesDecided
from shared.events.wire import JSON

words = st.text(max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=3,
)
intents = st.fixed_dictionaries({"name": st.none() | words, "confidence": st.floats(0, 1)})
entities = st.fixed_dictionaries(
    {"entity": words, "value": values, "start": st.integers(0, 9), "end": st.integers(0, 9)}
    | {"confidence_entity": st.floats(0, 1), "extractor": words},
    optional={"role": words},
)
stamps = st.sampled_from([1.5, 2.5, 1_700_000_000])
actions = st.fixed_dictionaries(
    {"event": st.just("action"), "name": st.sampled_from(["action_listen", "utter_x", "action_go"])}
    | {
        "policy": st.sampled_from([None, "RulePolicy"]),
        "confidence": st.sampled_from([None, 1.0]),
        "timestamp": stamps,
    },
    optional={"hide_rule_turn": st.booleans(), "action_text": words},
)
slots = st.fixed_dictionaries(
    {"event": st.just("slot"), "name": words, "value": values, "timestamp": stamps}, optional={"more": values}
)
bots = st.builds(
    lambda draft, stamp: {**bot_event(draft, draft.get("name")), "timestamp": stamp},
    st.fixed_dictionaries(
        {}, optional={"text": words, "image": words, "custom": values, "name": words, "elements": st.lists(values)}
    ),
    stamps,
)


@st.composite
def users(draw: st.DrawFn) -> dict[str, Any]:
    text, ident, metadata = draw(words), draw(st.sampled_from(["m1", "m2"])), draw(st.dictionaries(words, values))
    intent = draw(intents)
    if draw(st.booleans()):
        intent = {**intent, "full_retrieval_intent_name": draw(words)}
    parsed = {"text": text, "intent": intent, "intent_ranking": draw(st.lists(intents, max_size=2))}
    parsed |= {
        "entities": draw(st.lists(st.one_of(entities, values), max_size=2)),
        "message_id": ident,
        "metadata": metadata,
    }
    event = {"event": "user", "timestamp": draw(stamps), "text": text, "parse_data": parsed, "input_channel": "rest"}
    return {**event, "message_id": ident, "metadata": draw(st.just(metadata) | st.dictionaries(words, values))}


strange = st.fixed_dictionaries(
    {"event": st.sampled_from(["slot", "user", "bot", "action", "active_loop", "rewind", "x"])},
    optional={"name": words, "timestamp": values, "parse_data": values, "data": values, "text": values},
)
events = st.lists(actions | slots | bots | users() | strange, max_size=5)


@given(events)
def test_packed_events_are_the_same_events_again(told: list[JSON]) -> None:
    before = json.dumps(told)
    assert unpacked(json.loads(json.dumps(packed(told)))) == told
    assert json.dumps(told) == before


answers = st.fixed_dictionaries(
    {"action": words, "outcome": st.just("done")},
    optional={
        "events": st.lists(slots.map(lambda event: {k: v for k, v in event.items() if k != "timestamp"}) | values),
        "responses": st.lists(st.fixed_dictionaries({"text": words}) | values),
    },
)
replies = st.lists(st.fixed_dictionaries({"text": words, "buttons": st.just([])}), max_size=3)
whom = st.fixed_dictionaries({"sender": words}, optional={"locale": words, "address": st.dictionaries(words, values)})


@st.composite
def turns(draw: st.DrawFn) -> dict[str, Any]:
    said, intent = draw(replies), draw(intents)
    cut = draw(st.integers(0, len(said)))
    asked = {**draw(whom), "action": draw(words), "deadline": "2026", "replies": said[:cut], "said": 0}
    turn: dict[str, Any] = draw(st.dictionaries(st.sampled_from(["message", "intent", "bundle", "slot_asked"]), words))
    turn |= {"fallback": draw(st.booleans()), "actions": draw(st.lists(words, max_size=2)), "replies": len(said)}
    ended = {**draw(whom), "replies": said[cut:], "said": cut, "turn": turn}
    return {
        "text": draw(words),
        "intent": intent["name"],
        "confidence": intent["confidence"],
        "ranking": draw(st.lists(intents, max_size=2)),
        "entities": draw(st.lists(entities, max_size=2)),
        "channel": "rest",
        "sent_at": draw(st.none() | words),
        "events": draw(events),
        "replies": said,
        "decided_by": draw(
            st.lists(
                st.fixed_dictionaries(
                    {"action": st.none() | words, "policy": words, "confidence": st.floats(0, 1)},
                    optional={"source": words, "others": st.lists(values)},
                )
            )
        ),
        "failed_actions": draw(st.lists(words, max_size=1)),
        "slots": draw(st.dictionaries(words, values)),
        "active_loop": draw(st.none() | words),
        "bundle": draw(st.none() | words),
        "answers": draw(st.lists(answers, max_size=2)),
        "effects": {
            "e1": {"type": ActionRequested.TYPE, "data": asked},
            "e2": {"type": RepliesDecided.TYPE, "data": ended},
            "e3": {"type": "nothing"},
        },
    }


@settings(max_examples=40)
@given(turns())
def test_a_stored_turn_opens_as_it_was(turn: dict[str, Any]) -> None:
    before = json.dumps(turn)
    stored = json.loads(json.dumps(compact(turn, "m1")))
    assert opened(stored, "m1") == turn
    assert json.dumps(turn) == before


@settings(max_examples=40)
@given(turns())
def test_a_turn_as_it_was_stored_before_opens_as_it_is(turn: dict[str, Any]) -> None:
    assert opened(turn, "m1") == turn


def slot(name: str, value: JSON) -> dict[str, JSON]:
    return {"event": "slot", "name": name, "value": value, "timestamp": 1.5}


def turn_of(told: list[JSON], slots: dict[str, JSON]) -> dict[str, Any]:
    """A turn in full, of which the events and slots matter."""
    said: dict[str, Any] = {
        "text": "x",
        "intent": None,
        "confidence": 0.0,
        "ranking": [],
        "entities": [],
        "channel": "",
    }
    done: dict[str, Any] = {"replies": [], "decided_by": [], "failed_actions": [], "answers": [], "effects": {}}
    return {**said, **done, "sent_at": None, "events": told, "slots": slots, "active_loop": None, "bundle": None}


def test_a_slot_is_stored_once_where_the_turns_events_tell_it() -> None:
    long = ["So What", "Sinnerman"] * 20
    told = [slot("results", ["x"]), slot("results", long), slot("gone", "x"), slot("flag", 1), slot("kept", None)]
    turn = turn_of(told, {"results": long, "flag": True, "kept": "from before"})
    stored = json.loads(json.dumps(compact(turn, "m1")))
    assert json.dumps(stored).count("So What") == 20
    assert opened(stored, "m1") == turn
    assert opened(stored, "m1")["slots"]["flag"] is True


def test_a_turn_that_was_stored_with_all_its_slots_opens_with_those() -> None:
    turn = turn_of([slot("a", "set and taken back")], {"b": "from before"})
    stored = compact(turn, "m1")
    del stored["other_slots"], stored["unset"]
    assert opened({**stored, "slots": {"b": "from before"}}, "m1") == turn


@given(events)
def test_events_that_were_read_are_stored_as_they_were(told: list[JSON]) -> None:
    stored = json.loads(json.dumps(packed(told)))
    assert packed(unpacked(stored)) == stored
