"""What follows on the last thing: fragments that refine it, picks, another one, the same again."""

import re

from functions.actions.fulfilment import Call, Result, button, slot, text

from .catalogue import catalogue
from .listing import PAGE, listing_of
from .matching import plain
from .music import KINDS, announce, play_again, refine_music
from .order import FORM, order_again, start_order
from .ordinals import read_position
from .video import NEWER, OLDER, refine_video, search_again, show_film, show_page
from .weather import refine_weather

START = (
    button("Find a film", "/search_video"),
    button("Play music", "/play_music"),
    button("Order food", "/order_food"),
    button("Weather", "/get_weather"),
)
FOOD = re.compile(r"\b(order\w*|usual|pizza|food|meal|dish|eat|had|have)\b", re.IGNORECASE)
MUSIC = re.compile(r"\b(play|song|track|album|music|encore)\b", re.IGNORECASE)
VIDEO = re.compile(r"\b(search|films?|movies?)\b", re.IGNORECASE)
WEATHER = re.compile(r"\b(weather|forecast|city|place)\b", re.IGNORECASE)


def action_refine(call: Call) -> Result:
    """A fragment outside a form: whatever it names says what it refines, and the topic says it where it does not."""
    if call.found("ordinal"):
        return action_pick_result(call)
    topic = _topic_of_fragment(call)
    match topic:
        case "video":
            return refine_video(call)
        case "music":
            return refine_music(call)
        case "weather":
            return refine_weather(call)
        case "food":
            return start_order(call)
        case "part of an order":
            words = "There is no order open at the moment. Shall I start one?"
            return Result.of(text(words, [button("Order food", "/order_food")]), slot("topic", "food"))
    return _how_to_refine(call)


def action_pick_result(call: Call) -> Result:
    """One of the results that were shown last."""
    listing = listing_of(call)
    said = call.entity("ordinal")
    if listing is None or not listing.page:
        return Result.of(text("There is no list to pick from at the moment. What are you looking for?", START))
    position = read_position(said, len(listing.page))
    if position is None:
        count = len(listing.page)
        how_many = "only one" if count == 1 else f"only {count}"
        return Result.of(text(f"There is no such one among what I showed you: there {_is(count)} {how_many}."))
    if listing.kind == "film":
        return show_film(call, listing.page[position])
    return announce(call, listing.moved(position))


def action_another_one(call: Call) -> Result:
    """The next of what was shown or announced last."""
    listing = listing_of(call)
    topic = call.words("topic")
    if topic == "weather":
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
    """What was asked for last, once more: what the words name, or else what the conversation is about."""
    said, topic = call.text, call.words("topic")
    if call.active_loop == FORM:
        return order_again(call)
    if WEATHER.search(said) and call.words("place"):
        return refine_weather(call)
    if MUSIC.search(said):
        return _music_again(call)
    if VIDEO.search(said):
        return search_again(call)
    if FOOD.search(said) or topic == "food":
        return order_again(call)
    match topic:
        case "music":
            return _music_again(call)
        case "video":
            return search_again(call)
        case "weather":
            return refine_weather(call)
    return order_again(call)


def _music_again(call: Call) -> Result:
    listing = listing_of(call)
    return announce(call, listing) if listing is not None and listing.kind == "track" else play_again(call)


def _topic_of_fragment(call: Call) -> str | None:
    if any(call.found(name) for name in ("dish", "restaurant")):
        return "food"
    if any(call.found(name) for name in ("place", "time")):
        return "weather"
    if any(call.found(name) for name in ("size", "topping", "quantity", "address")):
        return "part of an order"
    if any(call.found(name) for name in ("actor", "director", "title")):
        return "video"
    if any(call.found(name) for name in ("artist", "track", "album")):
        return "music"
    topic = call.words("topic")
    if genre := plain(call.entity("genre")):
        films = any(genre in film.genres for film in catalogue(call.assets).films)
        music = genre in KINDS or any(genre == plain(track.genre) for track in catalogue(call.assets).tracks)
        if films != music:
            return "video" if films else "music"
        return topic if topic in ("video", "music") else "video"
    if call.found("release_year"):
        return topic if topic in ("video", "music") else "video"
    if topic == "video" and (NEWER.search(call.text) or OLDER.search(call.text)):
        return topic
    return None


def _how_to_refine(call: Call) -> Result:
    match call.words("topic"):
        case "video":
            words = (
                'I can narrow films down by genre, person or year: "only comedies", "with Tom Hanks", "from the 90s".'
            )
        case "music":
            words = 'I can narrow music down by artist, genre or year: "by Queen", "some jazz", "from the 80s".'
        case "weather":
            words = 'Name another place or day: "in Oslo", "on Friday".'
        case _:
            return Result.of(text("What would you like to do with that?", START))
    return Result.of(text(words))


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
