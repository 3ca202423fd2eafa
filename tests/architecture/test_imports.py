"""Who may import whom, and that each stage installs exactly what it runs."""

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

from knative.local.stages import SHARING
from tests.architecture.code import ALL_IN_ONE, FIRST_PARTY, PROCESSES, ROOT, STAGES, closure, file_of, imports, modules

OWNERS: dict[str, str | tuple[str, ...]] = {
    "cloudevents": "no stage: shared.events.http says why; tools use knative.local.broker.events",
    "onnxruntime": ("functions.nlu.", "functions.speech.piper"),
    "tokenizers": ("functions.nlu.", "functions.speech."),
    "google": "shared.stores.firestore",
    "prometheus_client": "functions.observer.",
    "rasa_sdk": "functions.actions.sdk",
    "sqlite3": "shared.stores.sqlite",
}
"""Libraries that one place of shared and functions imports, and nobody else."""

READERS = {("sqlite3", "functions.nlu.knowledge")}
"""A file of the bundle that is only read is no store."""

CIRCLES: tuple[tuple[str, str], ...] = ()
"""Pairs that a lazy import still ties together; the list only shrinks."""

OWNS_NOTHING = re.compile(r"(utils?|helpers?|common|misc|base|manager)s?")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_shared_and_itself_only(stage: str) -> None:
    for name, path in modules(f"functions/{stage}"):
        for imported in imports(path):
            if imported.split(".")[0] in FIRST_PARTY:
                allowed = imported == "shared" or imported.startswith(("shared.", f"functions.{stage}"))
                assert allowed, f"{name} imports {imported}"


def test_stages_that_share_a_process_meet_in_its_wiring_and_nowhere_else() -> None:
    """It takes each stage as its main.py put it together, and the gateway in parts."""
    for name, path in modules(f"functions/{ALL_IN_ONE}"):
        for imported in imports(path):
            if imported.startswith("functions."):
                stage = imported.split(".")[1]
                assert stage in (*SHARING, ALL_IN_ONE, "runtime"), f"{name} imports {imported}"
                if stage in SHARING and stage != "gateway":
                    assert imported in (f"functions.{stage}", f"functions.{stage}.main"), f"{name} imports {imported}"


def test_shared_imports_only_shared() -> None:
    for name, path in modules("shared"):
        for imported in imports(path):
            if imported.split(".")[0] in FIRST_PARTY:
                assert imported.split(".")[0] == "shared", f"{name} imports {imported}"


def test_every_module_of_shared_runs_in_two_stages_or_more() -> None:
    used: dict[str, set[str]] = {}
    for stage in STAGES:
        for path in closure(ROOT / "functions" / stage / "main.py"):
            used.setdefault(str(path.relative_to(ROOT)), set()).add(stage)
    for _, offered in modules("functions/actions"):
        # An assistant's actions run in that stage, and import what it offers them.
        for path in closure(offered):
            used.setdefault(str(path.relative_to(ROOT)), set()).add("actions")
    for _, path in modules("shared"):
        if path.read_text().strip():
            stages = used.get(str(path.relative_to(ROOT)), set())
            assert len(stages) >= 2, f"{path.relative_to(ROOT)} is used by {sorted(stages) or 'no stage'}"


def test_each_library_is_imported_where_it_is_owned() -> None:
    for name, path in modules("shared", "functions"):
        for imported in imports(path):
            owner = OWNERS.get(imported.split(".")[0])
            if owner is not None and (imported.split(".")[0], name) not in READERS:
                assert name.startswith(owner), f"{name} imports {imported}; that belongs to {owner}"


