"""Conversations that this process wrote last, as a load would give them, so that going on costs less than beginning.

A cache and nothing more. Only the store knows whether a conversation is still as it was written here: its guard at the
commit says so, and where it is not, the conversation is read and the event decided again. What comes of an event is the
same with it and without it.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from functions.dialogue.domain import Domain
from functions.dialogue.state import Base, Replayed, State, document_of, thin, tracker_of
from functions.dialogue.tracker import Event, Forgotten, Tracker
from shared.events.wire import JSON, from_wire
from shared.stores.documents import Written, encode, splice
from shared.stores.ports import Document

EVENTS = "events"
"""The field of both documents that is written event by event."""
BASE = "base"
SLOTS, EFFECTS = "slots", "effects"
"""Fields of a turn that are written value by value."""
KEPT = 32
"""Conversations: some 50 kB each. One that is spoken with again later is read from the store."""
KEEP_SECONDS = 60.0
"""For which one is kept: what `task forget` removed from the store is not here for longer either."""


@dataclass(slots=True)
class Recent:
    """A conversation as it was written. Its events and its base are as they would be read; what else it holds was
    decided here, and nobody changes that."""

    kept: State
    """The conversation, with `events` and `base` as they would be read. `replayed` is None where no tracker took
    them one after the other."""
    base_text: str
    """The text of the base, which is the longest part and stays the same for some messages; empty where there is none.
    """
    texts: Sequence[str]
    """Of each event."""
    message: str
    """Whose turn was written last."""
    last: Document
    """That turn."""
    happened: Sequence[str]
    """The texts of its events."""
    effects: Mapping[str, str]
    """The texts of its effects, by their causes."""
    slots: Mapping[str, tuple[JSON, str]]
    """Values of slots, each with the text that it has, its name included: most stay as they are."""
    revision: str = ""
    expire_at: float = 0.0
    """Until then at least it has not expired."""

    def turn(self, message: str) -> Document:
        """The turn of this message as it would be read; empty where it was not the last."""
        return self.last if message == self.message else {}

    def state(self, domain: Domain) -> State:
        """As it would be read."""
        if self.kept.replayed is None:
            # Where it raises Forgotten, whoever decides meets the same, and reads the turns.
            with suppress(Forgotten):
                self.kept = _with_tracker(self.kept, tracker_of(self.kept, domain))
        return self.kept


class RecentConversations:
    """The latest of them. Each is in the hands of one thread at a time: whoever takes one takes it away."""

    def __init__(self, kept: int = KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept = kept
        self._clock = clock
        self._recent: OrderedDict[str, tuple[float, Recent]] = OrderedDict()

    def take(self, conversation: str) -> Recent | None:
        since, recent = self._recent.pop(conversation, (0.0, None))
        return recent if self._clock() - since < KEEP_SECONDS else None

    def keep(self, conversation: str, recent: Recent) -> None:
        now = self._clock()
        self._recent[conversation] = (now, recent)
        try:
            while len(self._recent) > self._kept or now - next(iter(self._recent.values()))[0] >= KEEP_SECONDS:
                self._recent.popitem(last=False)
        except (KeyError, StopIteration, RuntimeError):
            # Others took them meanwhile.
            return


def write(
    state: State, turn: Document, message: str, effect: Document, before: Recent | None
) -> tuple[Written, Written, str | None, Recent]:
    """The documents of the state and of the turn of `message`, the data of the `effect` that goes out as JSON, and what
    is to be kept of them once they are committed.

    What `before` has written already is not written again, and its tracker goes on: it is worth nothing after that.
    """
    written = dict(zip(map(id, before.kept.events), before.texts, strict=True)) if before is not None else {}
    now: tuple[Event, ...] = state.events
    added = [event for event in now if id(event) not in written]
    new = [encode(event) for event in added]
    written.update(zip(map(id, added), new, strict=True))
    texts = [written[id(event)] for event in now]
    # As they would be read.
    read: list[Event] = json.loads(f"[{','.join(new)}]")
    renewed = dict(zip(map(id, added), read, strict=True))
    events = tuple([renewed.get(id(event), event) for event in now])
    document = document_of(state)
    document.pop(EVENTS, None)
    base, base_text = None, ""
    if (snapshot := document.pop(BASE, None)) is not None:
        if before is not None and before.kept.base == state.base:
            base, base_text = before.kept.base, before.base_text
        else:
            base_text = encode(snapshot)
            base = from_wire(Base, json.loads(base_text))
    rest = encode(document)
    whole = f'{rest[:-1]},"{BASE}":{base_text}}}' if base_text else rest
    tracker = _carry_on(before, state, events) if before is not None else None
    begun = before if before is not None and before.message == message else None
    slots: dict[str, tuple[JSON, str]] = dict(before.slots) if before is not None else {}
    data = _write_data(effect, written, slots)
    happened = _write_events(turn[EVENTS], begun, written)
    effects = _write_effects(turn[EFFECTS], begun, effect, data)
    others = encode({name: value for name, value in turn.items() if name not in (EVENTS, SLOTS, EFFECTS)})
    last = f'{others[:-1]},"{SLOTS}":{_write_slots(turn[SLOTS], slots)},"{EFFECTS}":{{{",".join(effects.values())}}}}}'
    ready = Replayed(events, base, tracker) if tracker is not None else None
    kept = replace(state, events=events, base=base, slots={}, replayed=ready)
    recent = Recent(kept, base_text, texts, message, turn, happened, effects, slots)
    return splice(whole, EVENTS, texts), splice(last, EVENTS, happened), data, recent


def _write_slots(values: Mapping[str, JSON], slots: dict[str, tuple[JSON, str]]) -> str:
    """The object of these values; `slots` has texts of earlier ones, and gets those of these."""
    for name, value in values.items():
        known = slots.get(name)
        if known is None or known[0] is not value:
            slots[name] = (value, f"{encode(name)}:{encode(value)}")
    return f"{{{','.join([slots[name][1] for name in values])}}}"


def _write_data(effect: Document, texts: Mapping[int, str], slots: dict[str, tuple[JSON, str]]) -> str | None:
    """The data of what goes out; None where nothing does. `texts` are those of the conversation's events, which a
    requested action is shown."""
    if (data := effect.get("data")) is None:
        return None
    if EVENTS not in data:
        return encode(data)
    others = encode({name: value for name, value in data.items() if name not in (EVENTS, SLOTS)})
    shown = [texts.get(id(event)) or encode(event) for event in data[EVENTS]]
    return splice(f'{others[:-1]},"{SLOTS}":{_write_slots(data[SLOTS], slots)}}}', EVENTS, shown).text


def _write_effects(
    effects: Mapping[str, Document], begun: Recent | None, effect: Document, data: str | None
) -> dict[str, str]:
    """The text of each effect of the turn with its cause; `data` is that of the latest one, which goes out."""
    texts = dict(begun.effects) if begun is not None else {}
    for cause, kept in effects.items():
        if cause not in texts:
            whole = kept is effect and data is not None
            text = f'{{"type":{encode(kept["type"])},"data":{data}}}' if whole else encode(kept)
            texts[cause] = f"{encode(cause)}:{text}"
    return texts


def _carry_on(before: Recent, state: State, events: Sequence[Event]) -> Tracker | None:
    """The tracker of before with what has happened since; None where it is not the way that led here."""
    old, ready = before.kept.events, before.kept.replayed
    if ready is None or not _goes_on(before.kept, state):
        return None
    tracker: Tracker = ready.tracker
    for earlier, now in zip(old, events, strict=False):
        if earlier is not now:
            tracker.put_in_place(earlier, now)
    try:
        return tracker.extend(events[len(old) :])
    except Forgotten:
        return None


def _with_tracker(state: State, tracker: Tracker) -> State:
    return replace(state, replayed=Replayed(state.events, state.base, tracker))


def _write_events(events: Sequence[Event], begun: Recent | None, texts: Mapping[int, str]) -> list[str]:
    """The text of each event of the turn: those of its beginning were written with that, the others with the state."""
    happened = list(begun.happened) if begun is not None else []
    if len(happened) > len(events):
        happened = []
    return happened + [texts.get(id(event)) or encode(event) for event in events[len(happened) :]]


def _goes_on(before: State, state: State) -> bool:
    """Whether the state's events are those of before and more."""
    if len(state.events) < len(before.events) or state.base != before.base:
        return False
    events = state.events[: len(before.events)]
    # Compared by what they are first: nearly always they are the same ones.
    return events == before.events or all(
        now is earlier or now == thin(earlier) for earlier, now in zip(before.events, events, strict=True)
    )
