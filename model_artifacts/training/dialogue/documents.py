"""YAML files as Rasa reads them (YAML 1.2: `yes` and `on` are words, not booleans), with the line of every value."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.dialogue.problems import Place, Problems

Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: about ten times faster."""


class Object(dict[str, Any]):
    """A YAML mapping that knows where it and its keys stand."""

    place: Place
    keys_at: dict[str, Place]

    def locate(self, key: str) -> Place:
        return self.keys_at.get(key, self.place)


class Items(list[Any]):
    """A YAML sequence that knows where its items stand."""

    place: Place
    items_at: list[Place]


class _Loader(Base):  # type: ignore[misc]
    file = ""
    problems: Problems

    def locate(self, node: Any) -> Place:
        return Place(self.file, node.start_mark.line + 1)


def _construct_mapping(loader: _Loader, node: Any) -> Object:
    loader.flatten_mapping(node)
    made = Object()
    made.place = loader.locate(node)
    made.keys_at = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        name = key if isinstance(key, str) else _scalar_text(key_node)
        if name in made:
            loader.problems.add_error(
                loader.locate(key_node),
                f"the key '{name}' stands here a second time (first in line {made.keys_at[name].line}); "
                "keep one of the two",
            )
        made[name] = loader.construct_object(value_node, deep=True)
        made.keys_at[name] = loader.locate(key_node)
    return made


def _construct_sequence(loader: _Loader, node: Any) -> Items:
    made = Items(loader.construct_object(item, deep=True) for item in node.value)
    made.place = loader.locate(node)
    made.items_at = [loader.locate(item) for item in node.value]
    return made


def _scalar_text(node: Any) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _construct_sequence)
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("float", r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", "-+."),
    ("merge", r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def _construct_int(loader: _Loader, node: Any) -> int:
    # In YAML 1.2 a leading zero makes no octal number.
    return int(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def read_document(path: Path, project: Path, problems: Problems) -> Object | None:
    """The mapping that a YAML file holds; None, with a problem noted, where it holds none."""
    file = path.relative_to(project).as_posix()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        problems.add_error(Place(file, 1), f"the file cannot be read as UTF-8 text ({exc}); save it as UTF-8")
        return None
    return parse_document(text, file, problems)


def parse_document(text: str, file: str, problems: Problems) -> Object | None:
    """An object whose keys and values know their lines; None where it is none, and `problems` then says why."""
    loader = _Loader(text)
    loader.file, loader.problems = file, problems
    try:
        data = loader.get_single_data()
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
        cause = getattr(exc, "problem", None) or str(exc).split("\n", 1)[0]
        hint = "indent with spaces, not tabs" if "\\t" in repr(cause) or "tab" in cause else "mend the YAML here"
        problems.add_error(Place(file, mark.line + 1 if mark is not None else 1), f"this is not YAML: {cause}; {hint}")
        return None
    except (ValueError, RecursionError) as exc:
        problems.add_error(Place(file, 1), f"this is not YAML that can be used: {exc}")
        return None
    finally:
        loader.dispose()
    if data is None:
        data = Object()
        data.place, data.keys_at = Place(file, 1), {}
    if not isinstance(data, Object):
        problems.add_error(
            Place(file, 1), "the file must hold keys (`version:`, `rules:`, ...), not a list or plain text"
        )
        return None
    return data


def iterate_items(holder: Mapping[str, Any], key: str, problems: Problems) -> Iterator[tuple[Any, Place]]:
    """The items of the list under `key`, each with its place; an absent or empty list has none."""
    value = holder.get(key)
    if value is None:
        return
    place = holder.locate(key) if isinstance(holder, Object) else Place("", 1)
    if not isinstance(value, Items):
        problems.add_error(place, f"'{key}' must be a list: put `- ` before each item")
        return
    yield from zip(value, value.items_at, strict=True)


def iterate_fields(holder: Mapping[str, Any], key: str, problems: Problems) -> Iterator[tuple[str, Any, Place]]:
    """Key, value and place of each entry of the mapping under `key`; an absent or empty one has none."""
    value = holder.get(key)
    if value is None:
        return
    place = holder.locate(key) if isinstance(holder, Object) else Place("", 1)
    if not isinstance(value, Object):
        problems.add_error(place, f"'{key}' must hold names, each followed by `:`, not {_name_kind(value)}")
        return
    for name, item in value.items():
        yield name, item, value.locate(name)


def _name_kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "plain text" if isinstance(value, str) else "a single value"


def strip_places(value: Any) -> Any:
    """The value without places, as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): strip_places(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strip_places(item) for item in value]
    return value
