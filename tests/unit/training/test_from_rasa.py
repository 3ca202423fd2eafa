"""The page for those who come from Rasa: its proofs exist, its commands too, and its figures are the measured ones."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "model_artifacts" / "FROM_RASA.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("proof", sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", TEXT))))
def test_each_proof_that_it_names_is_a_test(proof: str) -> None:
    path, _, name = proof.partition("::")
    assert (ROOT / path).is_file()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert not name or name in [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_every_line_of_what_runs_and_what_changes_has_a_proof() -> None:
    told = TEXT.partition("## What runs as it is")[2].partition("## What is not here")[0]
    rows = [line for line in told.splitlines() if line.startswith("| ") and not line.startswith(("| |", "| Rasa |"))]
    assert len(rows) >= 14
    assert [row for row in rows if "`tests/" not in row] == []


def test_its_commands_are_tasks() -> None:
    tasks = yaml.safe_load((ROOT / "Taskfile.yml").read_text(encoding="utf-8"))["tasks"]
    named = set(re.findall(r"^task ([\w:]+)", TEXT, re.MULTILINE)) | set(re.findall(r"`task ([\w:]+)", TEXT))
    assert named
    assert named <= set(tasks)


def test_its_figures_stand_with_the_measurements() -> None:
    table = TEXT.partition("| | Rasa | Parley |")[2].partition("\n\n")[0]
    assert table.count("\n") >= 5
    assert table in (ROOT / "tests" / "bench" / "README.md").read_text(encoding="utf-8")
