"""What may stand at the top of the repository, and where tools live."""

import subprocess

import pytest

from tests.architecture.code import FIRST_PARTY, ROOT

TOP = {
    *FIRST_PARTY,
    "Taskfile.yml",
    "README.md",
    # Files that tools look for at a root.
    ".ci",
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "compose.yaml",
    "constraints.txt",
    "pyproject.toml",
    "taskw",
}


def test_nothing_else_stands_at_the_top() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout: nobody knows which files belong to it")
    assert {path.split("/")[0] for path in listed.stdout.splitlines()} <= TOP


def test_local_holds_the_broker_the_activator_and_the_runner_of_stages_alone() -> None:
    """Tools for conversations, rollouts and platforms have rooms of their own."""
    names = {path.stem for path in (ROOT / "knative" / "local").glob("*.py")} - {"__init__"}
    rules = {"filters", "routes"}
    runner = {
        "assistants",
        "translated",
        "up",
        "run",
        "runs",
        "stages",
        "processes",
        "ending",
        "supervisor",
        "ports",
        "logs",
        "served",
        "send",
        "watching",
    }
    assert names <= rules | runner
