"""What words mean in the place where they are said: a clear yes, offers, answers, changes, several requests."""

import pytest

from functions.dialogue.remote import Answer
from functions.nlu.evidence import Reading, negate
from shared.events.catalogue import Entity, Evidence
from shared.events.meaning import Cue, Intent, Segment
from tests.unit.dialogue.talking import Talk, compiled, table

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


def test_what_acts_runs_after_a_yes() -> None:
    talk = paying()
    assert talk.called == []
    assert talk.say("yes please", intent="affirm") == ["Paid"]
    assert talk.say("yes", intent="affirm") != ["Paid"]


@pytest.mark.parametrize("said", ["yes but", "ok wait", "yes, if it is today", "yes my place", "really?", "find it"])
def test_what_is_no_clear_yes_is_asked_again(said: str) -> None:
    talk = paying()
    assert talk.say(said, intent="affirm", evidence=evidence(said)) == ["Pay 5?"]
    assert talk.say("ok", intent="affirm", confidence=0.5) == ["Pay 5?"]
    assert talk.called == []
    assert talk.say("ok", intent="affirm") == ["Paid"]


def test_a_yes_with_a_change_is_a_change_first() -> None:
    talk = paying()
    assert talk.say("yes, 7", intent="affirm", entities=[Entity("amount", "7", 5, 6)]) == ["Pay 7?"]
    assert talk.say("yes", intent="affirm") == ["Paid"]


def test_a_no_is_taken_and_later_a_yes_means_nothing() -> None:
    talk = paying()
    assert talk.say("no", intent="deny") == ["All right, I will not."]
    talk.say("yes", intent="affirm")
    assert talk.called == []


def test_that_is_wrong_asks_what_to_change_and_a_yes_agrees_to_nothing() -> None:
    talk = paying()
    said = "that's wrong"
    assert talk.say(said, intent="deny", evidence=evidence(said)) == ["What shall I change?"]
    assert talk.say("yes", intent="affirm") == ["Pay 5?"]
    assert talk.say("8", intent="inform", entities=[Entity("amount", "8", 0, 1)]) == ["Pay 8?"]


def test_what_comes_in_between_is_answered_and_then_it_is_asked_again() -> None:
    talk = paying()
    assert talk.say("hi", intent="greet") == ["Hello", "Pay 5?"]
    assert talk.say("go ahead", intent="affirm") == ["Paid"]


@pytest.mark.parametrize("sign", ["👍", "👍🏽", "✅"])
def test_signs_mean_what_they_show(sign: str) -> None:
    assert paying().say(sign, intent="nlu_fallback") == ["Paid"]
    assert paying().say("👎", intent="nlu_fallback") == ["All right, I will not."]


def test_an_action_that_acts_by_its_name_and_asks_nothing_is_warned_about() -> None:
    from model_artifacts.training.dialogue.validation import validate

    unasked = compiled(domain=PAYING.replace("{action_pay: {confirm: true}}", "action_pay"), rules=RULES, nlu=YES)
    assert any("confirm: true" in problem.text for problem in validate(unasked))
    assert not any("confirm: true" in p.text for p in validate(compiled(domain=PAYING, rules=RULES, nlu=YES)))


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


def named(text: str, **entities: str) -> list[Entity]:
    """The entities where they stand, marked as nlu marks negated ones."""
    found = [Entity(name, value, text.find(value), text.find(value) + len(value)) for name, value in entities.items()]
    reading = Reading(text, "en")
    return list(negate(found, reading.cues([(e.start, e.end) for e in found])))  # type: ignore[misc]


def cues(text: str, *entities: Entity) -> Evidence:
    places = [(entity.start or 0, entity.end or 0) for entity in entities]
    reading = Reading(text, "en")
    return Evidence(question=reading.is_question(), cues=reading.cues(places))


@pytest.mark.parametrize(
    "said", ["2", "#2", "number two", "the second one", "Hawaiian Pizza", "hawaian piza", "hawaiian", "2️⃣", "second"]
)
def test_what_was_offered_is_chosen_by_title_number_and_place(said: str) -> None:
    talk = ordering("/order")
    assert talk.say(said, intent="nlu_fallback") == ["Where to?"]
    assert talk.slots["dish"] == "hawaiian"


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
    talk.say(said, intent="inform", entities=named(said, address=found) if found else ())
    assert talk.slots["address"] == kept


