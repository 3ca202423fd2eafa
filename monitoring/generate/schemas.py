"""Writes shared/events/schemas: a JSON Schema (2020-12) of the data of each event, from the catalogue's dataclasses."""

import ast
import dataclasses
import inspect
import json
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from knative.local.stages import ROOT
from shared.events.catalogue import CATALOGUE
from shared.events.wire import is_flattened

FOLDER = ROOT / "shared" / "events" / "schemas"
SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def generate_schemas() -> Mapping[str, str]:
    """File name -> content, for every event type."""
    return {
        f"{cls.TYPE}.json": json.dumps(generate_schema(cls), ensure_ascii=False, indent=2) + "\n" for cls in CATALOGUE
    }  # fmt: skip


def generate_schema(cls: Any) -> dict[str, Any]:
    """The schema of an event's data. Unknown keys are allowed: readers ignore them."""
    definitions: dict[str, Any] = {}
    whole = _build_object(cls, definitions)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": cls.TYPE}
    return {**head, **whole, **({"$defs": dict(sorted(definitions.items()))} if definitions else {})}


def _build_object(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints, promises = get_type_hints(cls), _read_promises(cls)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for field in dataclasses.fields(cls):
        if is_flattened(field):
            inner = _build_object(hints[field.name], definitions)
            properties |= inner["properties"]
            required += inner["required"]
            continue
        described = {"description": promises[field.name]} if field.name in promises else {}
        properties[field.name] = {**described, **_build_schema(hints[field.name], definitions)}
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required.append(field.name)
    description = {"description": inspect.cleandoc(cls.__doc__)} if not cls.__doc__.startswith(cls.__name__) else {}
    return {**description, "type": "object", "properties": properties, "required": required}


def _build_schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in SCALARS:
        return {"type": SCALARS[hint]}
    if dataclasses.is_dataclass(hint):
        name = hint.__name__  # type: ignore[union-attr]
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _build_object(hint, definitions)
        return {"$ref": f"#/$defs/{name}"}
    if origin in (Union, types.UnionType):
        (other,) = (argument for argument in arguments if argument is not type(None))
        return {"anyOf": [_build_schema(other, definitions), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _build_schema(arguments[0], definitions)}
    if origin is Literal:
        return {"enum": list(arguments)}
    return {"type": "object", "additionalProperties": _build_schema(arguments[1], definitions)}


def _read_promises(cls: Any) -> dict[str, str]:
    """What stands right under each attribute in the source."""
    (definition,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - a class's source is a class
    found = {}
    for node, below in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(below, ast.Expr):
            found[node.target.id] = inspect.cleandoc(str(ast.literal_eval(below.value)))
    return found


def main(folder: Path = FOLDER) -> int:
    folder.mkdir(exist_ok=True)
    wanted = generate_schemas()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        (folder / name).write_text(content, encoding="utf-8")
    print(f"wrote {len(wanted)} schemas to {folder.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
