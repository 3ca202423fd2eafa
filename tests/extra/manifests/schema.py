"""A Kubernetes structural schema, as a custom resource definition carries it, asked about one document."""

import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def problems(value: Any, schema: Schema, path: str = "") -> Iterator[str]:
    """Everything in `value` that the API server would refuse, or quietly drop because the schema does not know it."""
    if value is None and schema.get("nullable"):
        return
    if schema.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str) or isinstance(value, bool):
            yield f"{path}: {value!r} is neither a whole number nor text"
        return
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{path}: {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match {schema['pattern']}"
    if isinstance(value, int | float) and value < schema.get("minimum", value):
        yield f"{path}: {value} is below {schema['minimum']}"
    if isinstance(value, int | float) and value > schema.get("maximum", value):
        yield f"{path}: {value} is above {schema['maximum']}"
    if isinstance(value, dict):
        yield from _object(value, schema, path)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items") or {}, f"{path}[{number}]")


def _object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}.{name} is missing"
    known, other = schema.get("properties", {}), schema.get("additionalProperties")
    for name, item in value.items():
        if name in known:
            yield from problems(item, known[name], f"{path}.{name}")
        elif isinstance(other, dict):
            yield from problems(item, other, f"{path}.{name}")
        elif known and not other and not schema.get("x-kubernetes-preserve-unknown-fields") and path:
            yield f"{path}.{name} is not known"
