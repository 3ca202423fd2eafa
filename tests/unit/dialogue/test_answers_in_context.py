"""What was offered and asked decides what words are: titles, numbers, answers, times."""

from dataclasses import replace

import pytest

from functions.dialogue.context.offers import Offer, choose_offer
from shared.events.catalogue import Entity, Evidence
from shared.events.meaning import Intent, Segment
from tests.unit.dialogue.in_context import (
    CONTEXT,
    EXAMPLES,
    ORDERING,
    TABLE,
    asked_for_a_yes,
    cues,
    mark_entities,
    ordering,
)
from tests.unit.dialogue.talking import Talk, table


@pytest.mark.parametrize(
    "said", ["2", "#2", "number two", "the second one", "Hawaiian Pizza", "hawaian piza", "hawaiian", "2️⃣", "second"]
)
def test_what_was_offered_is_chosen_by_title_number_and_place(said: str) -> None:
    talk = ordering("/order")
    assert talk.say(said, intent="nlu_fallback") == ["Where to?"]
    assert talk.slots["dish"] == "hawaiian"


def test_a_slip_at_the_beginning_of_a_title_chooses_it() -> None:
    sizes = [Offer(1, "normale 8,90 €", '/inform{"size": "n"}'), Offer(2, "grande 11,40 €", '/inform{"size": "g"}')]
    chosen = choose_offer("grandi", sizes)
    assert chosen is not None
    assert chosen.place == 2


@pytest.mark.parametrize("said", ["is the hawaiian hot?", "no hawaiian", "pizza", "9", "not the second one"])
def test_what_names_no_offer_for_sure_chooses_none(said: str) -> None:
    talk = ordering("/order")
    talk.say(said, intent="nlu_fallback", evidence=cues(said))
    assert talk.slots.get("dish") is None


def test_a_question_another_request_and_a_yes_are_no_answers() -> None:
    talk = ordering('/order{"dish": "naan"}')
    asks = "can I pay by card?"
    talk.say(asks, intent="nlu_fallback", evidence=cues(asks))
    assert talk.say("help me", intent="help") == ["Help", "Where to?"]
    talk.say("yes", intent="affirm")
    assert talk.slots.get("address") is None


@pytest.mark.parametrize(
    ("said", "found", "kept"),
    [
        ("Apartment 4B, 12 Oak Lane", "12 Oak Lane", "Apartment 4B, 12 Oak Lane"),
        ("12 Oak Lane, third floor please", "12 Oak Lane", "12 Oak Lane, third floor"),
        ("is it 12 Oak Lane please", "12 Oak Lane", "12 Oak Lane"),
        ("Maple Farm", "", "Maple Farm"),
    ],
)
def test_the_whole_answer_is_kept_and_nothing_else(said: str, found: str, kept: str) -> None:
    talk = ordering('/order{"dish": "naan"}')
    talk.say(said, intent="inform", entities=mark_entities(said, address=found) if found else ())
    assert talk.slots["address"] == kept


def test_what_other_slots_take_is_no_answer_and_numbers_of_the_answer_are_nothing_else() -> None:
    talk = ordering('/order{"dish": "naan"}')
    said = "with olives please"
    assert talk.say(said, intent="inform", entities=mark_entities(said, topping="olives")) == [
        "All right: olives.",
        "Where to?",
    ]
    assert (talk.slots["topping"], talk.slots.get("address")) == (["olives"], None)


def test_words_around_the_answer_to_another_question_of_the_form_are_none_to_this_one() -> None:
    talk = ordering('/order{"dish": "naan"}')
    said = "a margherita, London"
    talk.say(said, intent="inform", entities=mark_entities(said, dish="margherita"))
    assert (talk.slots["dish"], talk.slots.get("address")) == ("margherita", None)


def test_a_slot_of_free_words_takes_what_is_said() -> None:
    talk = ordering('/order{"dish": "naan", "address": "1 Old Road"}')
    talk.say("ring it twice please", intent="nlu_fallback")
    assert talk.slots["note"] == "ring it twice please"


def test_figures_alone_answer_the_question_for_free_words_and_nothing_else() -> None:
    slots = (
        TABLE.replace("note:\n    type: text", "note:\n    type: text\n    pattern: '(?P<value>\\d[\\d ]*)'")
        .replace("entities: [dish,", "entities: [hour, dish,")
        .replace("  sure:\n", "  hour: {type: text, mappings: [{type: from_entity, entity: hour}]}\n  sure:\n")
    )
    talk = Talk(table(domain=slots, rules=ORDERING, nlu=EXAMPLES, training=CONTEXT))
    talk.say('/order{"dish": "naan", "address": "1 Old Road"}')
    talk.say("12", intent="inform", entities=[Entity("hour", "12", 0, 2)])
    assert (talk.slots["note"], talk.slots.get("hour")) == ("12", None)


def test_what_is_named_value_in_the_pattern_of_a_slot_is_its_value() -> None:
    slots = TABLE.replace("note:\n    type: text", "note:\n    type: text\n    pattern: 'ring (?P<value>\\w+)|(\\d+)'")
    for said, kept in (("please ring twice ok", "twice"), ("floor 3", "floor 3"), ("whatever else", None)):
        talk = Talk(table(domain=slots, rules=ORDERING, nlu=EXAMPLES, training=CONTEXT))
        talk.say('/order{"dish": "naan", "address": "1 Old Road"}')
        talk.say(said, intent="nlu_fallback")
        assert talk.slots.get("note") == kept


