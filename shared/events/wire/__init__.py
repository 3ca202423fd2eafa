"""The one codec between frozen dataclasses and JSON, driven by their fields.

Readers ignore unknown keys and refuse missing or mistyped ones, naming each of them with its path, all together.
Supported field types: str, int, float, bool, JSON (any JSON value), other dataclasses, `tuple[X, ...]`,
`Mapping[str, X]`, `Literal[...]` of strings, and `X | None`. A field that holds another dataclass may be FLATTENED: the
keys of that one then stand beside the other keys, so that one type can hold another and both keep their JSON form.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from shared.errors import Rejected

JSON = Any
"""Any value that the json module reads or writes: None, bool, int, float, str, list or dict of these."""

FLATTENED: Mapping[str, bool] = {"flattened": True}
"""`metadata` of a field whose dataclass has no object of its own in JSON."""

FORMERLY = "formerly"
"""Key in the `metadata` of a field that was renamed: its old name, which is still read where the new one is missing."""

T = TypeVar("T")


def to_wire(value: object) -> JSON:
    """The JSON form of a dataclass, or of a list of them; fields that hold their default None are left out.

    A JSON field is taken as it is, without a walk through it: a conversation's events are most of what is written.
    """
    if isinstance(value, list | tuple):
        return [to_wire(item) for item in value]
    return _make_writer(cast(Any, type(value)))(value)


def from_wire(cls: type[T], wire: JSON) -> T:
    """A `cls` read from JSON, or Rejected with every missing and mistyped key."""
    mistakes: list[str] = []
    value = _make_reader(cast(Any, cls))(wire, None, mistakes)
    if mistakes:
        raise Rejected("; ".join(mistakes))
    return value  # type: ignore[no-any-return]


Place = Any
"""Where a value stands: None, or the place of what it stands in and its key there. Words are made of it only where
there is a mistake to name."""
Reader = Callable[[JSON, Place, list[str]], Any]
Writer = Callable[[Any], JSON]


@cache
def _list_fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


@cache
def _make_writer(hint: Any) -> Writer:
    if dataclasses.is_dataclass(hint):
        return _dataclass_writer(cast(type, hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _make_writer(_only_other(hint, arguments))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _make_writer(arguments[0])
        return list if item is _as_it_is else lambda value: [item(element) for element in value]
    if origin is not None and origin is not Literal and issubclass(origin, Mapping):
        item = _make_writer(arguments[1])
        return dict if item is _as_it_is else lambda value: {key: item(element) for key, element in value.items()}
    return _as_it_is


def _dataclass_writer(cls: type) -> Writer:
    hints = get_type_hints(cls)
    fields = _list_fields(cls)
    writers = [None if (writer := _make_writer(hints[field.name])) is _as_it_is else writer for field in fields]
    plan = [
        (field.name, writer, field.default is None, is_flattened(field))
        for field, writer in zip(fields, writers, strict=True)
    ]
    # All at once; of a single name attrgetter would give no tuple.
    values = attrgetter(*[field.name for field in fields]) if len(fields) > 1 else _only_value_of(fields)

    def write(value: Any) -> JSON:
        found: dict[str, JSON] = {}
        for (name, writer, optional, flattened), item in zip(plan, values(value), strict=True):
            if item is None:
                if not optional:
                    found[name] = None
            elif writer is None:
                found[name] = item
            elif flattened:
                found |= writer(item)
            else:
                found[name] = writer(item)
        return found

    return write


def _only_value_of(fields: Sequence[dataclasses.Field[Any]]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of no field, or of this one."""
    return lambda value: tuple([getattr(value, field.name) for field in fields])


def is_flattened(field: dataclasses.Field[Any]) -> bool:
    return "flattened" in field.metadata


def _as_it_is(value: Any) -> JSON:
    return value


def _only_other(hint: Any, arguments: tuple[Any, ...]) -> Any:
    """The X of `X | None`."""
    others = [argument for argument in arguments if argument is not type(None)]
    if len(others) != 1 or len(others) == len(arguments):
        raise TypeError(f"wire: {hint} is not supported; use X | None")
    return others[0]


