"""Slots of the domain: their types and mappings, checked."""

import re
from collections.abc import Mapping
from typing import Any

from model_artifacts.training.dialogue.documents import Items, Object, strip_places
from model_artifacts.training.dialogue.problems import Place, Problems
from shared.events.wire import JSON

TYPES = ("text", "bool", "categorical", "float", "list", "any")
MAPPINGS: Mapping[str, tuple[str, ...]] = {
    "from_entity": ("entity",),
    "from_intent": ("value",),
    "from_trigger_intent": ("value",),
    "from_text": (),
    "custom": (),
}
"""Each kind of mapping, and the keys that it needs."""


def read_slot(name: str, data: Any, place: Place, problems: Problems) -> dict[str, JSON]:
    """The slot as dialogue.json has it; what is wrong with it is noted."""
    slot: dict[str, JSON] = {"type": "any", "influence": False, "mappings": []}
    if not isinstance(data, Object):
        problems.add_error(place, f"the slot '{name}' needs `type:` and `mappings:` indented below it")
        return slot
    if "auto_fill" in data:
        problems.add_error(
            data.locate("auto_fill"),
            f"'auto_fill' of the slot '{name}' is Rasa 2.x: remove it and say under `mappings:` what fills the slot, "
            f"e.g. `- type: from_entity` with `entity: {name}`; Rasa's `rasa data migrate` does this",
        )
    kind = data.get("type")
    if kind == "unfeaturized":
        problems.add_error(data.locate("type"), f"the slot type 'unfeaturized' is Rasa 1.x: make '{name}' `type: any`")
        kind = "any"
    elif kind not in TYPES:
        problems.add_error(
            data.locate("type"),
            f"the slot '{name}' has the type {kind!r}; use one of {', '.join(TYPES)} "
            "(classes of your own are not supported)",
        )
        kind = "any"
    slot["type"] = kind
    slot["influence"] = bool(data.get("influence_conversation", kind != "any"))
    if kind == "any" and slot["influence"]:
        problems.add_error(
            data.locate("influence_conversation"),
            f"a slot of type any cannot influence the conversation; give '{name}' another type, "
            "or set influence_conversation to false",
        )
        slot["influence"] = False
    if data.get("initial_value") is not None:
        slot["initial"] = strip_places(data["initial_value"])
    if kind == "categorical":
        slot["values"] = [str(value).lower() for value in data.get("values") or () if value is not None]
        if not slot["values"]:
            problems.warn(place, f"the categorical slot '{name}' lists no `values`; every value will look alike")
    if kind == "float":
        _read_range(name, data, slot, problems)
    if data.get("confirm"):
        if kind != "bool":
            problems.add_error(
                data.locate("confirm"), f"`confirm: true` asks for a yes or no: make '{name}' `type: bool`"
            )
        slot["confirm"] = True
    if data.get("pattern") is not None:
        _read_pattern(name, data, slot, problems)
    slot["mappings"] = _read_mappings(name, data, place, problems)
    return slot


def _read_pattern(name: str, data: Object, slot: dict[str, JSON], problems: Problems) -> None:
    try:
        re.compile(str(data["pattern"]))
    except re.error as exc:
        problems.add_error(
            data.locate("pattern"), f"the `pattern` of the slot '{name}' is no regular expression: {exc}"
        )
        return
    slot["pattern"] = str(data["pattern"])


def _read_range(name: str, data: Object, slot: dict[str, JSON], problems: Problems) -> None:
    low, high = data.get("min_value", 0.0), data.get("max_value", 1.0)
    if not all(isinstance(end, int | float) for end in (low, high)) or low >= high:
        problems.add_error(data.place, f"min_value of the slot '{name}' must be a number below max_value")
        return
    slot["low"], slot["high"] = float(low), float(high)


def _read_mappings(name: str, data: Object, place: Place, problems: Problems) -> list[JSON]:
    if "mappings" not in data:
        problems.add_error(
            place,
            f"the slot '{name}' has no `mappings:` (Rasa 3.x asks for them): say what fills it, "
            f"e.g. `- type: from_entity` with `entity: {name}`, or `- type: custom` where an action does",
        )
        return []
    mappings = data["mappings"]
    if mappings is None:
        return []
    if not isinstance(mappings, Items):
        problems.add_error(
            data.locate("mappings"), f"`mappings` of the slot '{name}' must be a list: put `- ` before each"
        )
        return []
    return [
        read
        for mapping, at in zip(mappings, mappings.items_at, strict=True)
        if (read := _read_mapping(name, mapping, at, problems)) is not None
    ]


def _read_mapping(name: str, mapping: Any, place: Place, problems: Problems) -> dict[str, JSON] | None:
    kind = str(mapping.get("type")) if isinstance(mapping, Object) else ""
    if kind not in MAPPINGS:
        problems.add_error(
            place, f"a mapping of the slot '{name}' has the type {kind!r}; use one of {', '.join(MAPPINGS)}"
        )
        return None
    missing = [key for key in MAPPINGS[kind] if mapping.get(key) is None]
    if missing:
        problems.add_error(place, f"a {kind} mapping of the slot '{name}' needs `{missing[0]}:`")
        return None
    read: dict[str, JSON] = {"type": kind}
    for key in ("entity", "role", "group", "value", "action"):
        if mapping.get(key) is not None:
            read[key] = strip_places(mapping[key])
    for key in ("intent", "not_intent"):
        if mapping.get(key) is not None:
            read[key] = [str(intent) for intent in (mapping[key] if isinstance(mapping[key], list) else [mapping[key]])]
    conditions = mapping.get("conditions")
    if conditions is not None:
        if not isinstance(conditions, list) or not all(isinstance(item, Mapping) for item in conditions):
            problems.add_error(
                place, f"`conditions` of the slot '{name}' must be a list of `active_loop:` (and `requested_slot:`)"
            )
            return None
        read["conditions"] = strip_places(conditions)
    return read
