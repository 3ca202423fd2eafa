"""Forms: asking, filling, leaving and coming back."""

from functions.dialogue.remote import Answer
from tests.unit.dialogue.talking import Talk, done, slot, table

DOMAIN = """
version: "3.1"
intents: [order, inform, affirm, deny, stop, chitchat, why, thanks]
entities:
- dish
- size
- city:
    roles: [from, to]
slots:
  dish:
    type: text
    influence_conversation: false
    mappings: [{type: from_entity, entity: dish}]
  size:
    type: text
    influence_conversation: false
    mappings:
    - {type: from_entity, entity: size}
    - {type: from_text, not_intent: [stop, why], conditions: [{active_loop: order_form, requested_slot: size}]}
  drink:
    type: bool
    influence_conversation: false
    mappings:
    - {type: from_intent, intent: affirm, value: true, conditions: [{active_loop: order_form, requested_slot: drink}]}
    - {type: from_intent, intent: deny, value: false, conditions: [{active_loop: order_form, requested_slot: drink}]}
forms:
  order_form:
    ignored_intents: chitchat
    required_slots: [dish, size, drink]
responses:
  utter_ask_dish: [{text: Which dish?}]
  utter_ask_order_form_size: [{text: "Which size for {dish}?"}]
  utter_ask_size: [{text: not this one}]
  utter_ask_drink: [{text: A drink?}]
  utter_done: [{text: "{size} {dish}, drink {drink}."}]
  utter_chat: [{text: Nice.}]
  utter_why: [{text: The kitchen must know.}]
  utter_sure: [{text: Stop?}]
  utter_stopped: [{text: Stopped.}]
  utter_default: [{text: What?}]
actions: [%s]
"""
RULES = """
rules:
- rule: start
  steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
- rule: submit
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {action: utter_done}]
- rule: chat
  steps: [{intent: chitchat}, {action: utter_chat}]
- rule: why
  condition: [{active_loop: order_form}]
  steps: [{intent: why}, {action: utter_why}, {action: order_form}, {active_loop: order_form}]
"""
STORIES = """
stories:
- story: stop
  steps:
  - intent: order
  - action: order_form
  - active_loop: order_form
  - intent: stop
  - action: utter_sure
  - intent: affirm
  - action: action_deactivate_loop
  - active_loop: null
  - action: utter_stopped
- story: do not stop
  steps:
  - intent: order
  - action: order_form
  - active_loop: order_form
  - intent: stop
  - action: utter_sure
  - intent: deny
  - action: order_form
  - active_loop: order_form
"""


def talk(actions: str = "", **answers: object) -> Talk:
    return Talk(table(domain=DOMAIN % actions, rules=RULES, stories=STORIES), dict(answers))  # type: ignore[arg-type]


def test_a_form_asks_for_its_slots_in_order_and_ends_when_all_are_filled() -> None:
    chat = talk()
    assert chat.say("/order") == ["Which dish?"]
    assert chat.say('/inform{"dish": "pizza"}') == ["Which size for pizza?"]
    assert chat.say("large") == ["A drink?"]
    assert chat.say("/deny") == ["large pizza, drink False."]
    assert chat.state.active_loop is None
    summary = chat.decisions[-1].progress
    assert (summary.form_completed, chat.slots["drink"]) == ("order_form", False)


def test_slots_that_are_filled_before_or_with_the_request_are_not_asked() -> None:
    assert talk().say('/order{"dish": "pizza", "size": "small"}') == ["A drink?"]


def test_one_message_may_fill_several_slots_of_the_form() -> None:
    chat = talk()
    chat.say("/order")
    assert chat.say('/inform{"dish": "pizza", "size": "small"}') == ["A drink?"]


def test_an_unhappy_path_is_answered_by_its_rule_and_the_form_asks_again() -> None:
    chat = talk()
    chat.say("/order")
    assert chat.say("/why") == ["The kitchen must know.", "Which dish?"]
    assert "action_execution_rejected order_form" in chat.events
    assert chat.say('/inform{"dish": "soup"}') == ["Which size for soup?"]


def test_a_rule_that_does_not_know_of_the_form_leads_back_to_it() -> None:
    chat = talk()
    chat.say("/order")
    assert chat.say("/chitchat") == ["Nice.", "Which dish?"]


def test_an_ignored_intent_fills_no_slot() -> None:
    chat = talk()
    chat.say('/order{"dish": "pizza"}')
    assert chat.say("lovely weather", intent="chitchat") == ["Nice.", "Which size for pizza?"]
    assert "size" not in chat.slots


