"""A time that was said without its day, where the day is known: "at 10:30" after "on friday" is on friday."""

import re
from collections.abc import Iterator, Mapping

from functions.dialogue.context.changes import UNWANTED
from functions.dialogue.context.tasks import own_slots
from functions.dialogue.domain import Slot
from functions.dialogue.names import LANGUAGE_SLOT
from functions.dialogue.tracker import Tracker, entities_of
from shared.events.wire import JSON

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def on_known_day(entity: Mapping[str, JSON], slot: Slot, tracker: Tracker) -> Mapping[str, JSON]:
    """The entity on the day that the message, the slot, or else another slot of the open form names.

    It stays as it is where none does, where its day was said, or where the known day is over.
    """
    info, value = entity.get("additional_info"), entity.get("value")
    if not isinstance(info, Mapping) or info.get("day_said") is not False or not isinstance(value, str):
        return entity
    day = next((day for day in _known_days(slot, tracker) if day[:10] >= value[:10]), None)
    live = tracker.live
    if day is None or live.message is None:
        return entity
    # Imported here: most messages name no time.
    from shared.dates.reading import join_clock

    words = str(live.message.get("text") or "")[int(entity.get("start") or 0) : int(entity.get("end") or 0)]
    language = tracker.slot(LANGUAGE_SLOT) if tracker.domain.languages else None
    joined = join_clock(day, value, words, str(language or tracker.domain.language))
    return entity if joined is None else {**entity, "value": joined}


def _known_days(slot: Slot, tracker: Tracker) -> Iterator[str]:
    for entity in entities_of(tracker.live.message):
        info, said = entity.get("additional_info"), str(entity.get("value"))
        if (
            isinstance(info, Mapping)
            and info.get("day_said")
            and entity.get("polarity") != UNWANTED
            and DAY.match(said)
        ):
            yield said
    live, context = tracker.live, tracker.domain.context
    if live.loop_name is None and (context is None or tracker.intent not in context.fragments):
        # A request of its own, which has nothing to do with the day of the one before.
        return
    for name in (slot.name, *sorted(own_slots(tracker) - {slot.name})):
        value = tracker.slot(name)
        if isinstance(value, str) and DAY.match(value):
            yield value
