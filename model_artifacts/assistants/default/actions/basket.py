"""Several dishes in one order: those that are settled, the one that is asked about, and those that wait."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.actions.fulfilment import Call, Said, part
from shared.events.wire import JSON

from .browsing import asks_for_cheapest
from .catalogue import Dish
from .checking import Draft, check, find_dish, number_of, order_of_draft, parts_of
from .menu import Order, dishes_called, size_of, toppings_of
from .portions import Item, means_every, read_number_of_dish, read_portions

ITEM = ("dish", "size", "topping", "quantity", "restaurant")
"""The slots that each dish has for itself; the rest is the order's."""
ITEMS = "order_items"
"""The slot that holds the dishes of an order with several, as `ITEM`; the last is the one that the slots hold."""
LATER = "later_requests"
"""The slot in which the dialogue keeps further requests of a message."""


@dataclass(frozen=True, slots=True)
class Basket:
    """An order that can be placed."""

    orders: tuple[Order, ...]

    @property
    def price(self) -> float:
        """In euros."""
        return sum(order.cents for order in self.orders) / 100

    @property
    def spoken(self) -> Said:
        if len(self.orders) == 1:
            return self.orders[0].spoken
        return part("utter_part_orders", orders=[order.spoken for order in self.orders])


def basket_of(slots: Mapping[str, JSON], dishes: Sequence[Dish]) -> Basket | None:
    """What the slots order; None where a dish or its size is missing."""
    orders = [_order(item, dishes) for item in (*_settled(slots), _item(slots))]
    whole = tuple(order for order in orders if order is not None)
    return Basket(whole) if len(whole) == len(orders) else None


def check_all(draft: Draft, call: Call, dishes: Sequence[Dish]) -> Basket | None:
    """The order with every dish checked, as far as nothing has to be asked; None where something is missing.

    Dishes that waited are taken up one after the other, each when all is known of the one before.
    """
    held = str(call.find_earlier_slot("dish") or "")
    asked = draft.words("dish")
    if call.is_question and held and asked != held and not dishes_called(dishes, asked):
        # "Is the naan vegan?" asks about a dish, and chooses no other.
        draft.slots["dish"] = held
        draft.say("utter_order_unclear")
    others = _turn(draft, call, dishes)
    every = _tell_every(draft, call, others, dishes) if means_every(call) else {}
    asked = draft.words("dish")
    first, *further = read_portions(call) or [{}]
    if (number := read_number_of_dish(call)) is not None:
        first = {"quantity": str(number)} | first
    draft.slots |= first
    # Words for a kind mean the dish that is there where something else of it changes; alone they choose anew.
    changes = set(ITEM) & {name for name, value in call.slots_to_validate().items() if value is not None} - {"dish"}
    order = check(
        draft,
        dishes,
        known=bool(call.find_entities("dish")),
        held=held if changes else "",
        cheapest=asks_for_cheapest(call.text),
    )
    requests = draft.slots.get(LATER)
    requests = requests if isinstance(requests, list) else []
    kept = [request for request in requests if not _is_order(request)]
    for request in requests:
        if _is_new(request) and (ruled_out := _read_unwanted(request)):
            draft.say("utter_without_toppings", toppings=ruled_out)
    waiting = [*({"dish": asked} | portion for portion in further), *({"dish": name} for name in draft.more)]
    waiting = _apart([*waiting, *map(_read, filter(_is_order, requests))], dishes)
    waiting = [item | every for item in waiting if _is_had(item, draft, dishes)]
    named = [order.dish.name if order is not None else draft.words("dish"), *(str(item["dish"]) for item in waiting)]
    new = bool(draft.more) or any(map(_is_new, requests))
    # Whoever turned to another dish before all was known of this one is asked for the rest of it.
    waiting = [*(item for item in others if _order(item, dishes) is None), *waiting]
    others = [item for item in others if _order(item, dishes) is not None]
    while order is not None and waiting:
        others.append(_item(draft.slots))
        draft.slots |= dict.fromkeys(ITEM) | waiting.pop(0)
        order = check(draft, dishes, known=True)
    draft.slots[ITEMS] = [*others, _item(draft.slots)] if others else None
    draft.slots[LATER] = [*map(_as_request, waiting), *kept] or None
    basket = basket_of(draft.slots, dishes) if order is not None else None
    if new and all(named) and len(named) > 1 and (basket is None or not draft.words("address")):
        # What is not read out yet is named, so that nothing seems to be forgotten.
        draft.say("utter_several", names=named)
    return basket


def add_portion(slots: Mapping[str, JSON], words: str, dishes: Sequence[Dish]) -> tuple[list[Item], Item] | None:
    """The dishes with one portion more of the settled one that the words name, and that one; None where none is."""
    items = slots.get(ITEMS)
    place = _find_place(words, _settled(slots), dishes)
    if place is None or not isinstance(items, list):
        return None
    more = {**items[place], "quantity": str((number_of(items[place]["quantity"]) or 1) + 1)}
    return [*items[:place], more, *items[place + 1 :]], more


