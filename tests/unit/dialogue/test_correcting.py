"""Answers that are corrected after they were given, and questions that are left."""

import pytest

from functions.dialogue.remote import Answer
from shared.events.catalogue import Entity
from tests.unit.dialogue.in_context import CONTEXT, cues, mark_entities
from tests.unit.dialogue.talking import Talk, table

DOMAIN = """
version: "3.1"
intents: [book, affirm, deny, cancel, bye, {inform: {fragment: true}}]
entities: [date]
slots:
  day: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: date}]}
  guest_name:
    type: text
    influence_conversation: false
    pattern: '^(?:(?:my|the) name is )?(?P<value>[^0-9]+)$'
    mappings: [{type: from_text, conditions: [{active_loop: book_form, requested_slot: guest_name}]}]
  guest_phone:
    type: text
    influence_conversation: false
    pattern: '(?P<value>[0-9][0-9 ]+)'
    mappings: [{type: from_text, conditions: [{active_loop: book_form, requested_slot: guest_phone}]}]
forms:
  book_form: {required_slots: [day, guest_name, guest_phone]}
actions: [{action_book: {confirm: true}}]
responses:
  utter_ask_day: [{text: Which day?}]
  utter_ask_guest_name: [{text: Who?}]
  utter_ask_guest_phone: [{text: Your telephone number?}]
  utter_left: [{text: Left}]
  utter_confirm_action_book: [{text: "{guest_name}, {guest_phone}: book?"}]
"""
RULES = """
rules:
- rule: Book
  steps: [{intent: book}, {action: book_form}, {active_loop: book_form}]
- rule: Booked
  condition: [{active_loop: book_form}]
  steps: [{action: book_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: action_book}]
- rule: Leave
  condition: [{active_loop: book_form}]
  steps: [{intent: cancel}, {action: utter_left}, {action: action_deactivate_loop}, {active_loop: null}]
- rule: Nothing to leave
  steps: [{intent: cancel}, {action: utter_left}]
"""
NLU = """
nlu:
- intent: affirm
  examples: |
    - yes
    - exactly
"""
TRAINING = CONTEXT + "\nnormalise: {date: date}"
DAY = Entity("date", "2026-11-27", 0, 6)


def booking(*said: str) -> Talk:
    """Somebody books for a day that they name, and says these things."""
    talk = Talk(
        table(domain=DOMAIN, rules=RULES, nlu=NLU, training=TRAINING),
        {"action_book": Answer("done", responses=({"text": "Booked"},))},
    )
    talk.say("/book")
    assert talk.say("friday", intent="inform", entities=[DAY]) == ["Who?"]
    for text in said:
        talk.say(text, intent="nlu_fallback")
    return talk


@pytest.mark.parametrize("said", ["no, Samuel", "sorry, I meant Samuel", "the name is Samuel", "no wait, Samuel"])
def test_an_answer_is_corrected_while_the_next_is_asked_for(said: str) -> None:
    talk = booking("Sam")
    heard = talk.say(said, intent="nlu_fallback", evidence=cues(said))
    assert heard == ["All right: Samuel.", "Your telephone number?"]
    assert talk.slots["guest_name"] == "Samuel"


def test_what_answers_the_question_corrects_nothing() -> None:
    talk = booking("Sam")
    talk.say("no, 0171 55", intent="nlu_fallback", evidence=cues("no, 0171 55"))
    assert (talk.slots["guest_name"], talk.slots["guest_phone"]) == ("Sam", "0171 55")


@pytest.mark.parametrize(
    "said", ["no thanks", "no, thank you", "sorry, what", "no way", "no, I don't want to", "no idea", "actually yes"]
)
def test_a_refusal_corrects_no_answer(said: str) -> None:
    talk = booking("Sam")
    talk.say(said, intent="deny", evidence=cues(said))
    assert (talk.slots["guest_name"], talk.slots.get("guest_phone")) == ("Sam", None)


def test_a_slot_that_is_named_is_asked_for_again() -> None:
    talk = booking("Sam", "0171 55")
    said = "wrong number"
    assert talk.say(said, intent="inform", evidence=cues(said)) == ["Your telephone number?"]
    assert talk.say("0171 66", intent="inform") == ["Sam, 0171 66: book?"]
    said = "change the name"
    assert talk.say(said, intent="cancel", evidence=cues(said)) == ["Who?"]
    assert talk.say("Ann", intent="inform") == ["Ann, 0171 66: book?"]


def test_what_is_said_to_what_shall_be_changed_goes_where_it_fits() -> None:
    talk = booking("Sam", "0171 55")
    said = "that's wrong"
    assert talk.say(said, intent="deny", evidence=cues(said)) == ["What shall I change?"]
    assert talk.say("0171 77", intent="inform") == ["Sam, 0171 77: book?"]
    assert talk.say("no, Ann", intent="deny", evidence=cues("no, Ann")) == ["Ann, 0171 77: book?"]


def test_whoever_leaves_is_not_asked_again() -> None:
    talk = booking("Sam", "0171 55")
    assert talk.say("cancel", intent="cancel") == ["Left"]
    talk.say("yes", intent="affirm")
    assert talk.called == []


def test_what_everybody_says_for_yes_needs_less_confidence() -> None:
    talk = booking("Sam", "0171 55")
    assert talk.say("ok do it", intent="affirm", confidence=0.6, evidence=cues("ok do it")) == ["Booked"]


def test_what_is_read_as_no_day_is_no_answer_to_a_question_for_one() -> None:
    talk = Talk(table(domain=DOMAIN, rules=RULES, nlu=NLU, training=TRAINING))
    talk.say("/book")
    said = "I don't know yet"
    talk.say(said, intent="nlu_fallback", entities=mark_entities(said, date="yet"))
    assert talk.slots.get("day") is None


def test_of_two_days_with_their_hours_none_is_taken() -> None:
    domain = DOMAIN.replace("entities: [date]", "entities: [date, hour]").replace(
        "  guest_name:\n", "  hour: {type: text, mappings: [{type: from_entity, entity: hour}]}\n  guest_name:\n", 1
    )
    talk = Talk(table(domain=domain, rules=RULES, nlu=NLU, training=TRAINING))
    said = "friday at 10 or monday at 3"
    entities = [
        DAY,
        Entity("hour", "10", 10, 12),
        Entity("date", "2026-11-30", 16, 22),
        Entity("hour", "3", 26, 27),
    ]
    assert talk.say(said, intent="book", entities=entities, evidence=cues(said, *entities)) == ["Which day?"]
    assert talk.slots.get("hour") is None
