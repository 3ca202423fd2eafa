"""What an answer is, where its words alone do not say: "8" is an hour or a number of guests by what was asked.

nlu reads a message without knowing the question, and names what its words may be besides. Where a form asked for a slot
that an entity fills, and the message has no such entity but words that may be one, they are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.dialogue.incoming import Incoming
from functions.dialogue.names import REQUESTED_SLOT
from functions.dialogue.tracker import Tracker
from shared.events.wire import JSON

Label = tuple[Any, Any, Any]
"""An entity's name, role and group."""


def resolve_alternatives(message: Incoming, tracker: Tracker) -> Incoming:
    """The message as the answer to what a form asked for last, where it may be that."""
    if not message.alternatives:
        return message
    asked = tracker.slot(REQUESTED_SLOT) if tracker.live.loop_name is not None else None
    slot = tracker.domain.slots.get(asked) if isinstance(asked, str) else None
    mappings = slot.mappings if slot is not None else ()
    wanted = {_make_label(mapping) for mapping in mappings if mapping["type"] == "from_entity"}
    return replace(
        message, entities=tuple(choose_alternative(wanted, message.entities, message.alternatives)), alternatives=()
    )


def choose_alternative(wanted: Collection[Label], entities: Sequence[JSON], alternatives: Sequence[JSON]) -> list[JSON]:
    """The entities, one of them being of a wanted label if any words may be; entities are in Rasa's form. One without a
    place in the text stands for no words of it, and stays."""
    possible = [other for other in alternatives if _make_label(other) in wanted and "start" in other]
    if not possible or any(_make_label(entity) in wanted for entity in entities):
        return list(entities)
    best = max(possible, key=lambda other: float(other["confidence_entity"]))
    apart = [
        entity
        for entity in entities
        if "start" not in entity or entity["end"] <= best["start"] or best["end"] <= entity["start"]
    ]
    return sorted([*apart, best], key=lambda entity: int(entity.get("start", -1)))


def _make_label(described: Mapping[str, JSON]) -> Label:
    return described["entity"], described.get("role"), described.get("group")
