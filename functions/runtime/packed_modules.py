"""The byte-code of all that a stage imports, in one file: written when an image is built, read module by module.

For each of some 150 modules Python looks through the folders of its path, and opens, measures, reads and checks a file:
40 us each, an eighth of a stage's imports. An image never changes, so the answers are written down. Nothing else is
different: a module has the same code, file and source. What is not here is looked for as ever, and so is all on another
Python. Elsewhere than in an image there is no such file, so that an edit is always seen.

Imported before anything that can be packed, so it imports only what is built into Python.
"""

import _frozen_importlib
import _frozen_importlib_external
import marshal
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from types import CodeType
    from typing import Any

MAGIC = _frozen_importlib_external.MAGIC_NUMBER + b"1"
"""Stands before the modules, and changes with what byte-code looks like."""
OWN = ("functions", "shared")


class Loader(_frozen_importlib_external.SourceFileLoader):
    """Python's own, but for where the code comes from."""

    def __init__(self, name: str, path: str, modules: "Modules") -> None:
        super().__init__(name, path)
        self._modules = modules

    def get_code(self, fullname: str) -> "Any":
        return self._modules.read_code(fullname)


class Modules:
    """The modules of a file, as a finder of `sys.meta_path`."""

    def __init__(self, descriptor: int) -> None:
        head = len(MAGIC) + 4
        begin = posix.pread(descriptor, head, 0)
        size = int.from_bytes(begin[len(MAGIC) :], "little") if begin.startswith(MAGIC) else 0
        self._descriptor, self._start = descriptor, head + size
        # Name -> file, whether it is a package, and where its code begins and ends. Written by our own image's build.
        self._places = marshal.loads(posix.pread(descriptor, size, head)) if size else {}  # noqa: S302

    def find_spec(self, name: str, *_: "Any") -> "Any":
        """The module's specification; None where it is not here."""
        if name not in self._places:
            return None
        file, package, _, _ = self._places[name]
        spec = _frozen_importlib.ModuleSpec(name, Loader(name, file, self), origin=file, is_package=package)
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [file.rpartition("/")[0]]
        return spec

    def read_code(self, name: str) -> "Any":
        _, _, first, last = self._places[name]
        return marshal.loads(posix.pread(self._descriptor, last - first, self._start + first))  # noqa: S302 - as above


def use(path: str) -> None:
    """Import from the file at `path` from now on, where there is one for this Python."""
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return
    sys.meta_path.insert(0, Modules(descriptor))


def pack(path: "Path", names: list[str], own: tuple[str, ...] = OWN) -> int:
    """Import these modules, those that are there, and write what is imported then of `own` packages and of the standard
    library to the file at `path`; how many modules."""
    import importlib

    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            # What a stage imports only where an assistant needs it.
            continue
    places, codes, end = {}, [], 0
    for name, module in sorted(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or type(spec.loader) is not _frozen_importlib_external.SourceFileLoader or spec.name != name:
            continue
        if name.partition(".")[0] not in {*own, *sys.stdlib_module_names}:
            # Of packages nobody knows here whether they use their own docstrings.
            continue
        # Compiled anew, as compileall does: the same source gives the same bytes.
        code = marshal.dumps(compile_lean(spec.loader.get_data(spec.origin), spec.origin))
        places[name] = (spec.origin, spec.submodule_search_locations is not None, end, end + len(code))
        codes.append(code)
        end += len(code)
    index = marshal.dumps(places)
    path.write_bytes(b"".join((MAGIC, len(index).to_bytes(4, "little"), index, *codes)))
    return len(codes)


def compile_lean(source: bytes, file: str) -> "CodeType":
    """The code of a module without its docstrings, which are a tenth of what a stage's code takes of memory."""
    import ast

    tree = ast.parse(source, file)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                node.body[0] = ast.copy_location(ast.Pass(), first)
    return compile(tree, file, "exec", dont_inherit=True)


if __name__ == "__main__":
    from pathlib import Path

    from functions.runtime.packed_modules import pack as pack_modules
    from functions.runtime.precompiled import list_reachable

    here = Path(__file__).resolve().parents[1]
    # The server imports what it needs before the stage.
    names = ["functions.runtime.lazy_modules", "functions.runtime.serve", *list_reachable(sys.argv[1], here)]
    sys.stdout.write(f"{pack_modules(Path(sys.argv[2]), names)} modules packed\n")
