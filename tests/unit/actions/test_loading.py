"""Loading an assistant's functions from a directory."""

from pathlib import Path

import pytest

from functions.actions.fulfilment import Call
from functions.actions.loading import load_functions
from shared.errors import Unavailable
from tests.unit.actions.events import NOW

INIT = """
from .greeting import greet
ACTIONS = {"action_greet": greet}
SETTINGS = {"GREETING": "hello", "OTHER": "x"}
ASSETS = ("catalogue.sqlite",)
"""
GREETING = """
from functions.actions.fulfilment import Call, Result, text
def greet(call: Call) -> Result:
    return Result.of(text(call.settings["GREETING"]))
"""


def package(folder: Path, init: str = INIT) -> Path:
    folder.mkdir()
    (folder / "__init__.py").write_text(init)
    (folder / "greeting.py").write_text(GREETING)
    return folder


def test_a_package_lists_its_functions_its_settings_and_its_files(tmp_path: Path) -> None:
    functions = load_functions(package(tmp_path / "actions"), {"GREETING": "hi", "HOME": "x"})
    assert list(functions.actions) == ["action_greet"]
    assert functions.settings == {"GREETING": "hi", "OTHER": "x"}
    assert functions.assets == ("catalogue.sqlite",)
    call = Call("action_greet", "s", "rest:s", "m", NOW, settings=functions.settings)
    assert functions.actions["action_greet"](call).responses == ({"text": "hi"},)


def test_two_assistants_with_packages_of_the_same_name_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = load_functions(package(tmp_path / "one" / "actions"), {})
    (package(tmp_path / "two" / "actions") / "greeting.py").write_text(GREETING.replace('["GREETING"]', '["OTHER"]'))
    two = load_functions(tmp_path / "two" / "actions", {})
    call = Call("action_greet", "s", "rest:s", "m", NOW, settings={"GREETING": "hello", "OTHER": "x"})
    assert one.actions["action_greet"](call) != two.actions["action_greet"](call)


def test_an_assistant_without_functions_is_complete(tmp_path: Path) -> None:
    functions = load_functions(tmp_path / "none", {})
    assert (functions.actions, functions.settings, functions.assets) == ({}, {}, ())


@pytest.mark.parametrize(
    ("init", "cause"),
    [
        ("", "list its functions in ACTIONS"),
        ("ACTIONS = {'a': 1}", "list its functions in ACTIONS"),
        ("ACTIONS = {'a': print}\nSETTINGS = {'A': 1}", "SETTINGS is a mapping"),
        ("ACTIONS = {'a': print}\nASSETS = 'a.sqlite'", "ASSETS is a tuple"),
        ("import nothing_like_this", "ModuleNotFoundError"),
        ("ACTIONS = {", "SyntaxError"),
    ],
)
def test_a_package_that_cannot_be_used_says_why(tmp_path: Path, init: str, cause: str) -> None:
    with pytest.raises(Unavailable, match=cause):
        load_functions(package(tmp_path / "actions", init), {})


def test_a_directory_that_is_no_package_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text(GREETING)
    with pytest.raises(Unavailable, match=r"__init__\.py"):
        load_functions(tmp_path, {})


@pytest.mark.parametrize(
    "modules", [{}, {"__init__.py": ""}, {"__init__.py": "", "actions.py": "# class A(Action):\n"}]
)
def test_a_folder_without_code_as_rasa_init_leaves_it_is_complete(tmp_path: Path, modules: dict[str, str]) -> None:
    for name, text in modules.items():
        (tmp_path / name).write_text(text)
    assert load_functions(tmp_path, {}).actions == {}
