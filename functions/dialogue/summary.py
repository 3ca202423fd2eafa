"""What one turn was, in numbers and names, without what was said."""

from functions.dialogue.decision import Decision
from functions.dialogue.domain import Domain
from functions.dialogue.names import (
    ASK_AFFIRMATION,
    DEFAULT_FALLBACK,
    DID_YOU_SAY,
    NLU_FALLBACK,
    REQUESTED_SLOT,
    TWO_STAGE_FALLBACK,
)
from functions.dialogue.tracker import Event
from shared.events.catalogue import TurnSummary


def summarise_turn(decision: Decision, domain: Domain) -> TurnSummary:
    """The outcome of a turn for the observer: names and numbers, no words of anybody."""
    message, progress, state = decision.incoming, decision.progress, decision.state
    # Where a recording was not heard nothing was asked anew.
    asks = state.active_loop in domain.forms and message.transcription_failure is None
    return TurnSummary(
        message=message.id,
        intent=message.intent,
        confidence=message.confidence if message.transcription_failure is None else None,
        fallback=message.intent == NLU_FALLBACK
        or DEFAULT_FALLBACK in progress.actions
        # Where its question was answered, the fallback ends with a message that was understood.
        or (TWO_STAGE_FALLBACK in progress.actions and state.active_loop == TWO_STAGE_FALLBACK),
        actions=progress.actions,
        active_loop=state.active_loop,
        form_started=progress.form_started,
        form_completed=progress.form_completed,
        form_abandoned=progress.form_abandoned,
        slot_asked=state.slots.get(REQUESTED_SLOT) if asks else None,
        handoff=state.paused,
        disambiguation=any(reply.response in (ASK_AFFIRMATION, DID_YOU_SAY) for reply in decision.replies),
        replies=progress.replies,
        bundle=state.bundle,
        started_at=message.sent_at,
        model=message.model,
        called=progress.called,
        speech=message.transcription_failure,
        knowledge=next(
            (event["metadata"]["knowledge"]["outcome"] for event in decision.events if _is_answer(event)), None
        ),
    )


def _is_answer(event: Event) -> bool:
    return event["event"] == "bot" and "knowledge" in (event.get("metadata") or {})
