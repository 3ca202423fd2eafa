"""Rasa's NLU training data in YAML: intents with examples, synonyms, lookup tables and regular expressions.

Every mistake is reported with its file and line, all mistakes of one reading together.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.nlu.annotation import Annotation, InvalidAnnotation, read_annotated

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML has it: ten times faster, same lines."""


class InvalidData(ValueError):
    """Training data that cannot be used; the message lists every mistake, one a line, with file and line."""


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance that a person might say."""

    text: str
    intent: str
    """With its response, where it is a retrieval intent: `faq/ask_price`."""
    annotations: tuple[Annotation, ...] = ()
    place: str = ""
    """`file:line`"""
    authored: bool = True
    """False where it comes from a public data set."""
    marked: bool = True
    """False where nobody said which entities it holds."""
    pretends: bool = False
    """Its marked words are learned as if they stood in their entity's table, and in no other."""


@dataclass(slots=True)
class NluData:
    examples: list[Example] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    """Phrase -> value"""
    lookups: dict[str, list[str]] = field(default_factory=dict)
    """Entity -> phrases"""
    regexes: list[tuple[str, str]] = field(default_factory=list)
    """(name, pattern)"""
    notes: list[str] = field(default_factory=list)
    """What was read around, with file and line; Rasa warns of the same."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A piece of text in a file, and the line where it begins."""

    line: int
    text: str


def read_files(paths: Iterable[Path]) -> NluData:
    """The NLU data of all `paths` together; files without an `nlu` section add nothing."""
    data, mistakes = NluData(), []
    for path in sorted(paths):
        mistakes += _read_file(path, data)
    if mistakes:
        raise InvalidData("\n".join(mistakes))
    return data


def _read_file(path: Path, data: NluData) -> list[str]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        return [f"{path}:{line}: this is no YAML: {exc.problem}"]
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as exc:
        return [f"{path}:1: this file cannot be read: {exc}"]
    section = find_child(root, "nlu")
    if section is None or _is_null(section):
        return []
    if not isinstance(section, yaml.SequenceNode):
        return [f"{path}:{_line(section)}: nlu must be a list of intents, synonyms, lookups and regexes"]
    mistakes = []
    for item in section.value:
        mistakes += _read_item(path, item, data)
    return mistakes


def _read_item(path: Path, item: yaml.Node, data: NluData) -> list[str]:
    for kind in ("intent", "synonym", "lookup", "regex"):
        name_node = find_child(item, kind)
        if name_node is None:
            continue
        name = str(name_node.value).strip() if isinstance(name_node, yaml.ScalarNode) else ""
        if not name:
            return [f"{path}:{_line(item)}: this {kind} has no name"]
        examples = find_child(item, "examples")
        if examples is None or _is_null(examples):
            return [f"{path}:{_line(item)}: {kind} {name} has no examples"]
        try:
            found = list(_examples(path, examples, data.notes))
        except InvalidData as exc:
            return [str(exc)]
        return _add(path, kind, name, found, data)
    return [f"{path}:{_line(item)}: an item of nlu must be an intent, a synonym, a lookup or a regex"]


def _add(path: Path, kind: str, name: str, found: list[_Item], data: NluData) -> list[str]:
    mistakes = []
    for item in found:
        place = f"{path}:{item.line}"
        if kind == "intent":
            mistakes += _add_example(place, name, item.text, data)
        elif kind == "synonym":
            data.synonyms[item.text] = name
        elif kind == "lookup":
            data.lookups.setdefault(name, []).append(item.text)
        else:
            try:
                re.compile(item.text)
            except re.error as exc:
                mistakes.append(f"{place}: the pattern {item.text!r} is no regular expression: {exc}")
            data.regexes.append((name, item.text))
    return mistakes


def _add_example(place: str, intent: str, marked: str, data: NluData) -> list[str]:
    try:
        text, annotations = read_annotated(marked)
    except InvalidAnnotation as exc:
        return [f"{place}: {exc}"]
    if not text.strip():
        return [f"{place}: an example of {intent} is empty"]
    kept: list[Annotation] = []
    for annotation in annotations:
        if kept and annotation.start < kept[-1].end:
            data.notes.append(f"{place}: {annotation.entity} overlaps {kept[-1].entity}; the first is learned")
            continue
        if _splits_a_word(text, annotation):
            marked = text[annotation.start : annotation.end]
            data.notes.append(
                f"{place}: {marked!r} is a part of a word; the whole word is learned as {annotation.entity}"
            )
        kept.append(annotation)
        if annotation.value is not None:
            data.synonyms.setdefault(text[annotation.start : annotation.end], annotation.value)
    data.examples.append(Example(text, intent, tuple(kept), place))
    return []


def _splits_a_word(text: str, annotation: Annotation) -> bool:
    return any(0 < at < len(text) and text[at - 1 : at + 1].isalnum() for at in (annotation.start, annotation.end))


def _examples(path: Path, node: yaml.Node, notes: list[str]) -> Iterator[_Item]:
    """The lines of `- ...` in a block of text, or the items of a list (each a text, or an object with `text`)."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            content = find_child(item, "text") if isinstance(item, yaml.MappingNode) else item
            if not isinstance(content, yaml.ScalarNode):
                raise InvalidData(f"{path}:{_line(item)}: an example must be text, or have a text")
            text = str(content.value).strip()
            yield _Item(_line(content), text.removeprefix("- ").strip())
        return
    if not isinstance(node, yaml.ScalarNode):
        raise InvalidData(f"{path}:{_line(node)}: examples must be a text of lines `- ...`, or a list")
    first = _line(node) + (1 if node.style in ("|", ">") else 0)
    for offset, line in enumerate(str(node.value).splitlines()):
        stripped = line.strip()
        if stripped.startswith("-"):
            text = stripped[1:].strip()
            if text:
                yield _Item(first + offset, text)
        elif stripped and not stripped.startswith("#"):
            notes.append(f"{path}:{first + offset}: this line does not begin with `- ` and is left out")


def find_child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """The value of that key; None where the node is no mapping, or has no such key."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
