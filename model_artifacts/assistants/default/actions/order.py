"""The order: what the form has so far is checked against the menus, repeated, and placed."""

import base64
import hashlib
from datetime import timedelta

from functions.actions.fulfilment import (
    Call,
    Result,
    Said,
    TrackerEvent,
    button,
    followup,
    join_parts,
    offer,
    part,
    reminder,
    say,
    slot,
)
from functions.actions.interests import Interest, remember
from functions.actions.matching import split_name
from shared.events.wire import JSON

from .basket import ITEM, ITEMS, LATER, add_portion, basket_of, check_all
from .browsing import answer_about_menu
from .catalogue import load_dishes
from .checking import Draft, find_dish, number_of
from .menu import MOST, ONE_MORE, dish_buttons
from .naming import name_value

FORM = "order_food_form"
SLOTS = (*ITEM, ITEMS, "address", "order_confirmed")
KEPT = (*ITEM, ITEMS, "address")
FAVOURITES = ("Margherita", "Pad Thai", "Cheeseburger", "Chicken Tikka Masala")


def validate_order_food_form(call: Call) -> Result:
    """Check every part of the order; what cannot be had is taken out, said, and asked for again.

    Events are given for what the form just filled and for what the check changes, and for nothing else: a form whose
    validation changes nothing knows that the message was no answer.
    """
    candidates = call.slots_to_validate()
    before = {name: call.slot(name) for name in (*SLOTS, "order_summary", "dish_choices", LATER)} | candidates
    draft = Draft(dict(before))
    basket = check_all(draft, call, load_dishes(call.assets))
    draft.slots["address"] = draft.words("address")[:200] or None
    if call.find_entities("time") and (call.task or call.intent) != "get_weather":
        draft.say("utter_no_time")
    if basket is not None and draft.words("address"):
        summary = {"order": basket.spoken, "address": draft.words("address"), "price": basket.price}
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
    if call.intent == "order_food" and (listed := answer_about_menu(call)) is not None:
        names = [str(name) for event in listed.events for name in event["value"]]
        return listed + Result.of(say("utter_which_one", dish_buttons(names)))
    restaurant = call.words("restaurant")
    names = [dish.name for dish in load_dishes(call.assets) if dish.restaurant == restaurant]
    if names:
        told = {"restaurant": restaurant, "dishes": ", ".join(names)}
        return Result.of(say("utter_restaurant_has", dish_buttons(names[:4]), **told))
    return Result.of(say("utter_eat_what", dish_buttons(FAVOURITES)))


def action_ask_size(call: Call) -> Result:
    """Ask for the size, with what each costs."""
    dish = find_dish(load_dishes(call.assets), call.words("dish"), call.words("restaurant"))
    if dish is None:
        return Result.of(say("utter_which_size"))
    sizes = [
        offer(part("utter_button_size", size=name_value(size), price=cents / 100), "inform", size=size)
        for size, cents in dish.prices
    ]
    return Result.of(say("utter_which_size_of", sizes, dish=dish.name))


def action_about_order(call: Call) -> Result:
    """What is known of the order that is open, or of the last one, and how orders are delivered."""
    if call.active_loop == FORM and (listed := answer_about_menu(call)) is not None:
        return listed
    held = describe_order(call, {name: call.slot(name) for name in SLOTS})
    last = call.slot("last_order")
    if call.active_loop == FORM:
        words = [part("utter_part_so_far", order=held)] if held else []
    elif isinstance(last, dict):
        words = [part("utter_part_last_order", order=describe_order(call, last), address=last.get("address"))]
    else:
        words = [part("utter_part_no_order_yet")]
    if call.intent == "ask_about_order":
        words.append(part("utter_part_order_facts"))
    same = button(part("utter_button_same_again"), "/same_again")
    again = [same] if isinstance(last, dict) and call.active_loop != FORM else []
    return Result.of(
        say("utter_about_order", again, said=join_parts(words)) if words else say("utter_finish_order", again)
    )


def one_more(call: Call) -> Result:
    """ "Another one": one portion more of the dish that the order is about. "Another size" is none."""
    draft = Draft({name: call.slot(name) for name in SLOTS})
    dish, number = draft.words("dish"), (number_of(draft.slots.get("quantity")) or 1) + 1
    other = set() if call.text.startswith("/") else split_name(call.text) - ONE_MORE - split_name(dish)
    added = add_portion(draft.slots, " ".join(sorted(other)), load_dishes(call.assets)) if other else None
    if added is not None and (number_of(added[1]["quantity"]) or MOST) <= MOST:
        told = say("utter_quantity_now", quantity=added[1]["quantity"], dish=added[1]["dish"])
        return Result.of(told, slot(ITEMS, added[0]))
    if not dish or other:
        return Result.of(say("utter_order_unclear"))
    if number > MOST:
        return Result.of(say("utter_too_many", most=MOST, left=MOST))
    return Result.of(say("utter_quantity_now", quantity=number, dish=dish), slot("quantity", str(number)))


def action_order_food(call: Call) -> Result:
    """Place the order, or leave it where the answer was no. The same message always gives the same order number."""
    draft = Draft({name: call.slot(name) for name in SLOTS})
    basket = basket_of(draft.slots, load_dishes(call.assets))
    if basket is None:
        return Result.of(say("utter_order_lost"), *clear_order())
    if draft.slots["order_confirmed"] is not True:
        return Result.of(
            say("utter_ordered_nothing", [button(part("utter_button_new_order"), "/order_food")]), *clear_order()
        )
    return Result.of(
        say(
            "utter_order_placed",
            number=order_number(call),
            order=basket.spoken,
            address=draft.words("address"),
            price=basket.price,
        ),
        *clear_order(),
        slot("last_order", {name: draft.slots[name] for name in KEPT}),
        remember(call, [Interest("food", "cuisine", order.dish.tags[0]) for order in basket.orders]),
        *_arrival(call),
    )


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


def describe_order(call: Call, held: dict[str, JSON]) -> Said:
    """An order in words, complete or not; empty where it holds no dish."""
    basket = basket_of(held, load_dishes(call.assets))
    if basket is None:
        return Draft(held).words("dish")
    return part("utter_part_order_price", order=basket.spoken, price=basket.price)


def _arrival(call: Call) -> list[TrackerEvent]:
    """The reminder to speak of the order when it should be there; whatever the person says until then."""
    minutes = float(call.settings.get("ARRIVAL_MINUTES") or 0)
    if minutes <= 0:
        return []
    at = call.now + timedelta(minutes=minutes)
    return [reminder("EXTERNAL_order_arrived", at, name="order", kill_on_user_message=False)]


def clear_order() -> list[TrackerEvent]:
    return [slot(name, None) for name in (*SLOTS, "order_summary", "dish_choices")]
