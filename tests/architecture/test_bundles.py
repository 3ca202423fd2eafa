"""Every bundle that is in the repository is whole, current with its sources, and names what it was trained on."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from shared.bundle.manifest import read_bundle
from tests.architecture.code import ROOT

ASSISTANTS = sorted(path.parent for path in (ROOT / "model_artifacts" / "assistants").glob("*/domain.yml"))


def test_the_default_assistant_is_there() -> None:
    assert "default" in [path.name for path in ASSISTANTS]


@pytest.mark.parametrize("assistant", ASSISTANTS, ids=lambda path: path.name)
def test_the_bundle_is_whole_and_names_data_and_licences(assistant: Path) -> None:
    bundle = read_bundle(assistant / "bundle")
    assert bundle.manifest.assistant == assistant.name
    assert bundle.manifest.data
    assert all(data.name and data.licence and data.source for data in bundle.manifest.data)


@pytest.mark.parametrize("assistant", ASSISTANTS, ids=lambda path: path.name)
def test_the_dialogue_in_the_bundle_is_what_the_sources_compile_to(assistant: Path) -> None:
    compiled = dump_dialogue(compile_project(assistant).data)
    assert (assistant / "bundle" / "dialogue.json").read_text(encoding="utf-8") == compiled, "run `task compile`"


@pytest.mark.parametrize("assistant", ASSISTANTS, ids=lambda path: path.name)
def test_the_catalogue_in_the_bundle_is_what_its_rows_make(assistant: Path, tmp_path: Path) -> None:
    builder = assistant / "catalogue" / "build.py"
    if not builder.is_file():
        return
    names = runpy.run_path(str(builder))
    names["build_catalogue"](builder.parent, tmp_path / names["NAME"])
    built = (tmp_path / names["NAME"]).read_bytes()
    assert (assistant / "bundle" / names["NAME"]).read_bytes() == built, "run `task compile`"


@pytest.mark.parametrize("assistant", ASSISTANTS, ids=lambda path: path.name)
def test_the_model_in_the_bundle_predicts_what_it_predicted_when_it_was_made(assistant: Path) -> None:
    verify = [sys.executable, "-m", "model_artifacts.training.nlu.verify", "--bundle", str(assistant / "bundle")]
    replayed = subprocess.run(verify, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
