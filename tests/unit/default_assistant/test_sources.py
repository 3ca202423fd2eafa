"""The default assistant's sources: examples, domain, lookup tables and catalogue agree with one another."""

import json
import re
import runpy
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.actions.fulfilment import Action
from model_artifacts.assistants.default.actions.catalogue import load_dishes, load_films, load_tracks
from model_artifacts.training.nlu.assistant import compute_fingerprint, read_assistant
from model_artifacts.training.nlu.reading import NluData, read_files
from shared.bundle.manifest import read_bundle
from shared.errors import Unavailable
from tests.unit.default_assistant.talk import ROOT

TRAINING = sorted((ROOT / "data").rglob("*.yml"))
HARD = Path(__file__).parents[1] / "nlu" / "hard.yml"
"""Written later, and judged by itself (tests/unit/nlu/test_hard.py)."""
MAIN = ("search_video", "play_music", "order_food", "get_weather")


@pytest.fixture(scope="module")
def training() -> NluData:
    return read_files(TRAINING)


@pytest.fixture(scope="module")
def held_out() -> NluData:
    return read_files([ROOT / "tests" / "test_nlu.yml", HARD])


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    # What has roles or settings is an object with its name as the only key.
    for key in ("intents", "entities", "actions"):
        parsed[key] = [item if isinstance(item, str) else next(iter(item)) for item in parsed[key]]
    return parsed


UNSAID = {"nlu_fallback", "EXTERNAL_order_arrived", "feedback_positive", "feedback_negative"}
"""Intents that nobody's words have."""


def told_apart(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.casefold()).strip() or text


def test_each_intent_has_examples_enough(training: NluData, held_out: NluData, domain: dict[str, Any]) -> None:
    learned = Counter(example.intent for example in training.examples)
    tested = Counter(example.intent for example in held_out.examples)
    for intent in set(domain["intents"]) - UNSAID:
        assert learned[intent] >= (120 if intent in MAIN else 60), intent
        assert tested[intent] >= 15, intent


def test_no_example_stands_twice_in_the_same_words(training: NluData) -> None:
    counted = Counter(told_apart(example.text) for example in training.examples)
    # Some stand twice on purpose, in other case or with other punctuation.
    assert sum(1 for count in counted.values() if count > 1) < 20
    by_text: dict[str, set[str]] = {}
    for example in training.examples:
        by_text.setdefault(told_apart(example.text), set()).add(example.intent)
    assert {text: intents for text, intents in by_text.items() if len(intents) > 1} == {}


def test_no_example_of_the_test_is_learned(training: NluData, held_out: NluData) -> None:
    learned = {told_apart(example.text) for example in training.examples}
    assert [example.text for example in held_out.examples if told_apart(example.text) in learned] == []


def test_intents_and_entities_are_those_of_the_domain(
    training: NluData, held_out: NluData, domain: dict[str, Any]
) -> None:
    examples = [*training.examples, *held_out.examples]
    assert {example.intent for example in examples} == set(domain["intents"]) - UNSAID
    annotated = {annotation.entity for example in examples for annotation in example.annotations}
    # What is only looked up is marked nowhere.
    assert annotated == set(domain["entities"]) - {"kind"}


def test_nothing_is_read_around(training: NluData) -> None:
    assert training.notes == []


def test_the_actions_of_the_domain_are_the_functions(domain: dict[str, Any], actions: Mapping[str, Action]) -> None:
    assert sorted(domain["actions"]) == sorted(actions)


def test_what_buttons_say_is_understood(domain: dict[str, Any]) -> None:
    for response in domain["responses"].values():
        for variation in response:
            for button in variation.get("buttons", ()):
                match = re.fullmatch(r"/(\w+)(\{\{.*\}\})?", button["payload"])
                assert match is not None, button
                assert match[1] in domain["intents"]
                # Rasa fills slots into payloads too, so braces that are meant as such stand twice.
                entities = json.loads(match[2][1:-1]) if match[2] else {}
                assert set(entities) <= set(domain["entities"])


