"""The assistant's own components: Python functions that look at a text and its entities after the model has.

config.yml names each by its place in the assistant's folder: `- name: components.codes.find_codes` in the pipeline is
the function `find_codes` in `components/codes.py`. It is given the text and the entities, and returns the entities that
there are then. Whatever is wrong with one costs what it would have found, never a message.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from functions.nlu.interpretation import Understanding
from shared.errors import Rejected
from shared.events.catalogue import Entity
from shared.events.wire import JSON, from_wire, to_wire
from shared.logs import ERROR, get_logger
from shared.threads import Threads, TookTooLong, TooMany

log = get_logger(__name__)

FOLDER = "components"
MOST = 200
"""Entities of one message; a component that returns more is at fault."""
AT_ONCE = 16
"""Calls of one component that run at once, those that hang included: a stage takes 8 messages at once."""
Function = Callable[[str, list[dict[str, JSON]]], Sequence[Mapping[str, JSON]]]
"""Takes the text and its entities as objects (entity, value, start, end, confidence, role, group, extractor, negated,
additional_info; `start` and `end` are characters of the text), returns all that there are now, in the same form: at
least `entity` and `value`. It may be called by several threads at once."""


class Faulty(ValueError):
    """What a component returned is no list of entities; says why without a word of the message."""


class Components:
    """The functions of one assistant, in the order of its pipeline."""

    def __init__(self, functions: Mapping[str, Function], seconds: float = 1.0) -> None:
        """`seconds`: what one function may take for a message."""
        self._functions = functions
        self._seconds = seconds
        self._threads = {name: Threads(AT_ONCE, name) for name in functions}

    def apply(self, text: str, understood: Understanding) -> Understanding:
        """What was understood, with the entities that the functions leave of it or add."""
        entities = understood.entities
        for name, function in self._functions.items():
            try:
                entities = self._call(name, function, text, entities)
            except Exception as exc:
                # The project's own code may raise anything; the message is understood without it.
                cause = str(exc) if isinstance(exc, Faulty) else type(exc).__name__
                fields = {"component": name, "cause": cause}
                log.log(ERROR, "a component failed", exc_info=exc, extra={"fields": fields})
        return understood if entities == understood.entities else replace(understood, entities=entities)

    def _call(self, name: str, function: Function, text: str, entities: Sequence[Entity]) -> tuple[Entity, ...]:
        given = [to_wire(entity) for entity in entities]
        try:
            returned = self._threads[name].run(lambda: function(text, given), self._seconds)
        except TookTooLong:
            raise Faulty(f"it gave nothing within {self._seconds:g} s (COMPONENT_TIMEOUT)") from None
        except TooMany:
            raise Faulty(f"{AT_ONCE} of its calls run or hang; it is not called until one of them ends") from None
        except (SystemExit, KeyboardInterrupt) as exc:
            raise Faulty(f"it raised {type(exc).__name__}") from None
        return tuple(_read(returned, text, name))


def load_components(folder: Path, names: Sequence[str], seconds: float = 1.0) -> Components:
    """The functions of these names from `folder`; one that cannot be loaded is logged, and left out. For a message
    each may take so many seconds."""
    found: dict[str, Function] = {}
    for name in names:
        module, _, function = name.removeprefix(f"{FOLDER}.").rpartition(".")
        try:
            found[name] = _find_function(folder.resolve(), module, function)
        except Exception as exc:
            # Importing it runs the project's own code; the others work without it.
            fields = {"component": name, "cause": f"{type(exc).__name__}: {exc}"}
            log.log(ERROR, "a component cannot be loaded", exc_info=exc, extra={"fields": fields})
    return Components(found, seconds)


def _find_function(folder: Path, module: str, name: str) -> Function:
    # A package of a name of its own, which shadows nothing; its modules import each other relatively.
    package = "assistant_components_" + "".join(letter if letter.isalnum() else "_" for letter in str(folder))
    if package not in sys.modules:
        made = ModuleType(package)
        made.__path__ = [str(folder)]
        sys.modules[package] = made
    function: Any = getattr(importlib.import_module(f"{package}.{module}"), name)
    if not callable(function):
        raise TypeError(f"{name} is no function")
    return function  # type: ignore[no-any-return]


def _read(returned: Any, text: str, name: str) -> Iterator[Entity]:
    """The entities that a component returned; Faulty where they are none."""
    if not isinstance(returned, list | tuple) or len(returned) > MOST:
        raise Faulty(f"it returns a list of at most {MOST} entities, not {type(returned).__name__}")
    for item in returned:
        if not isinstance(item, Mapping) or not item.get("entity") or "value" not in item:
            raise Faulty("an entity is an object with `entity` and `value`")
        # What it does not say is its own; through JSON, since that is how it travels.
        try:
            entity = from_wire(Entity, json.loads(json.dumps({"extractor": name, **item}, allow_nan=False)))
        except (Rejected, TypeError, ValueError, RecursionError):
            raise Faulty("an entity has a key of the wrong kind, or a value that is no JSON") from None
        start, end = entity.start or 0, entity.end or 0
        if (entity.start is None) != (entity.end is None) or not 0 <= start <= end <= len(text):
            raise Faulty("`start` and `end` are characters of the text, or both are left out")
        yield entity
