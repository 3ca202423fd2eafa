"""Messages that name their intent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.direct import read_direct

INTENTS = {"greet", "order_food", "faq/ask_price"}
ENTITIES = {"genre", "topping"}


def test_an_intent_alone_has_confidence_one_and_no_entities() -> None:
    direct = read_direct("/greet", INTENTS, ENTITIES)
    assert direct is not None
    assert (direct.intent.name, direct.intent.confidence, direct.entities) == ("greet", 1.0, ())


def test_confidence_and_entities_are_read() -> None:
    direct = read_direct('/greet@0.9{"genre": "horror"}', INTENTS, ENTITIES)
    assert direct is not None
    assert direct.intent.confidence == 0.9
    (entity,) = direct.entities
    assert (entity.entity, entity.value, entity.start, entity.end) == ("genre", "horror", 10, 29)


def test_a_list_of_values_is_an_entity_each() -> None:
    direct = read_direct('/order_food{"topping": ["ham", "olives"]}', INTENTS, ENTITIES)
    assert direct is not None
    assert [entity.value for entity in direct.entities] == ["ham", "olives"]


def test_entities_outside_the_domain_are_dropped() -> None:
    direct = read_direct('/greet{"genre": "horror", "wine": "red"}', INTENTS, ENTITIES)
    assert direct is not None
    assert [entity.entity for entity in direct.entities] == ["genre"]


def test_a_retrieval_intent_is_named_with_its_response() -> None:
    direct = read_direct("/faq/ask_price", INTENTS, ENTITIES)
    assert direct is not None
    assert direct.intent.name == "faq/ask_price"


@pytest.mark.parametrize("text", ["/unknown", "greet", "/", "", '/nothing{"genre": "x"}', "1/greet"])
def test_everything_else_is_ordinary_text(text: str) -> None:
    assert read_direct(text, INTENTS, ENTITIES) is None


@pytest.mark.parametrize(
    ("text", "confidence"), [("/greet@3", 1.0), ("/greet@1.2.3", 0.0), ("/greet@0", 0.0), ("  /greet@0.25  ", 0.25)]
)
def test_confidences_stay_between_0_and_1_as_in_rasa(text: str, confidence: float) -> None:
    direct = read_direct(text, INTENTS, ENTITIES)
    assert direct is not None
    assert direct.intent.confidence == confidence


@pytest.mark.parametrize("text", ["/greet{not json}", "/greet[1]", '/greet{"genre": }', "/greet{" + "[" * 5000 + "}"])
def test_what_is_no_object_gives_no_entities(text: str) -> None:
    direct = read_direct(text, {*INTENTS, "greet[1]"}, ENTITIES)
    assert direct is not None
    assert direct.entities == ()


@given(st.text())
def test_any_text_is_read_without_an_exception(text: str) -> None:
    read_direct("/greet" + text, INTENTS, ENTITIES)
    read_direct(text, INTENTS, ENTITIES)
