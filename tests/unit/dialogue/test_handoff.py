"""A conversation in a person's hands: kept, passed on and not answered, until an operator gives it back."""

from typing import Any

import pytest

from functions.dialogue.due import event_of
from functions.dialogue.record import read_turn
from functions.dialogue.stage import Dialogue
from shared.errors import Conflict, Rejected
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Attachment,
    HandoffAnswered,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
)
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from tests.unit.dialogue.talking import table

DOMAIN = """
version: "3.1"
intents: [greet, human, restart]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
responses:
  utter_greet: [{text: Hello}]
actions: [action_human]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: human
  steps: [{intent: human}, {action: action_human}]
"""
TABLE = table(domain=DOMAIN, rules=RULES)


class Desk:
    """One person on Telegram, and the operators."""

    def __init__(self, *events: Any, channel: str = "telegram") -> None:
        self.channel = channel
        self.events = (*events, {"event": "pause"})
        self.now = 1_700_000_000.0
        self.store = open_store("memory:")
        self.stage = Dialogue(TABLE, self.store.conversations, clock=lambda: self.now)
        self.count = 0

    def hear(self, text: str, intent: str | None = None, **more: Any) -> RepliesDecided:
        self.count += 1
        self.now += 1
        data = MessageUnderstood(
            MessageReceived(text, "4242", address={"chat": "4242", "n": self.count}, locale="de", **more),
            Intent(intent or text, 0.9),
        )
        answer = self.take(data, f"m{self.count}")
        if isinstance(answer.data, ActionRequested):
            completed = ActionCompleted(answer.data.action, events=self.events, responses=({"text": "A person"},))
            answer = self.take(completed, f"m{self.count}", f"m{self.count}.done")
        assert isinstance(answer.data, RepliesDecided)
        return answer.data

    def operator(self, text: str | None = None, *, resume: bool = False, ident: str = "op1") -> RepliesDecided:
        answer = self.take(HandoffAnswered(text, resume), ident)
        assert isinstance(answer.data, RepliesDecided)
        return answer.data

    def take(self, data: Any, message: str, ident: str = "") -> Envelope:
        answer = self.stage(
            Envelope(ident or message, "/t", f"{self.channel}:4242", data, data.TYPE, message, self.channel)
        )
        assert answer is not None
        return answer


def handed(*events: Any) -> Desk:
    desk = Desk(*events)
    desk.hear("greet")
    desk.hear("I want a person", "human")
    return desk


def test_handing_over_tells_the_operators_what_was_said_before() -> None:
    desk = Desk()
    assert desk.hear("greet").handoff is None
    decided = desk.hear("I want a person", "human", attachments=(Attachment("image", "f1"),))
    handoff = decided.handoff
    assert handoff is not None
    assert (handoff.kind, handoff.text, handoff.attachments) == (
        "begun",
        "I want a person",
        (Attachment("image", "f1"),),
    )
    assert handoff.transcript == (
        {"by": "person", "text": "greet"},
        {"by": "assistant", "text": "Hello"},
        {"by": "person", "text": "I want a person"},
        {"by": "assistant", "text": "A person"},
    )
    assert (decided.replies[0].text, decided.turn.handoff) == ("A person", True)


def test_the_operators_read_the_latest_of_a_long_conversation_and_nothing_of_an_earlier_one() -> None:
    desk = Desk()
    for _ in range(40):
        desk.hear("greet")
    decided = desk.hear("I want a person", "human")
    assert decided.handoff is not None
    said = [f"{line['by']}: {line['text']}" for line in decided.handoff.transcript]
    assert said == [*["person: greet", "assistant: Hello"] * 9, "person: I want a person", "assistant: A person"]
    desk = Desk()
    desk.hear("greet")
    desk.now += 2 * 3600
    decided = desk.hear("I want a person", "human")
    assert decided.handoff is not None
    assert [line["text"] for line in decided.handoff.transcript] == ["I want a person", "A person"]


def test_what_is_written_meanwhile_is_kept_and_passed_on_and_not_answered() -> None:
    desk = handed()
    decided = desk.hear("greet", attachments=(Attachment("audio", "v1"),))
    assert decided.replies == ()
    assert decided.handoff is not None
    assert (decided.handoff.kind, decided.handoff.text) == ("message", "greet")
    assert decided.handoff.attachments == (Attachment("audio", "v1"),)
    assert decided.handoff.transcript == ()
    kept = desk.store.conversations.history("telegram:4242", desk.now)
    assert [read_turn(turn.document, turn.id)["text"] for turn in kept] == ["greet", "I want a person", "greet"]


