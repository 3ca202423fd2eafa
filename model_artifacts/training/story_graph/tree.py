"""Rules and stories as trees: those that begin alike share their beginning, and each ends in a leaf with its name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from functions.dialogue.names import SNIPPET
from functions.dialogue.tracker import Event, entities_of
from model_artifacts.training.dialogue.stories import Checkpoint, Happens, Story

Kind = Literal["message", "response", "action", "form", "state", "checkpoint", "anything", "end"]


@dataclass(slots=True)
class Node:
    """One step, and what may come after it."""

    kind: Kind
    label: str
    after: "dict[tuple[Kind, str], Node]" = field(default_factory=dict)

    def follow(self, kind: Kind, label: str) -> "Node":
        return self.after.setdefault((kind, label), Node(kind, label))


def tree_of(stories: Iterable[Story], forms: Mapping[str, object], root: str) -> Node:
    """The tree of these stories below a node that says `root`."""
    top = Node("anything", root)
    for story in stories:
        node = top
        for kind, label in _list_steps(story, forms):
            node = node.follow(kind, label)
        # Two stories that are the same from beginning to end are both named.
        node.follow("end", f"{story.name}  ({story.place})")
    return top


def _list_steps(story: Story, forms: Mapping[str, object]) -> Iterator[tuple[Kind, str]]:
    for index, step in enumerate(story.steps):
        if isinstance(step, Checkpoint):
            slots = "".join(f", {name}: {_write_value(value)}" for name, value in step.slots.items())
            yield "checkpoint", f"checkpoint {step.name}{slots}"
            continue
        first = step.events[0]
        if first["event"] == "action" and first["name"] == SNIPPET:
            # At the end of a rule: it does not wait for the person.
            if index == len(story.steps) - 1:
                yield "anything", "goes on"
            continue
        kinds = {_find_kind(event, forms) for event in step.events}
        yield kinds.pop() if len(kinds) == 1 else "state", _write_label(step)


def _find_kind(event: Event, forms: Mapping[str, object]) -> Kind:
    if event["event"] == "user":
        return "message"
    if event["event"] != "action":
        return "state"
    name = str(event["name"])
    return "response" if name.startswith("utter_") else "form" if name in forms else "action"


def _write_label(step: Happens) -> str:
    return " | ".join(_of_event(event) for event in step.events)


def _of_event(event: Event) -> str:
    match event["event"]:
        case "user":
            found = ", ".join(_write_entity(entity) for entity in entities_of(event))
            return f"{event['parse_data']['intent']['name']}{f' ({found})' if found else ''}"
        case "slot":
            return f"{event['name']} = {_write_value(event.get('value'))}"
        case "active_loop":
            return f"{event['name']} is active" if event["name"] is not None else "no form is active"
    return str(event["name"])


def _write_entity(entity: Mapping[str, object]) -> str:
    value = entity.get("value")
    return f"{entity['entity']}: {value}" if value not in (None, "") else str(entity["entity"])


def _write_value(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
