"""What a project's action code needs, read from its source and never run: files of the project, packages, settings.

Imports are resolved as Python would from the project's folder. What is a file of the project is never taken for a
package that pip could bring: a stranger may own that name.
"""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knative.setup.requirements import name_of, requirements_of

PACKAGES: Mapping[str, str] = {
    "yaml": "pyyaml",
    "dotenv": "python-dotenv",
    "bs4": "beautifulsoup4",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "jwt": "pyjwt",
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "mysql": "mysql-connector-python",
    "psycopg2": "psycopg2-binary",
    "googleapiclient": "google-api-python-client",
    "telegram": "python-telegram-bot",
    "docx": "python-docx",
    "pptx": "python-pptx",
    "fitz": "pymupdf",
    "serial": "pyserial",
    "slugify": "python-slugify",
    "Levenshtein": "python-levenshtein",
    "pymssql": "pymssql",
    "attr": "attrs",
    "tzlocal": "tzlocal",
    "ruamel": "ruamel-yaml",
}
"""Modules that have another name than the package that brings them."""
SECRET = ("credentials.yml", "endpoints.yml", "credentials.json", "service_account.json", "id_rsa")
SECRET_SUFFIXES = (".pem", ".key", ".p12", ".pfx")
OPENING = {"open", "Path", "join", "listdir", "glob", "walk", "scandir", "rglob", "iterdir"}
"""Calls whose argument may name a folder."""
FOLDER_FILES = 500
FILE_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Needs:
    """What the code in `actions` needs."""

    files: tuple[str, ...] = ()
    """Python files and data files of the project outside of `actions`, relative to it."""
    withheld: tuple[str, ...] = ()
    """Files that the code names and that may hold secrets, or are large."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Imported module that comes with no requirement -> the file that imports it."""
    requirements: tuple[str, ...] = ()
    """Lines that install what is imported."""
    settings: tuple[str, ...] = ()
    """Environment variables that the code reads."""
    rasa: tuple[str, ...] = ()
    """Files that import Rasa itself, which is not here."""


def read_needs(root: Path) -> Needs:
    """What the code in `actions/`, or in `actions.py`, needs; nothing where there is none."""
    root = root.resolve()
    start = sorted((root / "actions").rglob("*.py")) or [file for file in (root / "actions.py",) if file.is_file()]
    search = _Search(root)
    for file in start:
        search.read(file)
    known = _read_requirements(root)
    third = {name: place for name, place in search.third.items() if name not in ("rasa_sdk", "rasa", "actions")}
    listed = {
        name: line for name, line in known.items() if any(name in _find_distributions(module) for module in third)
    }
    own = [line for line in _own_lines(root) if name_of(line) not in listed]
    unlisted = {
        module: place
        for module, place in third.items()
        if not any(name in known for name in _find_distributions(module))
    }
    return Needs(
        files=tuple(sorted(search.files)),
        withheld=tuple(sorted(search.withheld)),
        packages=unlisted,
        requirements=(*own, *listed.values()),
        settings=tuple(sorted(search.settings)),
        rasa=tuple(sorted(search.rasa)),
    )


