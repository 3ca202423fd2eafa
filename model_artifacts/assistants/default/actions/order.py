"""The order: what the form has so far is checked against the menus, repeated, and placed."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from functions.actions.fulfilment import (
    Call,
    Response,
    Result,
    TrackerEvent,
    button,
    followup,
    reminder,
    say,
    slot,
    text,
)
from shared.events.wire import JSON

from .catalogue import Dish, catalogue
from .interests import Interest, remember
from .matching import closest
from .menu import MOST, Order, dishes_called, joined, money, restaurant_called, size_of, toppings_of
from .offering import FAVOURITES, dish_at, dish_buttons, offered_dishes, only_a_number
from .ordinals import read_number

FORM = "order_food_form"
SLOTS = ("dish", "size", "topping", "quantity", "restaurant", "address", "order_confirmed")
RECALL = re.compile(r"\b(what|which|show|tell|remind|repeat|read)\b.*\border(ed)?\b(?!\s+from)", re.IGNORECASE)
"""A question about an order, whatever its intent was taken for: "what did I just order?"."""
ON_ORDER = ("utter_order_unclear", "action_change_quantity", "action_order_so_far")
"""What speaks of the order itself, so that nothing has to lead back to it."""
STREET = re.compile(
    r"\b(street|st|road|rd|lane|ln|avenue|ave|square|sq|place|way|court|drive|close|alley|boulevard|quay|terrace)\b",
    re.IGNORECASE,
)
"""What a house without a number still has beside its name."""
MORE = re.compile(r"\b(one|1) more\b|\banother( one)?\b|\bextra\b", re.IGNORECASE)
QUESTION = re.compile(r"\?\s*$|^(what|who|why|when|where|how|is|are|do|does|can|could|will)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Draft:
    """The order while it is being checked: the slots as they will be, and what has to be said about them."""

    slots: dict[str, JSON]
    said: list[Response] = field(default_factory=list)

    def words(self, name: str) -> str:
        value = self.slots.get(name)
        return value.strip() if isinstance(value, str) else ""

    def toppings(self) -> tuple[str, ...]:
        value = self.slots.get("topping")
        return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()

    def say(self, words: str) -> None:
        self.said.append(text(words))


def validate_order_food_form(call: Call) -> Result:
    """Check every part of the order; what cannot be had is taken out, said, and asked for again.

    Events are given for what the form just filled and for what the check changes, and for nothing else: a form whose
    validation changes nothing knows that the message was no answer.
    """
    candidates = call.candidates()
    before = {name: call.slot(name) for name in (*SLOTS, "order_summary", "dish_choices")} | candidates
    draft = _Draft(dict(before))
    for name in ("dish", "size", "address"):
        if name in candidates and draft.words(name) == call.text.strip() and not call.found(name):
            # The form takes all that was said for the answer.
            if only_a_number(call):
                draft.slots[name] = None
            elif name == "dish" and call.found("ordinal"):
                draft.slots[name] = dish_at(call)
    fresh = _fresh(call, candidates)
    dishes = catalogue(call.assets).dishes
    _check_restaurant(draft, dishes)
    dish = _check_dish(draft, dishes)
    _check_size(draft, dish)
    _check_quantity(draft)
    _check_toppings(draft, dish)
    _check_address(draft, candidates, QUESTION.search(call.text) is not None)
    _check_confirmation(draft, dish, fresh, str(before["order_summary"] or ""))
    events = [
        slot(name, value)
        for name, value in draft.slots.items()
        if name in candidates or name in fresh or value != call.slot(name)
    ]
    return Result.of(*draft.said, *events)


def action_ask_dish(call: Call) -> Result:
    """Ask for the dish, with what comes near to what was asked for."""
    names = offered_dishes(call)
    if call.slot("dish_choices"):
        return _asked(call, "Which one shall it be?", dish_buttons(names))
    if call.words("restaurant") and names:
        words = f"{call.words('restaurant')} has {', '.join(names)}. Which would you like?"
        return _asked(call, words, dish_buttons(names[:4]))
    again = [button("The same again", "/same_again")] if RECALL.search(call.text) and _last(call) else []
    return _asked(call, "What would you like to eat?", [*again, *dish_buttons(names or FAVOURITES)])


def action_ask_size(call: Call) -> Result:
    """Ask for the size, with what each costs."""
    dish = _named(catalogue(call.assets).dishes, call.words("dish"), call.words("restaurant"))
    if dish is None:
        return _asked(call, "Which size: small, medium or large?")
    sizes = [button(f"{size} {money(cents)}", f'/inform{{"size": "{size}"}}') for size, cents in dish.prices]
    return _asked(call, f"Which size of {dish.name}?", sizes)


def action_ask_address(call: Call) -> Result:
    """Ask where to; with the number, because a street alone finds nobody."""
    return _asked(call, "Where shall it be delivered? Street and number, please.")


def action_order_so_far(call: Call) -> Result:
    """Asked for an order while one is open: what it holds."""
    return Result.of(text(_so_far(call) or "Let us finish this order."))


def action_change_quantity(call: Call) -> Result:
    """ "Make that two", "one more": another number of the dish that the order is about."""
    draft = _Draft({name: call.slot(name) for name in SLOTS})
    dish = draft.words("dish")
    before = read_number(str(draft.slots.get("quantity") or "1")) or 1
    named = next((number for word in call.text.split() if (number := read_number(word.strip(".,!?")))), None)
    number = before + 1 if MORE.search(call.text) else named
    if not dish or number is None:
        return Result.of(say("utter_order_unclear"))
    if not 1 <= number <= MOST:
        return Result.of(text(f"I can order 1 to {MOST} portions at a time, so I leave it at {before}."))
    return Result.of(text(f"All right, {number} x {dish}."), slot("quantity", str(number)))


def action_order_food(call: Call) -> Result:
    """Place the order, or leave it where the answer was no. The same message always gives the same order number."""
    draft = _Draft({name: call.slot(name) for name in SLOTS})
    order = _order(draft, _named(catalogue(call.assets).dishes, draft.words("dish"), draft.words("restaurant")))
    if order is None:
        return Result.of(text("I lost track of your order, sorry. Let us start again."), *_cleared())
    if draft.slots["order_confirmed"] is not True:
        return Result.of(
            text("All right, I ordered nothing.", [button("New order", "/order_food")]),
            *_cleared(),
            slot("topic", "food"),
        )
    words = (
        f"Done. Order {order_number(call)}: {order.spoken} to {draft.words('address')}, {money(order.cents)} "
        "to pay on delivery. (This is a demonstration: no kitchen hears of it and nobody is charged.)"
    )
    last = {name: draft.slots[name] for name in ("dish", "size", "topping", "quantity", "restaurant", "address")}
    return Result.of(
        text(words),
        *_cleared(),
        slot("last_order", last),
        slot("topic", "food"),
        remember(call, [Interest("food", "cuisine", order.dish.tags[0])]),
        *_arrival(call),
    )


def action_cancel_order(_call: Call) -> Result:
    """Drop the order; the rule that calls this closes the form."""
    return Result.of(text("Okay, I dropped the order. Nothing was ordered."), *_cleared())


def order_again(call: Call) -> Result:
    """The last order once more: the form asks for a yes, and for whatever is gone from the menu by now."""
    last = call.slot("last_order")
    if not isinstance(last, dict):
        # In the middle of a first order its form asks next, so nothing is offered.
        offered = [] if call.active_loop == FORM else [button("Order food", "/order_food")]
        return Result.of(text("You have not ordered anything here yet.", offered), slot("topic", "food"))
    if RECALL.search(call.text) and call.active_loop != FORM:
        again = [button("Yes, the same again", "/same_again"), button("No", "/deny")]
        return Result.of(text(f"{_last(call)} Shall I order that again?", again), slot("topic", "food"))
    kept = [slot(name, last.get(name)) for name in ("dish", "size", "topping", "quantity", "restaurant", "address")]
    return Result.of(text("The same as last time:"), *kept, slot("topic", "food"), followup(FORM))


def start_order(_call: Call) -> Result:
    """Open the form with what the message already named (its entities are in the slots)."""
    return Result.of(slot("topic", "food"), followup(FORM))


def order_number(call: Call) -> str:
    """Derived from the message that confirmed the order, so that an event that comes twice orders once."""
    digest = hashlib.sha256(f"{call.conversation} {call.message}".encode()).digest()
    letters = base64.b32encode(digest[:5]).decode()
    return f"{letters[:4]}-{letters[4:]}"


def _asked(call: Call, words: str, buttons: Sequence[dict[str, str]] = ()) -> Result:
    """The question, after what leads back to it where something else came in between or the order was asked about."""
    if RECALL.search(call.text) and not call.words("dish"):
        return Result.of(text(f"{_last(call)} {words}".strip(), buttons))
    since = _since_message(call)
    left = any(event.get("event") == "action_execution_rejected" and event.get("name") == FORM for event in since)
    unclear = any(event.get("name") in ON_ORDER for event in since)
    led_back = f"Back to your order: {words[0].lower()}{words[1:]}" if left and not unclear else words
    return Result.of(text(led_back, buttons))


def _since_message(call: Call) -> list[Mapping[str, JSON]]:
    """The events since the person spoke."""
    found: list[Mapping[str, JSON]] = []
    for event in reversed(call.events):
        if not isinstance(event, Mapping) or event.get("event") == "user":
            break
        found.append(event)
    return found


def _so_far(call: Call) -> str:
    """What the open order holds; empty where it holds no dish."""
    draft = _Draft({name: call.slot(name) for name in SLOTS})
    dish = draft.words("dish")
    if not dish:
        return ""
    order = _order(draft, _named(catalogue(call.assets).dishes, dish, draft.words("restaurant")))
    return f"So far: {order.spoken if order is not None else dish}."


def _last(call: Call) -> str:
    """The order that was placed last, in words; empty where there is none."""
    last = call.slot("last_order")
    if not isinstance(last, dict):
        return ""
    draft = _Draft(dict(last))
    order = _order(draft, _named(catalogue(call.assets).dishes, draft.words("dish"), draft.words("restaurant")))
    spoken = order.spoken if order is not None else draft.words("dish")
    return f"Your last order was {spoken} to {draft.words('address')}."


def _arrival(call: Call) -> list[TrackerEvent]:
    """The reminder to speak of the order when it should be there; whatever the person says until then."""
    minutes = float(call.settings.get("ARRIVAL_MINUTES") or 0)
    if minutes <= 0:
        return []
    return [
        reminder(
            "EXTERNAL_order_arrived", call.now + timedelta(minutes=minutes), name="order", kill_on_user_message=False
        )
    ]


def _fresh(call: Call, candidates: dict[str, JSON]) -> frozenset[str]:
    """The parts of the order that this very message names."""
    in_message = {name for name in ("dish", "size", "topping", "quantity", "restaurant", "address") if call.found(name)}
    return frozenset(in_message | (candidates.keys() - {"order_confirmed"}))


def _check_restaurant(draft: _Draft, dishes: Sequence[Dish]) -> None:
    asked = draft.words("restaurant")
    if not asked:
        return
    restaurant = restaurant_called(dishes, asked)
    draft.slots["restaurant"] = restaurant
    if restaurant is None:
        names = list(dict.fromkeys(dish.restaurant for dish in dishes))
        draft.say(f"I know no restaurant {asked}. There are {joined(names, 'and')}.")


def _check_dish(draft: _Draft, dishes: Sequence[Dish]) -> Dish | None:
    asked, restaurant = draft.words("dish"), draft.words("restaurant")
    if not asked:
        return None
    here = [dish for dish in dishes if not restaurant or dish.restaurant == restaurant]
    found = dishes_called(here, asked)
    if not found and restaurant and (found := dishes_called(dishes, asked)):
        elsewhere = list(dict.fromkeys(dish.restaurant for dish in found))
        do = "does" if len(elsewhere) == 1 else "do"
        draft.say(f"{restaurant} does not have that, but {joined(elsewhere, 'and')} {do}.")
        draft.slots["restaurant"] = elsewhere[0] if len(elsewhere) == 1 else None
    if len(found) == 1:
        draft.slots |= {"dish": found[0].name, "restaurant": found[0].restaurant, "dish_choices": None}
        return found[0]
    draft.slots["dish"] = None
    if found:
        draft.slots["dish_choices"] = [dish.name for dish in found[:5]]
        draft.say(f"There is more than one kind of {asked.casefold()}.")
    else:
        draft.slots["dish_choices"] = closest(asked, [dish.name for dish in here], 4)
        draft.say(f"I find no {asked} on the menus. The nearest to it:")
    return None


def _check_size(draft: _Draft, dish: Dish | None) -> None:
    asked = draft.words("size")
    if dish is None:
        return
    if len(dish.prices) == 1:
        draft.slots["size"] = dish.prices[0][0]
        return
    if not asked:
        return
    size = size_of(dish, asked)
    draft.slots["size"] = size
    if size is None:
        draft.say(f"{dish.name} comes in {joined([name for name, _ in dish.prices], 'or')}.")


def _check_quantity(draft: _Draft) -> None:
    asked = draft.slots.get("quantity")
    if asked is None:
        return
    number = read_number(str(asked))
    if number is not None and 1 <= number <= MOST:
        draft.slots["quantity"] = str(number)
        return
    draft.slots["quantity"] = None
    draft.say(f"I can order 1 to {MOST} portions at a time, so I leave it at one.")


def _check_toppings(draft: _Draft, dish: Dish | None) -> None:
    asked = draft.toppings()
    if dish is None or not asked:
        return
    had, missing = toppings_of(dish, asked)
    draft.slots["topping"] = list(had) or None
    if missing:
        offer = f"there are {joined(dish.toppings, 'and')}" if dish.toppings else "it comes as it is"
        draft.say(f"{dish.name} cannot be had with {joined(missing, 'or')}; {offer}.")


def _check_address(draft: _Draft, candidates: dict[str, JSON], is_question: bool) -> None:
    """Only what was just given is checked: a street is free text, so a question is told from it by its look."""
    if "address" not in candidates or draft.slots["address"] is None:
        return
    address = " ".join(draft.words("address").split())
    letters = sum(letter.isalpha() for letter in address)
    found = any(letter.isdigit() for letter in address) or STREET.search(address) is not None
    plausible = len(address) <= 200 and letters > 1 and found
    if is_question or not plausible:
        draft.slots["address"] = None
        draft.say("That does not look like an address to me: it needs a street and a number.")
    else:
        draft.slots["address"] = address


def _check_confirmation(draft: _Draft, dish: Dish | None, fresh: frozenset[str], before: str) -> None:
    """A yes counts for the order that was read out; where the message changes the order, it is read out again."""
    order = _order(draft, dish)
    address = draft.words("address")
    if order is None or not address:
        draft.slots["order_confirmed"] = None
        return
    summary = f"{order.spoken} to {address}, {money(order.cents)}."
    draft.slots["order_summary"] = summary
    if draft.slots["order_confirmed"] is not None and (fresh or summary != before):
        draft.slots["order_confirmed"] = None


def _order(draft: _Draft, dish: Dish | None) -> Order | None:
    size = draft.words("size")
    if dish is None or size not in dict(dish.prices):
        return None
    number = read_number(str(draft.slots.get("quantity") or "1")) or 1
    return Order(dish, size, number, draft.toppings())


def _named(dishes: Sequence[Dish], name: str, restaurant: str) -> Dish | None:
    return next((dish for dish in dishes if dish.name == name and restaurant in ("", dish.restaurant)), None)


def _cleared() -> list[TrackerEvent]:
    return [slot(name, None) for name in (*SLOTS, "order_summary", "dish_choices")]
