"""A message that is decided after the time until which its answer was wanted: the person is told so first.

Whatever was accepted is answered, also after an outage of an hour. Who reads an answer to what they wrote long ago
should know that it is one; and a wish that acts on the world is asked about again (`Incoming.late`, which no clear yes
is made of).
"""

from functions.dialogue.aside import apply_outside_turn
from functions.dialogue.incoming import Incoming
from functions.dialogue.responses import reply_of, speaker_for
from functions.dialogue.state import State, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event
from shared.events.catalogue import Reply

NAME = "utter_late"


def apologise(
    table: Table, state: State, message: Incoming, now: float
) -> tuple[State, tuple[Reply, ...], tuple[Event, ...]]:
    """The conversation after the person was told that the answer to this message is late, what was said, and its
    events. Nobody is told anything while the conversation is in a person's hands."""
    if not message.late or message.external or state.paused:
        return state, (), ()
    tracker = tracker_of(state, table.domain)
    said = speaker_for(message, tracker).say_or_default(NAME, tracker)
    after, stamped = apply_outside_turn(table, state, [said], now)
    return after, tuple(reply for event in stamped if (reply := reply_of(event)) is not None), stamped
