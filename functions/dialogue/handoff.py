"""A conversation in a person's hands: what its operators are told, and what comes of what they say.

The assistant falls silent with the tracker event `pause` (an action's ConversationPaused). From then on what the person
writes is recorded and passed on, and nothing is answered, until an operator gives the conversation back. Nothing that
the person writes does that, but for `/restart`, with which they leave their own conversation, as in Rasa.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from functions.dialogue.aside import apply_outside_turn
from functions.dialogue.decision import Decision
from functions.dialogue.events import make_action_executed
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import LISTEN
from functions.dialogue.responses import bot_event
from functions.dialogue.state import Progress, State
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event
from shared.errors import Rejected
from shared.events.catalogue import Handoff, HandoffAnswered, Reply
from shared.events.wire import JSON
from shared.stores.ports import Document

TRANSCRIPT = 20
"""Messages before the handoff that its operators are shown."""
OPERATOR = {"operator": True}


def notify_operators(before: State, decision: Decision, turns: Callable[[], Iterable[Document]]) -> Handoff | None:
    """What the operators are told of this decision; None where it does not concern them. `turns` are those before."""
    message, paused = decision.incoming, decision.state.paused
    # `external` is never read from what a caller sent, unlike metadata.
    if message.external and message.metadata.get("operator"):
        return Handoff("answered" if paused else "ended", message.text, operator=True)
    if not before.paused and not paused:
        return None
    words = "" if message.external else message.text
    if not paused:
        return Handoff("ended", words)
    if before.paused:
        return (
            None
            if message.external
            else Handoff("message", words, message.attachments, transcription_failure=message.transcription_failure)
        )
    return Handoff("begun", words, message.attachments, _write_transcript([*turns(), {"events": decision.events}]))


def take_operator_reply(table: Table, state: State, said: HandoffAnswered, ident: str, now: float) -> Decision:
    """The operator's words on their way to the person, and the assistant listening again where it is given back.

    Raises Rejected where the conversation is in nobody's hands, or nothing was said.
    """
    if not state.paused:
        raise Rejected("this conversation is not in a person's hands: nobody asked for one, or it was given back")
    text = (said.text or "").strip()
    if not text and not said.resume:
        raise Rejected("an operator must say something, or give the conversation back")
    after, stamped = apply_outside_turn(table, state, _make_events(text, said), now)
    origin: dict[str, Any] = dict(state.origin)
    after = replace(after, paused=not said.resume, origin={} if said.resume else origin)
    message = Incoming(
        ident,
        text,
        sender=str(origin.get("sender", "")),
        intent=None,
        confidence=0.0,
        channel=str(origin.get("channel", "")),
        # Nobody whom the assistant listens to said it.
        metadata={"is_external": True, **OPERATOR},
        locale=origin.get("locale"),
        address=origin.get("address") or {},
        external=True,
    )
    replies = (Reply(text=text),) if text else ()
    return Decision(after, stamped, replies, None, Progress(replies=len(replies)), message)


def _make_events(text: str, said: HandoffAnswered) -> list[Event]:
    events: list[Event] = []
    if text:
        who = {**OPERATOR, **({"name": said.operator} if said.operator else {})}
        events.append(bot_event({"text": text, "metadata": who}, None))
    if said.resume:
        # While it was paused the assistant did not listen, and rules begin where it does.
        events += [{"event": "resume"}, make_action_executed(LISTEN, "handoff")]
    return events


def _write_transcript(turns: Iterable[Document]) -> tuple[JSON, ...]:
    """What was said in this session, from its turns: a long conversation's state has not kept the assistant's words."""
    lines: list[JSON] = []
    for turn in turns:
        if "transcription_failure" in turn:
            reason = turn["transcription_failure"]
            lines.append({"by": "person", "text": f"[a voice message that did not become text: {reason}]"})
        for event in turn["events"]:
            if event["event"] == "session_started":
                lines.clear()
            external = (event.get("metadata") or {}).get("is_external")
            if event["event"] in ("user", "bot") and event.get("text") and not external:
                lines.append({"by": "person" if event["event"] == "user" else "assistant", "text": event["text"]})
    return tuple(lines[-TRANSCRIPT:])