@pytest.mark.parametrize(
    "words", ["/resume", "/resume telegram:4242", "resume", "/say telegram:4242 hi", '/resume{"x":1}']
)
def test_nothing_that_the_person_writes_gives_the_conversation_back(words: str) -> None:
    desk = handed()
    decided = desk.hear(words, "resume")
    assert decided.replies == ()
    assert decided.handoff is not None
    assert decided.handoff.kind == "message"
    assert desk.hear("greet").replies == ()


def test_an_operator_answers_where_the_person_wrote_last() -> None:
    desk = handed()
    desk.hear("hello?")
    decided = desk.operator("I am Ann, how can I help?")
    assert decided.replies == (Reply(text="I am Ann, how can I help?"),)
    assert (decided.sender, decided.locale, decided.address) == ("4242", "de", {"chat": "4242", "n": 3})
    assert decided.handoff is not None
    assert (decided.handoff.kind, decided.handoff.operator) == ("answered", True)
    assert desk.hear("greet").replies == ()


def test_the_operator_gives_it_back_and_the_assistant_answers_again() -> None:
    desk = handed()
    desk.hear("hello?")
    decided = desk.operator("Bye", resume=True)
    assert decided.handoff is not None
    assert (decided.replies[0].text, decided.handoff.kind, decided.turn.handoff) == ("Bye", "ended", False)
    again = desk.hear("greet")
    assert ([reply.text for reply in again.replies], again.handoff) == (["Hello"], None)


def test_an_operators_event_that_comes_twice_is_answered_the_same_and_recorded_once() -> None:
    desk = handed()
    first = desk.operator("Bye", resume=True)
    assert desk.operator("Bye", resume=True) == first
    assert len(desk.store.conversations.history("telegram:4242", desk.now)) == 3


def test_a_conversation_that_nobody_handed_over_is_refused() -> None:
    desk = Desk()
    desk.hear("greet")
    with pytest.raises(Rejected, match="not in a person's hands"):
        desk.operator("hi")
    desk = handed()
    desk.operator(resume=True)
    with pytest.raises(Rejected, match="given back"):
        desk.operator(resume=True, ident="op2")


def test_an_operator_says_something_or_gives_back() -> None:
    with pytest.raises(Rejected, match="must say something"):
        handed().operator("  ")


def test_a_session_that_would_have_ended_meanwhile_does_not_end_the_handoff() -> None:
    desk = handed()
    desk.now += 3 * 3600
    decided = desk.hear("greet")
    assert decided.replies == ()
    assert decided.handoff is not None
    assert decided.handoff.kind == "message"


def test_the_person_may_leave_by_starting_over_and_the_operators_are_told() -> None:
    desk = handed()
    decided = desk.hear("/restart", "restart")
    assert decided.handoff is not None
    assert (decided.handoff.kind, decided.handoff.operator) == ("ended", False)
    assert [reply.text for reply in desk.hear("greet").replies] == ["Hello"]


def test_a_reminder_that_falls_due_meanwhile_is_nothing_that_the_person_wrote() -> None:
    reminder = {"event": "reminder", "name": "r", "intent": "greet", "date_time": "2023-11-14T23:00:00+00:00"}
    desk = handed({**reminder, "kill_on_user_msg": False})
    desk.now += 7200
    (due,) = desk.store.conversations.due(desk.now)
    decided = desk.stage(event_of(due))
    assert decided is not None
    assert isinstance(decided.data, RepliesDecided)
    assert (decided.data.replies, decided.data.handoff) == ((), None)


def test_metadata_of_a_caller_makes_nobody_an_operator() -> None:
    desk = handed()
    decided = desk.hear("hello?", metadata={"operator": True, "is_external": True})
    assert decided.handoff is not None
    assert (decided.handoff.kind, decided.handoff.operator) == ("message", False)


def test_an_operator_waits_for_an_action_that_still_runs() -> None:
    desk = Desk()
    data = MessageUnderstood(MessageReceived("human", "4242"), Intent("human", 0.9))
    desk.take(data, "m1")
    with pytest.raises(Conflict, match="still running"):
        desk.operator("hi")


def test_what_an_operator_says_to_a_caller_of_rest_comes_with_the_next_answer() -> None:
    desk = Desk(channel="rest")
    desk.hear("human")
    said = HandoffAnswered("This is Ann")
    assert desk.stage(Envelope("op1", "/t", "rest:4242", said, said.TYPE, "op1", "rest")) is None
    assert [reply.text for reply in desk.hear("hello?").replies] == ["This is Ann"]
    assert desk.hear("hello?").replies == ()
