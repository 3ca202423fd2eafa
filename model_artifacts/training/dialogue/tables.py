"""From paths to policy tables: rules, the markers of forms, and the memory of stories."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.dialogue.domain import Domain
from functions.dialogue.features import RuleOnly, Step, step_of
from functions.dialogue.names import LISTEN, SNIPPET, UNSET
from functions.dialogue.rules import INTERRUPTED, NO_LOOP, RuleStep
from model_artifacts.training.dialogue.paths import UNPREDICTABLE, Path
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Example:
    """After these steps came this action."""

    steps: tuple[Step, ...]
    action: str
    path: Path


def list_story_examples(paths: Iterable[Path], max_history: int | None) -> Iterator[Example]:
    """The examples of stories, each with its last `max_history` steps."""
    for path in paths:
        for count, action in _list_actions(path):
            steps = path.steps[:count]
            yield Example(tuple(steps[-max_history:] if max_history else steps), action, path)


def list_rule_examples(paths: Iterable[Path]) -> Iterator[Example]:
    """The examples of rules; slots that the rule does not name are no part of them."""
    for path in paths:
        tracker = path.tracker
        steps = [
            step_of(tracker.domain, tracker.snapshots[index - 1] if index else tracker.base, set_only=True)
            for index, event in enumerate(tracker.applied)
            if event["event"] == "action"
        ]
        for count, action in _list_actions(path):
            yield Example(tuple(steps[:count]), action, path)


def _list_actions(path: Path) -> Iterator[tuple[int, str]]:
    """Each action that can be learned, with the number of steps up to it."""
    count = 0
    for event in path.tracker.applied:
        if event["event"] == "action":
            count += 1
            if not event.get(UNPREDICTABLE):
                yield count, event["name"]


@dataclass(slots=True)
class RuleDraft:
    """A rule of the table while it is checked against the others."""

    key: str
    steps: tuple[RuleStep, ...]
    action: str
    source: str
    hidden: bool = False

    @property
    def weight(self) -> int:
        """How much it asks for: the length of what Rasa writes for it, so that the same rule wins."""
        return len(self.key)

    def json(self, sources: "Sources") -> dict[str, JSON]:
        data: dict[str, JSON] = {
            "steps": [write_step(step) for step in self.steps],
            "action": self.action,
            "weight": self.weight,
            "source": sources.number(self.source),
        }
        if self.hidden:
            data["hidden"] = True
        return data


class Sources:
    """Names of rules and stories, interned."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, source: str) -> int:
        return self._numbers.setdefault(source, len(self._numbers))

    @property
    def names(self) -> list[str]:
        return list(self._numbers)


def write_step(step: RuleStep) -> dict[str, JSON]:
    data = {
        "previous": step.previous,
        "intent": step.intent,
        "text": step.text,
        "entities": list(step.entities) if step.entities is not None else None,
        "slots": dict(step.slots) or None,
        "loop": step.loop,
    }
    return {key: value for key, value in data.items() if value is not None}


def draft_rules(examples: Iterable[Example], domain: Domain) -> list[RuleDraft]:
    """The rules to look up. Where two ask for the same and differ in the action, neither counts."""
    found: dict[str, RuleDraft] = {}
    ambiguous: set[str] = set()
    for example in examples:
        steps = cut_snippet(example.steps)
        if not steps:
            continue
        key = write_rule_key(steps, domain)
        if key in ambiguous:
            continue
        rule = found.get(key)
        if rule is None:
            found[key] = RuleDraft(key, tuple(map(make_rule_step, steps)), example.action, example.path.source)
        elif rule.action != example.action:
            ambiguous.add(key)
            del found[key]
    return [rule for rule in found.values() if rule.action != SNIPPET]


