"""The tracker: what a conversation's events add up to, as Rasa's tracker does it, event by event.

Two histories run side by side. `live` is the effect of every event as it came. `applied` are the events that still
count, after rewinds and undos and without the happy path of forms (whose user messages policies must not see), each
with the snapshot after it. They differ only while a form runs; policies look at `applied`, everything else at `live`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from functions.dialogue.domain import Domain, Feature
from functions.dialogue.names import LISTEN, SESSION_START, UNSET
from shared.events.wire import JSON

Event = Mapping[str, Any]
"""A tracker event in Rasa's JSON form: `{"event": "slot", "name": ..., "value": ...}`."""


class Forgotten(Exception):
    """An event undoes what happened before the first event that is still kept."""


class Loop(NamedTuple):
    """The active form (or two-stage fallback)."""

    name: str
    rejected: bool = False
    """It did not run although it was its turn: other policies may predict."""
    interrupted: bool = False
    """It comes back from an unhappy path, so that what the person said is no answer to it."""


class Snapshot(NamedTuple):
    """The tracker between two events. A NamedTuple, because one is made for every event and these are made fastest."""

    slots: Mapping[str, JSON]
    features: Mapping[str, Feature]
    """Of the slots that events have set; None where one was set to nothing."""
    message: Event | None
    action: str | None
    loop: Loop | None
    followup: str | None
    paused: bool

    @property
    def loop_name(self) -> str | None:
        return self.loop.name if self.loop is not None and self.loop.name != UNSET else None


STEPS_KEPT = 32
"""Steps that are known at most when a tracker is copied; else those of the latest snapshots stay."""
PLAIN = frozenset(("slot", "bot", "user"))
"""Events that neither undo anything nor have to do with loops: most of them."""


def make_first_snapshot(domain: Domain) -> Snapshot:
    """The snapshot before anything has happened."""
    return Snapshot(domain.initial_slots, {}, None, None, None, LISTEN, False)


def apply_event(domain: Domain, snapshot: Snapshot, event: Event) -> Snapshot:
    """The snapshot after an event that neither undoes nor rewinds."""
    kind = event["event"]
    if kind == "slot":
        return _after_slot(domain, snapshot, event["name"], event.get("value"))
    if kind == "bot":
        return snapshot
    slots, features, message, action, loop, followup, paused = snapshot
    match kind:
        case "action":
            name = event.get("name") or event.get("action_text")
            if loop is not None:
                loop = Loop(loop.name, loop.rejected and name != loop.name, False)
            return _make_moment((slots, features, message, name, loop, None, paused))
        case "user":
            return _make_moment((slots, features, event, action, loop, None, paused))
        case "active_loop" | "form":
            name = event.get("name")
            return snapshot._replace(loop=Loop(name) if name is not None else None)
        case "loop_interrupted":
            return snapshot._replace(loop=loop._replace(interrupted=event["is_interrupted"]) if loop else None)
        case "form_validation":
            return snapshot._replace(loop=loop._replace(interrupted=not event.get("validate", True)) if loop else None)
        case "action_execution_rejected":
            # A follow-up is taken up by trying it, whatever comes of it.
            followup = None if followup == event["name"] else followup
            if loop is not None and loop.name == event["name"]:
                loop = loop._replace(rejected=True)
            return _make_moment((slots, features, message, action, loop, followup, paused))
        case "reset_slots":
            return snapshot._replace(slots=domain.initial_slots, features={})
        case "followup":
            return snapshot._replace(followup=event["name"])
        case "pause":
            return snapshot._replace(paused=True)
        case "resume":
            return snapshot._replace(paused=False)
    return snapshot


def _after_slot(domain: Domain, snapshot: Snapshot, name: str, value: JSON) -> Snapshot:
    slot = domain.slots.get(name)
    if slot is None:
        return snapshot
    slots, features, *rest = snapshot
    kept = slot.convert(value)
    if slot.influence:
        features = {**features, name: slot.featurise(kept)}
    if slots.get(name, UNSET) is not kept:
        slots = {**slots, name: kept}
    return _make_moment((slots, features, *rest))


def _make_moment(parts: tuple[Any, ...]) -> Snapshot:
    """`Moment(*parts)` in half the time."""
    return tuple.__new__(Snapshot, parts)


