"""What a turn was, in numbers and names, as it travels to the observer."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CalledAction:
    """What came of one of the assistant's own actions."""

    action: str
    outcome: Literal["done", "rejected", "failed"] = "done"
    """failed: it broke, or it did not answer in time."""


@dataclass(frozen=True, slots=True)
class TurnSummary:
    """What one turn was, without what was said."""

    message: str
    """The id of the message that began the turn."""
    intent: str | None = None
    confidence: float | None = None
    fallback: bool = False
    actions: tuple[str, ...] = ()
    active_loop: str | None = None
    form_started: str | None = None
    form_completed: str | None = None
    form_abandoned: str | None = None
    slot_asked: str | None = None
    handoff: bool = False
    disambiguation: bool = False
    replies: int = 0
    bundle: str | None = None
    started_at: str | None = None
    """When the person sent the message, ISO 8601 with a time zone."""
    model: str | None = None
    """The bundle whose model understood the message; another than `bundle` where both are being exchanged."""
    called: tuple[CalledAction, ...] = ()
    """The assistant's own actions that answered, or did not, in order."""
    speech: str | None = None
    """Why the recording with which the turn began did not become text: silence, unclear, too_long ..."""
    knowledge: str | None = None
    """What came of a question to the assistant's documents: answered, ambiguous or not_found."""
