"""What a decision is: the new conversation, what to say, and what to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.dialogue.incoming import Incoming
from functions.dialogue.policies import Prediction
from functions.dialogue.remote import Suspended
from functions.dialogue.state import Progress, State
from shared.events.catalogue import Reply
from shared.events.wire import JSON

RECENT = 32
"""Tracker events that an action is shown: the last turns. All of them would travel through three stages each time."""


@dataclass(frozen=True, slots=True)
class Request:
    """A remote action that the turn needs now."""

    action: str
    slots: Mapping[str, JSON]
    latest_message: Mapping[str, JSON]
    events: tuple[JSON, ...]
    active_loop: Mapping[str, JSON]
    latest_action_name: str | None
    response: Mapping[str, JSON] | None = None
    """The id and the arguments of a response that a server is asked for; None for an action."""


def request_of(suspended: Suspended) -> Request:
    """What a piece of a turn waits for, with the conversation as that piece has it."""
    view = suspended.tracker
    message = view.live.message
    return Request(
        action=suspended.action,
        slots=dict(view.live.slots),
        latest_message=dict(message["parse_data"]) if message is not None else {},
        events=tuple(view.events[-RECENT:]),
        active_loop={"name": view.live.loop_name} if view.live.loop_name is not None else {},
        latest_action_name=view.live.action,
        response=suspended.response,
    )


def tell_prediction(best: Prediction, others: Sequence[Prediction]) -> dict[str, JSON]:
    """Who decided on an action, how surely and after what, and what the other policies said; for the turn's record."""
    candidates = [
        {"policy": other.policy, "action": other.action, "confidence": other.confidence}
        for other in others
        if other.action is not None and other.policy != best.policy
    ]
    note: dict[str, JSON] = {"action": best.action, "policy": best.policy, "confidence": best.confidence}
    if best.source is not None:
        note["source"] = best.source
    if best.ranking:
        note["ranking"] = [{"action": action, "confidence": confidence} for action, confidence in best.ranking]
    if candidates:
        note["others"] = candidates
    return note


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one event."""

    state: State
    events: tuple[JSON, ...]
    """The tracker events that it added."""
    replies: tuple[Reply, ...]
    """What is to be said now: before the request where there is one, else to end the turn."""
    request: Request | None
    progress: Progress
    incoming: Incoming
