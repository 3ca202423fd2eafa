"""What one message says of several portions: "two large and one small", "all large", "two of each"."""

from collections.abc import Mapping

from functions.actions.fulfilment import Call
from functions.actions.matching import normalise_name
from functions.actions.ordinals import read_number
from shared.events.wire import JSON

Item = dict[str, JSON]

_EVERY = (
    "all both each every everything beide beiden beides alle alles jede jeder jedes je ambos ambas todo todos todas "
    "cada tous toutes chacun chacune chaque entrambi entrambe tutti tutte tutto ogni ciascuno"
)
EVERY = frozenset(normalise_name(word) for word in _EVERY.split())
_CORRECTING = (
    "no not wait actually rather instead sorry meant or nein nicht doch lieber statt oder mejor perdon o ou non plutot "
    "pardon invece anzi scusa antes desculpa nao"
)
CORRECTING = frozenset(_CORRECTING.split())
"""Words with which a size takes another's place, so that both are not wanted."""


def means_every(call: Call) -> bool:
    """Whether the words speak of all dishes of the order."""
    return not EVERY.isdisjoint(normalise_name(call.text).split())


def read_portions(call: Call) -> list[Item]:
    """The portions of one dish by their sizes, each with its number and the toppings said after it.

    Empty where fewer than two sizes are wanted, where a size has no number before it, or where one corrects another.
    """
    sizes = _placed(call, "size")
    if len(sizes) < 2 or len(_placed(call, "dish")) > 1 or call.text.startswith("/"):
        return []
    if not CORRECTING.isdisjoint(normalise_name(call.text).split()):
        return []
    ends = [*(int(size["start"]) for size in sizes[1:]), len(call.text)]
    found: list[Item] = []
    begin = 0
    for size, end in zip(sizes, ends, strict=True):
        number = _read_number_before(call, begin, int(size["start"]))
        if number is None:
            return []
        toppings = [topping["value"] for topping in _placed(call, "topping") if size["end"] <= topping["start"] < end]
        found.append({"size": size["value"], "quantity": str(number), "topping": toppings or None})
        begin = int(size["end"])
    return found


def read_number_of_dish(call: Call) -> int | None:
    """The number right before the one dish of a message and its size, where it was not understood as one ("2 large
    pepperoni pizzas"); None where there is none above one."""
    dishes = _placed(call, "dish")
    if len(dishes) != 1 or call.find_entities("quantity") or call.text.startswith("/"):
        return None
    begin = min(int(item["start"]) for item in (*dishes, *_placed(call, "size")))
    words = call.text[:begin].split()
    number = read_number(words[-1].strip("x×")) if words else None
    return number if number is not None and number > 1 else None


def _read_number_before(call: Call, begin: int, end: int) -> int | None:
    """The last number in a part of the text: an entity's, or a word's that names one ("a", "2")."""
    numbers = [read_number(str(item["value"])) for item in _placed(call, "quantity") if begin <= item["start"] < end]
    words = (read_number(word.strip(".,;:")) for word in call.text[begin:end].split())
    said = [number for number in (*words, *numbers) if number is not None]
    return said[-1] if said else None


def _placed(call: Call, entity: str) -> list[Mapping[str, JSON]]:
    """The wanted entities of that name with their places, as they stand in the text."""
    found = [item for item in call.find_entities(entity) if item.get("start") is not None]
    return sorted(found, key=lambda item: int(item["start"]))
