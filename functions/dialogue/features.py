"""What policies see of a conversation: one step for each action so far, and one for now."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from functions.dialogue.domain import Domain, Feature
from functions.dialogue.names import LISTEN, UNSET
from functions.dialogue.tracker import Event, Snapshot, Tracker, entities_of, intent_of
from shared.compact_json import make_writer
from shared.events.wire import JSON

_write_sorted = make_writer(escaped=True, ordered=True)


class Step(NamedTuple):
    """The conversation right before one action."""

    previous: str | None
    """The action before; None at the very start of the conversation."""
    intent: str | None
    entities: tuple[str, ...]
    """Names (and `name#role`, `name#group`) that influence what follows, sorted."""
    text: str | None
    """Only of a message without an intent."""
    slots: Mapping[str, Feature]
    loop: str | None

    def key(self) -> str:
        """The same for equal steps: what the memoization table is asked for."""
        slots = _write_sorted(self.slots) if self.slots else ""
        return (
            f"{self.previous}|{self.intent or ''}|{','.join(self.entities)}|{self.text or ''}|{self.loop or ''}|{slots}"
        )


Known = dict[int, tuple[Snapshot, Step]]
"""Steps that were made before, by the id of their snapshot, which is held so that the id stays its own."""


def _recall_step(domain: Domain, snapshot: Snapshot, known: Known | None) -> Step:
    """The step at `snapshot`: several policies ask for the same ones, and again with the next action."""
    if known is None:
        return step_of(domain, snapshot)
    found = known.get(id(snapshot))
    if found is None:
        found = known[id(snapshot)] = (snapshot, step_of(domain, snapshot))
    return found[1]


def step_of(domain: Domain, snapshot: Snapshot, *, set_only: bool = False) -> Step:
    """The step at `snapshot`. With `set_only`, slots that no event has set are left out, as rules are read."""
    initial = {} if set_only else domain.initial_features
    slots = {**initial, **snapshot.features} if initial else snapshot.features
    if None in slots.values():
        slots = {name: feature for name, feature in slots.items() if feature is not None}
    intent, entities, text = _featurise_user(domain, snapshot.message)
    return Step(snapshot.action, intent, entities, text, slots, snapshot.loop.name if snapshot.loop else None)


def _featurise_user(domain: Domain, message: Event | None) -> tuple[str | None, tuple[str, ...], str | None]:
    if message is None:
        return None, (), None
    intent = intent_of(message)
    entities = entities_of(message)
    if not entities:
        return intent, (), None if intent else message.get("text")
    return intent, list_featured_entities(domain, intent, entities), None if intent else message.get("text")


def list_featured_entities(
    domain: Domain, intent: str | None, entities: Sequence[Mapping[str, JSON]]
) -> tuple[str, ...]:
    """The names by which the entities of a message influence what follows, per use_entities and ignore_entities."""
    names = set()
    for entity in entities:
        names.add(entity["entity"])
        names.update(f"{entity['entity']}#{entity[part]}" for part in ("role", "group") if entity.get(part))
    wanted = domain.used_entities.get(intent) if intent is not None else None
    return tuple(sorted(names if wanted is None else names & wanted))


def list_recent_steps(tracker: Tracker, limit: int) -> list[Step]:
    """The last `limit` steps, oldest first."""
    snapshots: list[Snapshot] = [tracker.replayed]
    for index in range(len(tracker.applied) - 1, -1, -1):
        if len(snapshots) >= limit:
            break
        if tracker.applied[index]["event"] == "action":
            snapshots.append(tracker.snapshots[index - 1] if index else tracker.base)
    return [_recall_step(tracker.domain, snapshot, tracker.known_steps) for snapshot in reversed(snapshots)]


class RuleOnly(NamedTuple):
    """What occurs in rules and in no story: policies that learn from stories must not see it."""

    slots: frozenset[str] = frozenset()
    loops: frozenset[str] = frozenset()


def list_story_steps(
    domain: Domain,
    applied: Sequence[Event],
    snapshots: Sequence[Snapshot],
    base: Snapshot,
    rule_only: RuleOnly,
    limit: int | None = None,
    known: Known | None = None,
) -> list[Step]:
    """The last `limit` steps (all without it) as a policy sees them that knows stories only: without the turns that
    rules alone decided."""
    shown: list[tuple[Snapshot, str | None]] = []
    last_action: str | None = None
    hidden = False
    for place, event in enumerate(applied):
        if event["event"] == "action":
            before = snapshots[place - 1] if place else base
            if not hidden:
                last_action = before.action
            # A follow-up, or a form on its happy path, does not change whether the turn is hidden.
            if not before.followup and before.action != before.loop_name:
                hidden = bool(event.get("hide_rule_turn"))
            if not hidden:
                shown.append((before, last_action))
    before = snapshots[-1] if snapshots else base
    if not hidden:
        last_action = before.action
    if not before.followup and before.action != before.loop_name:
        hidden = False
    if not hidden:
        shown.append((before, last_action))
    first = max(0, len(shown) - limit) if limit else 0
    # A step within a turn goes by the message of the step before it: begin with the one that follows a message.
    start = first
    while start > 0 and shown[start][0].action != LISTEN:
        start -= 1
    steps: list[Step] = []
    for snapshot, last in shown[start:]:
        step = _recall_step(domain, snapshot, known)
        steps.append(_story_step(step, rule_only, last, steps[-1] if steps else None))
    del steps[: first - start]
    if steps and steps[-1].previous == LISTEN:
        # Right after a message policies go by its intent alone, even where it has none.
        steps[-1] = steps[-1]._replace(text=None)
    return steps


def _story_step(step: Step, rule_only: RuleOnly, last_action: str | None, earlier: Step | None) -> Step:
    slots, loop = step.slots, step.loop
    if not rule_only.slots.isdisjoint(slots):
        slots = {name: feature for name, feature in slots.items() if name not in rule_only.slots}
    if loop in rule_only.loops:
        loop = None
    intent, entities, text = step.intent, step.entities, step.text
    if earlier is not None and step.previous != LISTEN:
        intent, entities, text = earlier.intent, earlier.entities, earlier.text
    return Step(last_action or step.previous, intent, entities, text, slots, loop)


def is_unset(feature: Feature) -> bool:
    return feature is None or feature == UNSET
