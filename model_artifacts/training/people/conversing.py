"""One conversation with the stages of an assistant, in this process, at a clock that people set."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.dialogue.context.confirming import was_confirmation_asked
from functions.dialogue.names import REQUESTED_SLOT
from functions.dialogue.record import read_turn
from functions.dialogue.stage import Dialogue
from functions.dialogue.state import state_of, tracker_of
from model_artifacts.training.story_tests.holding import Stages
from shared.events.catalogue import ActionCompleted, ActionRequested, Attachment, Button, MessageReceived, Reply
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.stores.memory import memory_store

CONVERSATION = "rest:somebody"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says, and what it is meant as."""

    text: str
    act: str
    """open, answer, correct, change, add, remove, hesitate, wrong, digress, question, nonsense, photo, yes, cancel."""
    tells: Mapping[str, JSON] = field(default_factory=dict)
    """Slots and the values that it gives them."""
    after: float = 5.0
    """Seconds since the answer before."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it."""

    replies: tuple[Reply, ...]
    ran: Mapping[str, Mapping[str, JSON]]
    """Remote action -> the slots that it was shown."""
    events: Sequence[Mapping[str, Any]]
    slots: Mapping[str, JSON]
    loop: str | None
    asked: str | None
    """The slot that a form asks for."""
    confirms: bool
    """Whether an action waits for a clear yes."""
    failed: str | None = None

    @property
    def buttons(self) -> tuple[Button, ...]:
        return next((reply.buttons for reply in reversed(self.replies) if reply.buttons), ())

    @property
    def text(self) -> str:
        return "\n".join(reply.text or "" for reply in self.replies)


class Conversation:
    """One person's conversation."""

    def __init__(self, stages: Stages, seed: str) -> None:
        self._stages = stages
        self._store = memory_store()
        # The actions stage measures deadlines by the real clock, and a simulated one may only be ahead of it.
        self._now = time.time()
        self._seed = seed
        self._count = 0
        self._dialogue = Dialogue(stages.table, self._store.conversations, clock=lambda: self._now)

    def say(self, said: Said) -> Heard:
        """Say something as a person would, run what the dialogue asks for, and return what is answered until it listens
        again.
        """
        self._count += 1
        self._now += said.after
        ident = f"{self._seed}-{self._count}"
        photo = (Attachment(type="image", reference="photo"),) if said.act == "photo" else ()
        sent_at = datetime.fromtimestamp(self._now, UTC).isoformat()
        data = MessageReceived(text=said.text, sender="somebody", sent_at=sent_at, attachments=photo)
        received = Envelope(
            id=ident, source="/people", subject=CONVERSATION, data=data, type=data.TYPE, message=ident, channel="rest"
        )
        envelope = self._dialogue(self._stages.nlu(received))
        replies: list[Reply] = []
        ran: dict[str, Mapping[str, JSON]] = {}
        failed = None
        while envelope is not None and isinstance(envelope.data, ActionRequested):
            replies += envelope.data.replies
            ran[envelope.data.action] = envelope.data.slots
            completed = self._stages.actions(envelope)
            if completed is None or not isinstance(completed.data, ActionCompleted):
                raise TypeError("actions answers every request")
            if completed.data.outcome == "failed":
                failed = f"{envelope.data.action}: {completed.data.error}"
            envelope = self._dialogue(completed)
        if envelope is not None:
            replies += getattr(envelope.data, "replies", ())
        loaded = self._store.conversations.load(CONVERSATION, ident, self._now)
        state = state_of(loaded.state) if loaded.state is not None else None
        events = read_turn(loaded.turn.document, ident)["events"] if loaded.turn is not None else ()
        tracker = tracker_of(state, self._stages.table.domain) if state is not None else None
        slots = dict(tracker.live.slots) if tracker is not None else {}
        loop = tracker.live.loop_name if tracker is not None else None
        return Heard(
            replies=tuple(replies),
            ran=ran,
            events=events,
            slots=slots,
            loop=loop,
            asked=str(slots[REQUESTED_SLOT]) if loop is not None and slots.get(REQUESTED_SLOT) else None,
            confirms=tracker is not None and was_confirmation_asked(tracker),
            failed=failed,
        )
