"""The dialogue stage on the in-memory store: one answer per event, guarded writes, waiting for actions."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from functions.actions.stage import Actions
from functions.dialogue.record import message_of, read_turn
from functions.dialogue.stage import Dialogue
from shared.errors import Conflict, Rejected
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Button,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
)
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Conversations, Store
from tests.unit.dialogue.talking import table

DOMAIN = """
version: "3.1"
intents: [greet, go, remind]
slots:
  color: {type: text, influence_conversation: false, mappings: [{type: custom}]}
responses:
  utter_greet: [{text: Hello, buttons: [{title: Go, payload: /go}]}]
  utter_before: [{text: One moment}]
  utter_after: [{text: "Done, {color}"}]
  utter_default: [{text: What?}]
actions: [action_go, action_more]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: go
  steps: [{intent: go}, {action: utter_before}, {action: action_go}, {action: utter_after}]
- rule: remind
  steps: [{intent: remind}, {action: action_more}]
"""
TABLE = table(domain=DOMAIN, rules=RULES)


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A stage with its store and clock."""

    def __init__(self, store: Store | None = None) -> None:
        self.clock = Clock()
        self.store = store or open_store("memory:")
        self.stage = Dialogue(TABLE, self.store.conversations, clock=self.clock, action_seconds=30.0)

    def turn(self, message: str) -> Mapping[str, object]:
        turn = self.store.conversations.load("rest:ann", message, self.clock.now).turn
        assert turn is not None
        return read_turn(turn.document, message)


def message(ident: str, intent: str, **more: object) -> Envelope:
    data = MessageUnderstood(
        MessageReceived(
            text=intent, sender="ann", address={"to": "ann"}, locale="en", sent_at="2023-11-14T22:13:20+00:00"
        ),
        intent=Intent(intent, 0.9),
        ranking=(Intent(intent, 0.9), Intent("go", 0.05)),
        **more,  # type: ignore[arg-type]
    )
    return Envelope(
        id=f"{ident}.understood",
        source="/parley/nlu",
        subject="rest:ann",
        data=data,
        type=data.TYPE,
        message=ident,
        channel="rest",
    )


def completed(requested: Envelope, **more: object) -> Envelope:
    assert isinstance(requested.data, ActionRequested)
    return requested.answer(ActionCompleted(action=requested.data.action, **more), "/parley/actions", "completed")  # type: ignore[arg-type]


def decided(envelope: Envelope | None) -> RepliesDecided:
    assert envelope is not None
    assert isinstance(envelope.data, RepliesDecided)
    return envelope.data


def test_a_turn_tells_the_message_that_it_began_with() -> None:
    desk = Desk()
    data = MessageUnderstood(
        MessageReceived("greet", "ann", "2023-11-14T22:13:20+00:00", "en", {"timezone": "Asia/Tokyo"}),
        Intent("greet", 0.9),
    )
    desk.stage(replace(message("m1", "greet"), data=data))
    assert message_of(desk.turn("m1"), "ann") == data.message


def test_a_message_is_answered_with_what_is_said_and_what_the_turn_was() -> None:
    answer = Desk().stage(message("m1", "greet"))
    data = decided(answer)
    assert answer is not None
    assert (answer.id, answer.source, answer.message) == ("m1.understood.decided", "/parley/dialogue", "m1")
    assert data.replies[0].buttons == (Button("Go", "/go"),)
    assert (data.sender, data.address, data.locale) == ("ann", {"to": "ann"}, "en")
    turn = data.turn
    assert (turn.message, turn.intent, turn.actions, turn.replies) == ("m1", "greet", ("utter_greet",), 1)
    assert (turn.bundle, turn.fallback, turn.started_at) == ("bundle-1", False, "2023-11-14T22:13:20+00:00")


def test_the_same_event_twice_has_the_same_answer_and_one_turn() -> None:
    desk = Desk()
    first = desk.stage(message("m1", "greet"))
    desk.clock.now += 100
    assert desk.stage(message("m1", "greet")) == first
    assert len(desk.store.conversations.history("rest:ann", desk.clock.now)) == 1


