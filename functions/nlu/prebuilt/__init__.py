"""Prebuilt entities: what every assistant may need and no examples have to teach, found beside the model.

Names, values and `additional_info` are those of Duckling as Rasa's DucklingEntityExtractor gives them
(rasa.nlu.extractors.duckling_entity_extractor, 3.6), so that a project finds what it found there; `address` is ours.
Nothing of it is imported for an assistant that names no dimension, and of the modules only those that it names.
"""

from collections.abc import Iterable, Sequence

from functions.nlu.prebuilt.found import Finder
from shared.dates.reference_time import ReferenceTime
from shared.events.meaning import Entity

EXTRACTOR = "DucklingEntityExtractor"
MODULES = {
    "time": "times", "duration": "times",
    "number": "numbers", "ordinal": "numbers",
    "amount-of-money": "amounts", "distance": "amounts", "volume": "amounts", "quantity": "amounts",
    "temperature": "amounts",
    "email": "contacts", "url": "contacts", "phone-number": "contacts",
    "address": "addresses",
}  # fmt: skip
"""Dimension -> the module of this package that finds it."""
DIMENSIONS = tuple(MODULES)
DUCKLING = tuple(name for name in MODULES if name != "address")
"""Those that Duckling has, too (credit-card-number aside)."""
LONGEST = 1000
"""Characters of a text that are looked through."""


def find_prebuilt(
    dimensions: Iterable[str], text: str, language: str, reference: ReferenceTime | None
) -> tuple[Entity, ...]:
    """The entities of these dimensions, by their place in the text. Times need to know the reference time."""
    found: list[Entity] = []
    for dimension in dimensions:
        for one in _make_finder(dimension)(text[:LONGEST], language, reference):
            info = {"value": one.value, "type": "value"} if one.info is None else one.info
            found.append(Entity(dimension, one.value, one.start, one.end, extractor=EXTRACTOR, additional_info=info))
    return tuple(sorted(found, key=lambda entity: (entity.start or 0, -(entity.end or 0))))


def _make_finder(dimension: str) -> Finder:
    match MODULES[dimension]:
        case "times":
            from functions.nlu.prebuilt.times import FINDERS
        case "numbers":
            from functions.nlu.prebuilt.numbers import FINDERS
        case "amounts":
            from functions.nlu.prebuilt.amounts import FINDERS
        case "addresses":
            from functions.nlu.prebuilt.addresses import FINDERS
        case _:
            from functions.nlu.prebuilt.contacts import FINDERS
    return FINDERS[dimension]


def merge_prebuilt(
    entities: Sequence[Entity], found: Sequence[Entity], learned: frozenset[str], numbers: frozenset[str]
) -> tuple[Entity, ...]:
    """The model's entities and the prebuilt ones.

    Of an entity that the model has `learned`, too, what is found here replaces what the model found at the same place,
    unless that holds more words; and a mere number within it (of `numbers`) goes: the 8 of "at 8" is no quantity. What
    runs into another value is none: "at 24" of "at 24 Elm Road".
    """
    kept = list(entities)
    for one in found:
        if one.entity in learned:
            if any(_runs_into(one, other) for other in (*entities, *found) if other.entity != one.entity):
                continue
            if any(other.entity == one.entity and _holds(other, one) for other in kept):
                continue
            kept = [
                other
                for other in kept
                if not (other.entity == one.entity and _is_overlapping(other, one))
                and not (other.entity in numbers and _is_within(other, one))
            ]
        kept.append(one)
    return tuple(sorted(kept, key=lambda entity: entity.start or 0))


def _is_overlapping(one: Entity, other: Entity) -> bool:
    return (one.start or 0) < (other.end or 0) and (other.start or 0) < (one.end or 0)


def _runs_into(one: Entity, other: Entity) -> bool:
    """Whether the end of the one is the beginning of the other, which goes on."""
    return (one.start or 0) <= (other.start or 0) < (one.end or 0) < (other.end or 0)


def _is_within(inner: Entity, outer: Entity) -> bool:
    return (outer.start or 0) <= (inner.start or 0) and (inner.end or 0) <= (outer.end or 0)


def _holds(outer: Entity, inner: Entity) -> bool:
    """Whether the model's entity has more words than what was found in it, and a value all the same."""
    larger = _is_within(inner, outer) and (outer.start, outer.end) != (inner.start, inner.end)
    return larger and outer.additional_info is not None
