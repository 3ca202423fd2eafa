"""Writes an example or a test story into an assistant's YAML files; what stands there stays, comments to the byte."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from functions.nlu.gazetteer import fold
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.linting import mark_entities
from model_artifacts.training.nlu.reading import LOADER, Example, InvalidData, find_child, read_files
from shared.errors import Rejected
from shared.events.wire import JSON

HIDDEN = ("action_listen", "action_session_start", "action_extract_slots", "action_unlikely_intent")
"""Actions that a test story does not write down."""


def add_example(assistant: Path, intent: str, text: str, annotations: Sequence[Annotation]) -> str:
    """Teach that `text` means `intent`, with these entities; its `file:line`.

    The same text of the intent gets the new marks. Rejected, naming the place, where it stands in another intent.
    """
    files = _data_files(assistant)
    text = " ".join(text.split())
    if not text:
        raise Rejected("there is nothing to learn: the message has no words")
    line = f"- {mark_entities(text, annotations)}"
    known = next((one for one in _list_examples(files) if fold(one.text) == fold(text)), None)
    if known is not None:
        place = _write_relative(known.place, assistant)
        if known.intent != intent:
            raise Rejected(f"{text!r} is {known.intent} at {place}; take it out there first")
        if known.annotations == tuple(annotations):
            return place
        return _change_marks(assistant, known, line)
    for file in files:
        content = file.read_text(encoding="utf-8")
        if (found := _with_example(content, intent, line)) is not None:
            return _write_checked(assistant, file, *found, text)
    file = files[0] if files else assistant / "data" / "nlu.yml"
    content = file.read_text(encoding="utf-8") if file.is_file() else 'version: "3.1"\n\nnlu:\n'
    column = _find_column(content)
    item = f"{' ' * column}- intent: {intent}\n{' ' * column}  examples: |\n{' ' * column}    {line}\n"
    if find_child(yaml.compose(content, Loader=LOADER), "nlu") is None:
        item = f"\nnlu:\n{item}"
    made = content.rstrip("\n") + "\n" + item
    return _write_checked(assistant, file, made, made.count("\n"), text)


def add_story(assistant: Path, name: str, turns: Sequence[Mapping[str, JSON]]) -> str:
    """Keep a conversation as a test story; its `file:line`. Rejected where nobody said anything in it."""
    steps: list[str] = []
    for turn in turns:
        said = str(turn.get("text") or "").strip()
        if not said or not turn.get("intent"):
            continue
        annotations = [
            Annotation(int(e["start"]), int(e["end"]), str(e["entity"]))
            for e in turn.get("entities", ())
            if e.get("start") is not None and not said.startswith("/")
        ]
        words = mark_entities(said, sorted(annotations, key=lambda a: a.start)).replace("\n", " ")
        steps += ["      - user: |", f"          {words}", f"        intent: {turn['intent']}"]
        for event in turn.get("events", ()):
            if event.get("event") == "action" and event.get("name") not in HIDDEN:
                steps.append(f"      - action: {event['name']}")
            elif event.get("event") == "active_loop":
                steps.append(f"      - active_loop: {event.get('name') or 'null'}")
    if not steps:
        raise Rejected("nobody said anything yet: there is no story to keep")
    file = assistant / "tests" / "test_stories.yml"
    file.parent.mkdir(exist_ok=True)
    content = file.read_text(encoding="utf-8").rstrip("\n") if file.is_file() else 'version: "3.1"\n\nstories:'
    title = json.dumps(" ".join(name.split()) or "A conversation", ensure_ascii=False)
    made = "\n".join([f"{content}\n", f"  - story: {title}", "    steps:", *steps]) + "\n"
    if not isinstance(yaml.load(made, Loader=LOADER), dict):  # noqa: S506 - a safe loader
        raise Rejected("tests/test_stories.yml cannot be added to; write the story there by hand")
    _replace(file, made)
    return f"tests/test_stories.yml:{content.count(chr(10)) + 3}"


def _data_files(assistant: Path) -> list[Path]:
    found = sorted((assistant / "data").rglob("*.yml"))
    return [
        file for file in found if find_child(yaml.compose(file.read_text("utf-8"), Loader=LOADER), "nlu") is not None
    ]


def _list_examples(files: Sequence[Path]) -> list[Example]:
    try:
        return read_files(files).examples
    except InvalidData as exc:
        raise Rejected(f"the examples have mistakes, mend them first: {exc}") from exc


def _with_example(content: str, intent: str, line: str) -> tuple[str, int] | None:
    """The file with one more example of the intent, and its line; None where the intent is not in it."""
    nlu = find_child(yaml.compose(content, Loader=LOADER), "nlu")
    for item in nlu.value if isinstance(nlu, yaml.SequenceNode) else ():
        name, examples = find_child(item, "intent"), find_child(item, "examples")
        if name is None or str(name.value).strip() != intent or examples is None:
            continue
        lines = content.split("\n")
        # A node ends where the next one begins: what is blank or a comment before that is not its own.
        last = min(examples.end_mark.line, len(lines) - 1) - (0 if examples.end_mark.column else 1)
        while last > examples.start_mark.line and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
            last -= 1
        indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
        if isinstance(examples, yaml.SequenceNode):
            indent = " " * (examples.value[-1].start_mark.column - 2)
            line = f"- {json.dumps(line.removeprefix('- '), ensure_ascii=False)}"
        lines.insert(last + 1, indent + line)
        return "\n".join(lines), last + 2
    return None


def _change_marks(assistant: Path, known: Example, line: str) -> str:
    """The example's line with other marks."""
    name, _, number = known.place.rpartition(":")
    file = Path(name)
    content = file.read_text(encoding="utf-8")
    lines = content.split("\n")
    old = lines[int(number) - 1]
    lines[int(number) - 1] = old[: len(old) - len(old.lstrip())] + line
    return _write_checked(assistant, file, "\n".join(lines), int(number), known.text)


def _write_checked(assistant: Path, file: Path, content: str, number: int, text: str) -> str:
    """Replace the file, once the new one was read and has the example."""
    part = file.with_name(f".{file.name}.part.yml")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text(content, encoding="utf-8")
    try:
        if not any(fold(example.text) == fold(text) for example in read_files([part]).examples):
            raise Rejected(f"{file.name} cannot be added to; write the example there by hand")
        os.replace(part, file)
    except InvalidData as exc:
        raise Rejected(f"the example cannot be written: {exc}") from exc
    finally:
        part.unlink(missing_ok=True)
    return f"{file.relative_to(assistant).as_posix()}:{number}"


def _replace(file: Path, content: str) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_text(content, encoding="utf-8")
    os.replace(part, file)


def _find_column(content: str) -> int:
    """Where the items of `nlu` stand."""
    nlu = find_child(yaml.compose(content, Loader=LOADER), "nlu")
    items = nlu.value if isinstance(nlu, yaml.SequenceNode) else []
    return max(0, int(items[0].start_mark.column) - 2) if items else 2


def _write_relative(place: str, assistant: Path) -> str:
    return place.removeprefix(f"{assistant}/")
