"""Installs what an assistant's own code needs, actions and components, where that is not here yet: python -m
knative.setup.actions FOLDER.

What cannot be installed is said and stops nothing: the assistant starts, and apologises where it is asked for such an
action.
"""

import hashlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from knative.setup.__main__ import ROOT, install, list_requirements
from knative.setup.requirements import requirements_of

USES = re.compile(r"^\s*(?:from|import)\s+rasa_sdk\b", re.MULTILINE)
SDK = ROOT / "functions" / "actions" / "requirements-sdk.txt"


def main(arguments: Sequence[str] | None = None) -> int:
    (assistant,) = sys.argv[1:] if arguments is None else arguments
    folder = Path(assistant) / "actions"
    needed = requirements_of(folder, ROOT / "constraints.txt")
    missing = _uses_sdk(folder) and importlib.util.find_spec("rasa_sdk") is None
    if missing and install("actions for Rasa's SDK need", list(list_requirements([SDK]))) != 0:
        print("parley: going on without rasa_sdk: actions that need it will not run", file=sys.stderr)
    _bring(folder, "actions", needed)
    components = Path(assistant) / "components"
    _bring(components, "components", requirements_of(components, ROOT / "constraints.txt"))
    return 0


def _bring(folder: Path, what: str, needed: Sequence[str]) -> None:
    done = _mark(folder, needed)
    if needed and not done.exists():
        if install(f"the assistant's {what} need", needed) == 0:
            done.touch()
        else:
            print(f"parley: going on without: {what} that need it will not run", file=sys.stderr)


def _uses_sdk(folder: Path) -> bool:
    return any(USES.search(file.read_text(encoding="utf-8", errors="replace")) for file in folder.rglob("*.py"))


def _mark(folder: Path, needed: Sequence[str]) -> Path:
    """The file that says that exactly this is installed, in this environment."""
    digest = hashlib.sha256("\n".join([str(folder.resolve()), *needed]).encode()).hexdigest()[:16]
    return Path(sys.prefix) / f".parley-actions-{digest}"


if __name__ == "__main__":
    sys.exit(main())
