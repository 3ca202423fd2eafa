"""The event that a decision sends out: an action to run, or the replies of a turn that is done."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from functions.dialogue.decision import Decision
from functions.dialogue.effects import Effect
from functions.dialogue.handoff import notify_operators
from functions.dialogue.incoming import Incoming
from functions.dialogue.state import State
from functions.dialogue.summary import summarise_turn
from functions.dialogue.table import Table
from shared.events.catalogue import ActionRequested, RepliesDecided
from shared.events.wire import to_wire
from shared.stores.ports import Document

ANSWER_ONLY = ("rest",)
"""Channels that carry replies in the answer to a call and have no other way to the person."""


def make_outgoing(
    table: Table, decision: Decision, before: State, list_latest: Callable[[], Iterator[Document]]
) -> Effect | None:
    """What goes out; None where nothing does. `list_latest` reads the latest turns, for who takes over."""
    message, progress = decision.incoming, decision.progress
    said = progress.replies - len(decision.replies)
    pending, request = decision.state.pending, decision.request
    if request is not None and pending is not None:
        return ActionRequested(
            action=request.action,
            sender=message.sender,
            slots=request.slots,
            latest_message=request.latest_message,
            events=request.events,
            active_loop=request.active_loop,
            latest_action_name=request.latest_action_name,
            deadline=format_deadline(pending.deadline),
            replies=decision.replies,
            said=said,
            locale=message.locale,
            address=message.address,
            language=message.language,
            response=request.response,
        )
    if has_no_answer(message):
        return None
    return RepliesDecided(
        sender=message.sender,
        replies=decision.replies,
        turn=summarise_turn(decision, table.domain),
        said=said,
        locale=message.locale,
        address=message.address,
        handoff=notify_operators(before, decision, list_latest),
    )


def has_no_answer(message: Incoming) -> bool:
    """Whether nobody waits for what is said to it on a channel that carries replies in answers alone."""
    return message.external and not message.requested and message.channel in ANSWER_ONLY


def keep_for_next_answer(decision: Decision) -> Decision:
    """The decision with its replies in the state, to be said in the answer to the person's next message."""
    state = replace(decision.state, unsaid=(*decision.state.unsaid, *to_wire(decision.replies)))
    return replace(decision, replies=(), progress=replace(decision.progress, replies=0), state=state)


def format_deadline(when: float) -> str:
    """Seconds since the epoch as ISO 8601."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
