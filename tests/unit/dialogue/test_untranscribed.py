"""A recording that did not become text: answered with the reason, passed on to operators, and nothing else changes."""

from typing import Any, get_args

import pytest

from functions.dialogue.record import read_turn
from functions.dialogue.stage import Dialogue
from functions.dialogue.texts import find_default_text
from functions.dialogue.untranscribed import REASONS
from functions.speech.recognising import Reason
from shared.errors import Conflict
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Attachment,
    Entity,
    HandoffAnswered,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
)
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from tests.unit.dialogue.talking import table

DOMAIN = """
version: "3.1"
intents: [greet, order, inform, human, slow, restart, nlu_fallback]
entities: [dish]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: false}
slots:
  dish:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: order_form, requested_slot: dish}]}]
forms:
  order_form: {required_slots: [dish]}
responses:
  utter_greet: [{text: Hello}]
  utter_ask_dish: [{text: Which dish?}]
  utter_done: [{text: "{dish}, coming."}]
  utter_default: [{text: What?}]
  utter_speech_unclear: [{text: Pardon?, buttons: [{title: A person, payload: /human}]}]
actions: [action_human, action_slow]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: order
  steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
- rule: submit
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {action: utter_done}]
- rule: human
  steps: [{intent: human}, {action: action_human}]
- rule: slow
  steps: [{intent: slow}, {action: action_slow}]
"""
TABLE = table(domain=DOMAIN, rules=RULES)
NOTE = Attachment("audio", "voice-1")