class Tracker:
    """A conversation at work: takes events one after the other. Lives inside one decision and is never shared."""

    __slots__ = ("_loops", "applied", "base", "domain", "events", "known_steps", "live", "rewound", "snapshots")

    def __init__(self, domain: Domain, base: Snapshot | None = None) -> None:
        self.domain = domain
        self.base = base or make_first_snapshot(domain)
        """The snapshot before the first event that is still kept."""
        self.events: list[Event] = []
        self.applied: list[Event] = []
        self.snapshots: list[Snapshot] = []
        """After each of `applied`."""
        self.live = self.base
        self.rewound = False
        """Whether any of the events took others back."""
        self.known_steps: dict[int, Any] = {}
        """What functions.dialogue.features has made of snapshots; one for a tracker and all copies of it."""
        self._loops = {self.base.loop.name} if self.base.loop is not None else set()

    def copy(self) -> "Tracker":
        twin = Tracker(self.domain, self.base)
        twin.events, twin.applied, twin.snapshots = self.events[:], self.applied[:], self.snapshots[:]
        twin.live, twin._loops, twin.rewound = self.live, set(self._loops), self.rewound
        if len(self.known_steps) > STEPS_KEPT:
            latest = map(id, self.snapshots[-STEPS_KEPT // 2 :])
            self.known_steps = {ident: self.known_steps[ident] for ident in latest if ident in self.known_steps}
        twin.known_steps = self.known_steps
        return twin

    def put_in_place(self, old: Event, new: Event) -> None:
        """Hold `new` where `old` stood, which says the same to everything that decides."""
        known: dict[int, Snapshot] = {}

        def renewed(snapshot: Snapshot) -> Snapshot:
            # One snapshot stays one: `_apply` asks whether two are the same.
            if snapshot.message is old:
                return known.setdefault(id(snapshot), snapshot._replace(message=new))
            return snapshot

        self.events = [new if event is old else event for event in self.events]
        self.applied = [new if event is old else event for event in self.applied]
        self.snapshots = [renewed(snapshot) for snapshot in self.snapshots]
        self.live, self.base = renewed(self.live), renewed(self.base)

    def extend(self, events: Iterable[Event]) -> "Tracker":
        for event in events:
            self.add(event)
        return self

    def add(self, event: Event) -> None:
        """Append an event and bring slots and loops up to it (Rasa's DialogueStateTracker.update)."""
        self.events.append(event)
        kind = event["event"]
        if kind in PLAIN:
            self._apply(event)
            return
        match kind:
            case "restart":
                self._clear()
                self.live = self.live._replace(followup=SESSION_START)
                return
            case "session_started":
                self._clear()
                return
            case "rewind":
                self.rewound = True
                # A user message has a listen before it, which goes with it.
                self._undo("user")
                self._undo("action")
                self.live = self.replayed
                return
            case "undo":
                self.rewound = True
                self._undo("action")
                self.live = self.replayed
                return
            case "active_loop" | "form" if event.get("name"):
                self._loops.add(event["name"])
            case "action" if event.get("name") in self._loops and self._runs_on(event["name"]):
                self._forget_happy_path(event["name"])
                self.live = apply_event(self.domain, self.live, event)
                return
        self._apply(event)

    def _apply(self, event: Event) -> None:
        snapshots, live = self.snapshots, self.live
        replayed = snapshots[-1] if snapshots else self.base
        snapshot = apply_event(self.domain, replayed, event)
        self.live = snapshot if live is replayed else apply_event(self.domain, live, event)
        self.applied.append(event)
        snapshots.append(snapshot)

    @property
    def replayed(self) -> Snapshot:
        """What the events that still count add up to."""
        return self.snapshots[-1] if self.snapshots else self.base

    def slot(self, name: str) -> JSON:
        return self.live.slots.get(name)

    @property
    def intent(self) -> str | None:
        return intent_of(self.live.message)

    def rejected_action(self) -> str | None:
        """The action that was tried last and did not run."""
        for event in reversed(self.events):
            if event["event"] == "action":
                return None
            if event["event"] == "action_execution_rejected":
                return str(event["name"])
        return None

    def actions_since_listen(self) -> int:
        count = 0
        for event in reversed(self.events):
            if event["event"] == "action":
                if event.get("name") in (LISTEN, SESSION_START):
                    break
                count += 1
        return count

    def slots_set_since_message(self) -> list[Event]:
        found: list[Event] = []
        for event in reversed(self.events):
            if event is self.live.message or event["event"] == "restart":
                break
            if event["event"] == "slot":
                found.append(event)
        return found[::-1]

    def _clear(self) -> None:
        self.applied.clear()
        self.snapshots.clear()
        self.base = self.live = make_first_snapshot(self.domain)

    def _undo(self, kind: str) -> None:
        while self.applied:
            self.snapshots.pop()
            if self.applied.pop()["event"] == kind:
                return
        if self.base.action is not None:
            raise Forgotten

    def _runs_on(self, loop: str) -> bool:
        """Whether this run of the loop follows an earlier one on the happy path."""
        following: str | None = None
        for event in reversed(self.applied):
            match event["event"]:
                case "active_loop" | "form" if event.get("name") is None:
                    return False
                case "action_execution_rejected" if event["name"] == loop:
                    return False
                case "user" if following is not None and following != loop:
                    return False
                case "action":
                    if event.get("name") == loop:
                        return True
                    following = event.get("name") or event.get("action_text")
        # The earlier run may lie right before what is kept.
        return self.base.action == loop and self.base.loop_name == loop and following in (None, LISTEN)

    def _forget_happy_path(self, loop: str) -> None:
        """Take listens and messages since the loop's last run out of what counts; slots that were set stay."""
        start = len(self.applied) - 1
        while start >= 0 and not (self.applied[start]["event"] == "action" and self.applied[start].get("name") == loop):
            start -= 1
        kept = [event for event in self.applied[start + 1 :] if event["event"] not in ("action", "user")]
        del self.applied[start + 1 :]
        del self.snapshots[start + 1 :]
        for event in kept:
            self.snapshots.append(apply_event(self.domain, self.replayed, event))
            self.applied.append(event)


def intent_of(message: Event | None) -> str | None:
    if message is None:
        return None
    intent = message["parse_data"].get("intent") or {}
    name = intent.get("name")
    return str(name) if name is not None else None


def entities_of(message: Event | None) -> Sequence[Mapping[str, JSON]]:
    return message["parse_data"].get("entities") or () if message is not None else ()
