"""The order: what the form has so far is checked against the menus, repeated, and placed."""

import base64
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from functions.actions.fulfilment import (
    Call,
    Response,
    Result,
    Said,
    TrackerEvent,
    button,
    followup,
    joined,
    offer,
    part,
    reminder,
    say,
    slot,
)
from functions.actions.interests import Interest, remember
from functions.actions.matching import closest
from shared.events.wire import JSON

from .catalogue import Dish, catalogue
from .menu import MOST, Order, dish_buttons, dishes_called, restaurant_called, size_of, toppings_of
from .naming import all_named, named

FORM = "order_food_form"
SLOTS = ("dish", "size", "topping", "quantity", "restaurant", "address", "order_confirmed")
KEPT = ("dish", "size", "topping", "quantity", "restaurant", "address")
FAVOURITES = ("Margherita", "Pad Thai", "Cheeseburger", "Chicken Tikka Masala")


@dataclass(slots=True)
class _Draft:
    """The order while it is being checked: the slots as they will be, and what has to be said about them."""

    slots: dict[str, JSON]
    said: list[Response] = field(default_factory=list)

    def words(self, name: str) -> str:
        value = self.slots.get(name)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def toppings(self) -> tuple[str, ...]:
        value = self.slots.get("topping")
        return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()

    def say(self, response: str, **variables: JSON) -> None:
        self.said.append(say(response, **variables))


def validate_order_food_form(call: Call) -> Result:
    """Check every part of the order; what cannot be had is taken out, said, and asked for again.

    Events are given for what the form just filled and for what the check changes, and for nothing else: a form whose
    validation changes nothing knows that the message was no answer.
    """
    candidates = call.candidates()
    before = {name: call.slot(name) for name in (*SLOTS, "order_summary", "dish_choices")} | candidates
    draft = _Draft(dict(before))
    dishes = catalogue(call.assets).dishes
    _check_restaurant(draft, dishes)
    dish = _check_dish(draft, dishes, known=bool(call.found("dish")))
    _check_size(draft, dish)
    _check_quantity(draft)
    _check_toppings(draft, dish)
    draft.slots["address"] = draft.words("address")[:200] or None
    if call.found("time"):
        draft.say("utter_no_time")
    order = _order(draft, dish)
    if order is not None and draft.words("address"):
        summary = {"order": order.spoken, "address": draft.words("address"), "price": order.price}
        draft.slots["order_summary"] = part("utter_part_order_summary", **summary)
    events = [
        slot(name, value) for name, value in draft.slots.items() if name in candidates or value != call.slot(name)
    ]
    return Result.of(*draft.said, *events)


def action_ask_dish(call: Call) -> Result:
    """Ask for the dish, with what comes near to what was asked for."""
    choices = call.slot("dish_choices")
    if isinstance(choices, list) and choices:
        return Result.of(say("utter_which_one", dish_buttons([str(name) for name in choices])))
    restaurant = call.words("restaurant")
    names = [dish.name for dish in catalogue(call.assets).dishes if dish.restaurant == restaurant]
    if names:
        told = {"restaurant": restaurant, "dishes": ", ".join(names)}
        return Result.of(say("utter_restaurant_has", dish_buttons(names[:4]), **told))
    return Result.of(say("utter_eat_what", dish_buttons(FAVOURITES)))


def action_ask_size(call: Call) -> Result:
    """Ask for the size, with what each costs."""
    dish = _find_dish(catalogue(call.assets).dishes, call.words("dish"), call.words("restaurant"))
    if dish is None:
        return Result.of(say("utter_which_size"))
    sizes = [
        offer(part("utter_button_size", size=named(size), price=cents / 100), "inform", size=size)
        for size, cents in dish.prices
    ]
    return Result.of(say("utter_which_size_of", sizes, dish=dish.name))


def action_about_order(call: Call) -> Result:
    """What is known of the order that is open, or of the last one, and how orders are delivered."""
    held = _spoken(call, {name: call.slot(name) for name in SLOTS})
    last = call.slot("last_order")
    if call.active_loop == FORM:
        words = [part("utter_part_so_far", order=held)] if held else []
    elif isinstance(last, dict):
        words = [part("utter_part_last_order", order=_spoken(call, last), address=last.get("address"))]
    else:
        words = [part("utter_part_no_order_yet")]
    if call.intent == "ask_about_order":
        words.append(part("utter_part_order_facts"))
    same = button(part("utter_button_same_again"), "/same_again")
    again = [same] if isinstance(last, dict) and call.active_loop != FORM else []
    return Result.of(say("utter_about_order", again, said=joined(words)) if words else say("utter_finish_order", again))


def action_change_quantity(call: Call) -> Result:
    """ "Another one": one portion more of the dish that the order is about."""
    draft = _Draft({name: call.slot(name) for name in SLOTS})
    dish, number = draft.words("dish"), (_number(draft.slots.get("quantity")) or 1) + 1
    if not dish:
        return Result.of(say("utter_order_unclear"))
    if number > MOST:
        return Result.of(say("utter_too_many", most=MOST, left=MOST))
    return Result.of(say("utter_quantity_now", quantity=number, dish=dish), slot("quantity", str(number)))


