"""What is compiled once when an image is built instead of at each start: methods of dataclasses, regular expressions.

A dataclass's methods are text that `dataclasses` hands to `exec`, 0.6 ms of CPU for each class; a regular expression is
compiled by Python code of the standard library, 0.1 to 2 ms each. Byte-code files cover neither, and together they are
a third of what it costs to import a stage. An image carries the compiled form of each, found by the hash of its text; a
text that is not there is compiled as ever, and so is all on another Python.

A stage's file has them of all its modules, of which a start imports half: each form is read when its text comes. Read
all at once they were 1 to 4 ms of each start and 1.2 to 4.2 MB.
"""

import _sre  # type: ignore[import-not-found]
import builtins
import contextlib
import dataclasses
import importlib.util
import marshal
import re
import sys
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast
    from pathlib import Path

MAGIC = importlib.util.MAGIC_NUMBER + _sre.MAGIC.to_bytes(4, "little") + b"2"
"""Stands before the compiled forms, and changes with what compiled forms look like."""

Pattern = tuple[int, list[int], int, dict[str, int], tuple[str | None, ...]]
"""What `_sre.compile` takes besides the text: flags, code, number of groups, their names by both ways."""
_COMPILER: Any = re._compiler  # type: ignore[attr-defined]
_COMPILE = _COMPILER.compile


OWN = ("functions.", "shared.")
"""Modules whose values an image makes without their guard."""
RUN_ACTIONS = ("actions", "all_in_one")
"""Stages that load the assistant's code."""
READ_TEXTS = ("nlu", "all_in_one")
"""Stages that look for the expressions of its entities."""


def leave_out_guards() -> None:
    """From now on make our own frozen dataclasses without the methods that refuse a change, for this whole process.

    A guarded value sets each of its fields by a call, which takes eight times as long as setting it; making values was
    a thirtieth of a warm message. mypy refuses changes, and tests and tools run with the guards. Values are compared
    and hashed as ever.
    """
    make: Any = dataclasses._process_class  # type: ignore[attr-defined]

    def make_unguarded(
        cls: type, init: bool, repr_: bool, eq: bool, order: bool, unsafe_hash: bool, frozen: bool, *others: Any
    ) -> Any:
        based = [params for base in cls.__mro__[1:] if (params := vars(base).get("__dataclass_params__")) is not None]
        # All of a family are frozen, or none.
        if frozen and (not any(base.frozen for base in based) if based else cls.__module__.startswith(OWN)):
            frozen, unsafe_hash = False, eq and "__hash__" not in vars(cls)
        return make(cls, init, repr_, eq, order, unsafe_hash, frozen, *others)

    dataclasses._process_class = make_unguarded  # type: ignore[attr-defined]