def test_a_turn_has_the_time_of_its_first_event() -> None:
    desk = Desk()
    began = desk.clock.now
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    desk.clock.now += 7
    desk.stage(completed(requested))
    (turn,) = desk.store.conversations.history("rest:ann", desk.clock.now)
    assert turn.at == began


def test_the_answer_of_another_action_of_the_same_message_is_not_taken() -> None:
    """A repeated answer of an earlier step must not go for that of the step which is waited for."""
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    other = ActionCompleted("action_more", responses=({"text": "of another"},))
    assert desk.stage(requested.answer(other, "/parley/actions", "of another")) is None
    answer = decided(desk.stage(completed(requested)))
    assert [reply.text for reply in answer.replies] == ["Done, None"]


def test_the_turn_keeps_what_was_understood_said_and_decided() -> None:
    desk = Desk()
    desk.stage(message("m1", "greet"))
    turn = desk.turn("m1")
    assert (turn["text"], turn["intent"], turn["confidence"], turn["bundle"]) == ("greet", "greet", 0.9, "bundle-1")
    assert [reply["text"] for reply in turn["replies"]] == ["Hello"]  # type: ignore[attr-defined]
    assert turn["decided_by"][0]["source"].startswith("greet (data/rules.yml:")  # type: ignore[index]
    assert turn["ranking"][1] == {"name": "go", "confidence": 0.05}  # type: ignore[index]


def test_an_action_is_requested_and_its_answer_ends_the_turn() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    data = requested.data
    assert isinstance(data, ActionRequested)
    assert (data.action, data.sender, requested.hasreplies) == ("action_go", "ann", True)
    assert [reply.text for reply in data.replies] == ["One moment"]
    assert data.deadline == "2023-11-14T22:13:50.000+00:00"
    events = ({"event": "slot", "name": "color", "value": "red"},)
    end = decided(desk.stage(completed(requested, events=events)))
    assert [reply.text for reply in end.replies] == ["Done, red"]
    assert (end.said, end.turn.replies, end.turn.actions) == (1, 2, ("utter_before", "action_go", "utter_after"))
    assert (end.address, end.locale) == ({"to": "ann"}, "en")
    assert [reply["text"] for reply in desk.turn("m1")["replies"]] == ["One moment", "Done, red"]  # type: ignore[attr-defined]


def test_each_event_of_a_turn_is_answered_the_same_when_it_comes_again() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    answer = completed(requested)
    end = desk.stage(answer)
    assert desk.stage(answer) == end


def test_an_action_is_asked_for_again_as_at_first_while_it_is_waited_for() -> None:
    desk = Desk()
    desk.stage(message("m0", "greet"))
    requested = desk.stage(message("m1", "go"))
    assert isinstance(getattr(requested, "data", None), ActionRequested)
    desk.clock.now += 5
    assert desk.stage(message("m1", "go")) == requested


def test_after_its_turn_an_action_is_asked_for_again_only_so_that_nobody_runs_it() -> None:
    """So whoever walks the turn again comes to the same replies, and what the action did is not done twice."""
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    end = desk.stage(completed(requested))
    desk.clock.now += 1
    again = desk.stage(message("m1", "go"))
    assert again is not None
    assert isinstance(again.data, ActionRequested)
    assert (again.id, again.data.replies) == (requested.id, requested.data.replies)  # type: ignore[attr-defined]
    assert again.data.deadline is not None
    assert datetime.fromisoformat(again.data.deadline).timestamp() < desk.clock.now
    refused = Actions({}, None)(again)
    assert refused is not None
    assert isinstance(refused.data, ActionCompleted)
    assert refused.data.outcome == "failed"
    assert desk.stage(refused) == end


