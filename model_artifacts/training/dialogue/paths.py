"""The paths that stories and rules describe: `or` and checkpoints spelled out, each path a list of tracker events."""

import itertools
import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from functions.dialogue.domain import Domain
from functions.dialogue.events import make_action_executed, make_active_loop, make_slot_set
from functions.dialogue.features import Step, step_of
from functions.dialogue.names import LISTEN, UNSET
from functions.dialogue.tracker import Event, Tracker, entities_of
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.dialogue.stories import Checkpoint, Happens, Story

UNPREDICTABLE = "unpredictable"
"""Marks the first action of a path that begins with one: nothing comes before it that would tell it."""
LIMIT = 20_000
"""Paths of one project, those between two checkpoints included; more are a sign of choices that multiply."""


@dataclass(slots=True)
class Path:
    """One way through stories, or one rule."""

    name: str
    place: Place
    is_rule: bool
    tracker: Tracker
    steps: list[Step] = field(default_factory=list)
    """What the conversation looked like before each action in the order of events, and at the end."""

    @property
    def source(self) -> str:
        return f"{self.name} ({self.place})"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A story between two checkpoints."""

    story: Story
    starts: tuple[Checkpoint, ...]
    steps: tuple[Happens, ...]
    ends: tuple[str, ...]


def list_story_paths(
    stories: Iterable[Story], domain: Domain, problems: Problems, *, entities_fill_slots: bool
) -> list[Path]:
    """Every path through the stories; problems name checkpoints that lead nowhere or in circles, and the story that
    makes more than LIMIT paths of the whole, which are counted before they are made."""
    pieces = [piece for story in stories for piece in _split_pieces(story)]
    ordered = _order_pieces(pieces, problems)
    if ordered is None:
        return []
    _note_loose_ends(pieces, problems)
    waiting: dict[str, list[Path]] = {}
    finished: list[Path] = []
    seen: set[tuple[str, ...]] = set()
    made = 0
    for piece in ordered:
        incoming = _list_incoming(piece, waiting)
        made += _count_paths(piece, incoming)
        if made > LIMIT:
            problems.add_error(
                piece.story.place, f"the stories describe more than {LIMIT} paths; use fewer checkpoints and `or`"
            )
            return []
        for path in _follow_piece(piece, incoming, domain, entities_fill_slots):
            for end in piece.ends:
                waiting.setdefault(end, []).append(path)
            if not piece.ends:
                key = tuple(step.key() for step in path.steps)
                if key not in seen:
                    seen.add(key)
                    finished.append(path)
    return finished


def list_rule_paths(
    rules: Iterable[Story], domain: Domain, problems: Problems, *, entities_fill_slots: bool
) -> list[Path]:
    """Every rule as a path, in rules `null` meaning that nothing may be set."""
    paths: list[Path] = []
    made = 0
    for rule in rules:
        checkpoints = [step for step in rule.steps if isinstance(step, Checkpoint)]
        for checkpoint in checkpoints:
            problems.add_error(checkpoint.place, f"the rule '{rule.name}' has a checkpoint; only stories can have them")
        piece = _Piece(rule, (), tuple(step for step in rule.steps if isinstance(step, Happens)), ())
        made += _count_paths(piece, [None])
        if made > LIMIT:
            problems.add_error(rule.place, f"the rules describe more than {LIMIT} paths; use fewer `or`")
            return []
        paths += _follow_piece(piece, [None], domain, entities_fill_slots)
    return paths


def _split_pieces(story: Story) -> Iterator[_Piece]:
    starts: list[Checkpoint] = []
    steps: list[Happens] = []
    ends: list[Checkpoint] = []
    for step in story.steps:
        if isinstance(step, Checkpoint):
            (ends if steps else starts).append(step)
            continue
        if ends:
            yield _Piece(story, tuple(starts), tuple(steps), tuple(end.name for end in ends))
            starts, steps, ends = [Checkpoint(end.name, end.place, {}) for end in ends], [], []
        steps.append(step)
    yield _Piece(story, tuple(starts), tuple(steps), tuple(end.name for end in ends))


def _order_pieces(pieces: Sequence[_Piece], problems: Problems) -> list[_Piece] | None:
    """The pieces, each after all that lead to it; None, with a problem, where checkpoints go in circles."""
    leading = Counter(end for piece in pieces for end in piece.ends)
    waits = {index: {start.name for start in piece.starts if leading[start.name]} for index, piece in enumerate(pieces)}
    following: dict[str, list[int]] = defaultdict(list)
    for index, names in waits.items():
        for name in names:
            following[name].append(index)
    ready = deque(index for index, names in waits.items() if not names)
    ordered: list[_Piece] = []
    while ready:
        piece = pieces[ready.popleft()]
        ordered.append(piece)
        for end in piece.ends:
            leading[end] -= 1
            if not leading[end]:
                for index in following[end]:
                    waits[index].discard(end)
                    if not waits[index]:
                        ready.append(index)
    if len(ordered) == len(pieces):
        return ordered
    for piece in pieces:
        for start in piece.starts:
            if leading[start.name] > 0:
                problems.add_error(
                    start.place,
                    f"the checkpoint '{start.name}' leads back to itself; end one of the stories without it",
                )
    return None


def _note_loose_ends(pieces: Sequence[_Piece], problems: Problems) -> None:
    starts = {start.name for piece in pieces for start in piece.starts}
    ends = {end for piece in pieces for end in piece.ends}
    for piece in pieces:
        for start in piece.starts:
            if start.name not in ends:
                problems.warn(
                    start.place,
                    f"no story ends with the checkpoint '{start.name}', so '{piece.story.name}' is never reached; "
                    "remove it or add such a story",
                )
        for end in piece.ends:
            if end not in starts:
                problems.warn(
                    piece.story.place, f"no story begins with the checkpoint '{end}'; remove it or add such a story"
                )


def _count_paths(piece: _Piece, incoming: Sequence[Path | None]) -> int:
    return len(incoming) * math.prod(len(step.events) for step in piece.steps)


def _follow_piece(
    piece: _Piece, incoming: Sequence[Path | None], domain: Domain, entities_fill_slots: bool
) -> Iterator[Path]:
    """The piece appended to every path that leads to it, once for each choice of its alternatives."""
    for earlier in incoming:
        for chosen in itertools.product(*(step.events for step in piece.steps)):
            tracker = earlier.tracker.copy() if earlier is not None else Tracker(domain)
            steps = earlier.steps[:-1] if earlier is not None else []
            name = _name(earlier, piece.story)
            path = Path(name, piece.story.place, piece.story.is_rule, tracker, list(steps))
            events = list(_spell_out(chosen, path, domain, entities_fill_slots, last=not piece.ends))
            if earlier is None:
                events = _mark_events(events)
            for event in events:
                if event["event"] == "action":
                    path.steps.append(step_of(domain, tracker.live))
                tracker.add(event)
            path.steps.append(step_of(domain, tracker.live))
            yield path


def _list_incoming(piece: _Piece, waiting: dict[str, list[Path]]) -> list[Path | None]:
    if not piece.starts:
        return [None]
    found: list[Path | None] = []
    seen: set[tuple[str, ...]] = set()
    for start in piece.starts:
        for path in waiting.get(start.name, ()):
            key = tuple(step.key() for step in path.steps)
            if key not in seen and all(path.tracker.slot(name) == value for name, value in start.slots.items()):
                seen.add(key)
                found.append(path)
    return found


def _name(earlier: Path | None, story: Story) -> str:
    if earlier is None:
        return story.name
    return earlier.name if story.name in earlier.name.split(" > ") else f"{earlier.name} > {story.name}"


def _spell_out(
    events: Sequence[Event], path: Path, domain: Domain, entities_fill_slots: bool, *, last: bool
) -> Iterator[Event]:
    """The events with what a story leaves unsaid: listening before a message, slots that its entities fill."""
    # A piece that begins with a message listens first, as Rasa has it, whatever came before the checkpoint.
    listened = False
    for event in events:
        if event["event"] == "user":
            if not listened:
                yield make_action_executed(LISTEN)
            yield event
            if entities_fill_slots:
                yield from _fill_slots(event, domain)
        elif path.is_rule:
            yield _make_strict(event)
        else:
            yield event
        listened = event["event"] == "action" and event["name"] == LISTEN
    if last and not listened:
        yield make_action_executed(LISTEN)


def _make_strict(event: Event) -> Event:
    if event["event"] == "slot" and event["value"] is None:
        return make_slot_set(event["name"], UNSET)
    if event["event"] == "active_loop" and event["name"] is None:
        return make_active_loop(UNSET)
    return event


def _fill_slots(message: Event, domain: Domain) -> Iterator[Event]:
    """The slots that the entities of a story's message fill, outside of forms."""
    entities = entities_of(message)
    for slot in domain.slots.values() if entities else ():
        values = [
            entity.get("value")
            for mapping in slot.mappings
            if mapping["type"] == "from_entity" and not _in_form(mapping.get("conditions"))
            for entity in entities
            if entity.get("entity") == mapping["entity"]
            and entity.get("role") == mapping.get("role")
            and entity.get("group") == mapping.get("group")
        ]
        if values:
            yield make_slot_set(slot.name, values if slot.type == "list" else values[-1])


def _in_form(conditions: object) -> bool:
    return isinstance(conditions, list) and bool(conditions) and conditions[0].get("active_loop") is not None


def _mark_events(events: list[Event]) -> list[Event]:
    for index, event in enumerate(events):
        if event["event"] == "user" or (event["event"] == "action" and event["name"] == LISTEN):
            break
        if event["event"] == "action":
            return [*events[:index], {**event, UNPREDICTABLE: True}, *events[index + 1 :]]
    return events
