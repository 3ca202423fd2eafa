"""The default assistant, compiled once for all of its tests; Open-Meteo is never asked."""

import runpy
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.actions.fulfilment import Action
from functions.actions.loading import load_functions
from functions.dialogue.table import Table, read_table
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from tests.unit.default_assistant.talk import ROOT, Alone, Talk, talk

NOBODY = {"WEATHER_URL": "http://127.0.0.1:9", "HANDOFF_CONTACT": ""}
"""Port 9 (discard) is closed: nobody answers there, at once."""


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    built = runpy.run_path(str(ROOT / "catalogue" / "build.py"))
    built["build_catalogue"](ROOT / "catalogue", folder / built["NAME"])
    return folder


@pytest.fixture(scope="session")
def table() -> Table:
    return read_table(dump_dialogue(compile_project(ROOT).data).encode(), "test")


@pytest.fixture(scope="session")
def actions() -> Mapping[str, Action]:
    return load_functions(ROOT / "actions", {}).actions


@pytest.fixture
def conversation(table: Table, actions: Mapping[str, Action], assets: Path) -> Talk:
    return talk(table, actions, assets, NOBODY)


@pytest.fixture
def alone(table: Table, actions: Mapping[str, Action], assets: Path) -> Alone:
    return Alone(actions, assets, dict(NOBODY), table)