class Desk:
    """One person on Telegram, who writes and speaks."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.store = open_store("memory:")
        self.stage = Dialogue(TABLE, self.store.conversations, clock=lambda: self.now)
        self.count = 0

    def write(self, text: str, intent: str = "inform", *entities: Entity) -> RepliesDecided:
        answer = self.take(MessageUnderstood(MessageReceived(text, "4242"), Intent(intent, 0.9), entities=entities))
        if isinstance(answer.data, ActionRequested) and answer.data.action == "action_human":
            completed = ActionCompleted("action_human", events=({"event": "pause"},))
            answer = self.take(completed, answer.message, f"{answer.message}.done")
        assert isinstance(answer.data, RepliesDecided)
        return answer.data

    def speak(self, reason: str = "silence") -> RepliesDecided:
        answer = self.take(self.spoken(reason))
        assert isinstance(answer.data, RepliesDecided)
        return answer.data

    def spoken(self, reason: str) -> MessageUnderstood:
        return MessageUnderstood(
            MessageReceived(
                "", "4242", address={"chat": "4242", "n": self.count}, attachments=(NOTE,), transcription_failure=reason
            ),
            None,
        )

    def take(self, data: Any, message: str = "", ident: str = "") -> Envelope:
        self.now += 1
        if not message:
            self.count += 1
            message = f"m{self.count}"
        answer = self.stage(Envelope(ident or message, "/t", "telegram:4242", data, data.TYPE, message, "telegram"))
        assert answer is not None
        return answer

    def texts(self, decided: RepliesDecided) -> list[str | None]:
        return [reply.text for reply in decided.replies]

    @property
    def state(self) -> Any:
        return self.store.conversations.load("telegram:4242", "", self.now).state


def test_every_reason_of_the_speech_stage_has_a_sentence() -> None:
    assert set(REASONS) == set(get_args(Reason))


@pytest.mark.parametrize("reason", sorted(REASONS - {"unclear"}))
def test_the_person_is_told_why(reason: str) -> None:
    decided = Desk().speak(reason)
    (reply,) = decided.replies
    assert (reply.text, reply.response) == (find_default_text(f"utter_speech_{reason}"), f"utter_speech_{reason}")
    assert (decided.turn.speech, decided.turn.intent, decided.turn.confidence) == (reason, None, None)
    assert (decided.turn.fallback, decided.turn.actions, decided.turn.replies) == (False, (), 1)
    assert (decided.sender, decided.address["chat"], decided.handoff) == ("4242", "4242", None)


def test_the_domain_says_it_in_its_own_words_with_its_own_buttons() -> None:
    (reply,) = Desk().speak("unclear").replies
    assert (reply.text, [button.title for button in reply.buttons]) == ("Pardon?", ["A person"])


def test_a_reason_that_nobody_knows_here_is_something_not_caught() -> None:
    assert "did not catch" in (Desk().speak("of a newer release").replies[0].text or "")


def test_a_form_goes_on_waiting_for_its_answer() -> None:
    desk = Desk()
    assert desk.texts(desk.write("I am hungry", "order")) == ["Which dish?"]
    before = desk.state
    decided = desk.speak()
    assert desk.texts(decided) == [find_default_text("utter_speech_silence")]
    assert (decided.turn.active_loop, decided.turn.slot_asked) == ("order_form", None)
    assert desk.state["active_loop"] == before["active_loop"] == "order_form"
    assert desk.texts(desk.write("soup")) == ["soup, coming."]


def test_what_is_decided_afterwards_is_the_same_as_without_it() -> None:
    for silent in (False, True):
        desk = Desk()
        said = []
        for text, intent in (("hi", "greet"), ("food", "order"), ("soup", "inform"), ("hm", "nlu_fallback")):
            if silent:
                desk.speak()
            decided = desk.write(text, intent)
            said.append((desk.texts(decided), decided.turn.actions))
        assert said == [
            (["Hello"], ("utter_greet",)),
            (["Which dish?"], ("order_form",)),
            (["soup, coming."], ("order_form", "utter_done")),
            (["What?"], ("action_default_fallback",)),
        ]


def test_a_conversation_that_begins_with_it_begins_its_session_with_the_first_words() -> None:
    desk = Desk()
    desk.speak()
    desk.write("hi", "greet")
    first = desk.store.conversations.history("telegram:4242", desk.now)[1]
    kinds = [event["event"] for event in read_turn(first.document, first.id)["events"]]
    assert kinds[:3] == ["action", "session_started", "action"]


def test_a_session_that_is_over_stays_over() -> None:
    desk = Desk()
    desk.write("I am hungry", "order")
    desk.now += 2 * 3600
    desk.speak()
    assert desk.texts(desk.write("hi", "greet")) == ["Hello"]
    assert desk.state.get("active_loop") is None


def test_it_is_in_the_history_with_its_reason_and_its_answer() -> None:
    desk = Desk()
    desk.write("hi", "greet")
    desk.speak("gone")
    turn = desk.store.conversations.history("telegram:4242", desk.now)[1]
    document = read_turn(turn.document, turn.id)
    assert (document["text"], document["intent"], document["transcription_failure"]) == ("", None, "gone")
    assert [reply["text"] for reply in document["replies"]] == [find_default_text("utter_speech_gone")]
    assert desk.state["turns"] == 2


def test_a_turn_that_was_stored_under_the_reasons_older_name_is_read_with_the_new_one() -> None:
    desk = Desk()
    desk.speak("gone")
    (turn,) = desk.store.conversations.history("telegram:4242", desk.now)
    older = dict(turn.document)
    older["unheard"] = older.pop("transcription_failure")
    assert read_turn(older, turn.id) == read_turn(turn.document, turn.id)


def test_a_recording_that_comes_again_is_answered_the_same_and_recorded_once() -> None:
    desk = Desk()
    desk.write("hi", "greet")
    first = desk.take(desk.spoken("silence"), "m9")
    assert desk.take(desk.spoken("gone"), "m9") == first
    assert len(desk.store.conversations.history("telegram:4242", desk.now)) == 2


def test_it_waits_for_an_action_that_still_runs() -> None:
    desk = Desk()
    desk.take(MessageUnderstood(MessageReceived("slow", "4242"), Intent("slow", 0.9)))
    with pytest.raises(Conflict, match="still running"):
        desk.speak()
    desk.now += 60
    assert find_default_text("utter_speech_silence") in desk.texts(desk.speak())


def test_in_a_persons_hands_nothing_is_answered_and_the_operators_get_the_recording() -> None:
    desk = Desk()
    desk.write("a person, please", "human")
    decided = desk.speak("unclear")
    assert decided.replies == ()
    assert decided.turn.handoff
    assert decided.turn.speech == "unclear"
    handoff = decided.handoff
    assert handoff is not None
    assert (handoff.kind, handoff.text, handoff.transcription_failure, handoff.attachments) == (
        "message",
        "",
        "unclear",
        (NOTE,),
    )
    # Operators answer where the person spoke last.
    assert desk.state["origin"]["address"] == decided.address


def test_a_conversation_given_back_answers_again() -> None:
    desk = Desk()
    desk.write("a person, please", "human")
    desk.speak()
    desk.take(HandoffAnswered("Bye", resume=True), "op1")
    decided = desk.speak()
    assert (desk.texts(decided), decided.handoff) == ([find_default_text("utter_speech_silence")], None)
    assert desk.texts(desk.write("hi", "greet")) == ["Hello"]


def test_operators_read_in_the_transcript_that_somebody_was_not_heard() -> None:
    desk = Desk()
    desk.write("hi", "greet")
    desk.speak()
    decided = desk.write("a person, please", "human")
    assert decided.handoff is not None
    assert decided.handoff.transcript[:4] == (
        {"by": "person", "text": "hi"},
        {"by": "assistant", "text": "Hello"},
        {"by": "person", "text": "[a voice message that did not become text: silence]"},
        {"by": "assistant", "text": find_default_text("utter_speech_silence")},
    )


def test_words_are_words_whatever_else_is_said_of_them() -> None:
    desk = Desk()
    decided = desk.take(
        MessageUnderstood(MessageReceived("hi", "4242", transcription_failure="silence"), Intent("greet", 0.9))
    ).data
    assert isinstance(decided, RepliesDecided)
    assert (desk.texts(decided), decided.turn.speech) == (["Hello"], None)
