"""Simulated people: what must hold is seen to break, and the same seed says the same."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from functions.dialogue.domain import Domain, Slot
from functions.dialogue.table import read_table
from model_artifacts.templates.__main__ import main
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from model_artifacts.training.people.conversing import Heard, Said
from model_artifacts.training.people.invariants import find_broken
from model_artifacts.training.people.material import Material, read_material
from model_artifacts.training.people.person import Person, draw_goal
from model_artifacts.training.people.reporting import story_of
from model_artifacts.training.people.running import hold, run
from model_artifacts.training.story_tests.__main__ import stages_of
from model_artifacts.training.story_tests.holding import Stages
from shared.bundle.manifest import read_bundle
from shared.events.catalogue import Reply
from tests.architecture.code import ROOT

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"
SURE = Slot("sure", "bool", influence=False, confirm=True)
DOMAIN = Domain({"sure": SURE}, {}, frozenset(), frozenset(), {}, frozenset(), {}, 60, True, {})
PAY = frozenset({"action_pay"})


def make_heard(text: str = "All right", ran: Mapping[str, Mapping[str, Any]] | None = None, **more: Any) -> Heard:
    slots = more.pop("slots", {})
    replies = (Reply(text=text),) if text else ()
    return Heard(replies, ran or {}, (), slots, more.pop("loop", "form"), None, more.pop("confirms", False), **more)


@pytest.mark.parametrize(
    ("turns", "name"),
    [
        ([(Said("wait", "hesitate"), make_heard(ran={"action_pay": {}}))], "nothing acts without a clear yes"),
        ([(Said("hello", "open"), make_heard(""))], "every turn has an answer"),
        ([(Said("hello", "open"), make_heard("Dear {name}"))], "no placeholder reaches a person"),
        ([(Said("stop", "cancel"), make_heard())], "cancel always works"),
        ([(Said("hello", "open"), make_heard(failed="action_pay: it broke"))], "no action fails"),
        ([(Said("5", "answer"), make_heard("Which?"))] * 3, "never the same answer 3 times"),
        (
            [
                (Said("5", "answer", {"amount": "5"}), make_heard("A", slots={"amount": "5"})),
                (Said("yes", "yes"), make_heard("B", {"action_pay": {"amount": "6"}})),
            ],
            "what is done is what was asked for",
        ),
    ],
)
def test_what_does_not_hold_is_found(turns: list[tuple[Said, Heard]], name: str) -> None:
    found = find_broken(turns, PAY, DOMAIN)
    assert found is not None
    assert (found.name, found.turn) == (name, len(turns) - 1)


def test_a_conversation_in_order_breaks_nothing() -> None:
    turns = [
        (Said("5", "answer", {"amount": "5"}), make_heard("Sure?", slots={"amount": "5"})),
        (Said("hmm", "hesitate"), make_heard("Sure?", slots={"amount": "5"})),
        (Said("no, 6", "change", {"amount": "6"}), make_heard("6. Sure?", slots={"amount": "6"})),
        (Said("yes", "yes"), make_heard("Paid", {"action_pay": {"amount": "6"}}, loop=None)),
        (Said("no", "answer"), make_heard("Fine", {"action_pay": {"sure": False}}, loop=None)),
    ]
    assert find_broken(turns, PAY, DOMAIN) is None


@pytest.fixture(scope="module")
def stages() -> Stages:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WEATHER_URL", "http://127.0.0.1:9")
        return stages_of(DEFAULT, read_bundle(DEFAULT / "bundle", needs=()))


@pytest.fixture(scope="module")
def material(stages: Stages) -> Material:
    return read_material(DEFAULT, compile_project(DEFAULT), stages.table)


def test_the_same_seed_says_the_same(material: Material, stages: Stages) -> None:
    one, other = hold(material, stages, "7.3"), hold(material, stages, "7.3")
    assert [turn[0] for turn in one.turns] == [turn[0] for turn in other.turns]


def test_the_default_assistant_serves_people(material: Material, stages: Stages) -> None:
    report = run(material, stages, 40, 5)
    assert report.broken == []
    assert sum(report.reached.values()) >= 38


def test_people_behave_in_many_ways(material: Material) -> None:
    acts = set()
    for seed in range(60):
        random = Random(seed)
        person = Person(material, draw_goal(material, random), random)
        asks = Heard((), {}, (), {"dish": "Naan"}, "order_food_form", "order_confirmed", confirms=False)
        acts |= {person.say_next(None).act, *(person.say_next(asks).act for _ in range(6))}
    assert {"open", "yes", "hesitate", "wrong", "digress", "cancel", "change"} <= acts


def test_a_failing_conversation_becomes_a_story(material: Material, stages: Stages, tmp_path: Path) -> None:
    (story,) = yaml.safe_load(story_of(hold(material, stages, "7.4")))
    assert story["steps"][0]["user"]
    assert any("action" in step for step in story["steps"])


def test_people_answer_a_question_for_free_words_with_what_examples_answer(tmp_path: Path) -> None:
    main(["--name", "dentist", "--template", "booking", "--at", str(tmp_path / "dentist")])
    compiled = compile_project(tmp_path / "dentist")
    free = read_material(tmp_path / "dentist", compiled, read_table(dump_dialogue(compiled.data).encode(), "x")).free
    assert set(free) == {"visitor_name", "visitor_phone"}
    assert "my name is Peter Miller" in free["visitor_name"]
    assert "030 1234567" in free["visitor_phone"]
    assert not set(free["visitor_name"]) & set(free["visitor_phone"])
