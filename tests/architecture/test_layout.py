"""What may stand at the top of the repository, where tools live, and what is told of what we wrote ourselves."""

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
BY_HAND = (
    "functions/runtime",
    "functions/nlu/onnx_runtime",
    "functions/nlu/pieces",
    "shared/dates",
    "functions/nlu/pieces",
    "shared/outbound",
    "shared/events/wire",
    "shared/otlp",
    "shared/stores/firestore",
)
"""Folders that do what a library does, too, because a cold stage would pay for it, or the library does it wrong."""
PARTS = ("What it buys.", "Measure again:", "Instead.", "What would make us drop it.")


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


@pytest.mark.parametrize("folder", BY_HAND)
def test_what_we_wrote_instead_of_a_library_says_what_it_buys_and_how_to_be_rid_of_it(folder: str) -> None:
    page = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    assert [part for part in PARTS if part not in page] == []
    assert len(page.splitlines()) <= 15
    assert f"{folder}/README.md" in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