def draft_markers(examples: Iterable[Example], domain: Domain) -> list[RuleDraft]:
    """Places in forms where rules or stories leave the happy path, or where something else than the form runs."""
    found: dict[str, RuleDraft] = {}
    for example in examples:
        last = example.steps[-1]
        if last.loop is None or last.loop == UNSET:
            continue
        steps = [last]
        if len(example.steps) > 1 and example.steps[-2].previous:
            before = Step(example.steps[-2].previous, None, (), None, {}, None)
            steps = [before, last]
        steps = cut_snippet(steps)
        if not steps:
            continue
        listening, runs = last.previous == LISTEN, example.action == last.loop
        if listening == runs:
            key = write_rule_key(steps, domain)
            action = INTERRUPTED if runs else NO_LOOP
            found[key] = RuleDraft(key, tuple(map(make_rule_step, steps)), action, example.path.source)
    return list(found.values())


def cut_snippet(steps: Sequence[Step]) -> list[Step]:
    """The steps after the last `...`, which stands for anything."""
    for index in range(len(steps) - 1, -1, -1):
        if steps[index].previous == SNIPPET:
            return list(steps[index + 1 :])
    return list(steps)


def make_rule_step(step: Step) -> RuleStep:
    return RuleStep(step.previous, step.intent, step.text, step.entities or None, dict(step.slots), step.loop)


def write_rule_key(steps: Sequence[Step], domain: Domain) -> str:
    """The same for rules that ask for the same, as Rasa writes it."""
    return json.dumps([_as_rasa(step, domain) for step in steps], sort_keys=True)


def _as_rasa(step: Step, domain: Domain) -> dict[str, JSON]:
    user: dict[str, JSON] = {}
    if step.intent:
        user["intent"] = step.intent
    elif step.text:
        user["text"] = step.text
    if step.entities:
        user["entities"] = list(step.entities)
    state: dict[str, JSON] = {
        "user": user,
        "slots": {name: _encode_feature(name, feature, domain) for name, feature in step.slots.items()},
        "prev_action": {"action_name": step.previous} if step.previous else {},
        "active_loop": {"name": step.loop} if step.loop else {},
    }
    return {key: part for key, part in state.items() if part}


def _encode_feature(name: str, feature: JSON, domain: Domain) -> JSON:
    if feature == UNSET:
        return UNSET
    slot = domain.slots[name]
    match slot.type:
        case "bool":
            return [1.0, float(feature)]
        case "float":
            return [1.0, feature]
        case "categorical":
            return [float(value == feature) for value in (*slot.values, "__other__")]
    return [1.0]


def find_rule_only(rules: Iterable[Example], stories: Iterable[Example]) -> RuleOnly:
    """Slots and loops that occur in rules and in no story."""
    rule_slots, rule_loops = _slots_and_loops(rules)
    story_slots, story_loops = _slots_and_loops(stories)
    return RuleOnly(frozenset(rule_slots - story_slots), frozenset(rule_loops - story_loops - {UNSET}))


def _slots_and_loops(examples: Iterable[Example]) -> tuple[set[str], set[str]]:
    slots: set[str] = set()
    loops: set[str] = set()
    for example in examples:
        for step in example.steps:
            slots.update(step.slots)
            if step.loop:
                loops.add(step.loop)
    return slots, loops


def write_memory(examples: Iterable[Example], sources: Sources) -> dict[str, JSON]:
    """The memory of stories; stretches that two stories continue differently are not remembered."""
    steps: dict[str, int] = {}
    actions: dict[str, int] = {}
    table: dict[str, list[int]] = {}
    ambiguous: set[str] = set()
    for example in examples:
        key = " ".join(str(steps.setdefault(step.key(), len(steps))) for step in example.steps)
        if key in ambiguous:
            continue
        action = actions.setdefault(example.action, len(actions))
        known = table.get(key)
        if known is None:
            table[key] = [action, sources.number(example.path.source)]
        elif known[0] != action:
            ambiguous.add(key)
            del table[key]
    return {"steps": steps, "actions": list(actions), "table": table}
