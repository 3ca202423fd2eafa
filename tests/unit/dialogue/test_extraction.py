"""Slots are filled from entities, roles, lists and the project's own actions; which one where several fit."""

import pytest

from functions.dialogue.remote import Answer
from shared.events.catalogue import Entity
from tests.unit.dialogue.talking import Talk, done, slot, table

TRIP = """
version: "3.1"
intents: [travel, inform]
entities:
- city:
    roles: [from, to]
- extra
slots:
  start:
    type: text
    mappings: [{type: from_entity, entity: city, role: from}, {type: from_entity, entity: city}]
  end:
    type: text
    mappings: [{type: from_entity, entity: city, role: to}, {type: from_entity, entity: city}]
  extras:
    type: list
    mappings: [{type: from_entity, entity: extra}]
  reason:
    type: text
    mappings: [{type: from_trigger_intent, intent: travel, value: holiday}]
forms:
  trip: {required_slots: [start, end]}
responses:
  utter_ask_start: [{text: From?}]
  utter_ask_end: [{text: To?}]
  utter_go: [{text: "{start} to {end} ({reason}), {extras}"}]
"""
TRIP_RULES = """
rules:
- rule: start
  steps: [{intent: travel}, {action: trip}, {active_loop: trip}]
- rule: submit
  condition: [{active_loop: trip}]
  steps: [{action: trip}, {active_loop: null}, {action: utter_go}]
"""


def test_an_entity_that_fits_two_slots_of_a_form_fills_only_the_one_that_was_asked_for() -> None:
    chat = Talk(table(domain=TRIP, rules=TRIP_RULES))
    assert chat.say("/travel") == ["From?"]
    assert chat.say("Rome", intent="inform", entities=[Entity("city", "Rome")]) == ["To?"]
    assert chat.say("Oslo", intent="inform", entities=[Entity("city", "Oslo")]) == ["Rome to Oslo (holiday), None"]


def test_roles_tell_slots_apart_and_a_list_slot_takes_all_values() -> None:
    chat = Talk(table(domain=TRIP, rules=TRIP_RULES))
    entities = [
        Entity("city", "Rome", role="from"),
        Entity("city", "Oslo", role="to"),
        Entity("extra", "bike"),
        Entity("extra", "dog"),
    ]
    assert chat.say("...", intent="travel", entities=entities) == ["Rome to Oslo (holiday), ['bike', 'dog']"]


def test_of_several_values_the_last_counts() -> None:
    chat = Talk(table(domain=TRIP, rules=TRIP_RULES))
    chat.say("/travel")
    chat.say("...", intent="inform", entities=[Entity("city", "Rome"), Entity("city", "Bern")])
    assert chat.slots["start"] == "Bern"


EXTRACTION = """
version: "3.1"
intents: [tell]
entities: [name]
slots:
  name:
    type: text
    mappings: [{type: from_entity, entity: name}]
  age:
    type: any
    mappings: [{type: custom, action: action_age}]
  place:
    type: any
    mappings: [{type: custom, action: action_age}]
responses:
  utter_know: [{text: "{name} {age}"}]
actions: [%s]
"""
EXTRACTION_RULES = "rules:\n- rule: tell\n  steps: [{intent: tell}, {action: utter_know}]\n"


def test_a_custom_mapping_asks_its_action_once_a_message() -> None:
    chat = Talk(
        table(domain=EXTRACTION % "action_age", rules=EXTRACTION_RULES),
        {"action_age": done(slot("age", 7), {"event": "followup", "name": "utter_know"})},
    )
    assert chat.say('/tell{"name": "Ann"}') == ["Ann 7"]
    assert chat.calls == ["action_age"]


@pytest.mark.parametrize("outcome", ["failed", "rejected"])
def test_a_custom_mapping_whose_action_fails_fills_nothing(outcome: str) -> None:
    chat = Talk(
        table(domain=EXTRACTION % "action_age", rules=EXTRACTION_RULES),
        {"action_age": Answer(outcome)},  # type: ignore[arg-type]
    )
    assert chat.say('/tell{"name": "Ann"}') == ["Ann None"]


def test_action_validate_slot_mappings_may_change_or_refuse_what_was_extracted() -> None:
    def validate(request: object) -> Answer:
        name = request.slots["name"]  # type: ignore[attr-defined]
        return done(slot("name", name.title() if name != "x" else None), responses=[{"text": "Noted."}])

    actions = "action_validate_slot_mappings"
    chat = Talk(table(domain=EXTRACTION % actions, rules=EXTRACTION_RULES), {actions: validate})
    assert chat.say('/tell{"name": "ann"}') == ["Noted.", "Ann None"]
    assert chat.say('/tell{"name": "x"}') == ["Noted.", "None None"]


def test_a_project_may_extract_slots_itself() -> None:
    actions = "action_extract_slots"
    chat = Talk(table(domain=EXTRACTION % actions, rules=EXTRACTION_RULES), {actions: done(slot("age", 5))})
    assert chat.say('/tell{"name": "ann"}') == ["None 5"]
