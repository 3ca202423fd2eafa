"""What was spoken and may mean different things: "Did you say ...?", with the two likeliest as buttons.

nlu tells how likely each meaning is (shared.events.meaning.Heard). Below a floor nothing is decided on a guess: the
conversation stays where it was, and the answer, whether pressed, said by its place or said again, is taken as if it had
been the message. A question that is open decides first: what was offered is what is listened for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from functions.dialogue.choosing import NO
from functions.dialogue.context.offers import choose_offer, offers_of, place_of
from functions.dialogue.incoming import Incoming, in_rasas_form
from functions.dialogue.names import DID_YOU_SAY
from functions.dialogue.responses import Speaker
from functions.dialogue.state import State, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event, Tracker
from functions.dialogue.untranscribed import asked_last
from shared.events.meaning import Heard
from shared.events.wire import JSON

FLOOR = 0.6
"""How likely the best meaning must be for nobody to be asked; chosen on the half of the held-out examples that is not
judged (tests/bench/README.md)."""


def settle_heard(table: Table, state: State, message: Incoming) -> Incoming:
    """The message as what was most likely said, or as what it answers the question with.

    With `heard` it is in doubt and to be asked about; with `transcription_failure` the person said that it was neither.
    """
    if state.paused or message.external:
        return replace(message, heard=())
    asked = asked_last(state)
    if asked:
        # Nobody is asked twice in a row: what was said again is taken as it was heard best.
        return _as_answer(replace(message, heard=()), asked)
    if (offered := _find_offered(message, tracker_of(state, table.domain))) is not None:
        return _as_heard(message, offered)
    return message if message.heard[0].confidence < FLOOR else replace(message, heard=())


def ask_what_was_said(heard: Sequence[Heard], tracker: Tracker, speaker: Speaker) -> list[Event]:
    """The question, with a button for each that may have been said."""
    said = speaker.say_or_default(DID_YOU_SAY, tracker)
    data = dict(said.get("data") or {})
    buttons = [{"title": one.text, "payload": one.text} for one in heard]
    return [
        {
            **said,
            "data": {**data, "buttons": [*buttons, *(data.get("buttons") or ())]},
            "metadata": {**(said.get("metadata") or {}), "heard": [_write_heard(one) for one in heard]},
        }
    ]


def _as_answer(message: Incoming, asked: Sequence[Mapping[str, JSON]]) -> Incoming:
    """What the message chooses of the question, by its place; a no is nothing that was heard, all else is itself."""
    place = place_of(message.text, len(asked))
    if place is None:
        nothing = message.intent in NO and not message.entities
        return replace(message, transcription_failure="unclear") if nothing else message
    chosen = asked[place - 1]
    return replace(
        message,
        meant=str(chosen["text"]),
        intent=chosen["intent"],
        confidence=float(chosen["confidence"]),
        ranking=({"name": chosen["intent"], "confidence": chosen["confidence"]},),
        entities=tuple(chosen["entities"]),
        alternatives=(),
        evidence=None,
    )


def _find_offered(message: Incoming, tracker: Tracker) -> Heard | None:
    """The one that is a title of what the assistant offered last, where only one is."""
    offers = offers_of(tracker)
    found = [one for one in message.heard if choose_offer(one.text, offers, plain=False) is not None]
    return found[0] if len(found) == 1 else None


def _as_heard(message: Incoming, heard: Heard) -> Incoming:
    if heard.text == message.text:
        return replace(message, heard=())
    confidence = heard.intent.confidence if heard.intent is not None else 0.0
    name = heard.intent.name if heard.intent is not None else None
    return replace(
        message,
        text=heard.text,
        intent=name,
        confidence=confidence,
        ranking=({"name": name, "confidence": confidence},) if name is not None else (),
        entities=tuple(map(in_rasas_form, heard.entities)),
        alternatives=(),
        evidence=None,
        heard=(),
    )


def _write_heard(heard: Heard) -> dict[str, JSON]:
    """A meaning as the conversation keeps it until it is answered."""
    return {
        "text": heard.text,
        "intent": heard.intent.name if heard.intent is not None else None,
        "confidence": heard.intent.confidence if heard.intent is not None else 0.0,
        "entities": [in_rasas_form(entity) for entity in heard.entities],
    }
