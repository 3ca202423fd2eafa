"""Stories and rules as they are written: each with its steps, as tracker events with their places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.dialogue.events import make_action_executed, make_active_loop, make_slot_set
from functions.dialogue.names import SNIPPET
from functions.dialogue.tracker import Event
from model_artifacts.training.dialogue.documents import Items, Object, iterate_items, strip_places
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.dialogue.project import Project
from model_artifacts.training.nlu.annotation import InvalidAnnotation, read_annotated
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Happens:
    """One of these events happens; more than one where the story says `or`."""

    events: tuple[Event, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Checkpoint:
    name: str
    place: Place
    slots: Mapping[str, JSON]
    """At the start of a story: only where these slots have these values."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story or a rule."""

    name: str
    place: Place
    is_rule: bool
    steps: tuple[Happens | Checkpoint, ...]

    @property
    def source(self) -> str:
        return f"{self.name} ({self.place})"


def read_stories(project: Project, draft: Draft) -> list[Story]:
    """All stories and rules of the project; mistakes are noted in the project's problems."""
    reader = _Reader(draft, project.problems)
    stories: list[Story] = []
    for document in project.training:
        for key, title, is_rule in (("stories", "story", False), ("rules", "rule", True)):
            for item, place in iterate_items(document, key, project.problems):
                story = reader.story(item, place, title, is_rule=is_rule)
                if story is not None:
                    stories.append(story)
    return stories


