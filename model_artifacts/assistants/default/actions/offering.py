"""The dishes that a person is asked to choose from, and which of them an answer means."""

import json
import re
from collections.abc import Sequence

from functions.actions.fulfilment import Call, button

from .catalogue import catalogue
from .ordinals import read_position

FAVOURITES = ("Margherita", "Pad Thai", "Cheeseburger", "Chicken Tikka Masala")
NOTHING = re.compile(
    r"\b(make|that|it|of|them|please|just|say|i|id|d|we|ll|want|would|like|take|have|give|me)\b", re.IGNORECASE
)
"""Words that say nothing beside a number."""


def offered_dishes(call: Call) -> list[str]:
    """The dishes among which the person is asked to choose, in the order in which they are told."""
    choices = call.slot("dish_choices")
    if isinstance(choices, list) and choices:
        return [str(name) for name in choices]
    if restaurant := call.words("restaurant"):
        return [dish.name for dish in catalogue(call.assets).dishes if dish.restaurant == restaurant]
    return list(FAVOURITES)


def dish_at(call: Call) -> str | None:
    """The dish at the place among those offered that the message names ("the second one"); None where there is none."""
    offered = offered_dishes(call)
    place = read_position(call.entity("ordinal"), len(offered))
    return None if place is None else offered[place]


def only_a_number(call: Call) -> bool:
    """ "Make that three", "two please": how many, and nothing else."""
    rest = call.text
    for found in reversed(call.found("quantity")):
        if isinstance(start := found.get("start"), int) and isinstance(end := found.get("end"), int):
            rest = rest[:start] + rest[end:]
    return rest != call.text and not re.sub(NOTHING, "", rest).strip(" .,!'’")


def dish_buttons(names: Sequence[str]) -> list[dict[str, str]]:
    return [button(name, f"/inform{json.dumps({'dish': name}, ensure_ascii=False)}") for name in names]
