"""What a person has asked for so far, for recommendations: in the slot `interests`, a dozen at most, newest last."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from functions.actions.fulfilment import Call, TrackerEvent, slot
from shared.events.wire import JSON

LIMIT = 12


class Interest(NamedTuple):
    kind: str
    """film, music or food."""
    field: str
    """genre, actor, director, artist, cuisine."""
    value: str


def read_interests(call: Call) -> tuple[Interest, ...]:
    """What the slot holds; what else somebody may have put into it is left out."""
    kept = call.slot("interests")
    if not isinstance(kept, list):
        return ()
    return tuple(
        Interest(str(item["kind"]), str(item["field"]), str(item["value"]))
        for item in kept
        if isinstance(item, Mapping) and {"kind", "field", "value"} <= item.keys()
    )


def remember(call: Call, new: Iterable[Interest]) -> TrackerEvent:
    """The slot with these as the newest."""
    every = dict.fromkeys(read_interests(call))
    for interest in new:
        every.pop(interest, None)
        every[interest] = None
    value: list[JSON] = [interest._asdict() for interest in list(every)[-LIMIT:]]
    return slot("interests", value)