BOOKING = """
version: "3.1"
intents: [book, {inform: {fragment: true}}]
entities: [date, time]
slots:
  day: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: date}]}
  hour: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: time}]}
  name:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: book_form, requested_slot: name}]}]
forms:
  book_form: {required_slots: [day, hour, name]}
responses:
  utter_ask_day: [{text: Which day?}]
  utter_ask_hour: [{text: When?}]
  utter_ask_name: [{text: Who?}]
"""
BOOK = """
rules:
- rule: Book
  steps: [{intent: book}, {action: book_form}, {active_loop: book_form}]
"""


def clock(text: str, said: str) -> Entity:
    """A clock without a day, as nlu reads it on 26 November at noon."""
    info = {"grain": "minute", "day_said": False}
    return Entity("time", f"2026-11-26T{said}:00+01:00", 0, len(text), additional_info=info)


def test_a_time_joins_the_day_that_is_known() -> None:
    talk = Talk(table(domain=BOOKING, rules=BOOK, training=CONTEXT))
    talk.say("/book")
    friday = Entity("date", "2026-11-27", 0, 6, additional_info={"grain": "day", "day_said": True})
    assert talk.say("friday", intent="inform", entities=[friday]) == ["When?"]
    assert talk.say("10:30", intent="inform", entities=[clock("10:30", "22:30")]) == ["Who?"]
    assert talk.slots["hour"] == "2026-11-27T10:30:00+01:00"
    assert talk.say("3 pm", intent="inform", entities=[clock("3 pm", "15:00")])[0] == (
        "All right: Friday, 27 November 2026, 15:00."
    )
    talk.say("at 4", intent="inform", entities=[clock("at 4", "16:00")])
    assert talk.slots["hour"] == "2026-11-27T16:00:00+01:00"


def test_a_time_is_on_the_day_that_the_same_message_names() -> None:
    talk = Talk(table(domain=BOOKING, rules=BOOK, training=CONTEXT))
    said = "10:30 on friday"
    friday = Entity("date", "2026-11-27", 9, 15, additional_info={"grain": "day", "day_said": True})
    talk.say(said, intent="book", entities=[clock("10:30", "22:30"), friday])
    assert (talk.slots["day"], talk.slots["hour"]) == ("2026-11-27", "2026-11-27T10:30:00+01:00")


def test_without_the_setting_words_are_taken_as_rasa_takes_them() -> None:
    talk = Talk(table(domain=TABLE, rules=ORDERING, nlu=EXAMPLES))
    talk.say('/order{"dish": "naan"}')
    asks = "can I pay by card?"
    talk.say(asks, intent="nlu_fallback", evidence=cues(asks))
    assert talk.slots["address"] == asks


def after_hesitation(text: str, proper: str, intent: str = "nlu_fallback", *entities: Entity) -> Evidence:
    """What nlu says of a message that hesitates before it says something."""
    start = text.index(proper)
    said = cues(text, *entities)
    return replace(said, segments=(Segment(start, len(text), Intent(intent, 0.9), entities),))


@pytest.mark.parametrize(
    ("said", "found", "kept"),
    [
        ("hang on, Maple Farm", "", "Maple Farm"),
        ("um, 12 Oak Lane", "12 Oak Lane", "12 Oak Lane"),
        ("wait, Flat 2, 12 Oak Lane", "12 Oak Lane", "Flat 2, 12 Oak Lane"),
    ],
)
def test_a_hesitation_before_an_answer_is_no_part_of_it(said: str, found: str, kept: str) -> None:
    talk = ordering('/order{"dish": "naan"}')
    entities = mark_entities(said, address=found) if found else []
    evidence = after_hesitation(said, said.split(", ", 1)[1], "inform" if found else "nlu_fallback", *entities)
    talk.say(said, intent="nlu_fallback", entities=entities, evidence=evidence)
    assert talk.slots["address"] == kept


def test_a_hesitation_before_a_yes_is_no_clear_yes() -> None:
    talk = asked_for_a_yes()
    said = "hang on, yes"
    heard = talk.say(said, intent="affirm", evidence=after_hesitation(said, "yes", "affirm"))
    assert heard[-1].endswith("All right?")


def test_the_place_of_something_in_a_list_is_no_free_text() -> None:
    talk = ordering('/order{"dish": "naan"}')
    talk.say("option 2", intent="inform")
    assert talk.slots.get("address") is None


def test_a_value_that_breaks_off_with_a_small_word_goes_on() -> None:
    talk = ordering('/order{"dish": "naan"}')
    said = "12 Oak Lane, next to it"
    talk.say(said, intent="inform", entities=mark_entities(said, address="12 Oak Lane, next to"))
    assert talk.slots["address"] == said


def test_of_two_values_with_an_or_between_none_is_taken() -> None:
    talk = ordering("/order")
    said = "a naan or a pizza?"
    entities = [Entity("dish", "naan", 2, 6), Entity("dish", "pizza", 12, 17)]
    talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert talk.slots.get("dish") is None
