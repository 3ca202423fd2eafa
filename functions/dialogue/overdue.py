"""What an earlier turn left, before anything new is decided: an action that nobody answered, words that are unsaid."""

from dataclasses import replace

from functions.dialogue.decide import resume
from functions.dialogue.incoming import Incoming
from functions.dialogue.remote import Answer
from functions.dialogue.state import State
from functions.dialogue.table import Table
from shared.errors import Conflict
from shared.events.catalogue import Reply
from shared.events.wire import JSON, from_wire

STEPS = 30
"""Remote actions of an overdue turn that are given up, one after the other, before a new message is taken."""
Rest = tuple[State, tuple[Reply, ...], tuple[JSON, ...]]
"""The state without a pending action, what is still to be said, and what happened on the way."""


def clear_up(table: Table, message: Incoming, state: State, now: float, seconds: float) -> Rest:
    """The conversation ready for a message, what is still to be said of before, and what happened since; Conflict
    where it waits. `seconds` is how long a remote action may take."""
    state, said, happened = bring_to_rest(table, state, now, seconds)
    if state.unsaid and not message.external:
        said = (*from_wire(tuple[Reply, ...], list(state.unsaid)), *said)
        state = replace(state, unsaid=())
    return state, said, happened


def bring_to_rest(table: Table, state: State, now: float, seconds: float) -> Rest:
    """The state without a pending action; Conflict where that is still waited for."""
    pending = state.pending
    if pending is None:
        return state, (), ()
    if now < pending.deadline:
        raise Conflict(f"the action {pending.action} of an earlier message is still running; send this one again")
    return _give_up(table, state, now, seconds)


def _give_up(table: Table, state: State, now: float, seconds: float) -> Rest:
    """The overdue turn brought to its end without its actions, what it still says, and its last events."""
    said: list[Reply] = []
    happened: list[JSON] = []
    for _ in range(STEPS):
        decision = resume(table, state, Answer("failed", error="deadline"), now, seconds)
        said += [reply for reply in decision.replies if reply not in said]
        happened += decision.events
        state = decision.state
        if state.pending is None:
            return state, tuple(said), tuple(happened)
    return replace(state, pending=None), tuple(said), tuple(happened)
