"""A time that was said without its day, where the day is known: "at 10:30" after "on friday" is on friday."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from functions.dialogue.context.changes import UNWANTED
from functions.dialogue.context.settings import Context
from functions.dialogue.context.tasks import own_slots
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import LANGUAGE_SLOT
from functions.dialogue.tracker import Tracker
from shared.events.wire import JSON

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def resolve_days(message: Incoming, tracker: Tracker, context: Context) -> Incoming:
    """The message with its times on the day that it names itself, or else the slot that they fill, or else another slot
    of the open form. Times stay as they are where none does, and where that day is over."""
    if not any(_is_clock(entity) for entity in message.entities):
        return message
    entities = tuple(
        _on_known_day(entity, message, tracker, context) if _is_clock(entity) else entity for entity in message.entities
    )
    return replace(message, entities=entities)


def _is_clock(entity: Mapping[str, JSON]) -> bool:
    """Whether it is a time whose day was not said."""
    info = entity.get("additional_info")
    said = isinstance(info, Mapping) and info.get("day_said") is False
    return said and isinstance(entity.get("value"), str) and entity.get("start") is not None


def _on_known_day(
    entity: Mapping[str, JSON], message: Incoming, tracker: Tracker, context: Context
) -> Mapping[str, JSON]:
    value = str(entity["value"])
    day = next((day for day in _known_days(entity, message, tracker, context) if day[:10] >= value[:10]), None)
    if day is None:
        return entity
    # Imported here: most messages name no time.
    from shared.dates.reading import join_clock

    words = message.text[int(entity["start"]) : int(entity["end"])]
    language = tracker.slot(LANGUAGE_SLOT) if tracker.domain.languages else None
    joined = join_clock(day, value, words, str(language or tracker.domain.language))
    return entity if joined is None else {**entity, "value": joined}


def _known_days(entity: Mapping[str, JSON], message: Incoming, tracker: Tracker, context: Context) -> Iterator[str]:
    for other in message.entities:
        info, said = other.get("additional_info"), str(other.get("value"))
        if isinstance(info, Mapping) and info.get("day_said") and other.get("polarity") != UNWANTED and DAY.match(said):
            yield said
    if tracker.live.loop_name is None and message.intent not in context.fragments:
        # A request of its own, which has nothing to do with the day of the one before.
        return
    filled = [
        slot.name
        for slot in tracker.domain.slots.values()
        if any(mapping["type"] == "from_entity" and mapping["entity"] == entity["entity"] for mapping in slot.mappings)
    ]
    for name in (*filled, *sorted(own_slots(tracker).difference(filled))):
        value = tracker.slot(name)
        if isinstance(value, str) and DAY.match(value):
            yield value
