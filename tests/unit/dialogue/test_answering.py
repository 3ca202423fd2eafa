"""Answers whose words alone do not say what they are: what was asked for decides."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from functions.nlu.model import load_model
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.compiling import Options, compile_nlu
from shared.events.catalogue import Entity
from tests.unit.dialogue.talking import Talk, table, write_project

DOMAIN = """
version: "3.1"
intents: [book, inform]
entities:
- time
- guests
- city:
    roles: [from, to]
slots:
  time: {type: text, mappings: [{type: from_entity, entity: time}]}
  guests: {type: text, mappings: [{type: from_entity, entity: guests}]}
  origin: {type: text, mappings: [{type: from_entity, entity: city, role: from}]}
forms:
  table_form: {required_slots: [time, guests, origin]}
responses:
  utter_ask_time: [{text: When?}]
  utter_ask_guests: [{text: How many?}]
  utter_ask_origin: [{text: Where from?}]
  utter_booked: [{text: "{guests} at {time} from {origin}."}]
"""
RULES = """
rules:
- rule: book
  steps: [{intent: book}, {action: table_form}, {active_loop: table_form}]
- rule: booked
  condition: [{active_loop: table_form}]
  steps: [{action: table_form}, {active_loop: null}, {action: utter_booked}]
"""
TIME = Entity("time", "8", 0, 1, 0.6)
GUESTS = Entity("guests", "8", 0, 1, 0.35)


@pytest.fixture
def chat() -> Talk:
    chat = Talk(table(domain=DOMAIN, rules=RULES))
    assert chat.say("/book") == ["When?"]
    return chat


def list_entities(chat: Talk) -> Sequence[str]:
    """The entities of the last message, as the conversation's history has them."""
    (said,) = (event for event in chat.decisions[-1].events if event["event"] == "user")
    return [entity["entity"] for entity in said["parse_data"]["entities"]]


def test_a_number_is_what_was_asked_for(chat: Talk) -> None:
    assert chat.say("8", intent="inform", entities=[TIME], alternatives=[GUESTS]) == ["How many?"]
    assert list_entities(chat) == ["time"]
    assert chat.say("8", intent="inform", entities=[TIME], alternatives=[GUESTS]) == ["Where from?"]
    assert list_entities(chat) == ["guests"]
    assert (chat.slots["time"], chat.slots["guests"]) == ("8", "8")


def test_words_that_seemed_to_be_nothing_are_the_answer(chat: Talk) -> None:
    assert chat.say("eightish", intent="inform", alternatives=[Entity("time", "20:00", 0, 8, 0.2)]) == ["How many?"]
    assert chat.slots["time"] == "20:00"


def test_a_role_is_told_by_the_question(chat: Talk) -> None:
    chat.say('/inform{"time": "8", "guests": "2"}')
    lisbon = Entity("city", "Lisbon", 0, 6, 0.5, role="to")
    chat.say("Lisbon", intent="inform", entities=[lisbon], alternatives=[replace(lisbon, role="from")])
    assert chat.slots["origin"] == "Lisbon"


def test_an_answer_that_is_there_is_not_looked_for_elsewhere(chat: Talk) -> None:
    entities = [TIME, Entity("guests", "2", 4, 5, 0.9)]
    assert chat.say("8 or 2", intent="inform", entities=entities, alternatives=[GUESTS]) == ["Where from?"]
    assert (chat.slots["time"], chat.slots["guests"]) == ("8", "2")


def test_of_several_possible_answers_the_likeliest_counts_and_the_rest_stays(chat: Talk) -> None:
    chat.say('/inform{"time": "8"}')
    entities = [Entity("time", "8", 0, 1, 0.6), Entity("time", "9", 5, 6, 0.5)]
    alternatives = [Entity("guests", "8", 0, 1, 0.2), Entity("guests", "9", 5, 6, 0.4)]
    chat.say("8 or 9", intent="inform", entities=entities, alternatives=alternatives)
    assert (chat.slots["time"], chat.slots["guests"]) == ("8", "9")
    assert list_entities(chat) == ["time", "guests"]


def test_an_entity_without_a_place_in_the_text_stays(chat: Talk) -> None:
    chat.say('/inform{"time": "8"}')
    entities = [TIME, Entity("city", "Rome", role="from")]
    chat.say("8", intent="inform", entities=entities, alternatives=[GUESTS])
    assert list_entities(chat) == ["city", "guests"]
    assert (chat.slots["origin"], chat.slots["guests"]) == ("Rome", "8")


def test_where_nothing_is_asked_words_are_what_they_seem() -> None:
    chat = Talk(table(domain=DOMAIN, rules=RULES))
    chat.say("8", intent="inform", entities=[TIME], alternatives=[GUESTS])
    assert list_entities(chat) == ["time"]


def test_a_question_of_yesterday_is_forgotten(chat: Talk) -> None:
    chat.say('/inform{"time": "8"}')
    chat.say("8", intent="inform", entities=[TIME], alternatives=[GUESTS], after=2 * 24 * 3600)
    assert list_entities(chat) == ["time"]


def test_from_the_examples_to_the_slots(tmp_path: Path) -> None:
    """Trained on numbers that are marked both ways, and asked."""
    numbers = [str(number) for number in range(2, 24)]
    marked = [f"[{number}]({entity})" for number in numbers for entity in ("time", "guests")]
    lines = "".join(f"    - {line}\n" for line in (*marked, "at [8](time)", "we are [four](guests)"))
    nlu = f"""nlu:
- intent: book
  examples: |
    - book a table
    - i need a table
    - can i come and eat
- intent: inform
  examples: |
{lines}"""
    project = write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES, nlu=nlu)
    compile_nlu(project, tmp_path / "bundle", Options(quick=True))
    model = load_model(tmp_path / "bundle")
    chat = Talk(table(domain=DOMAIN, rules=RULES))
    chat.say("/book")
    for text in ("8", "7"):
        understood = understand(model, text, None)
        assert {entity.entity for entity in (*understood.entities, *understood.alternatives)} == {"time", "guests"}
        chat.say(text, intent="inform", entities=understood.entities, alternatives=understood.alternatives)
    assert (chat.slots["time"], chat.slots["guests"]) == ("8", "7")
