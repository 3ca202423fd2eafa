"""What follows on the last thing: fragments that refine it, picks, another one, the same again, questions about it."""

from functions.actions.fulfilment import Call, Result, button, followup, part, say, slot
from functions.actions.listing import PAGE, read_current_item, read_listing
from functions.actions.matching import split_name
from functions.actions.ordinals import find_position, read_position

from .alike import find_more
from .music import announce, play_again, refine_music, track_said
from .order import FORM, action_about_order, one_more, order_again
from .video import refine_video, say_film, search_again, show_film, show_page
from .weather import refine_weather

START = (
    button(part("utter_button_find_film"), "/search_video"),
    button(part("utter_button_play_music"), "/play_music"),
    button(part("utter_button_order_food"), "/order_food"),
    button(part("utter_button_weather"), "/get_weather"),
)

BETWEEN = ("search_video", "play_music", "get_weather")
"""Tasks that come in between an order."""
UNKNOWN = frozenset(("length", "runtime", "duration", "minutes", "long", "hours"))
"""Words for what the catalogue has of no film and no song."""


def action_refine(call: Call) -> Result:
    """A fragment outside a form adds to the task that the dialogue takes it for."""
    if call.find_entities("ordinal"):
        return action_pick_result(call)
    match call.task:
        case "search_video":
            return refine_video(call)
        case "play_music":
            return refine_music(call)
        case "get_weather":
            return refine_weather(call)
        case "order_food":
            if call.find_entities("dish") or call.find_entities("restaurant"):
                return Result.of(followup(FORM))
            return Result.of(say("utter_no_order_open", [button(part("utter_button_order_food"), "/order_food")]))
    if call.is_question and not call.latest_message.get("entities") and read_current_item(call) is not None:
        # "Is it scary?" names nothing, and asks about what was shown.
        return action_about_item(call)
    return Result.of(say("utter_do_what", START))


def action_pick_result(call: Call) -> Result:
    """One of the results that were shown last; of an open order, one of the dishes that it asks to choose from."""
    listing = read_listing(call)
    if call.active_loop == FORM and call.task not in BETWEEN:
        return _pick_dish(call)
    if listing is None or not listing.current_page:
        return Result.of(say("utter_no_list", START))
    position = read_position(call.entity("ordinal"), len(listing.current_page))
    if position is None:
        count = len(listing.current_page)
        return Result.of(say("utter_only_one") if count == 1 else say("utter_only_few", count=count))
    if listing.kind == "film":
        return show_film(call, listing.current_page[position])
    return announce(call, listing.advance(position))


def _pick_dish(call: Call) -> Result:
    choices = call.slot("dish_choices")
    names = [str(name) for name in choices] if isinstance(choices, list) else []
    position = read_position(call.entity("ordinal"), len(names)) if names else None
    return Result.of(say("utter_order_unclear") if position is None else slot("dish", names[position]))


def action_change_quantity(call: Call) -> Result:
    """ "Another one" in an order: one portion more, or the next of what came in between."""
    return action_another_one(call) if call.task in BETWEEN else one_more(call)


def action_another_one(call: Call) -> Result:
    """The next of what was shown or announced last."""
    listing = read_listing(call)
    if call.task == "get_weather":
        return Result.of(say("utter_other_place"))
    if listing is None:
        return Result.of(say("utter_another_what", START))
    if (more := find_more(call)) is not None:
        return more
    if listing.kind == "track":
        return announce(call, listing.advance(1))
    if listing.remaining:
        return show_page(call, listing.advance(PAGE))
    recommended = button(part("utter_button_recommend"), "/recommend")
    return Result.of(say("utter_that_was_all", [recommended], asked=listing.asked))


def action_same_again(call: Call) -> Result:
    """The task that the words name, or else the newest, once more."""
    match call.task:
        case "search_video":
            return search_again(call)
        case "play_music":
            listing = read_listing(call)
            return announce(call, listing) if listing is not None and listing.kind == "track" else play_again(call)
        case "get_weather":
            return refine_weather(call)
    if call.is_question:
        # "What did I order last time?" asks, and orders nothing.
        return action_about_order(call)
    return order_again(call)


def action_about_item(call: Call) -> Result:
    """What is known of the film or song that was told of or shown last."""
    asked = {str(item.get("role")) for item in call.find_entities("attribute")}
    if call.active_loop == FORM and asked <= {"price", "contents", "None"}:
        # In an order "what's the price?" asks after the order.
        return action_about_order(call)
    found = _read_named_item(call) or read_current_item(call)
    if found is None:
        return Result.of(say("utter_about_what", START))
    kind, item = found
    told = say_film(call, item) if kind == "film" else track_said(call, item)
    unknown = "length" in asked or not UNKNOWN.isdisjoint(split_name(call.entity("attribute")))
    return Result.of(say("utter_item_unknown"), told) if unknown else Result.of(told)


def _read_named_item(call: Call) -> tuple[str, tuple[str, int | str]] | None:
    """The one of those shown last whose place the question names: "who plays in the third?"."""
    listing = read_listing(call)
    position = find_position(call.text, len(listing.current_page)) if listing is not None else None
    return None if listing is None or position is None else (listing.kind, listing.current_page[position])
