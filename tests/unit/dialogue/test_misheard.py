"""What may have been said and means different things is asked for, with both as buttons, and nothing is decided."""

import pytest

from functions.dialogue.misheard import FLOOR
from functions.dialogue.record import read_turn
from functions.dialogue.texts import find_default_text
from shared.events.catalogue import Heard, Intent, MessageReceived, MessageUnderstood, RepliesDecided
from tests.unit.dialogue.test_untranscribed import Desk


def decide_on(
    desk: Desk, *texts: str, sure: float = FLOOR - 0.1, intents: tuple[str, str] = ("order", "greet")
) -> RepliesDecided:
    """What is answered where the recogniser heard these."""
    told = tuple(
        Heard(text, share, Intent(intent, 0.9))
        for text, share, intent in zip(texts, (sure, 1 - sure), intents, strict=True)
    )
    understood = MessageUnderstood(MessageReceived(texts[0], "4242"), Intent(intents[0], 0.9), heard=told)
    answer = desk.take(understood).data
    assert isinstance(answer, RepliesDecided)
    return answer


def test_both_are_asked_for_and_the_conversation_stays_where_it_was() -> None:
    desk = Desk()
    desk.write("I am hungry", "order")
    before = desk.state
    (reply,) = decide_on(desk, "hello", "mellow", intents=("greet", "order")).replies
    assert (reply.text, reply.response) == (find_default_text("utter_speech_did_you_say"), "utter_speech_did_you_say")
    assert [(button.title, button.payload) for button in reply.buttons] == [("hello", "hello"), ("mellow", "mellow")]
    assert desk.state["active_loop"] == before["active_loop"] == "order_form"


def test_what_is_likely_enough_is_taken_as_said() -> None:
    desk = Desk()
    decided = decide_on(desk, "I am hungry", "high and hungry", sure=FLOOR)
    assert desk.texts(decided) == ["Which dish?"]
    assert not decided.turn.disambiguation


@pytest.mark.parametrize(
    ("answer", "said"),
    [("the first one", "Which dish?"), ("2", "Hello"), ("number two", "Hello"), ("the last one", "Hello")],
)
def test_the_place_of_one_chooses_it(answer: str, said: str) -> None:
    desk = Desk()
    desk.write("hm", "nlu_fallback")
    assert decide_on(desk, "I am hungry", "hi Ann").turn.disambiguation
    assert desk.texts(desk.write(answer)) == [said]


def test_what_was_chosen_is_what_was_said_to_the_form_that_waits() -> None:
    desk = Desk()
    desk.write("I am hungry", "order")
    decide_on(desk, "soup", "soap", intents=("inform", "greet"))
    assert desk.texts(desk.write("the first one")) == ["soup, coming."]


def test_a_no_is_asked_to_say_it_again_and_anything_else_is_a_message() -> None:
    desk = Desk()
    desk.write("hm", "nlu_fallback")
    decide_on(desk, "I am hungry", "hi Ann")
    assert desk.texts(desk.write("no", "deny")) == ["Pardon?"]
    decide_on(desk, "I am hungry", "hi Ann")
    assert desk.texts(desk.write("hi there", "greet")) == ["Hello"]


def test_nobody_is_asked_twice_in_a_row() -> None:
    desk = Desk()
    desk.write("hm", "nlu_fallback")
    decide_on(desk, "I am hungry", "hi Ann")
    assert desk.texts(decide_on(desk, "I am hungry", "hi Ann")) == ["Which dish?"]


def test_the_words_of_an_open_offer_are_what_was_said() -> None:
    desk = Desk()
    desk.write("hm", "nlu_fallback")
    desk.speak("unclear")
    # It offered "A person".
    decided = decide_on(desk, "a parson", "A person", intents=("greet", "nlu_fallback"))
    assert not decided.turn.disambiguation
    assert decided.turn.intent == "nlu_fallback"


def test_a_person_who_has_the_conversation_gets_what_was_heard_best() -> None:
    desk = Desk()
    desk.write("a person please", "human")
    decided = decide_on(desk, "I am hungry", "hi Ann")
    assert decided.replies == ()
    assert decided.handoff is not None
    assert decided.handoff.text == "I am hungry"


def test_the_turn_has_what_was_asked() -> None:
    desk = Desk()
    desk.write("hi", "greet")
    decide_on(desk, "I am hungry", "hi Ann")
    turn = desk.store.conversations.history("telegram:4242", desk.now)[1]
    document = read_turn(turn.document, turn.id)
    assert document["text"] == "I am hungry"
    assert document["replies"][0]["response"] == "utter_speech_did_you_say"
    assert desk.state["turns"] == 2
