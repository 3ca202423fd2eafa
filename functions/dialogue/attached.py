"""What somebody attached without a word: an intent or entity that the domain declares, else said to be there.

A domain that lists `photo` (or another name of NAMES) among its intents has rules for it; among its entities, its forms
take it. An assistant that knows neither says what it got and that it cannot open it, and asks again what it was waiting
for: nothing is known of what the person meant, so no policy decides on it and no form goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from functions.dialogue.domain import Domain
from functions.dialogue.incoming import Incoming
from functions.dialogue.responses import Speaker
from functions.dialogue.state import State
from functions.dialogue.tracker import Event, Tracker
from shared.events.wire import JSON

NAMES: Mapping[str, Sequence[str]] = {
    "image": ("photo", "image", "picture"),
    "video": ("video",),
    "audio": ("voice", "audio"),
    "file": ("file", "document"),
    "location": ("shared_location",),
    "contact": ("shared_contact",),
    "order": ("catalogue_order",),
    "link": ("shared_link",),
}
"""What a domain may call each type of attachment, as an intent or as an entity: names that no text has. A domain's
`location` is what people write, and a form that asks for it cannot use a place on the map."""
SAID = frozenset(("image", "video", "audio", "file", "location", "contact", "link"))
"""The types of attachments that something of their own is said of: the domain's response `utter_attachment_<type>`, or
the engine's text of that name."""


def as_declared(message: Incoming, domain: Domain) -> Incoming:
    """The message with the intent and the entities that the domain has for what is attached to it."""
    if message.text or message.external or message.transcription_failure is not None:
        return message
    entities: list[JSON] = []
    intent = None
    for attachment in message.attachments:
        for name in NAMES.get(attachment.type, ()):
            if name in domain.entities:
                entities.append({"entity": name, "value": attachment.reference, "extractor": "attachment"})
            if intent is None and name in domain.used_entities:
                intent = name
    if intent is None:
        return replace(message, entities=(*message.entities, *entities)) if entities else message
    ranking: tuple[JSON, ...] = ({"name": intent, "confidence": 1.0},)
    return replace(message, intent=intent, confidence=1.0, ranking=ranking, entities=(*message.entities, *entities))


def is_unknown(message: Incoming, domain: Domain, state: State) -> bool:
    """Whether there is nothing but attachments, which neither the domain nor the form that is open has a word for."""
    if message.text or not message.attachments or message.external or message.transcription_failure is not None:
        return False
    if message.intent is not None and message.intent in {name for names in NAMES.values() for name in names}:
        return False
    return not (message.entities and state.active_loop in domain.forms)


def say_unknown(kind: str, state: State, tracker: Tracker, speaker: Speaker) -> list[Event]:
    """What is said about an attachment of this type that nobody can open; an open form asks again."""
    name = f"utter_attachment_{kind}"
    events = [speaker.say_or_default(name, tracker, otherwise=name if kind in SAID else "utter_attachment")]
    if state.active_loop is not None and (question := last_question(tracker.events)) is not None:
        events.append(question)
    return events


def last_question(events: Sequence[Event]) -> Event | None:
    """What the assistant said last, which with an open form is what it waits for."""
    for event in reversed(events):
        if event.get("event") == "user":
            return None
        if event.get("event") == "bot":
            return {key: value for key, value in event.items() if key != "timestamp"}
    return None
