"""The one codec between frozen dataclasses and JSON, driven by their fields.

Readers ignore unknown keys and refuse missing or mistyped ones, naming each of them with its path, all together.
Supported field types: str, int, float, bool, JSON (any JSON value), other dataclasses, `tuple[X, ...]`,
`Mapping[str, X]`, `Literal[...]` of strings, and `X | None`.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from shared.errors import Rejected

JSON = Any
"""Any value that the json module reads or writes: None, bool, int, float, str, list or dict of these."""

T = TypeVar("T")


def to_wire(value: object) -> JSON:
    """The JSON form of a dataclass (or of what one is made of); fields that hold their default None are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = ((field, getattr(value, field.name)) for field in _fields(type(value)))
        return {field.name: to_wire(item) for field, item in items if item is not None or field.default is not None}
    if isinstance(value, Mapping):
        return {str(key): to_wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_wire(item) for item in value]
    return value


def from_wire(cls: type[T], wire: JSON) -> T:
    """A `cls` read from JSON, or Rejected with every missing and mistyped key."""
    mistakes: list[str] = []
    value = _reader(cast(Any, cls))(wire, "", mistakes)
    if mistakes:
        raise Rejected("; ".join(mistakes))
    return value  # type: ignore[no-any-return]


Reader = Callable[[JSON, str, list[str]], Any]


@cache
def _fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


@cache
def _reader(hint: Any) -> Reader:
    if hint is Any:
        return lambda wire, _path, _mistakes: wire
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(hint)  # type: ignore[arg-type]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional_reader(hint, arguments)
    if origin is tuple:
        return _tuple_reader(arguments[0])
    if origin is Literal:
        return _literal_reader(arguments)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_reader(arguments[1])
    return _scalar_reader(hint)


def _dataclass_reader(cls: type) -> Reader:
    hints = get_type_hints(cls)
    plan = [
        (
            field.name,
            _reader(hints[field.name]),
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in _fields(cls)
    ]

    def read(wire: JSON, path: str, mistakes: list[str]) -> Any:
        if not isinstance(wire, dict):
            mistakes.append(_expected("an object", wire, path))
            return None
        before = len(mistakes)
        found = {}
        for name, reader, required in plan:
            if name in wire:
                found[name] = reader(wire[name], f"{path}.{name}" if path else name, mistakes)
            elif required:
                mistakes.append(f"{f'{path}.{name}' if path else name} is missing")
        return cls(**found) if len(mistakes) == before else None

    return read


def _optional_reader(hint: Any, arguments: tuple[Any, ...]) -> Reader:
    others = [argument for argument in arguments if argument is not type(None)]
    if len(others) != 1 or len(others) == len(arguments):
        raise TypeError(f"wire: {hint} is not supported; use X | None")
    inner = _reader(others[0])
    return lambda wire, path, mistakes: None if wire is None else inner(wire, path, mistakes)


def _tuple_reader(item: Any) -> Reader:
    inner = _reader(item)

    def read(wire: JSON, path: str, mistakes: list[str]) -> Any:
        if not isinstance(wire, list):
            mistakes.append(_expected("a list", wire, path))
            return ()
        return tuple(inner(element, f"{path}[{index}]", mistakes) for index, element in enumerate(wire))

    return read


def _mapping_reader(item: Any) -> Reader:
    inner = _reader(item)

    def read(wire: JSON, path: str, mistakes: list[str]) -> Any:
        if not isinstance(wire, dict):
            mistakes.append(_expected("an object", wire, path))
            return {}
        return {key: inner(element, f"{path}.{key}", mistakes) for key, element in wire.items()}

    return read


def _literal_reader(allowed: tuple[Any, ...]) -> Reader:
    def read(wire: JSON, path: str, mistakes: list[str]) -> Any:
        if wire not in allowed:
            mistakes.append(f"{path or 'data'} must be one of {', '.join(map(str, allowed))}")
        return wire

    return read


def _scalar_reader(hint: Any) -> Reader:
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    if hint not in names:
        raise TypeError(f"wire: fields of type {hint} are not supported")

    def read(wire: JSON, path: str, mistakes: list[str]) -> Any:
        if hint is float and type(wire) is int:
            return float(wire)
        if type(wire) is not hint:
            mistakes.append(_expected(names[hint], wire, path))
        return wire

    return read


def _expected(what: str, wire: JSON, path: str) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return f"{path or 'data'} must be {what}, not {kinds.get(type(wire), 'a number')}"
