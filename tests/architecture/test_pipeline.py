"""The triggers say what the stages say, the walk goes where the triggers lead, and the pages are current."""

import dataclasses
import importlib
import json
import re
from functools import cache
from typing import Any

import pytest
import yaml

from knative.local.stages import STAGES, name_service
from monitoring.generate import settings
from shared.events.catalogue import CATALOGUE, MessageArrived, MessageReceived
from shared.events.http import decode
from shared.settings import Settings as EveryStage
from tests.architecture.code import ROOT

BASE = ROOT / "knative" / "base"
TYPES = {cls.TYPE for cls in CATALOGUE}


@cache
def manifests(name: str) -> tuple[Any, ...]:
    return tuple(document for document in yaml.safe_load_all((BASE / name).read_text()) if document)


def subscriptions() -> dict[str, set[str]]:
    """Stage -> the event types that triggers bring it."""
    brought: dict[str, set[str]] = {}
    for trigger in manifests("triggers.yaml"):
        stage = trigger["spec"]["subscriber"]["ref"]["name"].removeprefix("parley-").replace("-", "_")
        brought.setdefault(stage, set()).add(trigger["spec"]["filter"]["attributes"]["type"])
    return brought


def declared(stage: str) -> tuple[set[str], set[str]]:
    """The types that the stage's class says it consumes and produces."""
    module = importlib.import_module(f"functions.{stage}.stage")
    (cls,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "PRODUCES")
    )
    return {data.TYPE for data in cls.CONSUMES}, {data.TYPE for data in cls.PRODUCES}  # type: ignore[attr-defined]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("gateway", "dead_letter")])
def test_triggers_bring_each_stage_exactly_what_it_consumes(stage: str) -> None:
    assert subscriptions()[stage] == declared(stage)[0]


def test_every_event_type_has_a_producer_and_a_consumer() -> None:
    from functions.nlu.shadow import Shadow

    produced = set().union(*(declared(stage)[1] for stage in STAGES), {data.TYPE for data in Shadow.PRODUCES})
    assert produced == TYPES
    assert set().union(*subscriptions().values()) == TYPES


def test_the_only_loop_is_the_one_between_dialogue_and_actions_which_counts_its_steps() -> None:
    # A burst is joined before it is understood, and nothing that was understood is joined again: dialogue makes a
    # message received of nothing but a message that arrived, which only the gateway makes.
    joined = {MessageReceived.TYPE}
    made = {stage: declared(stage)[1] - (joined if stage == "dialogue" else set()) for stage in STAGES}
    assert MessageArrived.TYPE not in set().union(*(types for stage, types in made.items() if stage != "gateway"))
    follows = {stage: {other for other, types in subscriptions().items() if types & made[stage]} for stage in STAGES}
    looping = {stage for stage in STAGES if stage in _reachable(stage, follows)}
    assert looping == {"dialogue", "actions"}


def _reachable(start: str, follows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    open_ = list(follows[start])
    while open_:
        stage = open_.pop()
        if stage not in found:
            found.add(stage)
            open_ += follows[stage]
    return found


def test_the_walk_goes_where_the_triggers_lead() -> None:
    from functions.gateway.route import ROUTE

    synchronous = {"nlu", "dialogue", "actions"}
    triggers = {(kind, stage) for stage, types in subscriptions().items() for kind in types if stage in synchronous}
    assert {(kind, stage) for kind, stage in ROUTE.items()} == triggers


def test_every_trigger_has_a_service_and_every_stage_is_one() -> None:
    services = {document["metadata"]["name"] for document in manifests("services.yaml")}
    assert services == {name_service(stage) for stage in STAGES}
    for trigger in manifests("triggers.yaml"):
        assert trigger["spec"]["subscriber"]["ref"]["name"] in services
        assert trigger["metadata"]["labels"]["eventing.knative.dev/broker"] == trigger["spec"]["broker"]
    (broker,) = manifests("broker.yaml")
    assert broker["spec"]["delivery"]["deadLetterSink"]["ref"]["name"] in services


def test_every_variable_in_a_manifest_is_a_setting_of_its_stage() -> None:
    for document in manifests("services.yaml"):
        stage = document["metadata"]["labels"]["app.kubernetes.io/component"].replace("-", "_")
        config = importlib.import_module(f"functions.{stage}.config").Config
        fields = (*dataclasses.fields(config), *dataclasses.fields(EveryStage))
        known = {field.metadata["env"] for field in fields} | {"THREADS"}
        for variable in document["spec"]["template"]["spec"]["containers"][0].get("env", ()):
            assert variable["name"] in known, f"{stage} has no setting {variable['name']}"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "gateway"])
def test_a_stages_sample_is_an_event_that_it_takes(stage: str) -> None:
    body = (ROOT / "functions" / stage / "sample.json").read_bytes()
    envelope = decode({"content-type": "application/cloudevents+json"}, body)
    consumes = declared(stage)[0]
    assert not consumes or envelope.type in consumes
    assert json.loads(body)["subject"] == envelope.subject


def test_the_page_of_settings_is_current() -> None:
    assert settings.PAGE.read_text() == settings.render_page(), "run `task docs`"


def test_the_readme_names_only_tasks_that_exist() -> None:
    tasks = set(yaml.safe_load((ROOT / "Taskfile.yml").read_text())["tasks"])
    pages = [ROOT / "README.md", *ROOT.glob("*/README.md"), *ROOT.glob("functions/*/README.md")]
    for page in pages:
        named = re.findall(r"`?(?:\./taskw|task) ([a-z][a-z:_]+)", page.read_text())
        assert set(named) <= tasks | {"is", "that"}, f"{page.relative_to(ROOT)}: {set(named) - tasks}"


def test_no_file_names_a_path_of_one_machine() -> None:
    own = re.compile("|".join(["/" + "work/", "/" + "root/", "/" + "home/[a-z]", r"\.lib" + "rary"]))
    for suffix in ("py", "yml", "yaml", "md", "toml", "sh", "js", "html", "txt"):
        for path in ROOT.rglob(f"*.{suffix}"):
            if not {".venv", ".task", ".parley", ".git", ".hypothesis", "node_modules"} & set(
                path.relative_to(ROOT).parts
            ):
                match = own.search(path.read_text(encoding="utf-8"))
                assert match is None, f"{path.relative_to(ROOT)} names {match.group() if match else ''}"
