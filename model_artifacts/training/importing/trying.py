"""Loads an assistant's action code once, in a process of its own, to tell what of it will run.

This runs the project's modules, as the actions stage does at its start; it is done only where their code was asked for.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What loading brought."""

    actions: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    """Module -> why it cannot be loaded."""


def try_loading(assistant: Path) -> Tried:
    """What the code in `assistant/actions` brings when it is loaded; code that ends or never ends is broken."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tried.json"
        module = "model_artifacts.training.importing.trying"
        command = [sys.executable, "-m", module, str(assistant.resolve()), str(out)]
        try:
            subprocess.run(  # noqa: S603 - this interpreter; that the project's code runs was asked for
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return Tried(broken={"actions": f"loading it did not end within {SECONDS:.0f} s"})
        if not out.is_file():
            return Tried(broken={"actions": "loading it ends the process"})
        found = json.loads(out.read_text(encoding="utf-8"))
        return Tried(tuple(found["actions"]), found["broken"])


def main(arguments: Sequence[str]) -> None:
    from functions.actions.loading import enter_project, load_code

    folder, out = Path(arguments[0]) / "actions", Path(arguments[1])
    enter_project(folder)
    functions, mount = load_code(folder, os.environ)
    mounted = mount({}) if mount is not None else None
    named = mounted.executor.actions if mounted is not None and mounted.executor is not None else {}
    broken = dict(mounted.broken) if mounted is not None else {}
    out.write_text(json.dumps({"actions": sorted({*functions.actions, *named}), "broken": broken}), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
