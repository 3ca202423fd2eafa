"""The conversation as it is stored between two events: a bounded tracker, and the action that is waited for.

Only the current session is kept, and of a long one only the latest events: `base` is the snapshot before them.
What came before is in the turns (see `remembering`), and is read where somebody goes back that far.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from functions.dialogue.domain import Domain
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import LISTEN
from functions.dialogue.remote import Answer
from functions.dialogue.tracker import Event, Loop, Snapshot, Tracker
from shared.errors import Unavailable
from shared.events.catalogue import CalledAction
from shared.events.wire import JSON, from_wire, to_wire

FORM = 3
"""Of the stored document: plain, compressed by the store. 1 was the same, not compressed; 2 is read by `older_form`."""
PLAIN = 1
"""The form that every Parley reads: for a while in which somebody may have to go back to an older one."""
WRITABLE = (PLAIN, FORM)
"""What STATE_FORMAT may ask for."""
KEEP = 32
"""Events that are kept when there are half as many more. Longer stories and rules keep more, see `bounded`."""
MARGIN = 2
"""Steps that are kept beyond those that rules and stories look back, so that taking one turn back reads no turns."""
RANKED = 3
"""Intents of the ranking that are kept of messages before the latest ones."""


_TEXT = json.JSONEncoder(check_circular=False)


@dataclass(frozen=True, slots=True)
class Base:
    """The tracker before the first event that is still kept."""

    slots: Mapping[str, JSON]
    features: Mapping[str, JSON]
    message: JSON
    action: str | None
    loop: str | None
    followup: str | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Predicted:
    """Why an action runs; kept while it waits, so that the tracker tells it afterwards."""

    action: str
    policy: str | None = None
    confidence: float | None = None
    hidden: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """What a turn's summary tells; carried through the pieces of the turn."""

    actions: tuple[str, ...] = ()
    form_started: str | None = None
    form_completed: str | None = None
    form_abandoned: str | None = None
    decided_by: tuple[JSON, ...] = ()
    """For each action: policy, confidence, the rule or story, and what the other policies said."""
    replies: int = 0
    failed: tuple[str, ...] = ()
    """Remote actions that failed or did not answer in time."""
    called: tuple[CalledAction, ...] = ()
    """All remote actions, with what came of them."""
    later: tuple[JSON, ...] = ()
    """Requests of the message that wait until the rest of it is done."""
    postponed: bool = False
    """The whole message is one that waits."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A turn that waits for a remote action, with everything needed to go on."""

    message: str
    """The id of the message whose turn it is."""
    action: str
    """The remote action that is waited for."""
    phase: Literal["session", "message", "extract", "predict", "action", "extract_after", "beside"]
    """Which piece of the turn runs again when the answer is here."""
    predicted: Predicted | None
    answers: tuple[Answer, ...]
    """What remote actions of this piece have answered so far."""
    deadline: float
    incoming: Incoming
    """The message, as `decide` took it."""
    progress: Progress = Progress()
    """What the summary of the turn needs to know of its beginning."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """An intent that the conversation asked to be told later."""

    at: float
    intent: str
    entities: tuple[JSON, ...] = ()
    kill_on_user_message: bool = True
    origin: Mapping[str, JSON] = field(default_factory=dict)
    """Whom to tell and where: sender, channel, address and locale of the message that led to it."""


class Replayed(NamedTuple):
    """A tracker that took these events already; it is copied, never changed."""

    events: tuple[JSON, ...]
    base: Base | None
    tracker: Tracker


@dataclass(frozen=True, slots=True)
class State:
    """A conversation between two events."""

    bundle: str | None = None
    """The bundle that decided last."""
    events: tuple[JSON, ...] = ()
    base: Base | None = None
    pending: Pending | None = None
    reminders: Mapping[str, Reminder] = field(default_factory=dict)
    unsaid: tuple[JSON, ...] = ()
    """Replies to reminders that could not be sent, because the channel only answers; they wait for the next answer."""
    slots: Mapping[str, JSON] = field(default_factory=dict, compare=False)
    """As the events leave them; not stored, for the events say the same and the turn has them."""
    active_loop: str | None = None
    paused: bool = False
    """Whether it is in a person's hands."""
    origin: Mapping[str, JSON] = field(default_factory=dict)
    """While paused, where the person is: sender, channel, address and locale of their last message."""
    session_started_at: float | None = None
    turns: int = 0
    """How many messages the conversation has had: the number of the latest turn. 0 in what format 1 left."""
    replayed: Any = field(default=None, compare=False, repr=False)
    """Replayed, where somebody took the events before; not stored, and of no other events than these."""


_EMPTY = to_wire(State())


def document_of(state: State, form: int = FORM) -> dict[str, JSON]:
    """The state as a store keeps it; in the current form what is as in an empty one is left out, and the slots, which
    the events tell."""
    full = to_wire(state)
    full.pop("replayed", None)
    if form == PLAIN:
        return {**full, "format": PLAIN}
    kept = {name: value for name, value in full.items() if value != _EMPTY.get(name) and name != "slots"}
    return {**kept, "format": FORM}


