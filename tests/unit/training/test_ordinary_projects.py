"""Projects of ordinary people are imported, learned in quick mode, and talk; their own examples are understood."""

import subprocess
import sys
from pathlib import Path

import pytest

from functions.dialogue.table import read_table
from functions.nlu.model import load_model
from functions.nlu.understanding import understand
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from model_artifacts.training.importing.__main__ import import_project
from model_artifacts.training.importing.page import render_page
from model_artifacts.training.nlu.assistant import read_assistant
from tests.unit.dialogue.talking import Talk
from tests.unit.training.ordinary import PROJECTS

ROOT = Path(__file__).resolve().parents[3]


def bring(tmp_path: Path, name: str) -> Path:
    (tmp_path / "here").mkdir()
    source = PROJECTS[name].write(tmp_path / "there")
    assert "Next" in render_page(import_project(source, "own", tmp_path / "here"))
    return tmp_path / "here" / "own"


def test_there_are_twenty_and_three_of_them_are_not_english() -> None:
    assert len(PROJECTS) >= 20
    assert sum(project.language != "en" for project in PROJECTS.values()) >= 3


@pytest.mark.parametrize("name", PROJECTS)
def test_it_is_imported_and_talks(tmp_path: Path, name: str) -> None:
    project = PROJECTS[name]
    talk = Talk(read_table(dump_dialogue(compile_project(bring(tmp_path, name)).data), "bundle-1"))
    for intent, said in project.answers.items():
        if intent in project.intents and "/" not in intent and f"utter_{intent}" not in project.rules and said != "-":
            assert talk.say("...", intent=intent) == [said]


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTS)
def test_it_learns_in_quick_mode_and_understands_its_own_examples(tmp_path: Path, name: str) -> None:
    own = bring(tmp_path, name)
    command = [sys.executable, "-m", "model_artifacts.training", "--assistant", str(own), "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    model = load_model(own / "bundle")
    examples = [example for example in read_assistant(own).nlu.examples if example.authored]
    wrong = [
        example.text
        for example in examples
        if (intent := understand(model, example.text, None).intent) is None or intent.name != example.intent
    ]
    assert len(wrong) <= 0.01 * len(examples), wrong