def test_a_message_that_comes_while_an_action_runs_has_to_come_again() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    with pytest.raises(Conflict, match="action_go"):
        desk.stage(message("m2", "greet"))
    desk.stage(completed(requested))
    assert decided(desk.stage(message("m2", "greet"))).replies[0].text == "Hello"


def test_after_the_deadline_the_turn_ends_without_the_action_and_the_new_message_is_taken() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    desk.clock.now += 31
    said = [reply.text for reply in decided(desk.stage(message("m2", "greet"))).replies]
    assert said == ["Sorry, something went wrong on my side. Please try that again.", "Done, None", "Hello"]
    assert desk.stage(completed(requested)) is None


def test_an_answer_that_comes_late_but_before_anything_else_still_counts() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    desk.clock.now += 300
    assert decided(desk.stage(completed(requested))).replies[0].text == "Done, None"


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    desk = Desk()
    desk.stage(message("m1", "greet"))
    before = desk.store.conversations.load("rest:ann", "m1", desk.clock.now)
    stray = replace(message("m1", "greet"), id="stray", data=ActionCompleted(action="action_go"))
    assert desk.stage(replace(stray, type=ActionCompleted.TYPE)) is None
    assert desk.store.conversations.load("rest:ann", "m1", desk.clock.now) == before


def test_a_failed_action_is_apologised_for() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "go"))
    assert requested is not None
    end = decided(desk.stage(completed(requested, outcome="failed", error="boom")))
    assert end.replies[0].text == "Sorry, something went wrong on my side. Please try that again."
    assert desk.turn("m1")["failed_actions"] == ["action_go"]


class Contested:
    """Conversations in which something else happens before a commit, a number of times."""

    def __init__(self, conversations: Conversations, first: Callable[[], object], times: int) -> None:
        self.load, self.history = conversations.load, conversations.history
        self.list_ids, self.due = conversations.list_ids, conversations.due
        self._conversations = conversations
        self._first = first
        self.times = times

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        if self.times:
            self.times -= 1
            self._first()
        return self._conversations.commit(conversation, revision, committed, now)


def contested(times: int) -> tuple[Desk, Desk]:
    """Two stages on one store; before the first one commits, a message goes through the other, so many times."""
    other = Desk()
    numbers = itertools.count()

    def interrupt() -> None:
        other.stage(message(f"other{next(numbers)}", "greet"))

    conversations = Contested(other.store.conversations, interrupt, times)
    return Desk(replace(other.store, conversations=conversations)), other


def test_of_two_messages_at_once_the_second_to_commit_is_decided_again_behind_the_other() -> None:
    desk, other = contested(2)
    assert decided(desk.stage(message("m1", "greet"))).replies[0].text == "Hello"
    turns = other.store.conversations.history("rest:ann", desk.clock.now)
    assert [(turn.number, turn.id) for turn in turns] == [(1, "other0"), (2, "other1"), (3, "m1")]


def test_a_decision_is_given_up_after_somebody_else_was_first_three_times() -> None:
    desk, other = contested(3)
    with pytest.raises(Conflict, match="three times"):
        desk.stage(message("m1", "greet"))
    assert other.store.conversations.load("rest:ann", "m1", desk.clock.now).turn is None


def test_a_reminder_is_kept_with_the_conversation_and_becomes_due() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "remind"))
    assert requested is not None
    reminder = {"event": "reminder", "intent": "greet", "date_time": "2023-11-14T23:00:00+00:00", "name": "later"}
    desk.stage(completed(requested, events=(reminder,)))
    assert desk.store.conversations.due(desk.clock.now) == []
    (due,) = desk.store.conversations.due(desk.clock.now + 3600)
    assert (due.conversation, due.name, due.document["intent"]) == ("rest:ann", "later", "greet")
    assert due.document["origin"]["address"] == {"to": "ann"}


def test_an_event_of_another_type_is_refused() -> None:
    data = MessageReceived(text="hi", sender="ann")
    with pytest.raises(Rejected, match="takes messages, reminders"):
        Desk().stage(replace(message("m1", "greet"), data=data, type=data.TYPE))
