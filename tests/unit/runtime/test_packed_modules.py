"""Modules that come packed are the same ones, and only those that were packed."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.runtime import packed_modules
from functions.runtime.precompiled import list_reachable
from knative.local.stages import ROOT

SOURCE = '''"""Says what it is."""
WORD = "packed"


def fail() -> None:
    raise ValueError(WORD)
'''
LOOK = """
import sys, traceback
from functions.runtime import packed_modules
packed_modules.use(sys.argv[1])
import kept.inner, importlib.resources, inspect
module = kept.inner
print(module.WORD, kept.__path__[0] == sys.argv[2] + "/kept", module.__file__ == sys.argv[2] + "/kept/inner.py")
print(importlib.resources.files(kept).joinpath("data.txt").read_text(), module.__doc__, inspect.getdoc(module))
try:
    module.fail()
except ValueError:
    print("raise ValueError(WORD)" in traceback.format_exc())
import missed
print(missed.WORD, type(missed.__loader__).__name__, type(module.__loader__).__name__)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "__init__.py").write_text("")
    (tmp_path / "kept" / "data.txt").write_text("data")
    (tmp_path / "kept" / "inner.py").write_text(SOURCE)
    (tmp_path / "missed.py").write_text('WORD = "found"\n')
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    environ = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-S", "-P", *arguments], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pack(folder: Path) -> Path:
    packing = "import sys; from pathlib import Path; from functions.runtime.packed_modules import pack; "
    run(folder, "-c", packing + "pack(Path(sys.argv[1]), ['kept.inner'], ('kept',))", str(folder / "modules.bin"))
    return folder / "modules.bin"


def test_a_packed_module_is_the_same_one_without_its_docstrings(folder: Path) -> None:
    packed = pack(folder)
    # What is read now is not the source: an image's never changes, a desk has no such file.
    (folder / "kept" / "inner.py").write_text(SOURCE.replace('"packed"', '"edited"'))
    assert run(folder, "-c", LOOK, str(packed), str(folder)).splitlines() == [
        "packed True True",
        "data None None",
        "True",
        "found SourceFileLoader Loader",
    ]


@pytest.mark.parametrize("content", [b"", b"another Python's", None])
def test_without_a_file_for_this_python_everything_is_looked_for(folder: Path, content: bytes | None) -> None:
    packed = pack(folder)
    if content is None:
        packed.unlink()
    else:
        packed.write_bytes(content + packed.read_bytes()[len(packed_modules.MAGIC) :] if content else b"")
    assert (
        run(folder, "-c", LOOK, str(packed), str(folder)).splitlines()[-1] == "found SourceFileLoader SourceFileLoader"
    )


def test_docstrings_go_and_everything_else_stays() -> None:
    lines = (
        "'What.'", "def first():", "    'Only this.'", "class Second:", "    'Doc.'", "    'said of nothing'",
        "    def third(self):", "        'Doc'", "        assert self, 'kept'", "        return 'text'",
    )  # fmt: skip
    found: dict[str, Any] = {}
    exec(packed_modules.compile_lean("\n".join(lines).encode(), "some.py"), found)  # noqa: S102 - the test's own
    second = found["Second"]
    docs = [found.get("__doc__"), found["first"].__doc__, second.__doc__, second.third.__doc__]
    assert docs == [None] * 4
    assert (found["first"](), second().third(), second.third.__code__.co_firstlineno) == (None, "text", 7)
    with pytest.raises(AssertionError, match="kept"):
        second.third(None)


def test_a_stage_imports_nothing_from_elsewhere_and_the_same_stage_gives_the_same_bytes(tmp_path: Path) -> None:
    tool = str(ROOT / "functions" / "runtime" / "packed_modules.py")
    for name in ("one", "two"):
        run(tmp_path, tool, "gateway", str(tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    names = list_reachable("gateway", ROOT / "functions")
    code = (
        "import sys; from functions.runtime import packed_modules; packed_modules.use(sys.argv[1]); import importlib\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "loaders = {name: type(module.__spec__.loader).__name__ for name, module in sys.modules.items() "
        "if getattr(module, '__spec__', None)}\n"
        "print(sorted(name for name, loader in loaders.items() if loader == 'SourceFileLoader'))"
    )
    late = run(tmp_path, "-c", code, str(tmp_path / "one"))
    # Imported before, to begin with.
    assert {name for name in read_list(late) if name.startswith(("functions.", "shared."))} == {
        "functions.runtime",
        "functions.runtime.packed_modules",
    }


def read_list(text: str) -> list[str]:
    return [name.strip(" '[]\n") for name in text.split(",")]
