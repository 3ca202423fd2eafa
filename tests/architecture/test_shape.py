"""The shape of the code: what a constructor takes, what a docstring promises, where the environment is read."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.code import ROOT, modules

PRODUCT = ("shared", "functions", "knative", "monitoring", "model_artifacts")
MAX_ARGUMENTS = 7
LONG = 12
"""Lines from which on a function's name does not tell all that it promises."""
SELF_EXPLAINED = re.compile(r"main|do_[A-Z]+")
"""`--help` of a command is its module's docstring, and http.server names the methods."""
ENTRIES = ("main.py", "__main__.py", "serve.py", "health.py")
"""Where a process begins: what is read of the environment is handed on from there."""
OF_LIBRARIES = ("OPENBLAS_NUM_THREADS", "GRPC_SINGLE_THREADED_UNARY_STREAM")
"""What a library reads when it is imported has to be set before, where it is imported."""
CLIENTS = (Path("shared/stores/firestore/rest.py"),)
"""Stands in for a vendor's client, which reads the same variables itself (FIRESTORE_EMULATOR_HOST and others)."""


def parsed(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for _, path in modules(*folders):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def test_a_constructor_takes_at_most_seven_arguments() -> None:
    """One that needs more has two jobs, or an object is missing that holds some of them together."""
    found = []
    for path, tree in parsed(*PRODUCT):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                number = len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) - 1
                if number > MAX_ARGUMENTS:
                    found.append(f"{path}:{node.lineno} takes {number}")
    assert found == []


def test_the_environment_is_read_where_a_process_begins() -> None:
    found = []
    for path, tree in parsed("shared", "functions"):
        if path.name in ENTRIES or path in CLIENTS:
            continue
        source = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv"):
                line = source[node.lineno - 1]
                if not any(name in line for name in OF_LIBRARIES):
                    found.append(f"{path}:{node.lineno}")
    assert found == []


def public_functions(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods that others may call, each with its class."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node, node.name)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield owner, node


def raised_in(node: ast.AST) -> Iterator[str]:
    """The names of the exceptions that stand in the body itself, and not in functions within."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            raised = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            yield ast.unparse(raised).rpartition(".")[2]
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from raised_in(child)


@cache
def promised_by_ports(folder: Path) -> frozenset[str]:
    """The methods that a Protocol of this folder describes, for all that have its form, there and in its packages."""
    promised: set[str] = set()
    for path in (ROOT / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases):
                promised |= {method.name for _, method in public_functions(node) if ast.get_docstring(method)}
    return frozenset(promised)


def test_a_public_function_that_raises_says_so() -> None:
    found = []
    for path, tree in parsed("shared", "functions"):
        for _, function in public_functions(tree):
            names = set(raised_in(function))
            said = ast.get_docstring(function) or ""
            if names and not re.search(r"[Rr]aise|[Rr]efus|Error", said) and not any(name in said for name in names):
                found.append(f"{path}:{function.lineno} {function.name} says nothing of {', '.join(sorted(names))}")
    assert found == []


def test_a_public_function_of_some_length_says_what_it_promises() -> None:
    """In its own docstring, or in that of the port that its class has the form of."""
    found = []
    for path, tree in parsed(*PRODUCT):
        for owner, function in public_functions(tree):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines < LONG or ast.get_docstring(function) or SELF_EXPLAINED.fullmatch(function.name):
                continue
            if not (owner and function.name in promised_by_ports(path.parent) | promised_by_ports(path.parent.parent)):
                found.append(f"{path}:{function.lineno} {function.name} has no docstring")
    assert found == []
