"""What a decision is: the new conversation, what to say, and what to run."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.dialogue.incoming import Incoming
from functions.dialogue.state import State
from shared.events.catalogue import CalledAction, Reply
from shared.events.wire import JSON


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


@dataclass(frozen=True, slots=True)
class Progress:
    """What a turn's summary tells; carried through the pieces of the turn."""

    actions: tuple[str, ...] = ()
    loop_before: str | None = None
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
