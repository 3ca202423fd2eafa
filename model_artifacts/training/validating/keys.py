"""Keys that nothing reads: each is a setting that its author believes in, so it is named with what was meant."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from model_artifacts.training.dialogue.documents import Items, Object
from model_artifacts.training.dialogue.problems import Place, Problem
from model_artifacts.training.validating.schemas import FILES, Schema

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "FallbackClassifier": ("name", "threshold", "ambiguity_threshold"),
    "RulePolicy": (
        *("name", "priority", "core_fallback_threshold", "core_fallback_action_name", "enable_fallback_prediction"),
        *("restrict_rules", "check_for_contradictions", "use_nlu_confidence_as_score"),
    ),
    "MemoizationPolicy": ("name", "priority", "max_history", "use_nlu_confidence_as_score"),
    "AugmentedMemoizationPolicy": ("name", "priority", "max_history", "use_nlu_confidence_as_score"),
}
"""What is read of a component or policy; others have keys of Rasa's that mean nothing here."""


def suggest_name(name: str, known: Any) -> str:
    """`; did you mean 'x'?`, or nothing where nothing is near."""
    near = get_close_matches(name, [str(one) for one in known], 1, 0.72)
    return f"; did you mean '{near[0]}'?" if near else ""


def find_unknown_keys(document: Object, kind: str) -> Iterator[Problem]:
    """The keys of a file that its schema does not have."""
    yield from _walk(document, FILES[kind], "the file")
    if kind == "config":
        for part in ("pipeline", "policies"):
            for item in document.get(part) or () if isinstance(document.get(part), Items) else ():
                yield from _check_component(item)


def _walk(value: Any, schema: Schema, where: str) -> Iterator[Problem]:
    schema = _choose_schema(value, schema)
    if isinstance(value, Object):
        properties: Mapping[str, Schema] = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key, item in value.items():
            if key in properties:
                yield from _walk(item, properties[key], f"'{key}'")
            elif others is False:
                yield _report_unknown(key, value.locate(key), where, tuple(properties))
            elif isinstance(others, Mapping):
                yield from _walk(item, others, f"'{key}'")
    elif isinstance(value, Items) and isinstance(schema.get("items"), Mapping):
        for item in value:
            yield from _walk(item, schema["items"], where)


def _choose_schema(value: Any, schema: Schema) -> Schema:
    """The alternative that is of the value's kind; where several are, the one with most of its keys."""
    if "anyOf" not in schema:
        return schema
    kind = "object" if isinstance(value, Object) else "array" if isinstance(value, Items) else "string"
    suited = [one for one in schema["anyOf"] if kind in (one.get("type"), *_list_types(one.get("type")))]
    if not suited:
        return {}
    shared = [len(set(one.get("properties", ())) & set(value if isinstance(value, Object) else ())) for one in suited]
    best: Schema = suited[shared.index(max(shared))]
    return best


def _list_types(types: Any) -> tuple[str, ...]:
    return tuple(types) if isinstance(types, list) else ()


def _check_component(item: Any) -> Iterator[Problem]:
    name = str(item.get("name", "")).rsplit(".", 1)[-1] if isinstance(item, Object) else ""
    for key in item if name in COMPONENTS else ():
        if key not in COMPONENTS[name]:
            yield _report_unknown(key, item.locate(key), f"'{name}'", COMPONENTS[name])


def _report_unknown(key: str, place: Place, where: str, known: tuple[str, ...]) -> Problem:
    guess = suggest_name(key, known)
    advice = guess or f"; there are {', '.join(known)}" if len(known) <= 12 or guess else "; remove it"
    # A slip of the finger is an error; a key of Rasa's that means nothing here is not.
    return Problem(place, f"{where} has no key '{key}'{advice}", "error" if guess else "warning")
