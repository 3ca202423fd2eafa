"""What follows on the last thing: fragments that refine it, picks, another one, the same again, questions about it."""

from collections.abc import Mapping

from functions.actions.fulfilment import Call, Result, button, followup, text
from functions.actions.listing import PAGE, item_of, listing_of
from functions.actions.ordinals import read_position

from .music import announce, play_again, refine_music, track_said
from .order import FORM, action_about_order, order_again
from .video import film_said, refine_video, search_again, show_film, show_page
from .weather import refine_weather

START = (
    button("Find a film", "/search_video"),
    button("Play music", "/play_music"),
    button("Order food", "/order_food"),
    button("Weather", "/get_weather"),
)


def action_refine(call: Call) -> Result:
    """A fragment outside a form adds to the task that the dialogue takes it for."""
    if call.found("ordinal"):
        return action_pick_result(call)
    match call.task:
        case "search_video":
            return refine_video(call)
        case "play_music":
            return refine_music(call)
        case "get_weather":
            return refine_weather(call)
        case "order_food":
            if call.found("dish") or call.found("restaurant"):
                return Result.of(followup(FORM))
            words = "There is no order open at the moment. Shall I start one?"
            return Result.of(text(words, [button("Order food", "/order_food")]))
    return Result.of(text("What would you like to do with that?", START))


def action_pick_result(call: Call) -> Result:
    """One of the results that were shown last."""
    listing = listing_of(call)
    if listing is None or not listing.page:
        return Result.of(text("There is no list to pick from at the moment. What are you looking for?", START))
    position = read_position(call.entity("ordinal"), len(listing.page))
    if position is None:
        count = len(listing.page)
        there = "there is only one" if count == 1 else f"there are only {count}"
        return Result.of(text(f"There is no such one among what I showed you: {there}."))
    if listing.kind == "film":
        return show_film(call, listing.page[position])
    return announce(call, listing.moved(position))


def action_another_one(call: Call) -> Result:
    """The next of what was shown or announced last."""
    listing = listing_of(call)
    if call.task == "get_weather":
        return Result.of(text('For which other place? Say, for example, "in Oslo".'))
    if listing is None:
        return Result.of(text("Another one of what? Tell me what you are looking for.", START))
    if listing.kind == "track":
        return announce(call, listing.moved(1))
    if listing.left:
        return show_page(call, listing.moved(PAGE))
    words = f"That was all I have: {listing.asked}. Shall I recommend something else?"
    return Result.of(text(words, [button("Recommend something", "/recommend")]))


def action_same_again(call: Call) -> Result:
    """The task that the words name, or else the newest, once more."""
    match call.task:
        case "search_video":
            return search_again(call)
        case "play_music":
            listing = listing_of(call)
            return announce(call, listing) if listing is not None and listing.kind == "track" else play_again(call)
        case "get_weather":
            return refine_weather(call)
    reading = call.latest_message.get("reading")
    if isinstance(reading, Mapping) and reading.get("question"):
        # "What did I order last time?" asks, and orders nothing.
        return action_about_order(call)
    return order_again(call)


def action_about_item(call: Call) -> Result:
    """What is known of the film or song that was told of or shown last."""
    asked = {str(item.get("role")) for item in call.found("attribute")}
    if call.active_loop == FORM and asked <= {"price", "contents", "None"}:
        # In an order "what's the price?" asks after the order.
        return action_about_order(call)
    found = item_of(call)
    if found is None:
        return Result.of(text("About which film or song? Name it, and I tell you what I know.", START))
    kind, item = found
    return Result.of(text(film_said(call, item) if kind == "film" else track_said(call, item)))