def use(path: str) -> None:
    """Take compiled forms from the file at `path` from now on, where there is one for this Python."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return
    if content.startswith(MAGIC):
        stored = _Stored(content)
        dataclasses.inspect = _Signatures(dataclasses.inspect)  # type: ignore[attr-defined]
        _install(lambda text: stored.get(_key_of_methods(text)) or _compile(text))
        _COMPILER.compile = _join_patterns(stored)


def release() -> None:
    """Let go of what `use` or `record` took: once a stage has answered, nothing of it is compiled any more."""
    vars(dataclasses).pop("exec", None)
    if isinstance(dataclasses.inspect, _Signatures):  # type: ignore[attr-defined]
        dataclasses.inspect = dataclasses.inspect.module  # type: ignore[attr-defined]
    _COMPILER.compile = _COMPILE
    _COMPILER._sre = _sre


def record(path: "Path", modules: list[str], stage: str = "", assistant: "Path | None" = None) -> int:
    """Import these modules, those that are there, and write what they compile to the file at `path`; how much.

    With `assistant` also what this `stage` compiles of it: actions that can be loaded, expressions of entities.
    """
    forms: dict[bytes, bytes] = {}
    patterns = _Recorder(forms)

    def remember(text: str) -> CodeType:
        code = _compile(text)
        forms[_key_of_methods(text)] = marshal.dumps(code)
        return code

    _install(remember)
    _COMPILER.compile, _COMPILER._sre = patterns.compile_text, patterns
    re.purge()
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            # What a stage imports only where an assistant needs it.
            continue
    if assistant is not None and stage in RUN_ACTIONS and (assistant / "actions").is_dir():
        loading = importlib.import_module("functions.actions.loading")
        # What cannot be loaded here, without settings and network, may be where it runs.
        with contextlib.suppress(importlib.import_module("shared.errors").Unavailable):
            loading.load_functions(assistant / "actions", {})
    if assistant is not None and stage in READ_TEXTS and (assistant / "bundle" / "nlu.json").is_file():
        import json

        tables = importlib.import_module("functions.nlu.tables")
        regexes = json.loads((assistant / "bundle" / "nlu.json").read_bytes()).get("regexes", ())
        tables.find_hits(tables.NOTHING, [(one["entity"], one["pattern"]) for one in regexes], "", ())
    release()
    places, end = {}, 0
    for key, form in sorted(forms.items()):
        places[key] = (end, end + len(form))
        end += len(form)
    index = marshal.dumps(places)
    path.write_bytes(b"".join((MAGIC, len(index).to_bytes(4, "little"), index, *(forms[key] for key in places))))
    return len(forms)


class _Stored:
    """The compiled forms of a file, by their keys."""

    def __init__(self, content: bytes) -> None:
        begin = len(MAGIC) + 4
        self._start = begin + int.from_bytes(content[len(MAGIC) : begin], "little")
        self._places: dict[bytes, tuple[int, int]] = marshal.loads(content[begin : self._start])  # noqa: S302 - as below
        self._content = content

    def get(self, key: bytes) -> Any:
        """The form; None where there is none."""
        if (place := self._places.get(key)) is None:
            return None
        first, end = place
        # Written by our own image's build.
        return marshal.loads(self._content[self._start + first : self._start + end])  # noqa: S302


def _key_of_methods(text: str) -> bytes:
    return importlib.util.source_hash(text.encode("utf-8", "surrogatepass"))


def _key_of_pattern(pattern: str | bytes, flags: int) -> bytes:
    return importlib.util.source_hash(f"{int(flags)} {pattern!r}".encode("utf-8", "surrogatepass"))


class _Recorder:
    """In place of `_sre` in the compiler of regular expressions: keeps what it is asked to make."""

    def __init__(self, forms: dict[bytes, bytes]) -> None:
        self._forms = forms
        self._now: tuple[str | bytes, int] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(_sre, name)

    def compile_text(self, pattern: Any, flags: int = 0) -> Any:
        self._now = (pattern, int(flags)) if isinstance(pattern, str | bytes) else None
        return _COMPILE(pattern, flags)

    def compile(self, pattern: Any, flags: int, code: list[int], *groups: Any) -> Any:
        if self._now is not None:
            number, names, places = groups
            form: Pattern = (int(flags), [int(word) for word in code], number, dict(names), places)
            self._forms[_key_of_pattern(*self._now)] = marshal.dumps(form)
        return _sre.compile(pattern, flags, code, *groups)


def _join_patterns(stored: _Stored) -> Callable[..., Any]:
    """The compiler of regular expressions that looks here first."""

    def compile_text(pattern: Any, flags: int = 0) -> Any:
        known = stored.get(_key_of_pattern(pattern, flags)) if isinstance(pattern, str | bytes) else None
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


def _install(compile_methods: Callable[[str], CodeType]) -> None:
    def run(text: Any, *scopes: Any) -> None:
        if isinstance(text, str):
            text = compile_methods(text)
        builtins.exec(text, *scopes)  # noqa: S102 - what dataclasses itself would do

    # The module's own name `exec` is looked up before the built-in one.
    dataclasses.exec = run  # type: ignore[attr-defined]


def list_imports(stage: str, functions: "Path") -> list[str]:
    """What the stage's main.py imports at its start. main.py itself would open stores and load models."""
    import ast

    names = []
    for node in ast.parse((functions / stage / "main.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, other = node.module.partition(".")
            if package == "functions" and [alias.name for alias in node.names] == ["main"]:
                # A stage that shares the process.
                names += list_imports(other, functions)
            else:
                names.append(node.module)
    return names


def modules_of(stage: str, functions: "Path") -> list[str]:
    """What the stage's main.py imports, and the stage's own modules that are imported later."""
    own = sorted(path.relative_to(functions.parent) for path in (functions / stage).rglob("*.py"))
    later = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in own]
    others = [name for name in later if name != f"functions.{stage}.main"]
    return [*list_imports(stage, functions), "functions.runtime.server", *others]


def list_reachable(stage: str, functions: "Path") -> list[str]:
    """What `modules_of` names, and all modules of ours that these import later, as the store that a setting chooses.
    Left out is what needs a package at once: no cold start does."""
    import ast

    found: dict[str, bool] = {}
    waiting = [f"functions.{stage}.main", *modules_of(stage, functions)]
    while waiting:
        name = waiting.pop()
        place = functions.parent.joinpath(*name.split("."))
        file = next((one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file()), None)
        if file is None or name in found or not name.startswith(OWN):
            continue
        tree = ast.parse(file.read_bytes())
        found[name] = not any(map(_is_of_a_package, tree.body))
        for node in ast.walk(tree) if found[name] else ():
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    # What wires a stage opens and loads things.
    later = sorted(name for name, plain in found.items() if plain and not name.endswith(".main"))
    return [*modules_of(stage, functions), *later]


def _is_of_a_package(node: "ast.stmt") -> bool:
    import ast

    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
    tops = {name.partition(".")[0] for name in names}
    return bool(tops - sys.stdlib_module_names - {one.rstrip(".") for one in OWN})


if __name__ == "__main__":
    from pathlib import Path

    here = Path(__file__).resolve().parents[1]
    beside = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    leave_out_guards()
    count = record(Path(sys.argv[2]), list_reachable(sys.argv[1], here), sys.argv[1], beside)
    sys.stdout.write(f"{count} methods of dataclasses and regular expressions compiled\n")
