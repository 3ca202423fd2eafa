"""Copying the YAML of a Rasa project: which files those are, and what is refused because nobody should trust it.

A project comes from anywhere. So nothing outside its folder is read, no file is copied that is not YAML of a sensible
size, and no YAML is expanded that grows when it is read (aliases of aliases). Its code is copied only where it is asked
for, because it then runs in the actions stage.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.importing.code import FILE_BYTES, Needs, may_be_secret
from shared.errors import Rejected

SUFFIXES = (".yml", ".yaml")
SINGLE = ("domain.yml", "domain.yaml", "config.yml", "config.yaml")
FOLDERS = ("domain", "data", "tests")
REQUIREMENTS = ("requirements.txt", "requirements-actions.txt")
FILES = 2_000
ALL_BYTES = 64_000_000
NODES = 2_000_000
"""Values of one file with its aliases spelled out."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Found:
    """One file to copy."""

    path: Path
    relative: str
    content: bytes


def found_in(source: Path, code: Needs | None = None) -> tuple[Found, ...]:
    """The domain, data, config and tests of the project at `source`; Rejected with everything that keeps it out.

    With `code` its custom actions too: the folder `actions`, or the file `actions.py`, and what they need; and the
    folder `components`.
    """
    root = source.resolve()
    if not root.is_dir():
        raise Rejected(f"{source}: there is no such folder; name the folder of a Rasa project, with its domain.yml")
    mistakes: list[str] = []
    files = [(path, path.relative_to(root).as_posix()) for path in islice(_list_candidates(root), FILES + 1)]
    if len(files) > FILES:
        mistakes.append(f"there are more than {FILES} YAML files; import a part of them")
        files = files[:FILES]
    have = {relative for _, relative in files}
    files += [file for file in (_list_code(root, code) if code is not None else ()) if file[1] not in have]
    found: list[Found] = []
    for path, relative in files:
        try:
            found.append(Found(path, relative, read_inside(path, root)))
        except Rejected as exc:
            mistakes.append(f"{relative}: {exc}")
    total = sum(len(file.content) for file in found)
    if code is not None:
        found += _list_found(root, code)
    if total > ALL_BYTES:
        mistakes.append(
            f"the files have {total / 1e6:.0f} MB together, more than {ALL_BYTES / 1e6:.0f}; leave some out"
        )
    if not any(file.relative.split("/")[0].split(".")[0] == "domain" for file in found) and not mistakes:
        mistakes.append(f"{source}: there is no domain.yml and no folder domain/; name the folder of a Rasa project")
    if mistakes:
        raise Rejected("\n".join(mistakes))
    return tuple(found)


def copy(found: tuple[Found, ...], target: Path) -> None:
    """Write the files below `target`, which must be empty or absent."""
    for file in found:
        path = target / file.relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)


def _list_candidates(root: Path) -> Iterator[Path]:
    for name in SINGLE:
        if (root / name).is_symlink() or (root / name).exists():
            yield root / name
    for name in FOLDERS:
        # Markdown, and word lists that it names, are data of Rasa 1.x.
        yield from _list_below(root / name, (*SUFFIXES, ".md", ".txt"))


def _list_code(root: Path, needs: Needs) -> Iterator[tuple[Path, str]]:
    """The files of custom actions and of components, and where they lie here."""
    for path in _list_below(root / "actions", ()):
        if path.parent != root / "actions" or path.name not in REQUIREMENTS:
            yield path, path.relative_to(root).as_posix()
    # Functions over text and entities that its pipeline names (functions.nlu.components).
    for path in _list_below(root / "components", ()):
        yield path, path.relative_to(root).as_posix()
    single = root / "actions.py"
    beside = False
    if single.is_file() and not (root / "actions").is_dir():
        # As `from actions import ...` finds it.
        yield single, "actions/__init__.py"
        beside = b"__file__" in single.read_bytes()
    for name in needs.files:
        yield root / name, name
        if beside and not name.endswith(".py"):
            # The code looks for it beside itself, and lies in a folder now.
            yield root / name, f"actions/{name}"


def _list_found(root: Path, needs: Needs) -> Iterator[Found]:
    """What is written down for those who install and build: the requirements, and files outside of `actions`."""
    if needs.requirements:
        yield Found(root, "actions/requirements.txt", _join_lines(needs.requirements))
    if needs.files:
        yield Found(root, "actions/files.txt", _join_lines(needs.files))


def _join_lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _list_below(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[Path]:
    """Files whose names end so, without those that begin with a dot; all but secret ones where no endings are named."""
    # Folders that are links are not entered, so that nothing leads in circles or out.
    if folder.is_symlink():
        return
    for directory, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if suffixes:
                wanted = name.endswith(suffixes) and not name.startswith(".")
            else:
                wanted = not name.endswith(".pyc") and not may_be_secret(Path(name))
            if wanted:
                yield Path(directory) / name


def read_inside(path: Path, root: Path) -> bytes:
    """The content of a file inside `root`; Rejected where it is none, or too large."""
    real = path.resolve()
    if not real.is_relative_to(root):
        raise Rejected("this is a link to something outside the project; put the file itself there")
    try:
        # Without O_NONBLOCK opening a pipe would wait for its other end.
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as exc:
        raise Rejected(f"this file cannot be read: {exc.strerror}") from exc
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise Rejected("this is no ordinary file")
        content = file.read(FILE_BYTES + 1)
    if len(content) > FILE_BYTES:
        raise Rejected(f"this file has more than {FILE_BYTES / 1e6:.0f} MB; split it")
    if path.suffix in SUFFIXES:
        _refuse_bombs(content)
    return content


def _refuse_bombs(content: bytes) -> None:
    if b"*" not in content:
        return
    try:
        node = yaml.compose(content.decode("utf-8-sig"), Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        # The compiler says what is wrong with it, with the line.
        return
    try:
        size = _count_nodes(node, {}) if node is not None else 0
    except RecursionError as exc:
        raise Rejected("this YAML contains itself, or is nested too deeply") from exc
    if size > NODES:
        raise Rejected("the aliases in this YAML multiply to millions of values; write them out")


def _count_nodes(node: Any, known: dict[int, int]) -> int:
    """How many values the node stands for once its aliases are spelled out; RecursionError where it holds itself."""
    ident = id(node)
    if ident in known:
        if not known[ident]:
            raise RecursionError
        return known[ident]
    known[ident] = 0
    size = 1
    if isinstance(node, yaml.SequenceNode):
        size += sum(_count_nodes(item, known) for item in node.value)
    elif isinstance(node, yaml.MappingNode):
        size += sum(_count_nodes(key, known) + _count_nodes(value, known) for key, value in node.value)
    known[ident] = size
    return size
