"""What an assistant's own code requires, as its project wrote it down: python requirements.py FOLDER_OF_ACTIONS.

Runs while an image is built and in a fresh virtual environment, so it needs nothing but Python.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FILES = ("requirements.txt", "requirements-actions.txt")
"""Where it stands: the second is the name in Rasa's own documentation."""
OURS = ("rasa", "rasa-sdk", "rasa-pro", "rasa-x")
"""rasa_sdk comes in the version that this stage is tested with; Rasa itself is what Parley replaces."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def requirements_of(folder: Path, constraints: Path | None = None, names: Sequence[str] = FILES) -> list[str]:
    """The lines of the project's requirements, once each, without Rasa's own packages.

    A package that `constraints` pins loses its version here: one environment holds one version, and that is the pinned.
    """
    pinned = set(map(name_of, constraints.read_text(encoding="utf-8").splitlines())) if constraints else set()
    lines: dict[str, None] = {}
    for name in names:
        for line in _read(folder / name, 0):
            package = name_of(line)
            if package in OURS:
                continue
            lines.setdefault(_without_version(line) if package in pinned and package else line)
    return list(lines)


def name_of(line: str) -> str:
    """The package that a line names, in its canonical form; empty for an option, an address or a comment."""
    found = NAME.match(line.strip())
    if found is None or "://" in line.partition(";")[0].partition("@")[0]:
        return ""
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _without_version(line: str) -> str:
    kept = re.match(r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?", line)
    return kept[0] if kept else line


def _read(file: Path, depth: int) -> Iterator[str]:
    if not file.is_file() or depth > 5:
        return
    text = file.read_text(encoding="utf-8-sig", errors="replace").replace("\\\n", " ")
    for line in text.splitlines():
        stripped = re.sub(r"(^|\s)#.*", "", line).strip()
        if stripped.startswith(("-r ", "--requirement ")):
            yield from _read(file.parent / stripped.partition(" ")[2].strip(), depth + 1)
        elif stripped:
            yield stripped


if __name__ == "__main__":
    print("\n".join(requirements_of(Path(sys.argv[1]), Path(sys.argv[2]))))
