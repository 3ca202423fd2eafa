"""`task new`: each template validates and lints clean, trains in seconds, passes its own stories, holds every name."""

import re
import subprocess
from pathlib import Path

import pytest

from knative.local.assistants import ASSISTANTS
from model_artifacts.templates.__main__ import TEMPLATES, CannotCreate, choose_task_name, create_assistant, main
from model_artifacts.training.__main__ import main as train
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.linting import lint
from model_artifacts.training.story_tests.__main__ import main as pass_stories
from model_artifacts.training.validating.project import problems_of


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_assistant_is_clean_learns_and_passes_its_stories(template: str, tmp_path: Path) -> None:
    made = create_assistant("dr-molar", template, tmp_path / "bot")
    assert problems_of(made) == ()
    assert lint(read_assistant(made)) == []
    train(["--assistant", str(made), "--quick"])
    assert pass_stories(["--assistant", str(made)]) == 0


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_file_holds_the_name_and_no_placeholder(template: str, tmp_path: Path) -> None:
    made = create_assistant("dr-molar", template, tmp_path / "bot")
    texts = {path.name: path.read_text() for path in made.rglob("*") if path.is_file()}
    assert not [name for name, text in texts.items() if re.search(r"@\w+@", text)]
    assert "assistant_id: dr-molar\n" in texts["config.yml"]
    assert "I am Dr Molar" in texts["domain.yml"]
    assert f"./taskw up ASSISTANT={choose_task_name(made)}" in texts["README.md"]
    assert {"page.yml", ".gitignore", "test_stories.yml", "test_nlu.yml", "check", "check.yml"} <= set(texts)
    assert subprocess.run(["sh", "-n", made / ".ci" / "check"]).returncode == 0
    assert (made / ".ci" / "check").stat().st_mode & 0o111


def test_what_lies_somewhere_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["--name", "mine", "--at", str(tmp_path)]) == 1
    assert "is not empty; choose another folder with AT=" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "9", "@at@"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CannotCreate, match="is no name"):
        create_assistant(name, at=tmp_path / "bot")


def test_a_template_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CannotCreate, match="there are: booking, empty, faq"):
        create_assistant("mine", "shop", tmp_path / "bot")


def test_without_a_folder_it_lies_among_the_others() -> None:
    with pytest.raises(CannotCreate, match="is not empty"):
        create_assistant("default")
    assert (ASSISTANTS / "default").is_dir()
