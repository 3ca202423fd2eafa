"""The methods that `dataclasses` writes, compiled once when an image is built instead of at each start.

A dataclass's methods are text that `dataclasses` hands to `exec`, 0.6 ms of CPU for each class: a third of what it
costs to import a stage, and nothing that byte-code files would cover. An image carries the compiled form of each of
these texts, found by the text itself; a text that is not there is compiled as ever, and so is all on another Python.
"""

import builtins
import dataclasses
import importlib.util
import marshal
import sys
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = importlib.util.MAGIC_NUMBER
"""Stands before the compiled forms, and changes with what compiled forms look like."""

Compiled = dict[str, CodeType]


def use(path: str) -> None:
    """Take compiled methods from the file at `path` from now on, where there is one for this Python."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return
    if content.startswith(MAGIC):
        dataclasses.inspect = _Signatures(dataclasses.inspect)  # type: ignore[attr-defined]
        _install(marshal.loads(content[len(MAGIC) :]), _compile)  # noqa: S302 - written by our own image's build


def release() -> None:
    """Let go of what `use` or `record` took."""
    vars(dataclasses).pop("exec", None)
    if isinstance(dataclasses.inspect, _Signatures):  # type: ignore[attr-defined]
        dataclasses.inspect = dataclasses.inspect.module  # type: ignore[attr-defined]


def record(path: "Path", modules: list[str]) -> int:
    """Import these modules, and write every text that their dataclasses compile to the file at `path`; how many."""
    seen: Compiled = {}

    def remember(text: str) -> CodeType:
        seen[text] = _compile(text)
        return seen[text]

    _install({}, remember)
    for name in modules:
        importlib.import_module(name)
    release()
    path.write_bytes(MAGIC + marshal.dumps(dict(sorted(seen.items()))))
    return len(seen)


class _Signatures:
    """In place of `inspect` in dataclasses: a class without a docstring gets one without its signature."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    @staticmethod
    def signature(_: type) -> str:
        return "(...)"

    @staticmethod
    def get_annotations(cls: type) -> dict[str, Any]:
        """What dataclasses asks of each class from Python 3.13 on."""
        return dict(cls.__dict__.get("__annotations__", {}))  # noqa: RUF063 - inspect is what is not imported here


def _compile(text: str) -> CodeType:
    return compile(text, "<dataclass>", "exec")


def _install(known: Compiled, otherwise: Callable[[str], CodeType]) -> None:
    def run(text: Any, *scopes: Any) -> None:
        if isinstance(text, str):
            text = known.get(text) or otherwise(text)
        builtins.exec(text, *scopes)  # noqa: S102 - what dataclasses itself would do

    # The module's own name `exec` is looked up before the built-in one.
    dataclasses.exec = run  # type: ignore[attr-defined]


def modules_of(stage: str, functions: "Path") -> list[str]:
    """What the stage's main.py imports; main.py itself would open stores and load models."""
    import ast

    names = []
    for node in ast.parse((functions / stage / "main.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names


if __name__ == "__main__":
    from pathlib import Path

    here = Path(__file__).resolve().parents[1]
    count = record(Path(sys.argv[2]), modules_of(sys.argv[1], here))
    sys.stdout.write(f"{count} methods of dataclasses compiled\n")
