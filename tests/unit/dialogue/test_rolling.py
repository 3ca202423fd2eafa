"""Two revisions and two bundles decide events of one conversation in turn, as while an upgrade is rolled out."""

import itertools

import pytest

from functions.dialogue.config import Config
from functions.dialogue.stage import Dialogue
from functions.dialogue.state import document_of, state_of
from shared.config import Misconfigured, read
from shared.errors import Unavailable
from shared.events.catalogue import ActionRequested, Entity, Intent, MessageReceived, MessageUnderstood, RepliesDecided
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Turn
from tests.unit.dialogue.talking import table
from tests.unit.dialogue.test_stage import completed

DOMAIN = """
version: "3.1"
intents: [greet, order, inform, affirm, deny, stop, unknown{intents}]
entities: [dish]
slots:
  dish: {{type: text, mappings: [{{type: from_entity, entity: dish}}]}}
  {slot}: {{type: text, influence_conversation: false, initial_value: first, mappings: [{{type: custom}}]}}
  drink:
    type: bool
    mappings:
    - {{type: from_intent, intent: affirm, value: true, conditions: [{{active_loop: f, requested_slot: drink}}]}}
    - {{type: from_intent, intent: deny, value: false, conditions: [{{active_loop: f, requested_slot: drink}}]}}
forms:
  f: {{required_slots: [dish, drink]}}
responses:
  utter_greet: [{{text: Hello}}]
  utter_ask_dish: [{{text: "Dish? {mark}"}}]
  utter_ask_drink: [{{text: "Drink? {mark}"}}]
  utter_done: [{{text: "{{dish}} {{drink}} {mark}"}}]
  utter_stop: [{{text: Stopped}}]
  utter_default: [{{text: What?}}]
actions: [action_go]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: order
  steps: [{intent: order}, {action: f}, {active_loop: f}]
- rule: submit
  condition: [{active_loop: f}]
  steps: [{action: f}, {active_loop: null}, {action: utter_done}, {action: action_go}]
"""
BEFORE = table(domain=DOMAIN.format(intents="", slot="gone", mark="one"), rules=RULES)
AFTER = table(domain=DOMAIN.format(intents=", later", slot="added", mark="two"), rules=RULES)
NOW = 1_700_000_000.0


def understood(number: int, intent: str, dish: str | None = None) -> Envelope:
    entities = () if dish is None else (Entity("dish", dish, 0, len(dish)),)
    data = MessageUnderstood(
        MessageReceived(dish or intent, "ann"), Intent(intent, 0.9), (Intent(intent, 0.9),), entities
    )
    ident = f"m{number}"
    return Envelope(f"{ident}.understood", "/parley/nlu", "rest:ann", data, data.TYPE, ident, channel="rest")


TALK = (("greet", None), ("order", None), ("inform", "soup"), ("later", None), ("affirm", None), ("greet", None))


@pytest.mark.parametrize("order", [*itertools.product((0, 1), repeat=4)])
def test_events_of_one_conversation_may_go_to_either_revision_and_bundle(order: tuple[int, ...]) -> None:
    """Whoever decides an event, the form goes on, and the same event again is answered as at first by the other."""
    store = open_store("memory:")
    revisions = [
        Dialogue(BEFORE, store.conversations, clock=lambda: NOW, action_seconds=30.0, state_format=1),
        Dialogue(AFTER, store.conversations, clock=lambda: NOW, action_seconds=30.0, state_format=1),
        Dialogue(AFTER, store.conversations, clock=lambda: NOW, action_seconds=30.0),
    ]
    # The last one writes the new form; only revisions that read it may stand beside it, as here.
    turns = itertools.cycle([revisions[index] for index in order] + [revisions[2]])
    said: list[str] = []
    for number, (intent, dish) in enumerate(TALK):
        event: Envelope | None = understood(number, intent, dish)
        while event is not None:
            answer = next(turns)(event)
            assert answer is not None
            assert next(turns)(event) == answer
            assert isinstance(answer.data, ActionRequested | RepliesDecided)
            said += [reply.text or "" for reply in answer.data.replies]
            event = completed(answer) if isinstance(answer.data, ActionRequested) else None
    assert [text.rsplit(" ", 1)[0] for text in said] == ["Hello", "Dish?", "Drink?", "What?", "soup True", "Hello"]
    numbers = [turn.number for turn in store.conversations.history("rest:ann", NOW)]
    assert numbers == list(range(1, len(TALK) + 1))
    store.close()


def test_both_forms_say_the_same() -> None:
    store = open_store("memory:")
    dialogue = Dialogue(AFTER, store.conversations, clock=lambda: NOW)
    for number, (intent, dish) in enumerate(TALK[:3]):
        answer = dialogue(understood(number, intent, dish))
        while answer is not None and isinstance(answer.data, ActionRequested):
            answer = dialogue(completed(answer))
    kept = store.conversations.load("rest:ann", "m2", NOW).state
    assert kept is not None
    assert kept["format"] == 3
    state = state_of(kept)
    older = document_of(state, 1)
    assert older["format"] == 1
    assert state_of(older) == state
    store.close()


def test_what_a_newer_parley_wrote_waits_for_that_parley_and_is_left_as_it_is() -> None:
    store = open_store("memory:")
    state = {"format": 4, "memory": "of another shape"}
    store.conversations.commit("rest:ann", None, Committed(state, Turn("m0", NOW, {"x": 1}), NOW + 100), NOW)
    with pytest.raises(Unavailable, match="newer Parley"):
        Dialogue(AFTER, store.conversations, clock=lambda: NOW)(understood(1, "greet"))
    assert store.conversations.load("rest:ann", "m0", NOW).state == state
    store.close()


def test_only_this_form_and_the_one_before_can_be_asked_for() -> None:
    assert read(Config, {"STATE_FORMAT": "1"}).state_format == 1
    with pytest.raises(Misconfigured, match="STATE_FORMAT must be 1 or 3, not 2"):
        read(Config, {"STATE_FORMAT": "2"})
