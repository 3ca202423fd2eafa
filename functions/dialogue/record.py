"""The turn's document: what was said and understood, what was decided and why, and what each event led to.

What actions answered is kept as it came, so that the turn can be played again without running them. It is kept as it
is; a store compresses it (`shared.stores.documents`).
"""

from collections.abc import Mapping

from functions.dialogue.decision import Decision
from shared.events.catalogue import ActionCompleted, MessageReceived
from shared.events.envelope import PROBE, Envelope
from shared.events.wire import JSON, to_wire
from shared.stores.ports import Document

FORMER_FAILURE = "unheard"
"""What turns that were stored until 2026-11-30 call `transcription_failure`."""


def write_turn(decision: Decision, before: Document, cause: Envelope, effect: Mapping[str, JSON]) -> Document:
    """The turn after `decision`, which `cause` led to and from which `effect` goes out; `before` is the turn so far."""
    message, said = decision.incoming, effect.get("data", {}).get("replies")
    answers = [to_wire(cause.data)] if isinstance(cause.data, ActionCompleted) else []
    return {
        "text": message.text,
        "intent": message.intent,
        "confidence": message.confidence,
        "ranking": list(message.ranking),
        "entities": list(message.entities),
        "channel": message.channel,
        "sent_at": message.sent_at,
        **({"locale": message.locale} if message.locale is not None else {}),
        "events": [*before.get("events", ()), *decision.events],
        "replies": [*before.get("replies", ()), *(said if said is not None else to_wire(decision.replies))],
        "decided_by": list(decision.progress.decided_by),
        "failed_actions": list(decision.progress.failed),
        "slots": dict(decision.state.slots),
        "active_loop": decision.state.active_loop,
        "bundle": decision.state.bundle,
        "answers": [*before.get("answers", ()), *answers],
        "effects": {**before.get("effects", {}), cause.id: effect},
        **({"transcription_failure": failure} if (failure := message.transcription_failure) is not None else {}),
        **({"helpful": before["helpful"]} if "helpful" in before else {}),
        **({"purpose": PROBE} if cause.purpose == PROBE or is_probe(before) else {}),
    }


def is_probe(document: Document) -> bool:
    """Whether nobody said this: the observer did, to see that there is an answer."""
    return document.get("purpose") == PROBE


def read_turn(document: Document, message: str) -> dict[str, JSON]:
    """The turn of `message` as `write_turn` made it, whichever form it is stored in."""
    if "format" in document:
        from functions.dialogue import older_form

        document = older_form.read_turn(document, message)
    turn = dict(document)
    if FORMER_FAILURE in turn:
        turn["transcription_failure"] = turn.pop(FORMER_FAILURE)
    return turn


def message_of(document: Document, sender: str) -> MessageReceived:
    """The message with which a turn began, as far as the turn (in full) keeps it."""
    users = [event for event in document.get("events", ()) if event.get("event") == "user"]
    return MessageReceived(
        text=str(document.get("text") or ""),
        sender=sender,
        sent_at=document.get("sent_at"),
        locale=document.get("locale"),
        metadata=(users[0].get("metadata") or {}) if users else {},
        transcription_failure=document.get("transcription_failure"),
    )
