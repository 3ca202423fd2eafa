"""Words that change what is known, and messages that want more than one thing."""

from dataclasses import replace

import pytest

from model_artifacts.training.dialogue.problems import Uncompilable
from shared.events.catalogue import Entity, Evidence
from shared.events.meaning import Intent, Passage, Segment
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
from tests.unit.dialogue.talking import Talk, compiled, table


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
    entities = mark_entities(said, **toppings)
    asked = talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert asked[-1].endswith("All right?")
    assert talk.slots.get("topping") == kept


def test_what_is_not_wanted_is_acknowledged_also_where_it_was_not_there() -> None:
    talk = ordering('/order{"dish": "naan"}')
    said = "without olives, to 12 Oak Lane"
    entities = mark_entities(said, topping="olives", address="12 Oak Lane")
    assert talk.say(said, intent="inform", entities=entities) == ["All right, no olives.", "A note?"]
    assert talk.slots.get("topping") is None


def test_what_is_taken_out_of_a_list_is_seen_to_be_gone_and_not_named_again() -> None:
    talk = asked_for_a_yes()
    said = "without olives"
    entities = mark_entities(said, topping="olives")
    heard = talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert "olives" not in " ".join(heard)


def test_what_is_unwanted_fills_nothing() -> None:
    talk = ordering()
    said = "a naan without olives"
    talk.say(said, intent="order", entities=mark_entities(said, dish="naan", topping="olives"))
    assert (talk.slots["dish"], talk.slots.get("topping")) == ("naan", None)


def test_a_fragment_belongs_to_what_came_in_between() -> None:
    talk = asked_for_a_yes()
    assert talk.say("play Queen", intent="play", entities=mark_entities("play Queen", artist="Queen"))[0] == "Music"
    heard = talk.say("and Abba?", intent="inform", entities=mark_entities("and Abba?", artist="Abba"))
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
    entities = mark_entities("and a pizza", dish="pizza")
    heard = talk.say("and a pizza", intent="inform", entities=entities, evidence=cues("and a pizza", *entities))
    assert "pizza" in heard[0]
    assert heard[-1].startswith("naan")


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
    entities = mark_entities(said, artist="Queen")
    assert talk.say(said, intent="play", entities=entities, evidence=cues(said, *entities)) == [heard]


def test_and_after_a_breath_adds_and_replaces_nothing() -> None:
    talk = asked_for_a_yes()
    said = "oh and a hawaiian"
    entities = mark_entities(said, dish="hawaiian")
    heard = talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert "hawaiian" in heard[0]
    assert talk.slots["dish"] == "naan"


SEVERAL = CONTEXT.replace("answers_in_context: true", "answers_in_context: true, several: [order_form]")


def test_a_form_that_holds_several_is_given_what_waits_and_nothing_is_said_of_it() -> None:
    talk = Talk(table(domain=TABLE, rules=ORDERING, nlu=EXAMPLES, training=SEVERAL))
    said = "a naan and a hawaiian to 5 Elm Road"
    entities = [
        Entity("dish", "naan", 2, 6),
        Entity("dish", "hawaiian", 13, 21),
        Entity("address", "5 Elm Road", 25, 35),
    ]
    assert talk.say(said, intent="order", entities=entities) == ["A note?"]
    assert [request["text"] for request in talk.slots["later_requests"]] == ["hawaiian to 5 Elm Road"]


def test_the_form_that_holds_several_is_one_of_the_domain() -> None:
    wrong = SEVERAL.replace("order_form", "other_form")
    with pytest.raises(Uncompilable, match="`several` lists forms"):
        compiled(domain=TABLE, rules=ORDERING, nlu=EXAMPLES, training=wrong)


def test_two_requests_in_the_middle_of_a_form_are_both_done_before_it_asks_again() -> None:
    said = "play Queen and how can you help me"
    segments = (
        Segment(0, 10, Intent("play", 0.9), (Entity("artist", "Queen", 5, 10),)),
        Segment(15, 34, Intent("hear", 0.9)),
    )
    rules = ORDERING + "- rule: Hear\n  steps: [{intent: hear}, {action: utter_help}]\n"
    domain = TABLE.replace("intents: [order,", "intents: [hear, order,")
    nlu = EXAMPLES + "- intent: hear\n  examples: |\n    - hear [Abba](artist)\n"
    talk = Talk(table(domain=domain, rules=rules, nlu=nlu, training=CONTEXT))
    talk.say('/order{"dish": "naan"}')
    heard = talk.say(said, intent="play", evidence=Evidence(segments=segments))
    assert heard == ["Music", "Help", "Where to?"]


