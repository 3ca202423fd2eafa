"""What is meant by "cancel" while an order is open: all of it, one of its dishes, or nothing that it has."""

from functions.actions.fulfilment import Call, Result, followup, say, slot
from functions.actions.matching import normalise_name

from .basket import ITEM, ITEMS, basket_of, take_out
from .catalogue import Dish, load_dishes
from .menu import tags_of
from .order import FORM, SLOTS, clear_order, describe_order

SURE = 0.9
"""A word for something that no order has ("remove the coke") makes understanding less sure than this that all of it is
meant; whoever is asked once more loses nothing."""


def action_cancel_order(call: Call) -> Result:
    """Drop the order; the rule that calls this closes the form.

    One of several dishes that the message names is taken out alone, and the order goes on. Where it names a dish that
    the order does not have, or may mean something else, it is asked whether all is to be dropped.
    """
    dishes = load_dishes(call.assets)
    basket = basket_of({name: call.slot(name) for name in SLOTS}, dishes)
    ordered = [order.dish for order in basket.orders] if basket is not None else _find_ordered(call, dishes)
    words = set() if call.text.startswith("/") else {_singular(word) for word in normalise_name(call.text).split()}
    named = [dish for dish in ordered if words & (_words_of(dish) | {_singular(tag) for tag in tags_of(dish)})]
    if named and len(named) < len(ordered):
        kept = take_out({name: call.slot(name) for name in SLOTS}, [dish.name for dish in named])
        events = [slot(name, value) for name, value in kept.items() if value != call.slot(name)]
        told = say("utter_without_toppings", toppings=[dish.name for dish in named])
        return Result.of(told, *events, followup(FORM))
    if ordered and not named and (call.confidence < SURE or any(_words_of(dish) <= words for dish in dishes)):
        return Result.of(say("utter_drop_order"), followup("action_listen"))
    return Result.of(say("utter_order_dropped"), *clear_order())


def action_cancel_nothing(call: Call) -> Result:
    """Nothing is open that could be cancelled; an order that was placed stays placed, and is named."""
    last = call.slot("last_order")
    if not isinstance(last, dict):
        return Result.of(say("utter_nothing_to_cancel"))
    return Result.of(say("utter_cancel_placed", order=describe_order(call, last)))


def _find_ordered(call: Call, dishes: tuple[Dish, ...]) -> list[Dish]:
    """The dishes of an order that is not complete."""
    items = call.slot(ITEMS)
    names = [item["dish"] for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [dish for dish in dishes if dish.name in (*names, call.slot(ITEM[0]))]


def _words_of(dish: Dish) -> set[str]:
    return {_singular(word) for word in normalise_name(dish.name).split()}


def _singular(word: str) -> str:
    return word.removesuffix("s")