class _Reader:
    def __init__(self, draft: Draft, problems: Problems) -> None:
        self._draft = draft
        self._problems = problems
        self._actions = draft.known_actions
        self._loops = {*draft.forms, "action_two_stage_fallback", *draft.actions}

    def story(self, item: Any, place: Place, title: str, *, is_rule: bool) -> Story | None:
        if not isinstance(item, Object) or title not in item:
            self._problems.add_error(place, f"each {title} begins with `- {title}: <its name>`")
            return None
        name = str(item[title] or "").strip()
        if not name:
            self._problems.add_error(place, f"this {title} has no name; write one after `{title}:`")
        if any(_end_to_end(step) for step, _ in iterate_items(item, "steps", self._problems)):
            self._problems.warn(
                place,
                f"the {title} '{name}' is left out: it has a message without `intent:`, or `bot:` (end-to-end "
                "training, which is not supported); name the intent, and write the bot's words as a response",
            )
            return None
        if not item.get("steps"):
            self._problems.warn(place, f"the {title} '{name}' has no steps and is left out")
            return None
        steps = list(self._read_steps(item, "steps"))
        if is_rule:
            conditions = list(self._read_steps(item, "condition"))
            before = [] if item.get("conversation_start") else [self._read_step(place)]
            after = [self._read_step(place)] if item.get("wait_for_user_input") is False else []
            steps = [*conditions, *before, *steps, *after]
        return Story(name, place, is_rule, tuple(steps))

    def _read_step(self, place: Place) -> Happens:
        return Happens((make_action_executed(SNIPPET),), place)

    def _read_steps(self, item: Object, key: str) -> Iterator[Happens | Checkpoint]:
        for step, place in iterate_items(item, key, self._problems):
            if not isinstance(step, Object):
                self._problems.add_error(
                    place, f"a step is `- intent: ...`, `- action: ...` or the like, not {str(step)!r}"
                )
                continue
            yield from self._step(step, place)

    def _step(self, step: Object, place: Place) -> Iterator[Happens | Checkpoint]:
        if "intent" in step or "user" in step:
            yield Happens((self._read_message(step, place),), place)
        elif "or" in step:
            alternatives = list(self._read_alternatives(step, place))
            if alternatives:
                yield Happens(tuple(alternatives), place)
        elif "action" in step:
            if (event := self._read_action(step, place)) is not None:
                yield Happens((event,), place)
        elif "checkpoint" in step:
            slots = {event["name"]: event["value"] for event in self._read_slots(step, place)}
            yield Checkpoint(str(step["checkpoint"]), place, slots)
        elif "slot_was_set" in step:
            for event in self._read_slots(step, place):
                yield Happens((event,), place)
        elif "active_loop" in step or "form" in step:
            yield Happens((self._loop(step, place),), place)
        elif "metadata" not in step:
            known = "intent, action, slot_was_set, active_loop, or, checkpoint"
            self._problems.add_error(place, f"there is no step '{next(iter(step), '')}'; use one of {known}")

    def _read_message(self, step: Object, place: Place) -> Event:
        name = str(step["intent"]).strip().removeprefix("/").split("/", 1)[0]
        if name not in self._draft.intents:
            self._problems.warn(
                place, f"the intent '{name}' is not in the domain; add it under `intents:` or mend the name"
            )
        entities = list(self._entities_of_text(step, place) if "user" in step else self._read_entities(step))
        parsed = {"intent": {"name": name, "confidence": 1.0}, "entities": entities}
        return {"event": "user", "text": None, "parse_data": parsed}

    def _entities_of_text(self, step: Object, place: Place) -> Iterator[JSON]:
        """The entities that are marked in the words of a message."""
        try:
            text, annotations = read_annotated(str(step["user"]))
        except InvalidAnnotation as exc:
            self._problems.add_error(place, f"an entity of the message cannot be read: {exc}")
            return
        for found in annotations:
            value = found.value if found.value is not None else text[found.start : found.end]
            named = {"entity": found.entity, "value": value, "role": found.role, "group": found.group}
            yield {key: part for key, part in named.items() if part is not None}

    def _read_entities(self, step: Object) -> Iterator[JSON]:
        for item, place in iterate_items(step, "entities", self._problems):
            if isinstance(item, Mapping):
                entity: dict[str, JSON] = {}
                for key, value in item.items():
                    if key in ("role", "group"):
                        entity[key] = str(value)
                    else:
                        entity["entity"], entity["value"] = str(key), strip_places(value)
            else:
                entity = {"entity": str(item), "value": ""}
            if entity.get("entity") not in self._draft.entities:
                self._problems.warn(
                    place, f"the entity '{entity.get('entity')}' is not in the domain; add it under `entities:`"
                )
            yield entity

    def _read_alternatives(self, step: Object, place: Place) -> Iterator[Event]:
        if not isinstance(step["or"], Items):
            self._problems.add_error(place, "`or:` must be a list of intents or of slots; put `- ` before each")
            return
        for item, at in zip(step["or"], step["or"].items_at, strict=True):
            if isinstance(item, Object) and ("intent" in item or "user" in item):
                yield self._read_message(item, at)
            elif isinstance(item, Object) and "slot_was_set" in item:
                yield from self._read_slots(item, at)
            else:
                self._problems.add_error(
                    at, "`or:` holds intents (`- intent: ...`) or slots (`- slot_was_set: ...`) only"
                )

    def _read_action(self, step: Object, place: Place) -> Event | None:
        name = step.get("action")
        if not isinstance(name, str) or not name.strip():
            self._problems.add_error(place, "`action:` needs the name of an action")
            return None
        name = name.strip()
        if name not in self._actions:
            self._problems.add_error(place, self._unknown_action(name))
        return make_action_executed(name)

    def _unknown_action(self, name: str) -> str:
        if name.startswith("utter_"):
            return f"there is no response '{name}'; write it under `responses:` in the domain, or mend the name"
        if name.endswith("_form"):
            return f"there is no form or action '{name}'; declare it under `forms:` in the domain, or mend the name"
        return f"there is no action '{name}'; add it under `actions:` in the domain, or mend the name"

    def _read_slots(self, step: Object, place: Place) -> Iterator[Event]:
        slots = step.get("slot_was_set")
        if slots is None:
            return
        if isinstance(slots, Mapping):
            # Rasa asks for a list; a mapping says the same.
            slots = [{key: value} for key, value in slots.items()]
        if not isinstance(slots, list):
            self._problems.add_error(
                place, "`slot_was_set:` must be a list: `- slot_was_set:` and below it `- name: value`"
            )
            return
        for item in slots:
            pairs = item.items() if isinstance(item, Mapping) else [(item, self._find_default(item, place))]
            for name, value in pairs:
                if str(name) not in self._draft.slot_data:
                    self._problems.warn(
                        place, f"the slot '{name}' is not in the domain; declare it under `slots:` or mend the name"
                    )
                    continue
                yield make_slot_set(str(name), strip_places(value))

    def _find_default(self, name: Any, place: Place) -> JSON:
        """The value of a slot that a story names without one."""
        slot = self._draft.slot_data.get(str(name), {"type": "any", "influence": False})
        if slot["type"] == "text":
            return "filled"
        if slot["type"] == "list":
            return ["filled"]
        if slot["influence"]:
            self._problems.warn(
                place, f"the slot '{name}' of type {slot['type']} stands here without a value and counts as empty"
            )
        return None

    def _loop(self, step: Object, place: Place) -> Event:
        if "form" in step:
            self._problems.add_error(place, "`form:` is Rasa 1.x/2.x: write `active_loop:`")
        name = step.get("active_loop")
        if name is not None and name not in self._loops:
            self._problems.warn(
                place, f"there is no form '{name}'; declare it under `forms:` in the domain, or mend the name"
            )
        return make_active_loop(str(name) if name is not None else None)


def _end_to_end(step: Any) -> bool:
    if not isinstance(step, Mapping):
        return False
    alternatives = step.get("or")
    if isinstance(alternatives, list):
        return any(_end_to_end(alternative) for alternative in alternatives)
    return "bot" in step or ("user" in step and step.get("intent") is None)
