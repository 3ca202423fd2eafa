"""Trigger filters: from the `filters` or `filter` of a manifest to one predicate over an event's attributes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Filter = Callable[[Mapping[str, str]], bool]

COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "exact": lambda found, wanted: found == wanted != "",
    "prefix": str.startswith,
    "suffix": str.endswith,
    # Here an empty value stands for any value (eventing pkg/eventfilter/attributes/filter.go).
    "filter.attributes": lambda found, wanted: wanted in ("", found),
}
FORM = "a filter holds one of exact, prefix, suffix (attribute names to strings), all, any (filters) and not (a filter)"


def compile_filter(spec: Mapping[str, Any]) -> Filter:
    """What the spec of a Trigger asks for, or ValueError. `filters` overrides `filter`, unless it is empty."""
    if filters := spec.get("filters"):
        return _read_dialect({"all": filters})
    attributes = (spec.get("filter") or {}).get("attributes") or {}
    return _compare("filter.attributes", attributes)


def _read_dialect(expression: Any) -> Filter:
    match list(expression.items()) if isinstance(expression, dict) else expression:
        case [("exact" | "prefix" | "suffix" as name, dict(pairs))] if pairs and "" not in pairs.values():
            return _compare(name, pairs)
        case [("all" | "any" as name, [_, *_] as expressions)]:
            nested = [_read_dialect(item) for item in expressions]
            combine = all if name == "all" else any
            return lambda attributes: combine(accepts(attributes) for accepts in nested)
        case [("not", operand)]:
            refused = _read_dialect(operand)
            return lambda attributes: not refused(attributes)
        case [("cesql", _)]:
            raise ValueError(f"cesql is not supported by the local broker; {FORM}")
    raise ValueError(FORM)


def _compare(name: str, pairs: Mapping[str, Any]) -> Filter:
    """True where every attribute is there and compares; a missing attribute matches nothing."""
    for attribute, text in pairs.items():
        # Knative's webhook refuses digits at the start too, although CloudEvents allows them.
        if not re.fullmatch("[a-z][a-z0-9]*", str(attribute)) or not isinstance(text, str):
            raise ValueError(f"{name}: {attribute!r} must be a name of lower-case letters and digits, with a string")
    holds = COMPARISONS[name]
    return lambda attributes: all(key in attributes and holds(attributes[key], text) for key, text in pairs.items())
