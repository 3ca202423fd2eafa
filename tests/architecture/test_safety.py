"""What the source must not do: make objects or code of data, trust archives, bring licences nobody agreed to."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.actions.config import Config as Actions
from functions.gateway.config import Config as Gateway
from functions.nlu.config import Config as Nlu
from functions.observer.config import Config as Observer
from knative.images.advisories import read_pinned
from knative.images.audit import ALLOWED, is_refused, licence_of
from tests.architecture.code import ROOT, modules

SOURCES = ("shared", "functions", "knative", "model_artifacts")
FORBIDDEN_IMPORTS = ("pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "telnetlib")
OWN_CODE = tuple(ROOT / "functions" / "runtime" / name for name in ("precompiled.py", "packed_modules.py"))
"""Keep the byte code of the image's own modules, which the image's build wrote beside them: code, and no data."""
FORBIDDEN_CALLS = ("eval", "exec", "compile", "__import__")
FORBIDDEN_METHODS = {
    "os.system": "runs a shell",
    "os.popen": "runs a shell",
    "yaml.load_all": "may build objects; use safe_load_all",
    "yaml.unsafe_load": "builds objects; use safe_load",
    "yaml.full_load": "may build objects; use safe_load",
}
SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "_Loader", "LOADER")


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for _, path in modules(*SOURCES):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node, ast.unparse(node.func)


def test_nothing_is_unpickled_anywhere() -> None:
    for name, path in modules(*SOURCES):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for imported in names:
                assert imported.split(".")[0] not in FORBIDDEN_IMPORTS or path in OWN_CODE, f"{name} imports {imported}"


def test_no_text_becomes_code_no_yaml_becomes_objects_and_no_shell_is_run() -> None:
    for path, call, name in calls():
        place = f"{path.relative_to(ROOT)}:{call.lineno}: {name}"
        assert name not in FORBIDDEN_CALLS or path in OWN_CODE, place
        assert name not in FORBIDDEN_METHODS, f"{place} {FORBIDDEN_METHODS.get(name)}"
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert keywords.get("shell") != "True", place
        assert keywords.get("allow_pickle") != "True", place
        assert name != "torch.load" or keywords.get("weights_only") == "True", f"{place} unpickles"
        if name == "yaml.load":
            loader = keywords.get("Loader") or (ast.unparse(call.args[1]) if len(call.args) > 1 else "none")
            assert loader.split(".")[-1] in SAFE_LOADERS, f"{place} with the loader {loader}"


def test_archives_are_unpacked_with_a_filter() -> None:
    """`tarfile`'s data filter refuses paths outside, links and devices; zipfile's extract strips them itself."""
    for path, call, name in calls():
        if name.endswith((".extractall", ".extract")) and "tar" in name:
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert keywords.get("filter") == "'data'", f"{path.relative_to(ROOT)}:{call.lineno}"
        assert not name.endswith("unpack_archive"), f"{path.relative_to(ROOT)}:{call.lineno}"


@pytest.mark.parametrize("config", [Gateway, Nlu, Actions, Observer])
def test_stages_that_keep_nothing_are_not_told_where_the_store_is(config: Any) -> None:
    settings = {field.metadata["env"] for field in dataclasses.fields(config)}
    assert "STORE_URL" not in settings


def test_every_pinned_library_that_is_installed_has_a_licence_that_we_agreed_to() -> None:
    known = {name: licence_of(name) for name in read_pinned(ROOT / "constraints.txt")}
    found = {name: licence for name, licence in known.items() if licence is not None}
    assert len(found) > 20
    assert {name: licence for name, licence in found.items() if is_refused(licence)} == {}


@pytest.mark.parametrize(
    ("licence", "agreed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0", False),
        ("", False),
        ("Apache-2.0 WITH LLVM-exception AND BSD-3-Clause", True),
    ],
)
def test_a_licence_is_agreed_to_where_each_part_of_it_is(licence: str, agreed: bool) -> None:
    assert (not is_refused(licence)) is agreed, ALLOWED


def test_every_claim_of_the_threat_model_has_a_test_that_exists() -> None:
    text = (ROOT / "functions" / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", text)
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"
    claims = [line for line in text.splitlines() if line.startswith("| ") and "cannot" in line]
    assert len(claims) > 15
    for claim in claims:
        assert re.search(r"\| `tests/[\w/.]+::\w+`(, `tests/[\w/.]+::\w+`)* \|$", claim), claim
