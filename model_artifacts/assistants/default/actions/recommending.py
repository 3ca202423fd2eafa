"""Recommendations: from what the person asked for before, with the reason."""

from collections.abc import Sequence
from zlib import crc32

from functions.actions.fulfilment import Call, Result, Said, offer, part, say
from functions.actions.interests import Interest, read_interests
from functions.actions.listing import PAGE, read_listing
from functions.actions.matching import name_contains

from .catalogue import Film, Track, load_dishes, load_films, load_tracks
from .films import hash_for_order
from .music import announce, track_list
from .naming import name_values
from .order import FAVOURITES
from .video import describe_films, list_film_buttons, make_film_listing

KINDS = {"search_video": "film", "play_music": "music", "order_food": "food"}
WEIGHT = {"director": 3.0, "actor": 3.0, "artist": 2.0, "genre": 2.0}


def action_recommend(call: Call) -> Result:
    """Something of the kind that was asked for, or that the conversation is about; a film where neither says."""
    known = read_interests(call)
    kind = KINDS.get(call.task or "") or (known[-1].kind if known else "film")
    mine = [interest for interest in known if interest.kind == kind]
    match kind:
        case "music":
            return _recommend_music(call, mine)
        case "food":
            return _recommend_food(call, mine)
        case _:
            return _recommend_film(call, [*mine, *_read_interests(call)])


def _recommend_film(call: Call, interests: Sequence[Interest]) -> Result:
    films = load_films(call.assets)
    listing = read_listing(call)
    seen = set(listing.items) if listing is not None and listing.kind == "film" else set()
    fresh = [film for film in films if (film.title, film.year) not in seen]
    scored = {film: _score_film(film, interests) for film in fresh}
    liked = sorted((film for film in fresh if scored[film]), key=lambda film: (-scored[film], hash_for_order(film)))
    if not liked:
        best = _vary_genres(fresh, call.message)
        response, reasons = "utter_recommend_varied", []
    else:
        best = liked
        response, reasons = "utter_recommend_films", _list_reasons(interests, best[:PAGE])
    recommended = make_film_listing(best, part("utter_part_films_may_like"))
    page = best[:PAGE]
    return Result.of(
        say(
            response,
            list_film_buttons(page, more=recommended.remaining > 0),
            reasons=reasons,
            films=describe_films(page),
        ),
        *recommended.events,
    )


def _score_film(film: Film, interests: Sequence[Interest]) -> float:
    """Newer interests weigh more."""
    return sum(
        WEIGHT.get(interest.field, 1.0) * (age + 1) / len(interests)
        for age, interest in enumerate(interests)
        if _is_of_interest(film, interest)
    )


def _is_of_interest(film: Film, interest: Interest) -> bool:
    match interest.field:
        case "genre":
            return interest.value in film.genres
        case "actor" | "director":
            return any(name_contains(name, interest.value) for name in (*film.actors, film.director))
    return False


def _list_reasons(interests: Sequence[Interest], films: Sequence[Film]) -> list[Said]:
    """The interests that at least one of the films answers to, newest first."""
    held = [
        interest.value for interest in reversed(interests) if any(_is_of_interest(film, interest) for film in films)
    ]
    return name_values(list(dict.fromkeys(held))[:3])


def _vary_genres(films: Sequence[Film], message: str) -> list[Film]:
    """Films of different first genres; another message sees others, the same message the same."""
    mixed = sorted(films, key=lambda film: crc32(f"{message} {film.title} {film.year}".encode()))
    first_of: dict[str, Film] = {}
    for film in mixed:
        first_of.setdefault(film.genres[0], film)
    return list(first_of.values())


def _recommend_music(call: Call, interests: Sequence[Interest]) -> Result:
    tracks = load_tracks(call.assets)
    listing = read_listing(call)
    heard = set(listing.items[: listing.at + 1]) if listing is not None and listing.kind == "track" else set()
    fresh = [track for track in tracks if (track.title, track.artist) not in heard]
    order = {track: crc32(f"{call.message} {track.title} {track.artist}".encode()) for track in fresh}
    liked = sorted(
        (track for track in fresh if _track_score(track, interests)),
        key=lambda track: (-_track_score(track, interests), order[track]),
    )
    if not liked:
        intro = say("utter_recommend_any_music")
        liked = sorted(fresh, key=lambda track: order[track])
    else:
        values = list(dict.fromkeys(interest.value for interest in reversed(interests)))[:2]
        intro = say("utter_recommend_music", reasons=name_values(values))
    return Result.of(intro) + announce(call, track_list(liked, part("utter_part_music_may_like")))


def _track_score(track: Track, interests: Sequence[Interest]) -> float:
    held = {"genre": track.genre, "artist": track.artist}
    return sum(
        WEIGHT.get(interest.field, 1.0) * (age + 1)
        for age, interest in enumerate(interests)
        if held.get(interest.field) == interest.value
    )


def _recommend_food(call: Call, interests: Sequence[Interest]) -> Result:
    dishes = load_dishes(call.assets)
    last = call.slot("last_order")
    had = str(last.get("dish")) if isinstance(last, dict) else ""
    cuisines = [interest.value for interest in reversed(interests)]
    names = [dish.name for cuisine in cuisines[:1] for dish in dishes if cuisine in dish.tags and dish.name != had]
    if names:
        mixed = sorted(names, key=lambda name: crc32(f"{call.message} {name}".encode()))[:3]
        response = "utter_recommend_kitchen"
    else:
        mixed, response = list(FAVOURITES), "utter_recommend_food"
    buttons = [offer(name, "order_food", dish=name) for name in mixed]
    return Result.of(say(response, buttons, dish=had))


def _read_interests(call: Call) -> list[Interest]:
    """What this very message names counts as the newest interest."""
    return [
        Interest("film", field, value) for field in ("genre", "director", "actor") for value in call.entities(field)
    ]