def test_the_number_of_what_is_added_is_added_to_nothing_else() -> None:
    domain = TABLE.replace("entities: [dish,", "entities: [count, dish,").replace(
        "  sure:\n", "  count: {type: text, mappings: [{type: from_entity, entity: count}]}\n  sure:\n"
    )
    talk = Talk(table(domain=domain, rules=ORDERING, nlu=EXAMPLES, training=CONTEXT))
    talk.say("/order")
    said = "and 2 naans"
    entities = mark_entities(said, count="2", dish="naans")
    talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))
    assert (talk.slots["count"], talk.slots["dish"]) == ("2", "naans")


FOLLOWING = """
- rule: Forecast
  steps: [{intent: forecast}, {action: utter_forecast}]
- rule: More
  steps: [{intent: more}, {action: utter_more}]
"""


def forecasting() -> Talk:
    """In the middle of an order, which takes a time as well, somebody asked for the weather."""
    domain = (
        TABLE.replace("intents: [order,", "intents: [forecast, {more: {again: true}}, order,")
        .replace("entities: [dish,", "entities: [place, when, dish,")
        .replace("  utter_done:", "  utter_forecast: [{text: Rain}]\n  utter_more: [{text: More}]\n  utter_done:")
    )
    nlu = EXAMPLES + (
        "- intent: forecast\n  examples: |\n    - rain in [Oslo](place) [today](when)\n"
        "- intent: order\n  examples: |\n    - a [naan](dish) [today](when)\n"
    )
    talk = Talk(table(domain=domain, rules=ORDERING + FOLLOWING, nlu=nlu, training=CONTEXT))
    talk.say('/order{"dish": "naan"}')
    said = "rain in Oslo"
    assert talk.say(said, intent="forecast", entities=mark_entities(said, place="Oslo"))[0] == "Rain"
    return talk


def test_a_follow_up_belongs_to_what_came_in_between_also_where_the_form_takes_its_words() -> None:
    talk = forecasting()
    said = "and tomorrow?"
    entities = mark_entities(said, when="tomorrow")
    assert talk.say(said, intent="inform", entities=entities, evidence=cues(said, *entities))[0] == "Rain"


def test_again_means_what_came_in_between_and_then_the_form_once_more() -> None:
    talk = forecasting()
    talk.say("more", intent="more")
    assert talk.decisions[-1].incoming.reading == {"task": "forecast"}
    talk.say("12 Oak Lane", intent="inform", entities=mark_entities("12 Oak Lane", address="12 Oak Lane"))
    talk.say("more", intent="more")
    assert talk.decisions[-1].incoming.reading == {"task": "order"}


def test_a_word_for_what_is_asked_asks_about_the_last_task_and_not_the_documents() -> None:
    domain = (
        TABLE.replace("intents: [order,", "intents: [{about: {again: true}}, order,")
        .replace("entities: [dish,", "entities: [attribute, dish,")
        .replace("  utter_done:", "  utter_about: [{text: About}]\n  utter_done:")
    )
    rules = ORDERING + "- rule: About\n  steps: [{intent: about}, {action: utter_about}]\n"
    nlu = EXAMPLES + "- intent: about\n  examples: |\n    - what's its [length](attribute)\n"
    talk = Talk(table(domain=domain, rules=rules, nlu=nlu, training=CONTEXT))
    said = "and the length?"
    evidence = replace(cues(said), hits=(Entity("attribute", "length", 8, 14),))
    passages = [Passage(0, 0.95, "A long text", True, "Sizes", "Length")]
    assert talk.say(said, intent="nlu_fallback", evidence=evidence) != ["About"]
    talk.say("play Queen", intent="play", entities=mark_entities("play Queen", artist="Queen"))
    assert talk.say(said, intent="nlu_fallback", evidence=evidence, passages=passages) == ["About"]
