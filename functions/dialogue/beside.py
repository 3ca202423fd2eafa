"""Answers that no policy decides on: to an attachment that nobody can open, to a recording that did not become text, to
one that may mean different things.

As a turn does, one waits for the server that says the responses where there is one, and begins again with its answer.
"""

from collections.abc import Sequence
from dataclasses import replace

from functions.dialogue.aside import apply_outside_turn
from functions.dialogue.attached import say_unknown
from functions.dialogue.decision import Decision, request_of
from functions.dialogue.incoming import Incoming
from functions.dialogue.remote import Answer, Remote, Suspended
from functions.dialogue.responses import reply_of, speaker_for
from functions.dialogue.state import Pending, Progress, State, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event
from functions.dialogue.untranscribed import say_untranscribed


def answer_beside(
    table: Table,
    state: State,
    message: Incoming,
    now: float,
    seconds: float,
    answers: Sequence[Answer] = (),
    progress: Progress | None = None,
) -> Decision:
    """What is said about the message, whose text is missing or in doubt; nothing while a person has the conversation.

    `seconds` is how long the server of responses may take, `answers` what it said so far.
    """
    progress = progress or Progress()
    events: list[Event] = []
    if not state.paused:
        tracker = tracker_of(state, table.domain)
        speaker = Remote(answers, speaker_for(message, tracker), generated=table.generated).speaker
        try:
            if message.transcription_failure is not None:
                events = say_untranscribed(message.transcription_failure, tracker, speaker)
            elif message.heard:
                from functions.dialogue.misheard import ask_what_was_said

                events = ask_what_was_said(message.heard, tracker, speaker)
            else:
                events = say_unknown(message.attachments[0].type, state, tracker, speaker)
        except Suspended as suspended:
            pending = Pending(
                message=message.id,
                action=suspended.action,
                phase="beside",
                predicted=None,
                answers=tuple(answers),
                deadline=now + seconds,
                incoming=message,
                progress=progress,
            )
            waiting = replace(state, bundle=table.bundle, pending=pending)
            return Decision(waiting, (), (), request_of(suspended), progress, message)
    after, stamped = apply_outside_turn(table, replace(state, pending=None), events, now)
    after = replace(after, turns=state.turns + 1, origin=message.origin() if state.paused else {})
    replies = tuple(reply for event in stamped if (reply := reply_of(event)) is not None)
    return Decision(after, stamped, replies, None, replace(progress, replies=progress.replies + len(replies)), message)