def take_out(slots: Mapping[str, JSON], names: Sequence[str]) -> Item:
    """The slots of an order without the dishes of these names, of which some are left."""
    items = [item for item in (*_settled(slots), _current(slots)) if item["dish"] not in names]
    return {**dict(slots), **items[-1], ITEMS: items if len(items) > 1 else None}


def _turn(draft: Draft, call: Call, dishes: Sequence[Dish]) -> list[Item]:
    """The other dishes, once the message took some out or turned to one of them, which is then the draft's."""
    others, current = _settled(draft.slots), _current(draft.slots)
    if not others:
        return []
    told = {name: value for name, value in call.slots_to_validate().items() if name in ITEM}
    taken: Item | None = None
    for name in call.find_unwanted("dish"):
        place = _find_place(name, others, dishes)
        taken = others.pop(place) if place is not None else taken
    if "dish" in told and told["dish"] is None and others:
        draft.slots |= others.pop()
    elif told.get("dish"):
        place = _find_place(str(told["dish"]), others, dishes)
        chosen = others.pop(place) if place is not None else taken
        if chosen is not None:
            others.append(current)
            same = {"dish": chosen["dish"], "restaurant": chosen["restaurant"]} if place is not None else {}
            draft.slots |= {**chosen, "restaurant": None, **told, **same}
    return others


def _tell_every(draft: Draft, call: Call, others: Sequence[Item], dishes: Sequence[Dish]) -> Item:
    """What a message says of all dishes, told of the settled ones as well, where they come so."""
    told: Item = {
        name: call.entity(name) for name in ("size", "quantity") if call.find_entities(name) and call.entity(name)
    }
    if not told.get("size") and told:
        # "Two of each" is no size, though one was asked for.
        draft.slots["size"] = call.find_earlier_slot("size")
    if toppings := call.entities("topping"):
        told["topping"] = list(toppings)
    for item in others:
        dish = find_dish(dishes, str(item["dish"]), str(item["restaurant"] or ""))
        if dish is None:
            continue
        if told.get("size") and (size := size_of(dish, str(told["size"]))) is not None:
            item["size"] = size
        if number_of(told.get("quantity")):
            item["quantity"] = told["quantity"]
        kept = item["topping"] if isinstance(item["topping"], list) else []
        item["topping"] = list(dict.fromkeys([*kept, *toppings_of(dish, toppings)[0]])) or None
    return told


def _find_place(name: str, items: Sequence[Item], dishes: Sequence[Dish]) -> int | None:
    called = {dish.name for dish in dishes_called(dishes, name)}
    return next((place for place, item in enumerate(items) if item["dish"] in called), None)


def _settled(slots: Mapping[str, JSON]) -> list[Item]:
    items = slots.get(ITEMS)
    return [dict(item) for item in items[:-1]] if isinstance(items, list) else []


def _current(slots: Mapping[str, JSON]) -> Item:
    items = slots.get(ITEMS)
    return dict(items[-1]) if isinstance(items, list) and items else _item(slots)


def _item(slots: Mapping[str, JSON]) -> Item:
    return {name: slots.get(name) for name in ITEM}


def _order(item: Item, dishes: Sequence[Dish]) -> Order | None:
    draft = Draft(item)
    return order_of_draft(draft, find_dish(dishes, draft.words("dish"), draft.words("restaurant")))


def _is_order(request: JSON) -> bool:
    return isinstance(request, dict) and request.get("intent") == "order_food" and bool(_read(request).get("dish"))


def _read(request: Mapping[str, JSON]) -> Item:
    """The dish that a request asks for."""
    wanted = [entity for entity in request.get("entities") or () if entity.get("polarity") != "unwanted"]
    found: Item = {str(entity["entity"]): entity.get("value") for entity in wanted if entity.get("entity") in ITEM}
    toppings = [entity.get("value") for entity in wanted if entity.get("entity") == "topping"]
    return found | ({"topping": toppings} if toppings else {})


def _read_unwanted(request: Mapping[str, JSON]) -> list[str]:
    """The toppings that a request rules out; no dish has any that was not asked for."""
    entities = request.get("entities") or ()
    return [
        str(entity.get("value"))
        for entity in entities
        if entity.get("entity") == "topping" and entity.get("polarity") == "unwanted"
    ]


def _is_new(request: JSON) -> bool:
    """Whether it came with this message."""
    return _is_order(request) and not request.get("held")


def _as_request(item: Item) -> JSON:
    entities: list[JSON] = []
    for name, value in item.items():
        entities += [{"entity": name, "value": each} for each in (value if isinstance(value, list) else [value])]
    return {"text": item["dish"], "intent": "order_food", "confidence": 1.0, "entities": entities, "held": True}


def _apart(waiting: Iterable[Item], dishes: Sequence[Dish]) -> list[Item]:
    found: list[Item] = []
    for item in waiting:
        name, *more = parts_of(str(item["dish"]), dishes)
        found += [{**item, "dish": name}, *({"dish": other} for other in more)]
    return found


def _is_had(item: Item, draft: Draft, dishes: Sequence[Dish]) -> bool:
    """Whether any dish is called that; what cannot be had is said, and does not stop the rest."""
    had = bool(dishes_called(dishes, str(item["dish"])))
    if not had:
        draft.say("utter_no_such_dish", asked=item["dish"])
    return had
