"""Where an assistant lies, and that no two of them share a store, an image or a namespace."""

import subprocess
from pathlib import Path

import pytest

from knative.images.build import DEFAULT, build_command, name_image, read_source
from knative.images.compose import build_environment
from knative.local.assistants import ROOT, find_assistant, identity_of, storage_of


def assistant(folder: Path, config: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "domain.yml").write_text('version: "3.1"\n')
    if config:
        (folder / "config.yml").write_text(config)
    return folder


def test_a_name_is_one_of_the_repository_and_a_path_is_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = assistant(tmp_path / "dentist")
    monkeypatch.chdir(tmp_path)
    assert find_assistant("default") == DEFAULT
    assert find_assistant("./dentist") == find_assistant(str(mine)) == mine
    assert find_assistant(str(DEFAULT)) == DEFAULT


@pytest.mark.parametrize("given", ["nobody", "../default", "default/../default", "", "."])
def test_an_assistant_that_is_none_is_refused_with_the_way_to_make_one(given: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no assistant .*task new NAME="):
        find_assistant(given)


def test_two_folders_of_one_name_share_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = assistant(tmp_path / "a" / "bot"), assistant(tmp_path / "b" / "bot")
    monkeypatch.delenv("PARLEY_HOME", raising=False)
    assert storage_of(one) == one / ".parley"
    assert storage_of(DEFAULT) == ROOT / ".parley" / "default"
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    assert len({storage_of(path).name for path in (one, other, DEFAULT)}) == 3
    assert storage_of(one).parent == storage_of(DEFAULT).parent == tmp_path / "home"


def test_images_carry_the_assistants_identity(tmp_path: Path) -> None:
    mine = assistant(tmp_path / "bot", 'language: en\nassistant_id: "Dr. Molar\'s"  # unique\n')
    plain = assistant(tmp_path / "My Bot")
    assert identity_of(mine) == "dr-molar-s"
    assert identity_of(plain) == "my-bot"
    assert (
        name_image("nlu", "registry.example.com/team/", "1", plain) == "registry.example.com/team/my-bot/parley-nlu:1"
    )
    assert name_image("nlu", "", "dev") == "parley-nlu:dev"


def test_the_builder_is_given_the_folder_of_an_assistant_from_outside(tmp_path: Path) -> None:
    mine = assistant(tmp_path / "bot")
    told = build_command("podman", "nlu", "x:1", mine, read_source())
    assert told[told.index("--build-context") + 1] == f"assistant={mine}"
    assert "--build-context" not in build_command("podman", "nlu", "x:1", DEFAULT, read_source())


@pytest.mark.parametrize("task", ["up", "train", "eval", "validate", "images"])
def test_a_task_for_an_assistant_that_is_not_there_installs_nothing(task: str, tmp_path: Path) -> None:
    """A copy of what Task reads, without an environment: what would be installed would have to be made first."""
    for file in ("Taskfile.yml", "constraints.txt"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    (tmp_path / "model_artifacts" / "assistants" / "default").mkdir(parents=True)
    found = subprocess.run(
        [ROOT / ".venv" / "bin" / "task", "--taskfile", tmp_path / "Taskfile.yml", task, "ASSISTANT=dentist"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode != 0
    assert "there is no assistant dentist" in found.stderr
    assert "there are: default. Make one: task new NAME=dentist" in found.stderr
    assert not (tmp_path / ".venv").exists()


def test_compose_runs_the_assistants_own_images_with_its_own_settings_first(tmp_path: Path) -> None:
    mine = assistant(tmp_path / "bot", "assistant_id: dentist\n")
    (mine / ".env").write_text("# mine\nCHAT_TITLE='Dr. Molar'\nexport REST_TOKEN=abc\n")
    told = build_environment(mine, 8123, {"REST_TOKEN": "from the shell"})
    assert told["IMAGES"] == "dentist/"
    assert told["COMPOSE_PROJECT_NAME"] == "parley-dentist"
    assert told["CHAT_TITLE"] == "Dr. Molar"
    assert told["REST_TOKEN"] == "from the shell"
    assert told["PORT"] == "8123"
    assert build_environment(DEFAULT, 8080, {})["IMAGES"] == ""


def test_a_task_reads_the_env_of_the_repository_and_of_the_assistant(tmp_path: Path) -> None:
    for file in ("Taskfile.yml", "constraints.txt"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    mine = assistant(tmp_path / "bot")
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=everybodys\nREST_TOKEN=everybodys\n")
    (mine / ".env").write_text("TELEGRAM_BOT_TOKEN=mine\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$TELEGRAM_BOT_TOKEN $REST_TOKEN"\n')
    python.chmod(0o755)
    (tmp_path / "model_artifacts" / "assistants").mkdir(parents=True)
    found = subprocess.run(
        [ROOT / ".venv" / "bin" / "task", "--taskfile", tmp_path / "Taskfile.yml", "channels", f"ASSISTANT={mine}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout.splitlines()[-1] == "mine everybodys", found
