"""The shape of the code: how much a constructor takes, and where the environment is read."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.code import ROOT, modules

PRODUCT = ("shared", "functions", "knative", "monitoring", "model_artifacts")
MAX_ARGUMENTS = 7
ENTRIES = ("main.py", "__main__.py", "serve.py", "health.py")
"""Where a process begins: what is read of the environment is handed on from there."""
OF_LIBRARIES = ("OPENBLAS_NUM_THREADS", "GRPC_SINGLE_THREADED_UNARY_STREAM")
"""What a library reads when it is imported has to be set before, where it is imported."""
CLIENTS = (Path("shared/stores/firestore_rest.py"),)
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
