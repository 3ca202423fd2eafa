"""What the source says of itself: modules, their imports, and what of them runs when a stage runs."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from shared.channels.names import NAMES

ROOT = Path(__file__).resolve().parents[2]
FIRST_PARTY = ("shared", "functions", "knative", "model_artifacts", "monitoring", "tests")
PROCESSES = sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))
ALL_IN_ONE = "all_in_one"
"""The process that stages share, where one is enough; it is no stage."""
STAGES = [name for name in PROCESSES if name != ALL_IN_ONE]


def modules(*folders: str) -> Iterator[tuple[str, Path]]:
    """Dotted name and path of every module below these folders of the project."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names that a module imports, wherever in it; `from a import b` counts as a and a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written from the root"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    if path == ROOT / "shared" / "channels" / "catalogue.py":
        # The one place that imports by name: the modules of the channels that it lists.
        names |= {f"shared.channels.{name}" for name in NAMES}
    return frozenset(names)


def closure(start: Path) -> set[Path]:
    """Every file of the project that `start` imports, directly or not, now or later."""
    found, open_ = set(), [start]
    while open_:
        path = open_.pop()
        if path in found:
            continue
        found.add(path)
        open_ += [target for name in imports(path) if (target := file_of(name)) is not None]
    return found


def file_of(name: str) -> Path | None:
    """The project's file of a dotted module name, where it is one."""
    if name.split(".")[0] not in FIRST_PARTY:
        return None
    path = ROOT.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
