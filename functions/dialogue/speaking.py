"""The language of a conversation: remembered, changed by what is written, and by whoever asks for another.

Imported only where an assistant speaks several languages. nlu says which language a message is in and how sure that is;
what counts is decided here, because a short answer goes on in the language of the conversation.
"""

from collections.abc import Sequence
from dataclasses import replace

from functions.dialogue.attached import last_question
from functions.dialogue.domain import Domain
from functions.dialogue.events import make_slot_set
from functions.dialogue.incoming import Incoming, in_rasas_form
from functions.dialogue.names import LANGUAGE_SLOT, NLU_FALLBACK, OUT_OF_SCOPE, TOLD_LANGUAGE_SLOT
from functions.dialogue.responses import Speaker, bot_event, interpolate
from functions.dialogue.texts import ABROAD, LANGUAGES, OWN_NAMES, find_default_text
from functions.dialogue.tracker import Event, Tracker

CHANGES = 0.75
"""From here on a message with words enough changes the conversation's language."""
BEGINS = 0.4
"""From here on a first message, however short, says which language it begins in."""
READ = 0.6
"""Below this a message that may be another's is read as one in the conversation's language."""
CHANGED, UNKNOWN = "utter_language_changed", "utter_language_unknown"
"""The responses to a wish for a language, and to one that is not spoken here: `{languages}` are those that are."""


def settle_language(message: Incoming, tracker: Tracker) -> Incoming:
    """The message with the language of its conversation, read in the language that it is in."""
    codes = codes_of(tracker.domain)
    kept = tracker.slot(LANGUAGE_SLOT)
    before = kept if isinstance(kept, str) and kept in codes else None
    spoken = message.spoken
    language = before or _of_locale(message.locale, codes)
    if spoken is not None and spoken.code in codes:
        if spoken.wish in codes:
            language = spoken.wish
        elif spoken.foreign is None and (
            (spoken.enough and spoken.confidence >= CHANGES) or (before is None and spoken.confidence >= BEGINS)
        ):
            language = spoken.code
    language, otherwise = language or codes[0], message.otherwise
    message = replace(message, language=language, otherwise=())
    if spoken is None or spoken.confidence >= READ:
        return message
    other = next((one for one in otherwise if one.language == language), None)
    if other is None:
        return message
    entities = tuple(map(in_rasas_form, other.entities))
    return replace(message, entities=entities, evidence=other.evidence)


def codes_of(domain: Domain) -> tuple[str, ...]:
    """The languages without their regions."""
    return tuple(one.partition("-")[0] for one in domain.languages)


def remember_language(message: Incoming, tracker: Tracker) -> list[Event]:
    """What is recorded where the message changes the conversation's language."""
    if message.language is None or tracker.slot(LANGUAGE_SLOT) == message.language:
        return []
    return [make_slot_set(LANGUAGE_SLOT, message.language)]


def answer_language(message: Incoming, tracker: Tracker, speaker: Speaker) -> tuple[list[Event], bool]:
    """What is said to a wish for a language, or, once, to a message in one that nobody here speaks; and whether that is
    all there is to say. `tracker` has the message as the latest one; an open question is asked again."""
    spoken = message.spoken
    if spoken is None or message.text.startswith("/") or tracker.live.paused:
        return [], False
    if spoken.wish is not None:
        known = spoken.wish in codes_of(tracker.domain)
        said = speaker.say_or_default(CHANGED, tracker) if known else _say_unknown(spoken.wish, speaker, tracker)
        return [said, *_ask_again(speaker, tracker)], True
    if spoken.foreign is None or tracker.slot(TOLD_LANGUAGE_SLOT) == spoken.foreign:
        return [], False
    told = make_slot_set(TOLD_LANGUAGE_SLOT, spoken.foreign)
    beyond = message.intent in (None, NLU_FALLBACK, OUT_OF_SCOPE)
    return [told, _say_unknown(spoken.foreign, speaker, tracker)], beyond


def _ask_again(speaker: Speaker, tracker: Tracker) -> list[Event]:
    """What was asked last and is still open, in the language that counts now where it is a response of the project."""
    before = last_question(tracker.events[:-1])
    metadata = (before.get("metadata") or {}) if before is not None else {}
    if before is None or (tracker.live.loop_name is None and "confirms" not in metadata):
        return []
    said = speaker.say(str(metadata["utter_action"]), tracker) if metadata.get("utter_action") else None
    if said is None:
        return [before]
    return [{**said, "metadata": {**metadata, **said["metadata"]}}]


def _say_unknown(foreign: str | None, speaker: Speaker, tracker: Tracker) -> Event:
    """That the language is not spoken here, in it where that can be said."""
    names = ", ".join(OWN_NAMES.get(code, code) for code in codes_of(tracker.domain))
    if foreign in ABROAD or foreign in LANGUAGES:
        text = ABROAD.get(foreign or "") or find_default_text(UNKNOWN, foreign or "en")
        return bot_event({"text": str(interpolate(text, {"languages": names}))}, UNKNOWN)
    return speaker.say_or_default(UNKNOWN, tracker, {"languages": names})


def _of_locale(locale: str | None, codes: Sequence[str]) -> str | None:
    said = (locale or "").casefold().replace("_", "-").partition("-")[0]
    return said if said in codes else None
