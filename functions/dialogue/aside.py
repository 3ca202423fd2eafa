"""What is said beside the assistant's turns: by an operator, or about a recording that nobody could hear.

It is told in the conversation, and decides nothing: no policy sees it, no slot and no form changes.
"""

from collections.abc import Sequence
from dataclasses import replace

from functions.dialogue.state import MARGIN, State, bound_history, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event


def apply_outside_turn(
    table: Table, state: State, events: Sequence[Event], now: float
) -> tuple[State, tuple[Event, ...]]:
    """The conversation after these events, and the events with their time."""
    stamped = tuple({**event, "timestamp": now} for event in events)
    tracker = tracker_of(state, table.domain)
    if tracker.applied:
        tracker.extend(stamped)
    # Where nothing was said yet nothing is kept either: the first message that has a text begins the session.
    kept, base = bound_history(tracker, table.keep, table.looks_back + MARGIN)
    slots = {name: value for name, value in tracker.live.slots.items() if value is not None}
    return replace(state, bundle=table.bundle, events=kept, base=base, slots=slots), stamped