def state_of(document: Mapping[str, JSON]) -> State:
    """The state in a stored document, of this form or an older one.

    Raises Unavailable where a newer Parley wrote it: the event comes again, and finds that Parley there.
    """
    form = document.get("format")
    if form in (PLAIN, FORM):
        return from_wire(State, dict(document))
    from functions.dialogue import older_form

    if form == older_form.FORM:
        return from_wire(State, older_form.read_state(document))
    raise Unavailable(
        f"this conversation was written by a newer Parley (form {form}; this one reads {FORM}); "
        "it is taken as soon as that Parley runs again"
    )


def tracker_of(state: State, domain: Domain) -> Tracker:
    """The tracker that `state` keeps."""
    base, ready = state.base, state.replayed
    if ready is not None and ready.events is state.events and ready.base is base and ready.tracker.domain is domain:
        return ready.tracker.copy()  # type: ignore[no-any-return]
    if base is None:
        return Tracker(domain).extend(state.events)
    slots = {**domain.initial_slots, **{name: value for name, value in base.slots.items() if name in domain.slots}}
    snapshot = Snapshot(
        slots,
        base.features,
        base.message,
        base.action,
        Loop(base.loop) if base.loop else None,
        base.followup,
        base.paused,
    )
    return Tracker(domain, snapshot).extend(state.events)


def bound_history(tracker: Tracker, keep: int | None = KEEP, steps: int = 0) -> tuple[tuple[JSON, ...], Base | None]:
    """The events to keep of `tracker`, and the base before them: the current session, and no more than it needs.

    Of a long session about `keep` events are kept, or more where these are fewer steps than `steps`; the older half of
    them without what was undone and without what decides nothing any more. With None the session is kept as it is.
    """
    events = tracker.events
    start = _session_start(tracker)
    if keep is not None and len(events) - start > keep + keep // 2:
        cut = _turn_before(events, len(events) - keep // 2)
        if cut > start:
            older = Tracker(tracker.domain, tracker.base).extend(events[:cut])
            applied, missing = older.applied, steps - _count_steps(events[cut:])
            first = _turn_before(applied, len(applied) - keep // 2)
            while first and _count_steps(applied[first:]) < missing:
                first = _turn_before(applied, first - 1)
            snapshot = older.snapshots[first - 1] if first else older.base
            return (*_thin_events(older, first, snapshot), *_less_ranked(events[cut:])), _make_base(tracker, snapshot)
    base = _make_base(tracker, tracker.base) if start == 0 and tracker.base.action is not None else None
    return tuple(events[start:] if keep is None else _less_ranked(events[start:])), base


def _thin_events(tracker: Tracker, first: int, before: Snapshot) -> Iterator[Event]:
    """The applied events from `first` on, without those that leave everything as it was."""
    for event, after in zip(tracker.applied[first:], tracker.snapshots[first:], strict=True):
        if event["event"] != "bot" and not _sets_nothing(event, before, after):
            yield thin(event)
        before = after


def _sets_nothing(event: Event, before: Snapshot, after: Snapshot) -> bool:
    """Whether a slot was set to the value that it had. What such an event said before it is what counts."""
    if event["event"] != "slot" or after.features != before.features:
        return False
    name = event["name"]
    if name not in before.slots:
        # Not a slot of this bundle; perhaps of the next one.
        return False
    old, new = before.slots[name], after.slots[name]
    # 1, 1.0 and true are equal in Python.
    return old is new or (type(old) is type(new) and old == new and _TEXT.encode(old) == _TEXT.encode(new))


def _less_ranked(events: Sequence[Event]) -> list[Event]:
    """The events, with the whole ranking of the two latest messages only."""
    less = list(events)
    messages = [index for index, event in enumerate(events) if event["event"] == "user"]
    for index in messages[:-2]:
        less[index] = thin(events[index])
    return less


def _count_steps(events: Sequence[Event]) -> int:
    return sum(event["event"] == "action" for event in events)


def thin(event: Event) -> Event:
    """A message some turns ago, with the best of its ranking."""
    parsed = event.get("parse_data")
    if event["event"] != "user" or not isinstance(parsed, dict) or len(parsed.get("intent_ranking") or ()) <= RANKED:
        return event
    return {**event, "parse_data": {**parsed, "intent_ranking": parsed["intent_ranking"][:RANKED]}}


def _session_start(tracker: Tracker) -> int:
    """Where the current session begins among the tracker's events."""
    events = tracker.events
    for index in range(len(events) - 1, -1, -1):
        if events[index]["event"] == "session_started":
            return max(0, index - 1) if index and events[index - 1]["event"] == "action" else index
    return 0


def _turn_before(events: Sequence[Event], position: int) -> int:
    """The last listen at or before `position`: turns are kept whole. 0 where there is none."""
    for index in range(min(position, len(events) - 1), -1, -1):
        event = events[index]
        if event["event"] == "action" and event.get("name") == LISTEN:
            return index
    return 0


def _make_base(tracker: Tracker, snapshot: Snapshot) -> Base:
    loop = snapshot.loop.name if snapshot.loop is not None else None
    initial = tracker.domain.initial_slots
    slots = {name: value for name, value in snapshot.slots.items() if name not in initial or value != initial[name]}
    message = thin(snapshot.message) if snapshot.message is not None else None
    return Base(slots, snapshot.features, message, snapshot.action, loop, snapshot.followup, snapshot.paused)
