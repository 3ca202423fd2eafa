"""Dataclasses and regular expressions that come compiled are the same ones."""

import copy
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.runtime import precompiled
from knative.local.stages import ROOT, STAGES

MODULE = """
import re
from dataclasses import dataclass, field

WORD = re.compile(r"(?P<first>[a-z])(\\w*)", re.IGNORECASE)
RAW = re.compile(b"[\\x80-\\xff]+")

@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 7
    tags: tuple[str, ...] = field(default=(), metadata={"a": 1})
"""


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    precompiled.release()
    sys.modules.pop("pointed", None)
    re.purge()


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pointed.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert precompiled.record(tmp_path / "dataclasses.bin", ["pointed"]) >= 4
    sys.modules.pop("pointed")
    return tmp_path / "dataclasses.bin"


def behaves() -> None:
    import pointed  # type: ignore[import-not-found]

    point = pointed.Point(1)
    assert (point.x, point.y, repr(point)) == (1, 7, "Point(x=1, y=7, tags=())")
    assert point == pointed.Point(1, 7)
    assert point != pointed.Point(2)
    assert hash(point) == hash(pointed.Point(1))
    assert dataclasses.replace(point, y=8).y == 8
    assert [field.name for field in dataclasses.fields(point)] == ["x", "y", "tags"]
    assert dataclasses.fields(point)[2].metadata["a"] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    found = pointed.WORD.fullmatch("Ää") or pointed.WORD.fullmatch("Word")
    assert (found["first"], found[2], pointed.WORD.groups, pointed.WORD.groupindex) == ("W", "ord", 2, {"first": 1})
    assert re.compile(r"(?P<first>[a-z])(\w*)", re.IGNORECASE) == pointed.WORD
    assert (pointed.WORD.pattern, pointed.WORD.flags) == (r"(?P<first>[a-z])(\w*)", re.IGNORECASE | re.UNICODE)
    assert pointed.RAW.sub(b"?", b"a\xc3\xa4b") == b"a?b"


def test_a_dataclass_behaves_alike_and_nothing_is_compiled(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(text: str) -> None:
        raise AssertionError(f"compiled again: {text}")

    monkeypatch.setattr(precompiled, "_compile", never)
    monkeypatch.setattr(precompiled, "_COMPILE", never)
    precompiled.use(str(compiled))
    re.purge()
    import pointed

    monkeypatch.undo()
    assert pointed.Point(1).y == 7
    behaves()


def test_a_regular_expression_that_was_not_recorded_is_compiled(compiled: Path) -> None:
    precompiled.use(str(compiled))
    re.purge()
    assert re.findall(r"un(heard)\s+of", "unheard of") == ["heard"]
    with pytest.raises(re.error):
        re.compile("(")


def test_a_text_that_was_not_recorded_is_compiled(compiled: Path) -> None:
    precompiled.use(str(compiled))

    @dataclasses.dataclass
    class Other:
        unheard_of: str = "yes"

    assert Other().unheard_of == "yes"
    assert Other() == Other()


@pytest.mark.parametrize("content", [b"", b"\0\0\0\0nonsense", None])
def test_without_a_file_of_this_python_nothing_changes(compiled: Path, content: bytes | None) -> None:
    if content is None:
        compiled.unlink()
    else:
        compiled.write_bytes(content)
    precompiled.use(str(compiled))
    assert "exec" not in vars(dataclasses)
    assert re._compiler.compile is precompiled._COMPILE  # type: ignore[attr-defined]
    behaves()


def test_after_the_start_dataclasses_are_left_alone(compiled: Path) -> None:
    precompiled.use(str(compiled))
    precompiled.release()
    assert "exec" not in vars(dataclasses)


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataclasses, "_process_class", dataclasses._process_class)  # type: ignore[attr-defined]
    precompiled.leave_out_guards()


def make_frozen(module: str, *bases: type, **more: object) -> type:
    names = {"__annotations__": {"x": int}, "__module__": module, **more}
    return dataclasses.dataclass(frozen=True, slots=True)(type("Value", bases, names))


@pytest.mark.usefixtures("unguarded")
def test_a_value_of_ours_is_made_without_its_guard_and_is_compared_hashed_and_copied_as_ever() -> None:
    value: Any = make_frozen("shared.events.catalogue")
    value(1).x = 2
    assert value(1) == value(1) != value(2)
    assert {value(1): "found"}[value(1)] == "found"
    assert dataclasses.replace(value(1), x=3) == copy.copy(value(3))
    assert not hasattr(value(1), "__dict__")
    own = make_frozen("functions.nlu.model", __hash__=lambda _: 7)
    assert hash(own(1)) == 7


@pytest.mark.usefixtures("unguarded")
def test_somebody_elses_value_keeps_its_guard_unless_it_is_made_of_ours() -> None:
    theirs: Any = make_frozen("films")
    with pytest.raises(dataclasses.FrozenInstanceError):
        theirs(1).x = 2
    ours: Any = make_frozen("functions.actions.fulfilment")
    assert make_frozen("films", ours)(1).x == 1
    # One that was made before belongs to a family that is frozen.
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_frozen("functions.actions.fulfilment", theirs)(1).x = 2


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_stage_gives_the_same_bytes(stage: str, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        command = [sys.executable, str(ROOT / "functions" / "runtime" / "precompiled.py"), stage, str(tmp_path / name)]
        environ = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_what_is_imported_later_is_compiled_too_unless_it_needs_a_package() -> None:
    names = precompiled.list_reachable("dialogue", ROOT / "functions")
    assert {"shared.stores.sqlite", "shared.stores.claims", "functions.dialogue.http_api.operations"} <= set(names)
    assert "shared.stores.firestore.grpc" not in names
    assert not [name for name in names if name.endswith(".main")]


@pytest.mark.parametrize(("broken", "more"), [("", 1), ("raise OSError('no network')\n", 0)])
def test_an_assistants_own_code_is_compiled_too_where_it_can_be_loaded(tmp_path: Path, broken: str, more: int) -> None:
    (tmp_path / "actions").mkdir()
    door = f"import re\n{broken}WORD = re.compile('only in this [a-z]{{3,5}} here')\nACTIONS = {{'action_a': print}}\n"
    (tmp_path / "actions" / "__init__.py").write_text(door)
    # What our own modules compile is compiled by now.
    precompiled.record(tmp_path / "alone.bin", ["functions.actions.loading"])
    assert precompiled.record(tmp_path / "both.bin", ["functions.actions.loading"], "actions", tmp_path) == more


def test_the_expressions_of_an_assistants_entities_are_compiled_too(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    regexes = [{"entity": "size", "pattern": "(?:only|here) [0-9]{2,9}cm"}]
    (tmp_path / "bundle" / "nlu.json").write_text(json.dumps({"regexes": regexes}))
    precompiled.record(tmp_path / "alone.bin", ["functions.nlu.tables"])
    assert precompiled.record(tmp_path / "both.bin", ["functions.nlu.tables"], "nlu", tmp_path) == 1
