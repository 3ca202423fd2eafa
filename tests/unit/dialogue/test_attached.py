"""What is attached without a word: an intent or entity of the domain, or said to be there, and nothing else changes."""

import pytest

from functions.dialogue.stage import Dialogue
from shared.events.catalogue import (
    ActionRequested,
    Attachment,
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
intents: [greet, order, nlu_fallback{intents}]
entities: [dish{entities}]
session_config: {{session_expiration_time: 60, carry_over_slots_to_new_session: false}}
slots:
  dish:
    type: text
    influence_conversation: false
    mappings: [{mapping}]
forms:
  order_form: {{required_slots: [dish]}}
responses:
  utter_ask_dish: [{{text: Which dish?, buttons: [{{title: Pizza, payload: /pizza}}]}}]
  utter_done: [{{text: "{{dish}}, coming."}}]
  utter_default: [{{text: What?}}]
  utter_nice: [{{text: Nice picture}}]
  utter_attachment_file: [{{text: No files please}}]
actions: [action_look]
"""
RULES = """
rules:
- rule: order
  steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
- rule: submit
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {action: utter_done}]
"""
TEXT = "{type: from_text, conditions: [{active_loop: order_form, requested_slot: dish}]}"
PHOTO, FILE, PLACE = Attachment("image", "AgAC-1"), Attachment("file", "F1"), Attachment("location", "geo:1,2")


class Chat:
    """A person who speaks to a dialogue stage."""

    def __init__(self, *, intents: str = "", entities: str = "", mapping: str = TEXT, rules: str = RULES) -> None:
        store = open_store("memory:")
        domain = DOMAIN.format(intents=intents, entities=entities, mapping=mapping)
        compiled = table(domain=domain, rules=rules)
        self._number = 0
        self.now = 1_700_000_000.0
        self.stage = Dialogue(compiled, store.conversations, clock=lambda: self.now)

    def say(self, *attachments: Attachment, text: str = "", intent: str | None = None) -> Envelope | None:
        self._number += 1
        self.now += 1
        message = MessageReceived(text=text, sender="me", attachments=attachments)
        data = MessageUnderstood(message, intent=Intent(intent, 1.0) if intent else None)
        name = f"telegram:{self._number}"
        return self.stage(Envelope(name, "/t", "telegram:me", data, data.TYPE, name, channel="telegram"))

    def hear(self, *attachments: Attachment, text: str = "", intent: str | None = None) -> list[str | None]:
        answer = self.say(*attachments, text=text, intent=intent)
        assert answer is not None
        assert isinstance(answer.data, RepliesDecided)
        return [reply.text for reply in answer.data.replies]


@pytest.mark.parametrize(
    ("attachment", "words"), [(PHOTO, "cannot look at it"), (FILE, "No files please"), (PLACE, "no address")]
)
def test_the_person_is_told_what_came_and_that_it_cannot_be_opened(attachment: Attachment, words: str) -> None:
    (said,) = Chat().hear(attachment)
    assert words in (said or "")


def test_in_a_form_the_open_question_is_asked_again_with_its_buttons_and_the_form_goes_on() -> None:
    chat = Chat()
    assert chat.hear(text="I am hungry", intent="order") == ["Which dish?"]
    answer = chat.say(PHOTO)
    assert answer is not None
    assert isinstance(answer.data, RepliesDecided)
    sentence, question = answer.data.replies
    assert "cannot look at it" in (sentence.text or "")
    assert (question.text, [button.payload for button in question.buttons]) == ("Which dish?", ["/pizza"])
    assert answer.data.turn.active_loop == "order_form"
    assert chat.hear(text="Soup") == ["Soup, coming."]


def test_a_place_on_the_map_fills_nothing_that_is_read_from_text() -> None:
    chat = Chat(entities=", location, place", mapping="{type: from_entity, entity: location}")
    chat.hear(text="I am hungry", intent="order")
    sentence, question = chat.hear(PLACE)
    assert "no address" in (sentence or "")
    assert question == "Which dish?"


def test_what_has_words_is_read_as_words() -> None:
    assert Chat().hear(PHOTO, text="I am hungry", intent="order") == ["Which dish?"]


def test_a_rule_takes_a_photo_where_the_domain_lists_it_among_its_intents() -> None:
    rules = RULES + "- rule: photo\n  steps: [{intent: photo}, {action: utter_nice}]\n"
    chat = Chat(intents=", photo", rules=rules)
    assert chat.hear(PHOTO) == ["Nice picture"]
    (said,) = chat.hear(PLACE)
    assert "no address" in (said or "")


def test_a_form_takes_a_photo_where_the_domain_lists_it_among_its_entities() -> None:
    chat = Chat(entities=", photo", mapping="{type: from_entity, entity: photo}")
    assert chat.hear(text="I am hungry", intent="order") == ["Which dish?"]
    assert chat.hear(PHOTO) == ["AgAC-1, coming."]


def test_actions_find_the_attachments_in_the_message() -> None:
    rules = RULES + "- rule: photo\n  steps: [{intent: photo}, {action: action_look}]\n"
    answer = Chat(intents=", photo", rules=rules).say(PHOTO, PLACE)
    assert answer is not None
    assert isinstance(answer.data, ActionRequested)
    found = [{"type": "image", "reference": "AgAC-1"}, {"type": "location", "reference": "geo:1,2"}]
    assert answer.data.latest_message["metadata"]["attachments"] == found
    (event,) = [event for event in answer.data.events if event["event"] == "user"]
    assert event["metadata"]["attachments"] == found
