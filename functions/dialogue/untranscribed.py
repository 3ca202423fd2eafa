"""A recording that did not become text: the person is told why, and the conversation stays where it was.

Nothing is known of what was said, so no policy decides on it: a form goes on waiting for its answer, reminders stay, a
session neither begins nor ends. While the conversation is in a person's hands the assistant is silent here as well, and
its operators get the recording (functions.dialogue.handoff).
"""

from dataclasses import replace

from functions.dialogue.aside import aside
from functions.dialogue.decision import Decision, Progress
from functions.dialogue.incoming import Incoming
from functions.dialogue.responses import reply_of, speaker_for
from functions.dialogue.state import State, tracker_of
from functions.dialogue.table import Table

REASONS = frozenset(("silence", "unclear", "too_long", "too_large", "unreadable", "video", "gone", "deaf"))
"""The speech stage's reasons. `utter_speech_<reason>` is said, by the domain's response or the engine's own text."""


def answer_untranscribed(table: Table, state: State, message: Incoming, reason: str, now: float) -> Decision:
    """What is said about the recording; nothing while the conversation is in a person's hands."""
    name = f"utter_speech_{reason}"
    events = []
    if not state.paused:
        tracker = tracker_of(state, table.domain)
        # A reason that a newer speech stage gives is one more in which nothing was understood.
        known = name if reason in REASONS else "utter_speech_unclear"
        events.append(speaker_for(message, tracker).say_or_default(name, tracker, otherwise=known))
    after, stamped = aside(table, state, events, now)
    after = replace(after, turns=state.turns + 1, origin=message.origin() if state.paused else {})
    replies = tuple(reply for event in stamped if (reply := reply_of(event)) is not None)
    progress = Progress(loop_before=state.active_loop, replies=len(replies))
    return Decision(after, stamped, replies, None, progress, message)