@pytest.mark.parametrize("stage", PROCESSES)
def test_a_stage_requires_exactly_what_it_imports(stage: str) -> None:
    """functions-framework runs every stage; all else that is required is imported, and the reverse. What is installed
    only where an assistant needs it stands in a `requirements-*.txt` of its own."""
    distributions = importlib.metadata.packages_distributions()
    needed = {"functions-framework"}
    for path in closure(ROOT / "functions" / stage / "main.py"):
        for imported in imports(path):
            top = imported.split(".")[0]
            if top in sys.stdlib_module_names or top in FIRST_PARTY:
                continue
            if top == "google":
                assert imported.startswith(("google.cloud", "google.api_core", "google.auth")), imported
                needed.add("google-cloud-firestore")
            else:
                # What is installed only where it is needed may be absent; then its own name is its distribution's.
                needed.add(_normal(distributions.get(top, [top])[0]))
    # Actions for Rasa's SDK bring it along, in whichever process they run.
    files = [*(ROOT / "functions" / stage).glob("requirements*.txt")]
    files += [ROOT / "functions" / "actions" / "requirements-sdk.txt"] if stage == ALL_IN_ONE else []
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert sorted(line for line in lines if line and not line.startswith("#")) == sorted(needed)


def test_the_local_broker_requires_exactly_what_it_imports() -> None:
    """It has an image of its own."""
    distributions = importlib.metadata.packages_distributions()
    tops = {
        imported.split(".")[0]
        for path in closure(ROOT / "knative" / "local" / "broker" / "__main__.py")
        for imported in imports(path)
    }
    others = {top for top in tops if top not in sys.stdlib_module_names and top not in FIRST_PARTY}
    needed = sorted(_normal(distributions[top][0]) for top in others if top != "google")
    lines = (ROOT / "knative" / "local" / "requirements.txt").read_text().splitlines()
    assert sorted(line for line in lines if line and not line.startswith("#")) == needed


def test_every_requirement_is_pinned_once_in_the_constraints() -> None:
    pinned = [
        _normal(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    ]
    assert len(pinned) == len(set(pinned))
    for requirements in ROOT.glob("*/*/requirements*.txt"):
        for line in requirements.read_text().splitlines():
            if line and not line.startswith(("#", "-")):
                assert re.fullmatch(r"[A-Za-z0-9_.-]+", line), f"{requirements}: {line}: no versions here"
                assert _normal(line) in pinned, f"{requirements}: {line} is not pinned"


def test_training_is_imported_by_no_stage() -> None:
    for stage in STAGES:
        for path in closure(ROOT / "functions" / stage / "main.py"):
            assert "training" not in path.relative_to(ROOT).parts


def test_every_module_has_a_name_that_owns_something_and_a_door_that_says_what() -> None:
    for name, path in modules(*FIRST_PARTY):
        assert not OWNS_NOTHING.fullmatch(path.stem), f"{name} owns nothing"
        text = path.read_text(encoding="utf-8")
        assert not text.strip() or text.lstrip().startswith('"""'), f"{name} does not say what it owns"


def test_files_stay_short_enough_to_be_read_at_once() -> None:
    for name, path in modules("shared", "functions", "knative", "model_artifacts"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{name} has {lines} lines"


def _normal(distribution: str) -> str:
    """Its name as PyPI compares names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Wherever the import stands: a lazy one makes a circle that runs, and that nobody can read from one end."""
    edges = {
        name: {
            target
            for imported in imports(path)
            if (file := file_of(imported)) is not None and file != path
            for target in [_module(file)]
        }
        for name, path in modules("shared", "functions", "knative", "monitoring")
    }
    circles = [circle for circle in _circles(edges) if tuple(circle) not in CIRCLES]
    assert not circles, "\n".join(" <-> ".join(circle) for circle in circles)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected modules (Tarjan, 1972), without those that stand alone."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for target in edges.get(name, ()):
            if target not in number:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], number[target])
        if low[name] == number[name]:
            circle = [stack.pop()]
            while circle[-1] != name:
                circle.append(stack.pop())
            if len(circle) > 1:
                found.append(sorted(circle))

    for name in edges:
        if name not in number:
            visit(name)
    return found
