"""Values that people say in their own language."""

from pathlib import Path

import pytest

from functions.nlu.gazetteer import Mention, join_parts
from functions.nlu.model import Label
from functions.nlu.tables import make_tables
from functions.nlu.translating import Translations
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.glossing import read_glossaries
from model_artifacts.training.nlu.translations import add_translated_phrases, describe_translations

DATA = """nlu:
- intent: lights
  examples: |
    - turn on the light in the [living room](area)
    - turn off the light in the [kitchen](area)
    - make it [red](colour)
    - switch on the [kitchen lamp](device)
    - remind me at [noon](moment)
    - show [Big](title)
- intent: eat
  examples: |
    - i want a [pepperoni pizza](dish)
    - a [chicken](dish) with [onions](topping)
    - a [small](size) one
- lookup: dish
  examples: |
    - chicken tikka masala
- synonym: little
  examples: |
    - small
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "data").mkdir()
    (folder / "data" / "nlu.yml").write_text(DATA)
    (folder / "config.yml").write_text("languages: [en, de, es, fr, it, pt]\n")
    (folder / "training.yml").write_text("normalise: {moment: time}\n")
    (folder / "domain.yml").write_text(
        "intents: [lights, eat]\nentities: [area, colour, device, moment, title, dish, topping, size]\n"
    )
    return folder


@pytest.mark.parametrize(
    ("language", "entity", "said", "value"),
    [
        ("de", "area", "Wohnzimmer", "living room"),
        ("de", "area", "dem Wohnzimmer", "living room"),
        ("de", "device", "Küchenlampe", "kitchen lamp"),
        ("de", "colour", "rotes", "red"),
        ("es", "area", "la cocina", "kitchen"),
        ("es", "dish", "pizza de pepperoni", "pepperoni pizza"),
        ("es", "topping", "cebollas", "onions"),
        ("fr", "dish", "Poulet Tikka Masala", "chicken tikka masala"),
        ("it", "colour", "rosso", "red"),
        ("it", "topping", "le cipolle", "onions"),
        ("pt", "topping", "CEBOLA", "onions"),
        ("pt", "size", "pequeno", "small"),
    ],
)
def test_a_value_is_the_assistants_own(language: str, entity: str, said: str, value: str, assistant: Path) -> None:
    read = read_assistant(assistant)
    translations = Translations(**describe_translations(read)["translations"])
    assert translations.find_value(entity, language, said, make_tables(read.nlu.lookups)) == value


@pytest.mark.parametrize(
    ("language", "entity", "said"),
    [
        ("de", "area", "rot"),  # A colour is no room.
        ("de", "dish", "Schnitzel"),
        ("de", "moment", "Mittag"),  # Times are read in German by themselves.
        ("nl", "area", "keuken"),
        ("de", "area", ""),
        ("de", "area", "!?"),
    ],
)
def test_what_is_no_known_value_stays(language: str, entity: str, said: str, assistant: Path) -> None:
    read = read_assistant(assistant)
    translations = Translations(**describe_translations(read)["translations"])
    assert translations.find_value(entity, language, said, make_tables({})) is None


def test_short_tables_are_found_in_the_other_languages_and_names_are_not() -> None:
    tables = {"colour": ["red", "green"], "title": [f"Red {number}" for number in range(60)]}
    found = add_translated_phrases(tables, read_glossaries(("en", "de", "it")))
    assert {"red", "rot", "rosso"} <= {phrase.casefold() for phrase in found["colour"]}
    assert found["title"] == tables["title"]


def test_an_assistant_of_one_language_has_none(assistant: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    (alone / "data").mkdir(parents=True)
    (alone / "data" / "nlu.yml").write_text(DATA)
    (alone / "domain.yml").write_text((assistant / "domain.yml").read_text())
    assert describe_translations(read_assistant(alone)) == {}


def test_the_parts_of_one_value_are_one_and_a_list_is_not() -> None:
    dish, topping = Label("dish"), Label("topping")
    text = "una pizza de pepperoni y hamburguesa, pizza margherita con queso"

    def mention(said: str, label: Label, after: int = 0) -> Mention:
        start = text.index(said, after)
        return Mention(start, start + len(said), label, 1.0)

    found = join_parts(
        text,
        [
            mention("pizza", dish),
            mention("pepperoni", dish),
            mention("hamburguesa", dish),
            mention("pizza", dish, 30),
            mention("margherita", dish),
            mention("queso", topping),
        ],
    )
    assert [text[one.start : one.end] for one in found] == [
        "pizza de pepperoni",
        "hamburguesa",
        "pizza margherita",
        "queso",
    ]
