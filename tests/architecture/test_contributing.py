"""CONTRIBUTING.md names only places and tasks that exist."""

import re

import yaml

from tests.architecture.code import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PLACEHOLDERS = ("NAME", "STAGE")


def test_every_path_that_it_names_is_there() -> None:
    paths = [
        path for path in re.findall(r"`([a-z_]+/[\w./-]+)`", PAGE) if not any(word in path for word in PLACEHOLDERS)
    ]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_task_that_it_names_is_there() -> None:
    tasks = yaml.safe_load((ROOT / "Taskfile.yml").read_text(encoding="utf-8"))["tasks"]
    named = set(re.findall(r"(?:\./taskw|`task) ([a-z:]+)", PAGE))
    assert "test" in named
    assert named <= set(tasks)
