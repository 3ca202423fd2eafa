"""Test stories as they are written: whole conversations, each message with its text where the story gives one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.dialogue.domain import Domain
from functions.dialogue.tracker import Event
from model_artifacts.training.dialogue.compilation import Compiled
from model_artifacts.training.dialogue.documents import Object, read_document
from model_artifacts.training.dialogue.paths import list_story_paths
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.dialogue.project import Project
from model_artifacts.training.dialogue.stories import Checkpoint, Happens, Story, read_stories
from model_artifacts.training.nlu.annotation import Annotation, InvalidAnnotation, read_annotated


@dataclass(frozen=True, slots=True)
class Written:
    """A message as a story writes it."""

    text: str | None
    """Without marks; None where the story gives no text: then its intent and entities are taken as they stand."""
    intent: str
    """Perhaps a full retrieval intent, `faq/ask_price`."""
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class TestStory:
    """One conversation that should go as it is written."""

    name: str
    place: Place
    events: tuple[Event, ...]
    """With what a story leaves unsaid: listening before each message, slots that entities fill (marked `implied`)."""
    written: tuple[Written, ...]
    """Of each message in `events`, in order."""


def read_test_stories(assistant: Path, compiled: Compiled, domain: Domain) -> tuple[list[TestStory], Problems]:
    """The stories of tests/**/test_*.yml, in order, and what is wrong with them."""
    problems = Problems()
    files = sorted(path for suffix in ("yml", "yaml") for path in (assistant / "tests").rglob(f"test_*.{suffix}"))
    documents = [document for path in files if (document := read_document(path, assistant, problems)) is not None]
    project = Project(assistant, assistant.name, (), tuple(documents), None, problems)
    steps = {place: item for document in documents for item, place in _list_items(document)}
    found: list[TestStory] = []
    for story in read_stories(project, compiled.draft):
        if not story.is_rule:
            found += _read_story(story, steps[story.place], compiled, domain, problems)
    return found, problems


def _list_items(document: Object) -> Iterator[tuple[Object, Place]]:
    stories = document.get("stories")
    for item in stories if isinstance(stories, list) else ():
        if isinstance(item, Object):
            yield item, item.place


def _read_story(
    story: Story, item: Object, compiled: Compiled, domain: Domain, problems: Problems
) -> Iterator[TestStory]:
    checkpoint = next((step for step in story.steps if isinstance(step, Checkpoint)), None)
    if checkpoint is not None:
        problems.warn(
            checkpoint.place, f"the test '{story.name}' is left out: a test tells a whole conversation, no checkpoints"
        )
        return
    said = {id(event) for step in story.steps if isinstance(step, Happens) for event in step.events}
    paths = list_story_paths([story], domain, problems, entities_fill_slots=compiled.draft.entities_fill_slots)
    for path in paths:
        written = tuple(_read_written(path.tracker.events, item))
        yield TestStory(story.name, story.place, tuple(_list_events(path.tracker.events, written, said)), written)


def _read_written(events: Sequence[Event], item: Object) -> Iterator[Written]:
    messages = [step for step in item["steps"] if isinstance(step, Mapping) and {"user", "intent", "or"} & set(step)]
    users = [event for event in events if event["event"] == "user"]
    for step, event in zip(messages, users, strict=True):
        # Of `or` the path has chosen one; its intent is what counts.
        chosen = step if "or" not in step else {"intent": event["parse_data"]["intent"]["name"]}
        intent = str(chosen["intent"]).strip().removeprefix("/")
        text, annotations = _read_annotated(chosen)
        yield Written(text, intent, annotations)


def _read_annotated(step: Mapping[str, Any]) -> tuple[str | None, tuple[Annotation, ...]]:
    if step.get("user") is None:
        return None, ()
    try:
        text, annotations = read_annotated(str(step["user"]).strip())
    except InvalidAnnotation:
        # Noted as an error when the story was read.
        return None, ()
    return text, annotations


def _list_events(events: Sequence[Event], written: Sequence[Written], said: set[int]) -> Iterator[Event]:
    texts = iter(written)
    for event in events:
        match event["event"]:
            case "user":
                yield {**event, "text": next(texts).text}
            case "slot" if id(event) not in said:
                yield {**event, "implied": True}
            case _:
                yield event
