"""Functions of the assistant's own: what they are given, what counts of what they return, and what a fault costs."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from functions.nlu.components import AT_ONCE, Components, load_components
from functions.nlu.interpretation import Understanding
from model_artifacts.training.nlu.__main__ import main
from model_artifacts.training.validating.project import problems_of
from shared.bundle.manifest import read_bundle
from shared.events.catalogue import Entity, Intent
from tests.architecture.code import ROOT
from tests.unit.training.tiny import write_tiny

HEARD = Understanding(Intent("play", 0.9), entities=(Entity("genre", "rock", 5, 9, 0.8),))
CODES = """
import re
from .helping.reading import shape
from . import table

def find_codes(text, entities):
    found = re.finditer(r"[a-z]{2}-\\d{4}", text)
    return [*entities, *({"entity": "code", "value": shape(f[0]), "start": f.start(), "end": f.end()} for f in found)]

def shout(text, entities, sign="!"):
    return [{**entity, "value": str(entity["value"]) + sign} for entity in entities]

def only(text):
    return []

async def later(text, entities):
    return entities

def breaks(text, entities):
    raise ValueError(text)
"""
PIPELINE = """
language: en
pipeline:
- name: DIETClassifier
- name: components.codes.breaks
- name: components.codes.find_codes
- components.codes.shout
- name: components.nothing.there
"""


def write_components(folder: Path) -> Path:
    (folder / "helping").mkdir(parents=True)
    (folder / "codes.py").write_text(dedent(CODES))
    (folder / "table.py").write_text("VALUES = {}\n")
    (folder / "helping" / "reading.py").write_text("def shape(code):\n    return code.upper()\n")
    return folder


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small assistant with components, trained in quick mode."""
    folder = write_tiny(tmp_path_factory.mktemp("assistants") / "coded")
    (folder / "config.yml").write_text(PIPELINE)
    write_components(folder / "components")
    main(["--assistant", str(folder), "--quick", "--seed", "3"])
    return folder


def run_stage(assistant: Path, text: str) -> tuple[dict[str, Any], str]:
    """What the running stage makes of a text, and its log."""
    script = dedent(
        """
        import json, os, sys, functions_framework
        app = functions_framework.create_app("handle", "functions/nlu/main.py", "http").test_client()
        answer = app.post("/", data=sys.stdin.read().encode(), content_type="application/cloudevents+json")
        sys.stdout.write("ANSWER" + json.dumps([answer.status_code, answer.get_json()]))
        sys.stdout.flush()
        """
    )
    event = json.loads((ROOT / "functions" / "nlu" / "sample.json").read_text(encoding="utf-8"))
    event["data"]["text"] = text
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        input=json.dumps(event),
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "BUNDLE": str(assistant / "bundle")},
        capture_output=True,
        text=True,
        check=True,
    )
    status, answer = json.loads(done.stdout.rpartition("ANSWER")[2])
    assert status == 200
    return answer, done.stdout + done.stderr


def test_a_component_of_the_assistants_own_sees_each_text_in_the_running_stage(assistant: Path) -> None:
    answer, told = run_stage(assistant, "play some rock music, the order is qx-4711")
    found = {entity["entity"]: entity for entity in answer["entities"]}
    assert (found["code"]["value"], found["code"]["extractor"]) == ("QX-4711!", "components.codes.find_codes")
    assert found["genre"]["value"] == "rock!"
    assert answer["intent"]["name"] == "play_music"
    # One raised, one is not there: both are named with their place, and nothing that was said.
    log = told.partition("ANSWER")[0] + told.rpartition("}]")[2]
    assert "components.codes.breaks" in log
    assert "ValueError" in log
    assert "codes.py" in log
    assert "components.nothing.there" in log
    assert "4711" not in log


def test_an_intent_by_its_name_passes_components_by(assistant: Path) -> None:
    answer, _ = run_stage(assistant, '/play_music{"genre": "rock"}')
    assert [entity["value"] for entity in answer["entities"]] == ["rock"]


def test_the_bundle_names_the_components_and_one_without_names_none(assistant: Path, tmp_path: Path) -> None:
    assert read_bundle(assistant / "bundle").read_json("nlu.json")["components"] == [
        "components.codes.breaks",
        "components.codes.find_codes",
        "components.codes.shout",
        "components.nothing.there",
    ]
    committed = ROOT / "model_artifacts" / "assistants" / "default" / "bundle"
    assert "components" not in read_bundle(committed, needs=("nlu.json",)).read_json("nlu.json")