class _Search:
    """Follows imports from file to file within the project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: set[str] = set()
        self.withheld: set[str] = set()
        self.third: dict[str, str] = {}
        self.settings: set[str] = set()
        self.rasa: set[str] = set()
        self._read: set[Path] = set()

    def read(self, file: Path) -> None:
        file = file.resolve()
        if file in self._read or not file.is_relative_to(self.root):
            return
        self._read.add(file)
        relative = file.relative_to(self.root).as_posix()
        if not relative.startswith("actions/") and relative != "actions.py":
            self.files.add(relative)
        try:
            tree = ast.parse(file.read_text(encoding="utf-8-sig"))
        except (SyntaxError, ValueError, OSError):
            # Loading it says what is wrong.
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._import(alias.name, (), file)
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                self._import_from(node.module or "", names, node.level, file)
            else:
                self.settings.update(_list_settings(node))
        for path, folder in _list_paths(tree):
            self._data(path, file, folder=folder)

    def _import_from(self, module: str, names: tuple[str, ...], level: int, file: Path) -> None:
        if not level:
            self._import(module, names, file)
            return
        base = file.parents[level - 1] if level <= len(file.parents) else file.parent
        if base.is_relative_to(self.root):
            self._follow(base, module.split(".") if module else [], names)

    def _import(self, module: str, names: tuple[str, ...], file: Path) -> None:
        top = module.partition(".")[0]
        # From where Rasa is started, then from beside the file, where some start it.
        for base in (self.root, file.parent, self.root / "actions"):
            if (base / f"{top}.py").is_file() or _is_package(base / top):
                self._follow(base, module.split("."), names)
                return
        if top in sys.stdlib_module_names:
            return
        place = file.relative_to(self.root).as_posix()
        if top == "rasa":
            self.rasa.add(place)
        self.third.setdefault(top, place)

    def _follow(self, base: Path, parts: Sequence[str], names: Sequence[str]) -> None:
        """Read the module `parts` below `base`, the packages that it lies in, and what is imported from it by name."""
        at = base
        for part in parts:
            if (at / "__init__.py").is_file():
                self.read(at / "__init__.py")
            if (at / f"{part}.py").is_file() and not (at / part / "__init__.py").is_file():
                self.read(at / f"{part}.py")
                return
            at = at / part
        if (at / "__init__.py").is_file():
            self.read(at / "__init__.py")
        for name in names:
            if name == "*" or (at / f"{name}.py").is_file():
                for file in sorted(at.glob("*.py")) if name == "*" else [at / f"{name}.py"]:
                    self.read(file)
            elif _is_package(at / name):
                self._follow(at, [name], ())

    def _data(self, text: str, file: Path, *, folder: bool) -> None:
        """Note the file that a text in the code names, seen from the project or from the code's place."""
        if not text or len(text) > 300 or "\n" in text or "\0" in text or text.startswith(("/", "~", "http")):
            return
        for base in (self.root, file.parent, *file.parent.parents):
            if not base.is_relative_to(self.root):
                return
            try:
                path = (base / text).resolve()
                if not path.is_relative_to(self.root) or path == self.root:
                    continue
                if path.is_file():
                    self._keep(path)
                    return
                if folder and path.is_dir() and path.name not in ("actions", "models", ".git"):
                    for inner in sorted(path.rglob("*"))[:FOLDER_FILES]:
                        if inner.is_file() and not any(part.startswith(".") for part in inner.parts):
                            self._keep(inner)
                    return
            except (OSError, ValueError):
                return

    def _keep(self, path: Path) -> None:
        relative = path.relative_to(self.root).as_posix()
        if may_be_secret(path) or path.stat().st_size > FILE_BYTES:
            self.withheld.add(relative)
        elif relative.split("/")[0] not in ("actions", "models", "results") and path.suffix not in (".py", ".pyc"):
            self.files.add(relative)


def may_be_secret(path: Path) -> bool:
    return path.name.startswith(".") or path.name in SECRET or path.suffix in SECRET_SUFFIXES


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file() or (path.is_dir() and any(path.glob("*.py")))


def _list_paths(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """What may be a path: each text, and texts that are joined; with whether it may be a folder."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.value.endswith("/")
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if texts and name in OPENING:
                yield "/".join(text.strip("/") for text in texts), True
        elif isinstance(node, ast.BinOp) and (parts := _join_texts(node)):
            yield "/".join(part.strip("/") for part in parts if part.strip("/")), isinstance(node.op, ast.Div)


def _join_texts(node: ast.expr) -> list[str]:
    """The texts at the end of a chain of `/` or `+`, as in BASE / "data" / "items.csv"."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
        right = _join_texts(node.right)
        return [*_join_texts(node.left), *right] if right else []
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _list_settings(node: ast.AST) -> Iterator[str]:
    """Environment variables that os.getenv, os.environ.get and os.environ[...] name."""
    if isinstance(node, ast.Call) and node.args:
        read = ast.unparse(node.func) in ("os.getenv", "getenv", "os.environ.get", "environ.get")
        named = node.args[0]
    elif isinstance(node, ast.Subscript):
        read, named = ast.unparse(node.value) in ("os.environ", "environ"), node.slice
    else:
        return
    if read and isinstance(named, ast.Constant):
        yield str(named.value)


def _read_requirements(root: Path) -> dict[str, str]:
    """Package -> the line that asks for it, in any of the project's files of requirements."""
    lines = [*_own_lines(root), *requirements_of(root)]
    return {name_of(line): line for line in reversed(lines) if name_of(line)}


def _own_lines(root: Path) -> list[str]:
    """What the project requires for its actions alone."""
    lines = requirements_of(root / "actions")
    for name in ("requirements-actions.txt", "actions-requirements.txt"):
        if not lines and (root / name).is_file():
            lines = requirements_of(root, names=(name,))
    return lines


def _find_distributions(module: str) -> tuple[str, ...]:
    """The packages that may bring a module, in their canonical form."""
    own = module.lower().replace("_", "-")
    also = PACKAGES.get(module)
    more = {"psycopg2": ("psycopg2",), "cv2": ("opencv-python-headless",), "mysql": ("mysql-connector",)}
    return (own, *((also,) if also else ()), *more.get(module, ()))
