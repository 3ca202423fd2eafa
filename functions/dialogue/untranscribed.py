"""A recording that did not become text: the person is told why, and the conversation stays where it was.

Nothing is known of what was said, so no policy decides on it: a form goes on waiting for its answer, reminders stay, a
session neither begins nor ends. While the conversation is in a person's hands the assistant is silent here as well, and
its operators get the recording (functions.dialogue.handoff).
"""

from collections.abc import Mapping, Sequence

from functions.dialogue.responses import Speaker
from functions.dialogue.state import State
from functions.dialogue.tracker import Event, Tracker
from shared.events.wire import JSON

REASONS = frozenset(
    ("silence", "noise", "noisy", "unclear", "too_long", "too_large", "unreadable", "video", "gone", "deaf")
)
"""The speech stage's reasons. `utter_speech_<reason>` is said, by the domain's response or the engine's own text."""


def asked_last(state: State) -> Sequence[Mapping[str, JSON]]:
    """What "did you say ...?" offered (functions.dialogue.misheard), where it was the last thing that happened."""
    last = state.events[-1] if state.events else {}
    return (last.get("metadata") or {}).get("heard") or () if last.get("event") == "bot" else ()


def say_untranscribed(reason: str, tracker: Tracker, speaker: Speaker) -> list[Event]:
    """What is said about the recording."""
    name = f"utter_speech_{reason}"
    # A reason that a newer speech stage gives is one more in which nothing was understood.
    known = name if reason in REASONS else "utter_speech_unclear"
    return [speaker.say_or_default(name, tracker, otherwise=known)]
