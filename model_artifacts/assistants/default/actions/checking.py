"""One dish of an order: what is said of it is checked against the menus."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.actions.fulfilment import Response, say
from functions.actions.matching import find_closest
from shared.events.wire import JSON

from .browsing import DIETS, describe_dishes, kinds_named
from .catalogue import Dish
from .menu import MOST, Order, cheapest_price, dishes_called, restaurant_called, size_of, toppings_of
from .naming import name_values

JOINED = re.compile(r"\s*(?:[&+,]|\b(?:and|with|und|mit|y|con|et|avec|e|com)\b)\s*", re.IGNORECASE)
"""What stands between two dishes, in six languages."""


@dataclass(slots=True)
class Draft:
    """The order while it is being checked: the slots as they will be, and what has to be said about them."""

    slots: dict[str, JSON]
    said: list[Response] = field(default_factory=list)
    more: Sequence[str] = ()
    """Further dishes that were taken for one: "margherita and fries"."""

    def words(self, name: str) -> str:
        value = self.slots.get(name)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def toppings(self) -> tuple[str, ...]:
        value = self.slots.get("topping")
        return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()

    def say(self, response: str, **variables: JSON) -> None:
        self.said.append(say(response, **variables))


def check(draft: Draft, dishes: Sequence[Dish], *, known: bool, held: str = "", cheapest: bool = False) -> Order | None:
    """The order of the draft's dish, every part of it checked; None where something is missing. What cannot be had is
    taken out of the draft, and said. `known`: the dish was understood as one. `held`: the dish that the order is about,
    which words for its kind mean ("make it three pizzas"). `cheapest`: of several that are meant, that one."""
    _check_restaurant(draft, dishes)
    dish = _check_dish(draft, dishes, known=known, held=held, cheapest=cheapest)
    _check_size(draft, dish)
    _check_quantity(draft)
    _check_toppings(draft, dish)
    return order_of_draft(draft, dish)


def _check_restaurant(draft: Draft, dishes: Sequence[Dish]) -> None:
    asked = draft.words("restaurant")
    if not asked:
        return
    restaurant = restaurant_called(dishes, asked)
    draft.slots["restaurant"] = restaurant
    if restaurant is None:
        names = list(dict.fromkeys(dish.restaurant for dish in dishes))
        draft.say("utter_no_restaurant", name=asked, names=names)


def _check_dish(draft: Draft, dishes: Sequence[Dish], *, known: bool, held: str, cheapest: bool) -> Dish | None:
    """The dish that is meant. A sentence that names none is not repeated as one."""
    asked, restaurant = draft.words("dish"), draft.words("restaurant")
    if not asked:
        return None
    here = [dish for dish in dishes if not restaurant or dish.restaurant == restaurant]
    asked, *draft.more = parts_of(asked, dishes)
    found = dishes_called(here, asked)
    if len(found) > 1:
        found = [dish for dish in found if dish.name == held] or found
    if len(found) > 1 and cheapest:
        found = [min(found, key=cheapest_price)]
        draft.say("utter_cheapest", dish=found[0].name)
    if not found and restaurant and (found := dishes_called(dishes, asked)):
        elsewhere = list(dict.fromkeys(dish.restaurant for dish in found))
        response = "utter_elsewhere_one" if len(elsewhere) == 1 else "utter_elsewhere"
        draft.say(response, restaurant=restaurant, names=elsewhere)
        draft.slots["restaurant"] = elsewhere[0] if len(elsewhere) == 1 else None
    if len(found) == 1:
        draft.slots |= {"dish": found[0].name, "restaurant": found[0].restaurant, "dish_choices": None}
        return found[0]
    draft.slots["dish"] = None
    if found:
        draft.slots["dish_choices"] = [dish.name for dish in found[:5]]
        kinds = kinds_named(asked, found)
        if kinds & DIETS:
            draft.said.append(describe_dishes(kinds, found))
        else:
            draft.say("utter_many_kinds", asked=asked.casefold())
    else:
        if known or not draft.slots.get("dish_choices"):
            # A sentence that names no dish leaves the choice as it is.
            draft.slots["dish_choices"] = find_closest(asked, [dish.name for dish in here], 4)
        draft.say("utter_no_dish" if known else "utter_not_on_menus", asked=asked)
    return None


def parts_of(asked: str, dishes: Sequence[Dish]) -> list[str]:
    """The dishes that words name which are none by themselves, where each of their parts is one; else the words."""
    parts = [words for part in JOINED.split(asked) if (words := part.strip())]
    several = len(parts) > 1 and not dishes_called(dishes, asked) and all(dishes_called(dishes, part) for part in parts)
    return parts if several else [asked]


def _check_size(draft: Draft, dish: Dish | None) -> None:
    asked = draft.words("size")
    if dish is None:
        return
    if len(dish.prices) == 1:
        draft.slots["size"] = dish.prices[0][0]
    elif asked:
        size = size_of(dish, asked)
        draft.slots["size"] = size
        if size is None:
            draft.say("utter_sizes_of", dish=dish.name, sizes=name_values(name for name, _ in dish.prices))


def _check_quantity(draft: Draft) -> None:
    asked = draft.slots.get("quantity")
    if asked is None:
        return
    number = number_of(asked)
    if number is not None and 1 <= number <= MOST:
        draft.slots["quantity"] = str(number)
        return
    draft.slots["quantity"] = None
    draft.say("utter_too_many_one", most=MOST)


def _check_toppings(draft: Draft, dish: Dish | None) -> None:
    asked = draft.toppings()
    if dish is None or not asked:
        return
    had, missing = toppings_of(dish, asked)
    draft.slots["topping"] = list(had) or None
    if missing:
        response = "utter_no_topping" if dish.toppings else "utter_no_toppings"
        draft.say(response, dish=dish.name, missing=list(missing), offered=list(dish.toppings))


def order_of_draft(draft: Draft, dish: Dish | None) -> Order | None:
    size = draft.words("size")
    if dish is None or size not in dict(dish.prices):
        return None
    return Order(dish, size, number_of(draft.slots.get("quantity")) or 1, draft.toppings())


def number_of(value: JSON) -> int | None:
    """A whole number: understanding has made digits of words."""
    said = str(value or "").strip(" x#.")
    return int(said) if said.isdecimal() and len(said) < 6 else None


def find_dish(dishes: Sequence[Dish], name: str, restaurant: str) -> Dish | None:
    return next((dish for dish in dishes if dish.name == name and restaurant in ("", dish.restaurant)), None)