def test_the_lookup_tables_are_those_of_the_catalogue() -> None:
    built = runpy.run_path(str(ROOT / "catalogue" / "build.py"))
    written = (ROOT / "data" / "lookups.yml").read_text(encoding="utf-8")
    assert written == built["format_lookups"](ROOT / "catalogue"), "run `python .../catalogue/build.py` again"


def test_lookup_tables_hold_no_word_that_people_say_when_they_mean_no_name(training: NluData) -> None:
    said = {word for values in training.lookups.values() for value in values for word in [value.casefold()]}
    assert not said & {"it", "up", "her", "one", "us", "yellow", "hello", "help!", "so what", "get out"}


def test_the_catalogue_is_large_enough_to_be_talked_about(assets: Path) -> None:
    assert len(load_films(assets)) >= 200
    assert len(load_tracks(assets)) >= 150
    menus = Counter(dish.restaurant for dish in load_dishes(assets))
    assert len(menus) >= 8
    assert min(menus.values()) >= 10


def test_nothing_stands_in_the_catalogue_twice(assets: Path) -> None:
    for keys in (
        [(film.title, film.year) for film in load_films(assets)],
        [(track.title, track.artist) for track in load_tracks(assets)],
        [dish.name for dish in load_dishes(assets)],
    ):
        assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_the_same_sources_build_the_same_bytes(tmp_path: Path) -> None:
    built = runpy.run_path(str(ROOT / "catalogue" / "build.py"))
    for name in ("one", "two"):
        built["build_catalogue"](ROOT / "catalogue", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with sqlite3.connect(tmp_path / "one") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_mistakes_in_the_sources_are_all_named_and_nothing_is_built(tmp_path: Path) -> None:
    built = runpy.run_path(str(ROOT / "catalogue" / "build.py"))
    (tmp_path / "films.csv").write_text("title,year,director,actors,genres,keywords\nA,soon,B,C,,\nA,1999\n")
    (tmp_path / "menus.csv").write_text("restaurant,cuisine,dish,prices,toppings\nA,b,C,small:cheap,\n")
    with pytest.raises(built["Faulty"]) as caught:
        built["build_catalogue"](tmp_path, tmp_path / "out.sqlite")
    assert str(caught.value).splitlines() == [
        "films.csv:2: 'soon' is no year",
        "films.csv:2: a film has at least one genre",
        "films.csv:3: expected 6 columns",
        f"{tmp_path / 'tracks.csv'} is missing",
        "menus.csv:2: 'small:cheap' is no price; write size:price, e.g. small:8.50",
    ]
    assert not (tmp_path / "out.sqlite").exists()


def test_columns_that_are_others_are_named(tmp_path: Path) -> None:
    built = runpy.run_path(str(ROOT / "catalogue" / "build.py"))
    for name in ("films", "tracks", "menus"):
        (tmp_path / f"{name}.csv").write_text("a,b\n")
    with pytest.raises(built["Faulty"], match=r"films\.csv:1: the columns are title, year"):
        built["format_lookups"](tmp_path)


def test_a_bundle_without_a_catalogue_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="task train"):
        load_films(tmp_path)


def test_a_folder_may_have_any_name(assets: Path, tmp_path: Path) -> None:
    folder = tmp_path / "50% of it? #1"
    folder.mkdir()
    (folder / "catalogue.sqlite").write_bytes((assets / "catalogue.sqlite").read_bytes())
    assert load_dishes(folder) == load_dishes(assets)


def test_the_bundle_was_trained_on_the_sources_as_they_are() -> None:
    """Otherwise `task up` learns the difference each time that it starts: `task train FINETUNE=1`."""
    trained = read_bundle(ROOT / "bundle", needs=()).manifest.nlu["sources"]
    assert trained == compute_fingerprint(read_assistant(ROOT))