@pytest.mark.parametrize(
    "returned",
    [
        None,
        "code",
        [1],
        [{"entity": "code"}],
        [{"value": 1}],
        [{"entity": 7, "value": "hidden"}],
        [{"entity": "code", "value": object()}],
        [{"entity": "code", "value": float("nan")}],
        [{"entity": "code", "value": "hidden", "start": 3, "end": 99}],
        [{"entity": "code", "value": "hidden", "start": 5, "end": 3}],
        [{"entity": "code", "value": "hidden", "start": 5}],
        [{"entity": "code", "value": "hidden"}] * 1000,
    ],
    ids=lambda returned: str(returned)[:40].replace("object at", ""),
)
def test_what_is_no_list_of_entities_changes_nothing(returned: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert Components({"components.a.f": lambda _text, _entities: returned}).apply("play rock", HEARD) == HEARD
    (record,) = caplog.records
    assert "components.a.f" in str(vars(record))
    assert "hidden" not in str(vars(record)["fields"])


def test_a_component_that_hangs_costs_its_time_and_what_it_would_have_found(caplog: pytest.LogCaptureFixture) -> None:
    going = threading.Event()

    def hangs(_text: str, _entities: Any) -> Any:
        going.wait(60.0)
        return []

    def adds(_text: str, entities: Any) -> Any:
        return [*entities, {"entity": "code", "value": "x"}]

    components = Components({"components.a.hangs": hangs, "components.a.adds": adds}, seconds=0.05)
    try:
        for _ in range(AT_ONCE + 1):
            found = components.apply("play rock", HEARD).entities
            assert [entity.entity for entity in found] == ["genre", "code"]
        causes = [vars(record)["fields"]["cause"] for record in caplog.records]
        assert "COMPONENT_TIMEOUT" in causes[0]
        assert "not called until" in causes[-1]
    finally:
        going.set()


def test_a_component_that_ends_the_process_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def leaves(_text: str, _entities: Any) -> Any:
        raise SystemExit(3)

    assert Components({"components.a.leaves": leaves}).apply("play rock", HEARD) == HEARD
    assert "SystemExit" in vars(caplog.records[0])["fields"]["cause"]


def test_a_component_may_leave_out_and_change_what_was_found_and_later_ones_see_that() -> None:
    def first(text: str, entities: Any) -> Any:
        assert (text, entities[0]["entity"], entities[0]["start"]) == ("play rock", "genre", 5)
        entities[0]["value"] = "changed in place"
        return [{"entity": "style", "value": {"of": "rock"}}]

    def second(_text: str, entities: Any) -> Any:
        return [*entities, {"entity": "count", "value": len(entities)}]

    found = Components({"components.a.first": first, "components.a.second": second}).apply("play rock", HEARD).entities
    assert [(entity.entity, entity.value) for entity in found] == [("style", {"of": "rock"}), ("count", 1)]
    assert HEARD.entities[0].value == "rock"


def test_code_that_cannot_be_loaded_costs_its_own_functions_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_components(tmp_path / "components")
    (folder / "broken.py").write_text("import no_such_package_anywhere\ndef f(text, entities):\n    return []\n")
    components = load_components(folder, ["components.broken.f", "components.codes.shout"])
    assert [entity.value for entity in components.apply("play rock", HEARD).entities] == ["rock!"]
    assert "no_such_package_anywhere" in str(vars(caplog.records[0]))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("components.codes.find_codes", ""),
        ("components.codes.shout", ""),
        ("components.codes.find_code", "components/codes.py has no function find_code; did you mean 'find_codes'?"),
        ("components.other.f", "there is no components/other.py"),
        ("components.codes.only", "write it as `def only(text, entities)`"),
        ("components.codes.later", "write it as `def later(text, entities)`"),
        ("components.codes", "a component of your own is named components.FILE.FUNCTION"),
        ("components.odd.f", "components/odd.py is no Python"),
        ("theirs.SentimentAnalyzer", "write what its process() finds as a function"),
    ],
)
def test_validation_names_a_component_that_cannot_run(name: str, said: str, tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "coded")
    write_components(folder / "components")
    (folder / "components" / "odd.py").write_text("def f(:\n")
    (folder / "config.yml").write_text(f"language: en\npipeline:\n- name: {name}\n")
    found = [str(problem) for problem in problems_of(folder) if problem.place.file == "config.yml"]
    told = [problem for problem in found if "omponent" in problem or "process()" in problem]
    assert (said in " ".join(told)) if said else told == []
