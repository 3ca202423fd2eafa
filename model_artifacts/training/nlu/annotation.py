"""Rasa's way to mark entities in an example: `[text](entity)`, `[text]{"entity": ...}` and their variants."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

MARK = re.compile(
    r"\[(?P<text>[^\]]+?)\]"
    r"(?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)|(?P<object>\{[^}]+?\})|\[(?P<objects>\{.*?\})\])"
)
KEYS = ("entity", "value", "role", "group")


class InvalidAnnotation(ValueError):
    """An example's annotation cannot be read."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Characters `start` to `end` of an example's plain text are an entity."""

    start: int
    end: int
    entity: str
    value: str | None = None
    """Given where the entity's value is not its text."""
    role: str | None = None
    group: str | None = None


def read_annotated(marked: str) -> tuple[str, tuple[Annotation, ...]]:
    """The plain text of an example and its entities, or InvalidAnnotation."""
    text, annotations, position = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[position : match.start()]
        for attributes in _attributes(match):
            annotations.append(_annotation(len(text), match["text"], attributes))
        text += match["text"]
        position = match.end()
    text += marked[position:]
    if leftover := re.search(r"\][({]|\]\[\{", text):
        raise InvalidAnnotation(
            f"an annotation near {text[max(0, leftover.start() - 20) : leftover.end() + 20]!r} is not closed"
        )
    return text, tuple(annotations)


def _attributes(match: re.Match[str]) -> list[Mapping[str, object]]:
    if match["entity"] is not None:
        return [{"entity": match["entity"], "value": match["value"]}]
    content = match["object"] if match["object"] is not None else f"[{match['objects']}]"
    try:
        parsed = json.loads(content)
    except ValueError as exc:
        raise InvalidAnnotation(f"{content} is no JSON: {exc}") from exc
    objects = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(item, dict) for item in objects):
        raise InvalidAnnotation(f"{content} must be an object with entity, value, role, group")
    return objects


def _annotation(start: int, text: str, attributes: Mapping[str, object]) -> Annotation:
    unknown = [key for key in attributes if key not in KEYS]
    if unknown:
        raise InvalidAnnotation(f"unknown key {unknown[0]!r} on [{text}]; an annotation has {', '.join(KEYS)}")
    if not isinstance(attributes.get("entity"), str) or not str(attributes["entity"]).strip():
        raise InvalidAnnotation(f"[{text}] names no entity")
    given = {key: None if attributes.get(key) is None else str(attributes[key]) for key in ("value", "role", "group")}
    return Annotation(start, start + len(text), str(attributes["entity"]).strip(), **given)