def test_a_story_may_leave_the_form_and_may_come_back() -> None:
    chat = talk()
    chat.say("/order")
    assert chat.say("/stop") == ["Stop?"]
    assert chat.say("/deny") == ["Which dish?"]
    chat = talk()
    chat.say("/order")
    chat.say("/stop")
    assert chat.say("/affirm") == ["Stopped."]
    assert chat.state.active_loop is None
    assert "requested_slot" not in chat.slots
    assert chat.decisions[-1].progress.form_abandoned == "order_form"


def test_what_nobody_understands_within_a_form_falls_back_and_the_form_stays_open() -> None:
    chat = talk()
    chat.say("/order")
    assert chat.say("/thanks") == ["What?"]
    assert chat.say('/inform{"dish": "soup"}') == ["Which size for soup?"]


def test_the_validation_is_asked_at_activation_and_may_refuse_a_value() -> None:
    def validate(request: object) -> Answer:
        slots = request.slots  # type: ignore[attr-defined]
        if slots.get("dish") == "stone":
            return done(slot("dish", None), responses=[{"text": "Nobody eats stones."}])
        return done()

    chat = talk("validate_order_form", validate_order_form=validate)
    assert chat.say("/order") == ["Which dish?"]
    assert chat.calls == ["validate_order_form"] * 2
    assert chat.say('/inform{"dish": "stone"}') == ["Nobody eats stones.", "Which dish?"]
    assert chat.say('/inform{"dish": "soup"}') == ["Which size for soup?"]


def test_the_validation_sees_the_candidates_and_the_form_as_the_latest_action() -> None:
    chat = talk("validate_order_form")
    chat.say("/order")
    chat.say('/inform{"dish": "soup"}')
    request = chat.called[-1]
    assert request.slots["dish"] == "soup"
    assert (request.latest_action_name, request.active_loop) == ("order_form", {"name": "order_form"})
    assert [(e["name"], e["value"]) for e in request.events[-1:]] == [("dish", "soup")]


def test_the_validation_may_ask_for_a_slot_of_its_own_or_end_the_form() -> None:
    asks = done(slot("requested_slot", "drink"))
    chat = talk("validate_order_form", validate_order_form=asks)
    assert chat.say("/order") == ["A drink?"]
    chat = talk("validate_order_form", validate_order_form=done(slot("requested_slot", None)))
    assert chat.say("/order") == ["None None, drink None."]
    assert chat.state.active_loop is None


def test_an_action_may_ask_for_a_slot() -> None:
    chat = talk("action_ask_dish", action_ask_dish=done(responses=[{"text": "What do you fancy?"}]))
    assert chat.say("/order") == ["What do you fancy?"]
    assert chat.calls == ["action_ask_dish"]


def test_a_rejected_validation_lets_rules_answer() -> None:
    chat = talk("validate_order_form")
    chat.say("/order")
    chat.actions = {"validate_order_form": Answer("rejected")}
    assert chat.say("/thanks") == ["What?"]
    assert "action_execution_rejected order_form" in chat.events


def test_a_broken_validation_is_apologised_for_and_the_form_listens() -> None:
    chat = talk("validate_order_form")
    chat.say("/order")
    chat.actions = {"validate_order_form": Answer("failed")}
    said = chat.say('/inform{"dish": "soup"}')
    assert said == ["Sorry, something went wrong on my side. Please try that again."]
    assert chat.decisions[-1].progress.failed == ("validate_order_form",)
    chat.actions = {}
    assert chat.say('/inform{"dish": "soup"}') == ["Which size for soup?"]


def test_asked_again_in_a_form_that_is_open_the_fallback_answers_as_in_rasa() -> None:
    """The rule's form was just tried and refused; what is left of the rule policy is its fallback."""
    domain = """
    version: "3.1"
    intents: [book]
    entities: [place]
    slots: {place: {type: text, mappings: [{type: from_entity, entity: place}]}}
    forms: {trip_form: {required_slots: [place]}}
    responses: {utter_ask_place: [{text: Where to}], utter_default: [{text: Pardon}]}
    """
    rules = """
    rules:
    - rule: book
      steps: [{intent: book}, {action: trip_form}, {active_loop: trip_form}]
    """
    chat = Talk(table(domain=domain, rules=rules))
    assert chat.say("/book") == ["Where to"]
    assert chat.say("/book") == ["Pardon"]
    assert chat.state.active_loop == "trip_form"
