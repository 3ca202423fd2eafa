"""One decision: a conversation and what happened go in, the new conversation and what to say or run come out.

Pure: the same input gives the same output, nothing is read or written elsewhere. `turn_machine` does the work.
"""

from collections.abc import Sequence
from dataclasses import replace

from functions.dialogue.answering import resolve_alternatives
from functions.dialogue.beside import answer_beside
from functions.dialogue.choosing import take_up_choice
from functions.dialogue.decision import Decision, Request
from functions.dialogue.events import REWIND, make_action_executed, make_slot_set
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import LISTEN, SESSION_METADATA_SLOT, SESSION_START, TWO_STAGE_FALLBACK
from functions.dialogue.remote import Answer
from functions.dialogue.session import is_over
from functions.dialogue.state import Pending, Predicted, Progress, State, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.turn_machine import LIMIT, TurnMachine
from shared.events.catalogue import CalledAction

COOL_DOWN = 10.0
"""Seconds for which a conversation stays cut off; in Rasa it stays so until its session ends."""


def begin(table: Table, state: State, message: Incoming, now: float, seconds: float) -> Decision:
    """Take a message. `seconds` is how long a remote action may take."""
    if table.domain.languages and not message.external and message.language is None:
        from functions.dialogue.speaking import settle_language

        message = settle_language(message, tracker_of(state, table.domain))
    turn = TurnMachine(table, state, message, Progress(), now, seconds)
    turn.turns += 1
    tracker = turn.tracker
    if message.passages:
        from functions.dialogue.knowledge import take_question

        turn.message = message = take_question(message, tracker)
    expired = is_over(table, tracker, now)
    if not expired:
        turn.message = message = resolve_alternatives(message, tracker)
    taken = take_up_choice(message, tracker) if not expired else None
    if taken is not None:
        turn.message = taken.message
        if taken.clarifies and tracker.live.loop_name != TWO_STAGE_FALLBACK:
            # It takes the place of what was not understood; the two-stage fallback sees to that itself.
            turn.record([REWIND, make_action_executed(LISTEN)])
    if table.domain.context is not None and not turn.message.external:
        turn.read(began=expired or not tracker.applied)
    if tracker.actions_since_listen() >= LIMIT and now - float(tracker.events[-1].get("timestamp") or 0) > COOL_DOWN:
        turn.record([make_action_executed(LISTEN, "cool_down")])
    # As in Rasa, a reminder begins no session anew: it belongs to the one that asked for it. And a session does not end
    # while the conversation is in a person's hands: only its operators end that.
    over = expired and (bool(message.requested) or not message.external) and not tracker.live.paused
    if not tracker.applied or over:
        turn.session_started_at = now
        if message.metadata and not message.external:
            turn.record([make_slot_set(SESSION_METADATA_SLOT, dict(message.metadata))])
        return turn.advance("session", Predicted(SESSION_START), ())
    return turn.advance("message", None, ())


def resume(table: Table, state: State, answer: Answer, now: float, seconds: float) -> Decision:
    """Go on with the pending turn of `state`, whose remote action has answered.

    Raises ValueError where none is pending.
    """
    pending = state.pending
    if pending is None:
        raise ValueError("there is no pending action to resume")
    called = (*pending.progress.called, CalledAction(pending.action, answer.outcome))
    failed = (*pending.progress.failed, *([pending.action] if answer.outcome == "failed" else ()))
    progress = replace(pending.progress, called=called, failed=failed)
    return _go_on(table, state, pending, progress, (*pending.answers, answer), now, seconds)


def repeat_request(table: Table, state: State, now: float) -> Request:
    """The request that the pending turn of `state` waits for, once more. Raises ValueError where it waits for none."""
    pending = state.pending
    if pending is None:
        raise ValueError("there is no pending action to ask for")
    request = _go_on(table, state, pending, pending.progress, pending.answers, now, 0.0).request
    if request is None:
        raise ValueError("the pending turn waits for nothing")
    return request


def _go_on(
    table: Table,
    state: State,
    pending: Pending,
    progress: Progress,
    answers: Sequence[Answer],
    now: float,
    seconds: float,
) -> Decision:
    if pending.phase == "beside":
        return answer_beside(table, state, pending.incoming, now, seconds, answers, progress)
    turn = TurnMachine(table, state, pending.incoming, progress, now, seconds)
    return turn.advance(pending.phase, pending.predicted, answers)
