"""Small assistants whose messages are read in their context, and what nlu would say of the words."""

from functions.dialogue.remote import Answer
from functions.nlu.evidence import Reading, negate
from shared.events.catalogue import Entity, Evidence
from tests.unit.dialogue.talking import Talk, table

RULES = """
rules:
- rule: Pay
  steps: [{intent: pay}, {action: action_pay}]
- rule: Greet
  steps: [{intent: greet}, {action: utter_hello}]
- rule: A no
  steps: [{intent: deny}, {action: utter_no}]
"""
PAYING = """
version: "3.1"
intents: [pay, greet, affirm, deny, inform]
entities: [amount]
slots:
  amount: {type: text, mappings: [{type: from_entity, entity: amount}]}
actions: [{action_pay: {confirm: true}}]
responses:
  utter_hello: [{text: Hello}]
  utter_no: [{text: Fine}]
  utter_confirm_action_pay: [{text: "Pay {amount}?"}]
"""
YES = """
nlu:
- intent: affirm
  examples: |
    - yes
    - yes please
    - ok
    - go ahead
"""


def paying() -> Talk:
    talk = Talk(
        table(domain=PAYING, rules=RULES, nlu=YES), {"action_pay": Answer("done", responses=({"text": "Paid"},))}
    )
    assert talk.say("pay 5", intent="pay", entities=[Entity("amount", "5", 4, 5)]) == ["Pay 5?"]
    return talk


def evidence(text: str, **more: object) -> Evidence:
    """What nlu says of the words."""
    reading = Reading(text, "en")
    return Evidence(question=reading.is_question(), cues=reading.cues(()), **more)  # type: ignore[arg-type]


TABLE = """
version: "3.1"
intents: [order, play, help, affirm, deny, {inform: {fragment: true}}]
entities: [dish, topping, size, address, artist]
slots:
  dish:
    type: text
    influence_conversation: false
    mappings: [{type: from_entity, entity: dish}]
  topping: {type: list, influence_conversation: false, mappings: [{type: from_entity, entity: topping}]}
  address:
    type: text
    influence_conversation: false
    mappings:
    - {type: from_entity, entity: address}
    - {type: from_text, conditions: [{active_loop: order_form, requested_slot: address}]}
  note:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: order_form, requested_slot: note}]}]
  sure:
    type: bool
    influence_conversation: false
    confirm: true
    mappings: [{type: from_intent, intent: affirm, value: true}]
forms:
  order_form: {required_slots: [dish, address, note, sure]}
responses:
  utter_ask_dish:
  - text: Which dish?
    buttons:
    - {title: Pepperoni Pizza, payload: '/inform{{"dish": "pepperoni"}}'}
    - {title: Hawaiian Pizza, payload: '/inform{{"dish": "hawaiian"}}'}
    - {title: Talk to us, payload: /help}
  utter_ask_address: [{text: Where to?}]
  utter_ask_note: [{text: A note?}]
  utter_ask_sure: [{text: "{dish}, {topping}, {address}. All right?"}]
  utter_help: [{text: Help}]
  utter_play: [{text: Music}]
  utter_done: [{text: Done}]
"""
ORDERING = """
rules:
- rule: Order
  steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
- rule: Ordered
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_done}]
- rule: Help
  steps: [{intent: help}, {action: utter_help}]
- rule: Music
  steps: [{intent: play}, {action: utter_play}]
"""
EXAMPLES = """
nlu:
- intent: order
  examples: |
    - a [margherita](dish) with [olives](topping) to [5 Elm Road](address)
    - a [naan](dish) to [7 Oak Lane](address) please
    - I want it with [olives](topping) please
    - is it to [12 Mill Lane](address) that you want it
    - bring it to [9 New Road](address) please
    - is it [1 Old Road](address)
- intent: play
  examples: |
    - play [Queen](artist)
    - play something by [Abba](artist)
- intent: affirm
  examples: |
    - yes
    - ok
- intent: help
  examples: |
    - can you help
    - how can you help me
"""
CONTEXT = "conversation: {answers_in_context: true}"


def ordering(*said: str) -> Talk:
    talk = Talk(table(domain=TABLE, rules=ORDERING, nlu=EXAMPLES, training=CONTEXT))
    for text in said:
        talk.say(text)
    return talk


def mark_entities(text: str, **entities: str) -> list[Entity]:
    """The entities where they stand, marked as nlu marks negated ones."""
    found = [Entity(name, value, text.find(value), text.find(value) + len(value)) for name, value in entities.items()]
    reading = Reading(text, "en")
    return list(negate(found, reading.cues([(e.start, e.end) for e in found])))  # type: ignore[misc]


def cues(text: str, *entities: Entity) -> Evidence:
    places = [(entity.start or 0, entity.end or 0) for entity in entities]
    reading = Reading(text, "en")
    return Evidence(question=reading.is_question(), cues=reading.cues(places))


def asked_for_a_yes() -> Talk:
    return ordering('/order{"dish": "naan", "topping": "olives", "address": "1 Old Road"}', "ring twice")
