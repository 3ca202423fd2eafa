"""Which variation of a response is said, and how slots are filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dialogue.responses import interpolate, list_variations
from shared.events.wire import JSON
from tests.unit.dialogue.talking import Talk, table

RESPONSES: list[dict[str, JSON]] = [
    {"text": "any"},
    {"text": "slack", "channel": "slack"},
    {"text": "gold", "condition": [{"type": "slot", "name": "rank", "value": "Gold"}]},
    {"text": "gold slack", "channel": "slack", "condition": [{"type": "slot", "name": "rank", "value": "gold"}]},
    {"text": "two", "condition": [{"type": "slot", "name": "count", "value": 2}]},
]


@pytest.mark.parametrize(
    ("channel", "slots", "said"),
    [
        ("rest", {}, ["any"]),
        ("slack", {}, ["slack"]),
        ("rest", {"rank": "GOLD"}, ["gold"]),
        ("slack", {"rank": "gold"}, ["gold slack"]),
        ("slack", {"count": 2}, ["slack"]),
        ("rest", {"count": 2}, ["two"]),
        ("rest", {"count": "2"}, ["any"]),
    ],
)
def test_the_most_specific_kind_of_variation_is_chosen(channel: str, slots: dict[str, object], said: list[str]) -> None:
    assert [variation["text"] for variation in list_variations(RESPONSES, channel, slots)] == said


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{name} is {age}", "Ann is None"),
        ("{name} and {unknown}", "Ann and "),
        ("{day|date} at {day|time}", "Friday, 27 November 2026 at 19:30"),
        ("{price|money:EUR}, {count|number}", "€12.50, 1,234"),
        ("{items|list} or {items|list:or}", "a, b and c or a, b or c"),
        ("{name|date}, {age|money:EUR}{unknown|date}", "Ann, "),
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{Ann}"),
        ('{"a": "{name}"}', '{"a": "Ann"}'),
        ("no brace", "no brace"),
        ("{", "{"),
        ("{a\nb}", "{a\nb}"),
        ("{amount-of-money} $", "5 $"),
    ],
)
def test_slots_are_filled_in(text: str, filled: str) -> None:
    values: dict[str, JSON] = {"name": "Ann", "age": None, "amount-of-money": 5, "day": "2026-11-27T19:30:00+00:00"}
    values |= {"price": 12.5, "count": 1234, "items": ["a", "b", "c"]}
    assert interpolate(text, values) == filled


def test_filters_speak_the_language_of_the_responses() -> None:
    day = {"day": "2026-11-27", "price": {"value": 1234.5, "unit": "EUR"}}
    assert interpolate("{day|date}: {price|money}", day, "de") == "Freitag, 27. November 2026: 1.234,50 €"
    assert interpolate("{day|date}: {price|money}", day, "en-us") == "Friday, November 27, 2026: €1,234.50"
    assert interpolate("{day|date}", day, "fi") == "2026-11-27"


@given(st.text(), st.dictionaries(st.text(min_size=1), st.none() | st.integers() | st.text()))
def test_filling_in_never_fails(text: str, values: dict[str, object]) -> None:
    assert isinstance(interpolate(text, values), str)


DOMAIN = """
version: "3.1"
intents: [greet, show]
slots:
  name: {type: text, initial_value: Ann, mappings: [{type: custom}]}
responses:
  utter_greet: [{text: One}, {text: Two}, {text: Three}, {text: Four}]
  utter_show:
  - text: "See, {name}"
    image: "https://example.org/{name}.png"
    buttons: [{title: "I am {name}", payload: '/greet{{"who": "{name}"}}'}]
    custom: {deep: ["{name}", 1]}
    attachment: "{name}.pdf"
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: show
  steps: [{intent: show}, {action: utter_show}]
"""


def test_all_parts_of_a_response_are_filled_in_and_travel() -> None:
    reply = Talk(table(domain=DOMAIN, rules=RULES)).replies("/show")[0]
    assert (reply.text, reply.image) == ("See, Ann", "https://example.org/Ann.png")
    assert [(button.title, button.payload) for button in reply.buttons] == [("I am Ann", '/greet{"who": "Ann"}')]
    assert (reply.custom, reply.attachment, reply.response) == ({"deep": ["Ann", 1]}, "Ann.pdf", "utter_show")


def test_variations_change_from_message_to_message_and_never_for_the_same_one() -> None:
    known = table(domain=DOMAIN, rules=RULES)
    first, again = Talk(known), Talk(known)
    said = [first.say("/greet")[0] for _ in range(20)]
    assert said == [again.say("/greet")[0] for _ in range(20)]
    assert len(set(said)) > 1


def test_a_part_is_said_in_the_language_of_the_whole() -> None:
    from functions.dialogue.responses import Speaker
    from functions.dialogue.tracker import Tracker
    from tests.unit.dialogue.talking import CONFIG, table

    domain = """
    version: "3.1"
    intents: [greet]
    slots: {order: {type: any, influence_conversation: false, mappings: [{type: custom}]}}
    responses:
      utter_found:
      - text: "Here are {asked}, and {order}."
      - {text: "Hier sind {asked} und {order}.", language: de}
      utter_part_films: [{text: "{kinds|list} films"}, {text: "Filme ({kinds|list})", language: de}]
      utter_name_comedy: [{text: "Komödie", language: de}]
    """
    made = table(domain=domain, config=CONFIG + "\nlanguages: [en, de]\n").domain
    tracker = Tracker(made)
    tracker.add(
        {"event": "slot", "name": "order", "value": {"parts": ["2 x", {"response": "utter_gone"}], "sign": " "}}
    )
    kinds = [{"response": "utter_name_comedy", "otherwise": "comedy"}, "drama"]
    said = [{"response": "utter_found", "asked": {"response": "utter_part_films", "kinds": kinds}}]
    texts = [Speaker(made.responses, "rest", "m", code).say_all(said, tracker)[0]["text"] for code in ("en", "de")]
    assert texts == ["Here are comedy and drama films, and 2 x.", "Hier sind Filme (Komödie und drama) und 2 x."]
