"""What is compiled once when an image is built instead of at each start: methods of dataclasses, regular expressions.

A dataclass's methods are text that `dataclasses` hands to `exec`, 0.6 ms of CPU for each class; a regular expression is
compiled by Python code of the standard library, 0.1 to 2 ms each. Byte-code files cover neither, and together they are
a third of what it costs to import a stage. An image carries the compiled form of each, found by the text itself; a text
that is not there is compiled as ever, and so is all on another Python.
"""

import _sre  # type: ignore[import-not-found]
import builtins
import dataclasses
import importlib.util
import marshal
import re
import sys
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = importlib.util.MAGIC_NUMBER + _sre.MAGIC.to_bytes(4, "little")
"""Stands before the compiled forms, and changes with what compiled forms look like."""

Compiled = dict[str, CodeType]
"""Text of a class's methods -> its code."""
Pattern = tuple[int, list[int], int, dict[str, int], tuple[str | None, ...]]
"""What `_sre.compile` takes besides the text: flags, code, number of groups, their names by both ways."""
Patterns = dict[tuple[str | bytes, int], Pattern]
"""Text and flags of a regular expression -> its compiled form."""

_COMPILER: Any = re._compiler  # type: ignore[attr-defined]
_COMPILE = _COMPILER.compile


def use(path: str) -> None:
    """Take compiled forms from the file at `path` from now on, where there is one for this Python."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return
    if content.startswith(MAGIC):
        compiled, patterns = marshal.loads(content[len(MAGIC) :])  # noqa: S302 - written by our own image's build
        dataclasses.inspect = _Signatures(dataclasses.inspect)  # type: ignore[attr-defined]
        _install(compiled, _compile)
        _COMPILER.compile = _by(patterns)


def release() -> None:
    """Let go of what `use` or `record` took: once a stage has answered, nothing of it is compiled any more."""
    vars(dataclasses).pop("exec", None)
    if isinstance(dataclasses.inspect, _Signatures):  # type: ignore[attr-defined]
        dataclasses.inspect = dataclasses.inspect.module  # type: ignore[attr-defined]
    _COMPILER.compile = _COMPILE
    _COMPILER._sre = _sre


def record(path: "Path", modules: list[str]) -> int:
    """Import these modules, those that are there, and write what they compile to the file at `path`; how much."""
    compiled: Compiled = {}
    patterns = _Recorder()

    def remember(text: str) -> CodeType:
        compiled[text] = _compile(text)
        return compiled[text]

    _install({}, remember)
    _COMPILER.compile, _COMPILER._sre = patterns.compile_text, patterns
    re.purge()
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            # What a stage imports only where an assistant needs it.
            continue
    release()
    path.write_bytes(MAGIC + marshal.dumps((dict(sorted(compiled.items())), patterns.sorted())))
    return len(compiled) + len(patterns.found)


class _Recorder:
    """In place of `_sre` in the compiler of regular expressions: keeps what it is asked to make."""

    def __init__(self) -> None:
        self.found: Patterns = {}
        self._now: tuple[str | bytes, int] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(_sre, name)

    def compile_text(self, pattern: Any, flags: int = 0) -> Any:
        self._now = (pattern, int(flags)) if isinstance(pattern, str | bytes) else None
        return _COMPILE(pattern, flags)

    def compile(self, pattern: Any, flags: int, code: list[int], *groups: Any) -> Any:
        if self._now is not None:
            number, names, places = groups
            self.found[self._now] = (int(flags), [int(word) for word in code], number, dict(names), places)
        return _sre.compile(pattern, flags, code, *groups)

    def sorted(self) -> Patterns:
        return dict(sorted(self.found.items(), key=lambda item: (repr(item[0][0]), item[0][1])))


def _by(patterns: Patterns) -> Callable[..., Any]:
    """The compiler of regular expressions that looks here first."""

    def compile_text(pattern: Any, flags: int = 0) -> Any:
        known = patterns.get((pattern, int(flags))) if isinstance(pattern, str | bytes) else None
        return _COMPILE(pattern, flags) if known is None else _sre.compile(pattern, *known)

    return compile_text


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
    """What the stage's main.py imports, and the stage's own modules that are imported later. main.py itself would open
    stores and load models."""
    import ast

    names = []
    for node in ast.parse((functions / stage / "main.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, other = node.module.partition(".")
            if package == "functions" and [alias.name for alias in node.names] == ["main"]:
                # A stage that shares the process.
                names += modules_of(other, functions)
            else:
                names.append(node.module)
    own = sorted(path.relative_to(functions.parent) for path in (functions / stage).rglob("*.py"))
    later = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in own]
    return [*names, "functions.runtime.server", *(name for name in later if name != f"functions.{stage}.main")]


if __name__ == "__main__":
    from pathlib import Path

    here = Path(__file__).resolve().parents[1]
    count = record(Path(sys.argv[2]), modules_of(sys.argv[1], here))
    sys.stdout.write(f"{count} methods of dataclasses and regular expressions compiled\n")
