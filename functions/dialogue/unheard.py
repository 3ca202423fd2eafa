"""A recording that did not become text: the person is told why, and the conversation stays where it was.

Nothing is known of what was said, so no policy decides on it: a form goes on waiting for its answer, reminders stay, a
session neither begins nor ends. While the conversation is in a person's hands the assistant is silent here as well, and
its operators get the recording (functions.dialogue.handoff).
"""

from collections.abc import Mapping
from dataclasses import replace

from functions.dialogue.aside import aside
from functions.dialogue.decision import Decision, Progress
from functions.dialogue.incoming import Incoming
from functions.dialogue.responses import Speaker, bot_event, reply_of
from functions.dialogue.state import State, tracker_of
from functions.dialogue.table import Table

SENTENCES: Mapping[str, str] = {
    "silence": "I could not hear anything in that recording. Could you say it again, or write it?",
    "unclear": "Sorry, I did not catch that. Could you say it again, or write it?",
    "too_long": "That recording is too long for me: I listen to one minute at most. Could you say it in fewer words?",
    "too_large": "That recording is too large for me: I take 10 MB at most. Could you say it in fewer words?",
    "unreadable": "I could not play that recording; it may be damaged, or of a kind that I do not know. "
    "Could you send it again, or write it?",
    "video": "I can listen to voice messages, but I cannot watch videos. Could you say it, or write it?",
    "gone": "That recording is not there any more. Could you send it again, or write it?",
    "deaf": "I cannot listen to voice messages here, I am afraid. Could you write it?",
}
"""By the speech stage's reason; the domain's response `utter_speech_<reason>` takes the place of a sentence."""


def unheard(table: Table, state: State, message: Incoming, reason: str, now: float) -> Decision:
    """What is said about the recording; nothing while the conversation is in a person's hands."""
    name = f"utter_speech_{reason}"
    events = []
    if not state.paused:
        speaker = Speaker(
            table.domain.responses, message.channel, message.id, table.domain.language_for(message.locale)
        )
        said = speaker.say(name, tracker_of(state, table.domain))
        # A reason that a newer speech stage gives is one more in which nothing was understood.
        events.append(said or bot_event({"text": SENTENCES.get(reason, SENTENCES["unclear"])}, name))
    after, stamped = aside(table, state, events, now)
    after = replace(after, turns=state.turns + 1, origin=message.origin() if state.paused else {})
    replies = tuple(reply for event in stamped if (reply := reply_of(event)) is not None)
    progress = Progress(loop_before=state.active_loop, replies=len(replies))
    return Decision(after, stamped, replies, None, progress, message)