def test_what_other_slots_take_is_no_answer_and_numbers_of_the_answer_are_nothing_else() -> None:
    talk = ordering('/order{"dish": "naan"}')
    said = "with olives please"
    assert talk.say(said, intent="inform", entities=named(said, topping="olives")) == [
        "All right: olives.",
        "Where to?",
    ]
    assert (talk.slots["topping"], talk.slots.get("address")) == (["olives"], None)


def test_a_slot_of_free_words_takes_what_is_said() -> None:
    talk = ordering('/order{"dish": "naan", "address": "1 Old Road"}')
    talk.say("ring it twice please", intent="nlu_fallback")
    assert talk.slots["note"] == "ring it twice please"


def asked_for_a_yes() -> Talk:
    return ordering('/order{"dish": "naan", "topping": "olives", "address": "1 Old Road"}', "ring twice")


@pytest.mark.parametrize(
    ("said", "toppings", "kept"),
    [
        ("add onions", {"topping": "onions"}, ["olives", "onions"]),
        ("without olives", {"topping": "olives"}, None),
        ("only onions", {"topping": "onions"}, ["onions"]),
        ("no onions", {"topping": "onions"}, ["olives"]),
    ],
)
def test_lists_are_added_to_and_taken_from(said: str, toppings: dict[str, str], kept: list[str] | None) -> None:
    talk = asked_for_a_yes()
    entities = named(said, **toppings)
    asked = talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert asked[-1].endswith("All right?")
    assert talk.slots.get("topping") == kept


def test_what_is_not_wanted_is_acknowledged_also_where_it_was_not_there() -> None:
    talk = ordering('/order{"dish": "naan"}')
    said = "without olives, to 12 Oak Lane"
    entities = named(said, topping="olives", address="12 Oak Lane")
    assert talk.say(said, intent="inform", entities=entities) == ["All right, no olives.", "A note?"]
    assert talk.slots.get("topping") is None


def test_what_is_taken_out_of_a_list_is_seen_to_be_gone_and_not_named_again() -> None:
    talk = asked_for_a_yes()
    said = "without olives"
    entities = named(said, topping="olives")
    heard = talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert "olives" not in " ".join(heard)


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


def test_what_is_unwanted_fills_nothing() -> None:
    talk = ordering()
    said = "a naan without olives"
    talk.say(said, intent="order", entities=named(said, dish="naan", topping="olives"))
    assert (talk.slots["dish"], talk.slots.get("topping")) == ("naan", None)


def test_a_form_goes_on_after_a_clear_yes_only() -> None:
    talk = asked_for_a_yes()
    for said in ("ok but", "wait", "yes if it is hot"):
        assert talk.say(said, intent="affirm", evidence=cues(said))[-1].endswith("All right?")
    wrong = "that's wrong"
    assert talk.say(wrong, intent="deny", evidence=cues(wrong)) == ["What shall I change?"]
    assert talk.say("ok", intent="affirm")[-1].endswith("All right?")
    assert talk.say("ok", intent="affirm") == ["Done"]


def test_a_fragment_belongs_to_what_came_in_between() -> None:
    talk = asked_for_a_yes()
    assert talk.say("play Queen", intent="play", entities=named("play Queen", artist="Queen"))[0] == "Music"
    heard = talk.say("and Abba?", intent="inform", entities=named("and Abba?", artist="Abba"))
    assert heard[0] == "Music"
    assert heard[-1].endswith("All right?")


def test_two_requests_are_both_done_what_asks_back_last() -> None:
    said = "order a naan and play Queen"
    segments = (
        Segment(0, 12, Intent("order", 0.9), (Entity("dish", "naan", 8, 12),)),
        Segment(17, 27, Intent("play", 0.9), (Entity("artist", "Queen", 22, 27),)),
    )
    heard = ordering().say(said, intent="order", evidence=Evidence(segments=segments))
    assert heard == ["Music", "Where to?"]


