"""`task new`: a small assistant of one's own, which talks at once, in a folder of its own."""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from knative.local.assistants import ASSISTANTS, ROOT

HERE = Path(__file__).parent
EVERY = "every"
TEMPLATES = tuple(sorted(path.name for path in HERE.iterdir() if (path / "domain.yml").is_file()))
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")


class CannotCreate(Exception):
    """Why no assistant was made, and what to do."""


def create_assistant(name: str, template: str = "booking", at: Path | None = None) -> Path:
    """Write a new assistant called `name` into the folder `at` (model_artifacts/assistants/NAME), and return it.

    Raises CannotCreate, having written nothing, where the name is none, the template is unknown or the folder is taken.
    """
    if not NAME.fullmatch(name):
        raise CannotCreate(f"{name!r} is no name: use letters, digits, - and _, and begin with a letter")
    if template not in TEMPLATES:
        raise CannotCreate(f"there is no template {template!r}; there are: {', '.join(TEMPLATES)}")
    folder = (at or ASSISTANTS / name).expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotCreate(f"{folder} is not empty; choose another folder with AT=, or another NAME=")
    words = {
        "name": name,
        "title": re.sub(r"[-_]+", " ", name).strip().title(),
        "at": choose_task_name(folder),
        "parley": os.path.relpath(ROOT, folder),
    }
    for source in (HERE / EVERY, HERE / template):
        for file in sorted(path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            if file == source / "__init__.py":
                # Makes a package of the template, so that its code is checked as all other is.
                continue
            target = folder / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8")
            target.write_text(re.sub(r"@(\w+)@", lambda match: words[match[1]], text), encoding="utf-8")
            shutil.copymode(file, target)
    return folder


def choose_task_name(folder: Path) -> str:
    """What ASSISTANT= is for a folder, in Parley's own one: a name, or the shorter of its two paths."""
    if folder.parent == ASSISTANTS:
        return folder.name
    return min(os.path.relpath(folder, ROOT), str(folder), key=len)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task new", description=__doc__)
    parser.add_argument("--name", required=True, help="what it is called")
    parser.add_argument("--template", default="booking", help=", ".join(TEMPLATES))
    parser.add_argument("--at", type=Path, help="its folder; else one below model_artifacts/assistants")
    options = parser.parse_args(arguments)
    try:
        folder = create_assistant(options.name, options.template, options.at)
    except CannotCreate as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    given = choose_task_name(folder)
    print(f"{options.name} is in {folder}; next:\n")
    print(f"  ./taskw up ASSISTANT={given}            # talk to it, and edit it while it runs")
    print(f"  ./taskw validate ASSISTANT={given}      # what is wrong or forgotten")
    print(f"  ./taskw test:stories ASSISTANT={given}  # passes its test stories\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
