"""The codec between dataclasses and JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.events.catalogue import (
    CATALOGUE,
    ActionCompleted,
    ActionRequested,
    AnswerRated,
    Entity,
    EventDeadlettered,
    Handoff,
    HandoffAnswered,
    Heard,
    Hypothesis,
    Intent,
    MessageArrived,
    MessageCompared,
    MessageReceived,
    MessageUnderstood,
    ReminderDue,
    RepliesDecided,
    Reply,
    SpeechReceived,
    TurnCompleted,
    TurnRated,
    TurnRequested,
    TurnSummary,
    WebhookAnswer,
    WebhooksAnswered,
)
from shared.events.wire import from_wire, to_wire

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(max_size=3), JSONS, max_size=2)
TUPLES = st.lists(JSONS, max_size=2).map(tuple)
REPLIES = st.lists(st.builds(Reply, attachment=JSONS, custom=JSONS, elements=TUPLES), max_size=2).map(tuple)
ENTITIES = st.lists(st.builds(Entity, value=JSONS), max_size=2).map(tuple)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
# NaN comes back as NaN, which equals nothing.
INTENTS = st.none() | st.builds(Intent, confidence=FINITE)
HYPOTHESES = st.lists(st.builds(Hypothesis, confidence=FINITE), max_size=2).map(tuple)
HEARD = st.lists(st.builds(Heard, confidence=FINITE, intent=INTENTS, entities=ENTITIES), max_size=2).map(tuple)
EVENTS = {
    SpeechReceived: st.builds(SpeechReceived, metadata=OBJECTS, address=OBJECTS),
    MessageReceived: st.builds(MessageReceived, metadata=OBJECTS, address=OBJECTS, hypotheses=HYPOTHESES),
    MessageUnderstood: st.builds(
        MessageUnderstood,
        message=st.builds(MessageReceived, metadata=OBJECTS, address=OBJECTS),
        intent=INTENTS,
        entities=ENTITIES,
        heard=st.none() | HEARD,
    ),
    ActionRequested: st.builds(
        ActionRequested,
        slots=OBJECTS,
        latest_message=OBJECTS,
        events=TUPLES,
        active_loop=OBJECTS,
        replies=REPLIES,
        address=OBJECTS,
    ),
    ActionCompleted: st.builds(ActionCompleted, events=TUPLES, responses=TUPLES),
    MessageArrived: st.builds(
        MessageArrived,
        message=st.builds(MessageReceived, metadata=OBJECTS, attachments=st.just(()), address=OBJECTS),
        quiet=st.floats(0, 10),
    ),
    HandoffAnswered: st.builds(HandoffAnswered),
    AnswerRated: st.builds(AnswerRated),
    TurnRated: st.builds(TurnRated),
    RepliesDecided: st.builds(
        RepliesDecided,
        replies=REPLIES,
        turn=st.builds(TurnSummary),
        address=OBJECTS,
        handoff=st.none() | st.builds(Handoff, transcript=TUPLES),
    ),
    TurnCompleted: st.builds(TurnCompleted, turn=st.builds(TurnSummary)),
    EventDeadlettered: st.builds(EventDeadlettered),
    WebhooksAnswered: st.builds(
        WebhooksAnswered,
        answers=st.lists(st.builds(WebhookAnswer, seconds=FINITE, budget=FINITE), max_size=2).map(tuple),
    ),
    MessageCompared: st.builds(MessageCompared, live_confidence=st.none() | FINITE),
    TurnRequested: st.builds(
        TurnRequested,
        entities=TUPLES,
        confidence=st.none() | FINITE,
        understood=st.none()
        | st.builds(
            MessageUnderstood,
            message=st.builds(MessageReceived, metadata=OBJECTS, address=OBJECTS),
            intent=INTENTS,
            entities=ENTITIES,
        ),
    ),
    ReminderDue: st.builds(ReminderDue, at=st.floats(allow_nan=False, allow_infinity=False)),
}


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.TYPE)
@given(data=st.data())
def test_every_event_survives_the_way_to_json_and_back(cls: Any, data: st.DataObject) -> None:
    value = data.draw(EVENTS[cls])
    assert from_wire(cls, json.loads(json.dumps(to_wire(value)))) == value


def test_an_event_that_holds_another_has_the_keys_of_both_side_by_side() -> None:
    understood = MessageUnderstood(MessageReceived("hello", "me", locale="de"), Intent("greet", 0.9), bundle="b1")
    wire = to_wire(understood)
    assert "message" not in wire
    assert wire | to_wire(understood.message) == wire
    assert (wire["text"], wire["locale"], wire["intent"]["name"]) == ("hello", "de", "greet")


def test_a_field_that_was_renamed_is_read_by_its_old_name_and_written_by_its_new_one() -> None:
    wire = {"text": "", "sender": "me", "unheard": "silence"}
    message = from_wire(MessageReceived, wire)
    assert message.transcription_failure == "silence"
    assert "unheard" not in to_wire(message)
    with pytest.raises(Rejected, match="unheard must be a string"):
        from_wire(MessageReceived, wire | {"unheard": 3})


def test_unknown_keys_are_ignored() -> None:
    assert from_wire(MessageUnderstood, {"text": "a", "sender": "b", "intent": None, "later": 1}).message.text == "a"


def test_all_mistakes_are_named_together_with_their_paths() -> None:
    wire = {"sender": 7, "intent": {"name": "greet"}, "ranking": [{"name": "a", "confidence": "high"}]}
    with pytest.raises(Rejected) as caught:
        from_wire(MessageUnderstood, wire)
    assert str(caught.value) == (
        "text is missing; sender must be a string, not a number; intent.confidence is missing; "
        "ranking[0].confidence must be a number, not a string"
    )


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.TYPE)
@given(wire=JSONS)
def test_any_json_is_read_or_rejected_and_nothing_else(cls: Any, wire: Any) -> None:
    try:
        value = from_wire(cls, wire)
    except Rejected as exc:
        assert str(exc)
    else:
        assert isinstance(value, cls)