def test_two_values_of_one_slot_are_named_and_follow_each_other() -> None:
    talk = ordering()
    said = "a naan and a hawaiian to 5 Elm Road"
    entities = [
        Entity("dish", "naan", 2, 6),
        Entity("dish", "hawaiian", 13, 21),
        Entity("address", "5 Elm Road", 25, 35),
    ]
    heard = talk.say(said, intent="order", entities=entities)
    assert "hawaiian" in heard[0]
    assert talk.slots["dish"] == "naan"
    assert talk.slots["address"] == "5 Elm Road"
    talk.say("ring twice")
    done = talk.say("yes", intent="affirm")
    assert done[0] == "Done"
    assert "hawaiian" in done[1]
    assert talk.slots["dish"] == "hawaiian"


def test_what_is_added_to_a_slot_that_holds_one_waits() -> None:
    talk = asked_for_a_yes()
    entities = named("and a pizza", dish="pizza")
    heard = talk.say("and a pizza", intent="inform", entities=entities, evidence=cues("and a pizza", *entities))
    assert "pizza" in heard[0]
    assert heard[-1].startswith("naan")


def test_without_the_setting_words_are_taken_as_rasa_takes_them() -> None:
    talk = Talk(table(domain=TABLE, rules=ORDERING, nlu=EXAMPLES))
    talk.say('/order{"dish": "naan"}')
    asks = "can I pay by card?"
    talk.say(asks, intent="nlu_fallback", evidence=cues(asks))
    assert talk.slots["address"] == asks


def test_a_cue_is_what_nlu_calls_one() -> None:
    """The kinds that this stage waits for are those that the other gives."""
    kinds = {"rejection": "that's wrong", "hesitation": "wait", "addition": "add it", "restriction": "only it"}
    for kind, text in kinds.items():
        assert [cue.kind for cue in cues(text).cues] == [kind], text
    assert isinstance(cues("wait").cues[0], Cue)


def test_parts_of_one_question_are_no_requests_and_the_turn_keeps_the_whole_text() -> None:
    talk = ordering()
    said = "order a naan\nwith olives"
    parts = (
        Segment(0, 12, Intent("order", 0.9), (Entity("dish", "naan", 8, 12),)),
        Segment(13, 24, Intent("inform", 0.9), (Entity("topping", "olives", 18, 24),)),
    )
    entities = [Entity("dish", "naan", 8, 12), Entity("topping", "olives", 18, 24)]
    assert talk.say(said, intent="order", entities=entities, evidence=Evidence(segments=parts)) == ["Where to?"]
    assert talk.slots["topping"] == ["olives"]
    two = "order a naan and play Queen"
    segments = (Segment(0, 12, Intent("order", 0.9)), Segment(17, 27, Intent("play", 0.9)))
    ordering_two = ordering()
    ordering_two.say(two, intent="order", evidence=Evidence(segments=segments))
    assert ordering_two.decisions[-1].incoming.text == two


@pytest.mark.parametrize(
    ("said", "heard"), [("don't play Queen", "Nothing"), ("play anything that isn't by Queen", "Music")]
)
def test_a_request_that_is_refused_is_no_wish_and_an_exclusion_is_one(said: str, heard: str) -> None:
    rules = ORDERING + "- rule: A no\n  steps: [{intent: deny}, {action: utter_no}]\n"
    domain = TABLE.replace("  utter_done:", "  utter_no: [{text: Nothing}]\n  utter_done:")
    talk = Talk(table(domain=domain, rules=rules, nlu=EXAMPLES, training=CONTEXT))
    entities = named(said, artist="Queen")
    assert talk.say(said, intent="play", entities=entities, evidence=cues(said, *entities)) == [heard]


def test_and_after_a_breath_adds_and_replaces_nothing() -> None:
    talk = asked_for_a_yes()
    said = "oh and a hawaiian"
    entities = named(said, dish="hawaiian")
    heard = talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert "hawaiian" in heard[0]
    assert talk.slots["dish"] == "naan"