@cache
def _make_reader(hint: Any) -> Reader:
    if hint is Any:
        return _read_any
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


def _read_any(wire: JSON, _place: Place, _mistakes: list[str]) -> Any:
    return wire


def _dataclass_reader(cls: type) -> Reader:
    hints = get_type_hints(cls)
    plan = [
        (
            field.name,
            _plain_type(hints[field.name]),
            _make_reader(hints[field.name]),
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            is_flattened(field),
            field.metadata.get(FORMERLY),
        )
        for field in _list_fields(cls)
    ]

    def read(wire: JSON, place: Place, mistakes: list[str]) -> Any:
        if not isinstance(wire, dict):
            mistakes.append(_describe_mistake("an object", wire, place))
            return None
        before = len(mistakes)
        found = {}
        for name, plain, reader, required, flattened, formerly in plan:
            if flattened:
                found[name] = reader(wire, place, mistakes)
            elif name in wire:
                value = wire[name]
                found[name] = value if type(value) is plain else reader(value, (place, name), mistakes)
            elif formerly is not None and formerly in wire:
                found[name] = reader(wire[formerly], (place, formerly), mistakes)
            elif required:
                mistakes.append(f"{_check_path((place, name))} is missing")
        return cls(**found) if len(mistakes) == before else None

    return read


def _plain_type(hint: Any) -> Any:
    """The type whose values are taken as they are, without calling a reader; None where there is no such type."""
    hints = (
        [item for item in get_args(hint) if item is not type(None)] if get_origin(hint) is types.UnionType else [hint]
    )
    return hints[0] if hints[0] in SCALARS else None


def _optional_reader(hint: Any, arguments: tuple[Any, ...]) -> Reader:
    inner = _make_reader(_only_other(hint, arguments))
    return lambda wire, place, mistakes: None if wire is None else inner(wire, place, mistakes)


def _tuple_reader(item: Any) -> Reader:
    inner = _make_reader(item)

    def read(wire: JSON, place: Place, mistakes: list[str]) -> Any:
        if not isinstance(wire, list):
            mistakes.append(_describe_mistake("a list", wire, place))
            return ()
        if inner is _read_any:
            return tuple(wire)
        return tuple([inner(element, (place, index), mistakes) for index, element in enumerate(wire)])

    return read


def _mapping_reader(item: Any) -> Reader:
    inner = _make_reader(item)

    def read(wire: JSON, place: Place, mistakes: list[str]) -> Any:
        if not isinstance(wire, dict):
            mistakes.append(_describe_mistake("an object", wire, place))
            return {}
        if inner is _read_any:
            return dict(wire)
        return {key: inner(element, (place, key), mistakes) for key, element in wire.items()}

    return read


def _literal_reader(allowed: tuple[Any, ...]) -> Reader:
    def read(wire: JSON, place: Place, mistakes: list[str]) -> Any:
        if wire not in allowed:
            mistakes.append(f"{_check_path(place)} must be one of {', '.join(map(str, allowed))}")
        return wire

    return read


SCALARS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _scalar_reader(hint: Any) -> Reader:
    if hint not in SCALARS:
        raise TypeError(f"wire: fields of type {hint} are not supported")

    def read(wire: JSON, place: Place, mistakes: list[str]) -> Any:
        if hint is float and type(wire) is int:
            return float(wire)
        if type(wire) is not hint:
            mistakes.append(_describe_mistake(SCALARS[hint], wire, place))
        return wire

    return read


def _describe_mistake(what: str, wire: JSON, place: Place) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return f"{_check_path(place)} must be {what}, not {kinds.get(type(wire), 'a number')}"


def _check_path(place: Place) -> str:
    """The place in words: `replies[0].text`; the whole is `data`."""
    words = ""
    while place is not None:
        place, key = place
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if place is not None else key
        words = step + words
    return words or "data"