def action_order_food(call: Call) -> Result:
    """Place the order, or leave it where the answer was no. The same message always gives the same order number."""
    draft = _Draft({name: call.slot(name) for name in SLOTS})
    order = _order(draft, _find_dish(catalogue(call.assets).dishes, draft.words("dish"), draft.words("restaurant")))
    if order is None:
        return Result.of(say("utter_order_lost"), *_cleared())
    if draft.slots["order_confirmed"] is not True:
        return Result.of(
            say("utter_ordered_nothing", [button(part("utter_button_new_order"), "/order_food")]), *_cleared()
        )
    return Result.of(
        say(
            "utter_order_placed",
            number=order_number(call),
            order=order.spoken,
            address=draft.words("address"),
            price=order.price,
        ),
        # What waits of the same message goes to the same door.
        *_cleared(but=("address",) if call.slot("later_requests") else ()),
        slot("last_order", {name: draft.slots[name] for name in KEPT}),
        remember(call, [Interest("food", "cuisine", order.dish.tags[0])]),
        *_arrival(call),
    )


def action_cancel_order(_call: Call) -> Result:
    """Drop the order; the rule that calls this closes the form."""
    return Result.of(say("utter_order_dropped"), *_cleared())


def order_again(call: Call) -> Result:
    """The last order once more: the form asks for a yes, and for whatever is gone from the menu by now."""
    last = call.slot("last_order")
    if not isinstance(last, dict):
        # In the middle of a first order its form asks next, so nothing is offered.
        offered = [] if call.active_loop == FORM else [button(part("utter_button_order_food"), "/order_food")]
        return Result.of(say("utter_about_order", offered, said=part("utter_part_no_order_yet")))
    return Result.of(say("utter_same_as_last"), *(slot(name, last.get(name)) for name in KEPT), followup(FORM))


def order_number(call: Call) -> str:
    """Derived from the message that confirmed the order, so that an event that comes twice orders once."""
    digest = hashlib.sha256(f"{call.conversation} {call.message}".encode()).digest()
    letters = base64.b32encode(digest[:5]).decode()
    return f"{letters[:4]}-{letters[4:]}"


def _spoken(call: Call, held: dict[str, JSON]) -> Said:
    """An order in words, complete or not; empty where it holds no dish."""
    draft = _Draft(held)
    dish = draft.words("dish")
    order = _order(draft, _find_dish(catalogue(call.assets).dishes, dish, draft.words("restaurant")))
    return part("utter_part_order_price", order=order.spoken, price=order.price) if order is not None else dish


def _arrival(call: Call) -> list[TrackerEvent]:
    """The reminder to speak of the order when it should be there; whatever the person says until then."""
    minutes = float(call.settings.get("ARRIVAL_MINUTES") or 0)
    if minutes <= 0:
        return []
    at = call.now + timedelta(minutes=minutes)
    return [reminder("EXTERNAL_order_arrived", at, name="order", kill_on_user_message=False)]


def _check_restaurant(draft: _Draft, dishes: Sequence[Dish]) -> None:
    asked = draft.words("restaurant")
    if not asked:
        return
    restaurant = restaurant_called(dishes, asked)
    draft.slots["restaurant"] = restaurant
    if restaurant is None:
        names = list(dict.fromkeys(dish.restaurant for dish in dishes))
        draft.say("utter_no_restaurant", name=asked, names=names)


def _check_dish(draft: _Draft, dishes: Sequence[Dish], *, known: bool) -> Dish | None:
    """The dish that is meant. A sentence that names none is not repeated as one."""
    asked, restaurant = draft.words("dish"), draft.words("restaurant")
    if not asked:
        return None
    here = [dish for dish in dishes if not restaurant or dish.restaurant == restaurant]
    found = dishes_called(here, asked)
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
        draft.say("utter_many_kinds", asked=asked.casefold())
    else:
        draft.slots["dish_choices"] = closest(asked, [dish.name for dish in here], 4)
        draft.say("utter_no_dish" if known else "utter_not_on_menus", asked=asked)
    return None


def _check_size(draft: _Draft, dish: Dish | None) -> None:
    asked = draft.words("size")
    if dish is None:
        return
    if len(dish.prices) == 1:
        draft.slots["size"] = dish.prices[0][0]
    elif asked:
        size = size_of(dish, asked)
        draft.slots["size"] = size
        if size is None:
            draft.say("utter_sizes_of", dish=dish.name, sizes=all_named(name for name, _ in dish.prices))


def _check_quantity(draft: _Draft) -> None:
    asked = draft.slots.get("quantity")
    if asked is None:
        return
    number = _number(asked)
    if number is not None and 1 <= number <= MOST:
        draft.slots["quantity"] = str(number)
        return
    draft.slots["quantity"] = None
    draft.say("utter_too_many_one", most=MOST)


def _check_toppings(draft: _Draft, dish: Dish | None) -> None:
    asked = draft.toppings()
    if dish is None or not asked:
        return
    had, missing = toppings_of(dish, asked)
    draft.slots["topping"] = list(had) or None
    if missing:
        response = "utter_no_topping" if dish.toppings else "utter_no_toppings"
        draft.say(response, dish=dish.name, missing=list(missing), offered=list(dish.toppings))


def _order(draft: _Draft, dish: Dish | None) -> Order | None:
    size = draft.words("size")
    if dish is None or size not in dict(dish.prices):
        return None
    return Order(dish, size, _number(draft.slots.get("quantity")) or 1, draft.toppings())


def _number(value: JSON) -> int | None:
    """A whole number: understanding has made digits of words."""
    said = str(value or "").strip(" x#.")
    return int(said) if said.isdecimal() and len(said) < 6 else None


def _find_dish(dishes: Sequence[Dish], name: str, restaurant: str) -> Dish | None:
    return next((dish for dish in dishes if dish.name == name and restaurant in ("", dish.restaurant)), None)


def _cleared(but: Collection[str] = ()) -> list[TrackerEvent]:
    return [slot(name, None) for name in (*SLOTS, "order_summary", "dish_choices") if name not in but]
