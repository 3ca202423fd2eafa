"""Prebuilt entities of a message, beside those of its model. Imported with the first message that needs them."""

from dataclasses import replace

from functions.nlu.intent import REJECTED
from functions.nlu.model import Specification
from functions.nlu.normalise import Sent, read_time_value
from functions.nlu.prebuilt import find_prebuilt, merge_prebuilt
from shared.dates.moments import moment_of
from shared.events.catalogue import Entity, Intent

TIMES = ("time", "date")


def add_prebuilt(
    specification: Specification, text: str, entities: tuple[Entity, ...], intent: Intent | None, sent: Sent | None
) -> tuple[tuple[Entity, ...], tuple[Entity, ...]]:
    """The message's entities with the prebuilt ones, and all that was found.

    An entity that the model has learned, too, counts where the intent has it, and has the value that the assistant's
    `normalise` gives it.
    """
    moment = None
    if sent is not None:
        moment = moment_of(sent.at, sent.zone, sent.locale, specification.language)
    learned = frozenset(label.entity for label in specification.labels)
    found = tuple(
        _normalised(specification, one, text, sent) if one.entity in learned else one
        for one in find_prebuilt(specification.prebuilt, text, specification.language, moment)
    )
    allowed = specification.intent_entities.get(intent.name, frozenset()) if intent is not None else frozenset()
    anything = intent is None or intent.name in REJECTED
    fitting = [one for one in found if one.entity not in learned or anything or one.entity in allowed]
    numbers = frozenset(entity for entity, kind in specification.normalise.items() if kind == "number")
    return merge_prebuilt(entities, fitting, learned, numbers), found


def _normalised(specification: Specification, one: Entity, text: str, sent: Sent | None) -> Entity:
    kind = specification.normalise.get(one.entity)
    if kind not in TIMES:
        return one
    value, info = read_time_value(kind, text[one.start or 0 : one.end], sent, specification.language)
    return one if info is None else replace(one, value=value, additional_info=info)
