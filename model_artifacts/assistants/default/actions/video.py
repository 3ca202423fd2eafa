"""The films of the assistant: searching, refining, showing, and the one that somebody picks."""

from collections.abc import Sequence
from dataclasses import replace

from functions.actions.fulfilment import (
    Call,
    Response,
    Result,
    Said,
    TrackerEvent,
    button,
    join_parts,
    offer,
    part,
    say,
    slot,
)
from functions.actions.interests import Interest, remember
from functions.actions.listing import KEEP, PAGE, Listing, read_listing, remember_shown
from functions.actions.matching import find_best, find_closest, normalise_name
from functions.actions.years import FIRST, LAST, Years, read_years
from shared.events.wire import JSON

from .catalogue import Film, load_films
from .films import Found, Wanted, find_similar, list_themes, name_film, name_known_people, search
from .naming import name_on_button, name_values

ASK_GENRE = ("horror", "comedy", "science fiction", "romance", "western", "family")


def action_search_video(call: Call) -> Result:
    """Search with what this message says; earlier searches do not count."""
    films = load_films(call.assets)
    wanted = _read_message(call)
    if not wanted and (themes := list_themes(films, call.text)):
        wanted = Wanted(themes=themes)
    if not wanted:
        return _ask_what()
    if (
        wanted.title
        and call.entity("relation") == "like"
        and (found := find_best(wanted.title, films, lambda film: film.title))
    ):
        return _show_similar(call, films, found[0])
    return _show(call, films, wanted)


def refine_video(call: Call) -> Result:
    """Search again with what was wanted and what this fragment adds or changes."""
    films = load_films(call.assets)
    before, said = _read_last_search(call), _read_message(call)
    if not said:
        said = Wanted(years=_read_comparison(call))
    # Another person or genre replaces the one before; a title stands for itself.
    wanted = (
        said
        if said.title
        else Wanted(
            actors=said.actors or before.actors,
            directors=said.directors or before.directors,
            genres=said.genres or before.genres,
            years=said.years or before.years,
            without=merge_excluded(before.without, said.without, (*said.actors, *said.directors, *said.genres)),
        )
    )
    if not wanted:
        return _ask_what()
    return _show(call, films, wanted)


def search_again(call: Call) -> Result:
    """The search that was done last."""
    wanted = _read_last_search(call)
    return _show(call, load_films(call.assets), wanted) if wanted else _ask_what()


def show_page(call: Call, listing: Listing) -> Result:
    """A part of what was found."""
    films = _find_films(call, listing.current_page)
    response = "utter_films_more" if listing.at else "utter_films_found"
    return Result.of(
        say(
            response,
            list_film_buttons(films, more=listing.remaining > 0),
            asked=listing.asked,
            films=describe_films(films),
        ),
        *listing.events,
    )


def show_film(call: Call, item: tuple[str, int | str]) -> Result:
    """Everything that the catalogue knows about one film."""
    films = _find_films(call, (item,))
    if not films:
        return _ask_what()
    film = films[0]
    about = part("utter_film", **_describe_film(film))
    liked = [Interest("film", "director", film.director), Interest("film", "genre", film.genres[0])]
    return Result.of(
        say(
            "utter_film_card",
            [offer(part("utter_button_more_like_it"), "search_video", title=film.title), _ANOTHER],
            said=about,
            themes=", ".join(film.keywords),
        ),
        remember_shown("film", item),
        remember(call, liked),
    )


def show_more_of(call: Call, item: tuple[str, int | str], *, cast: bool) -> Result | None:
    """Other films of the same director, or with the first of its cast; None where there is none."""
    films = load_films(call.assets)
    shown = _find_films(call, (item,))
    if not shown:
        return None
    wanted = Wanted(actors=shown[0].actors[:1]) if cast else Wanted(directors=(shown[0].director,))
    wanted = replace(wanted, without=(shown[0].title,))
    found = search(films, wanted)
    return _show(call, films, wanted) if found.films and not found.relaxed else None


def show_more_like(call: Call, item: tuple[str, int | str]) -> Result | None:
    """Films like that one; None where the catalogue no longer has it."""
    shown = _find_films(call, (item,))
    return _show_similar(call, load_films(call.assets), shown[0]) if shown else None


def make_film_listing(films: Sequence[Film], asked: Said) -> Listing:
    return Listing("film", asked, tuple((film.title, film.year) for film in films[:KEEP]))


_ANOTHER = button(part("utter_button_another"), "/another_one")


def _show(call: Call, films: Sequence[Film], asked: Wanted) -> Result:
    wanted = name_known_people(films, asked)
    found = search(films, wanted)
    if not found.films:
        return Result.of(_say_nothing_found(call, wanted), *_set_search_slots(wanted))
    if wanted.title and not found.relaxed:
        return _show_named(call, found)
    listing = make_film_listing(found.films, found.asked.spoken)
    page = found.films[:PAGE]
    response, missing = "utter_films_found" if len(page) > 1 else "utter_films_one", None
    if found.relaxed:
        response = "utter_films_nearest"
        missing = part("utter_part_called", title=wanted.title) if wanted.title else wanted.spoken
    buttons = list_film_buttons(page, more=listing.remaining > 0)
    return Result.of(
        say(response, buttons, missing=missing, asked=found.asked.spoken, films=describe_films(page)),
        *_set_search_slots(wanted),
        *listing.events,
        remember(call, _list_interests(wanted)),
    )


def say_film(call: Call, item: tuple[str, int | str]) -> Response:
    """One film in a sentence."""
    films = _find_films(call, (item,))
    return say("utter_film", **_describe_film(films[0])) if films else say("utter_item_unknown")


def _describe_film(film: Film) -> dict[str, Said]:
    return {
        "film": name_film(film),
        "director": film.director,
        "actors": list(film.actors),
        "genres": join_parts(name_values(film.genres), ", "),
    }


def _show_named(call: Call, found: Found) -> Result:
    listing = make_film_listing(found.films, part("utter_part_called", title=found.asked.title))
    events = (*_set_search_slots(found.asked), *listing.events)
    if len(found.films) == 1:
        return Result.of(*events) + show_film(call, listing.items[0])
    page = found.films[:PAGE]
    return Result.of(
        say("utter_films_of_title", list_film_buttons(page, more=listing.remaining > 0), films=describe_films(page)),
        *events,
    )


def _show_similar(call: Call, films: Sequence[Film], film: Film) -> Result:
    listing = make_film_listing(find_similar(films, film), part("utter_part_like", film=name_film(film)))
    page = _find_films(call, listing.current_page)
    interests = [Interest("film", "director", film.director), Interest("film", "genre", film.genres[0])]
    return Result.of(
        say(
            "utter_films_similar",
            list_film_buttons(page, more=listing.remaining > 0),
            film=name_film(film),
            films=describe_films(page),
        ),
        *listing.events,
        remember(call, interests),
    )


def _say_nothing_found(call: Call, wanted: Wanted) -> Response:
    films = load_films(call.assets)
    if not wanted.title:
        return say("utter_films_none", _list_genre_buttons(), asked=wanted.spoken)
    near = find_closest(wanted.title, [film.title for film in films], 3)
    buttons = [offer(title, "search_video", title=title) for title in near]
    return say("utter_film_unknown", buttons, title=wanted.title)


def _ask_what() -> Result:
    return Result.of(
        say("utter_ask_film", _list_genre_buttons()),
    )


def _list_genre_buttons() -> list[dict[str, JSON]]:
    return [offer(name_on_button(genre), "search_video", genre=genre) for genre in ASK_GENRE]


def _read_message(call: Call) -> Wanted:
    return Wanted(
        title=call.entity("title"),
        actors=_drop_repeats(call.entities("actor")),
        directors=_drop_repeats(call.entities("director")),
        genres=_drop_repeats(call.entities("genre")),
        years=read_said_years(call),
        without=tuple(value for name in ("genre", "actor", "director", "title") for value in call.find_unwanted(name)),
    )


def read_said_years(call: Call) -> Years | None:
    """The years that the message names last."""
    for found in reversed(call.find_entities("release_year")):
        if (years := read_years(str(found["value"]))) is not None:
            return years
    return None


def read_excluded(call: Call) -> tuple[str, ...]:
    """What the search before must not be."""
    kept = call.slot("ruled_out")
    return tuple(map(str, kept)) if isinstance(kept, list) else ()


def merge_excluded(before: Sequence[str], said: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """What a search must not be after a fragment, which may want what was ruled out before."""
    named = {normalise_name(name) for name in wanted}
    return _drop_repeats([name for name in (*before, *said) if normalise_name(name) not in named])


def _read_comparison(call: Call) -> Years | None:
    """Newer than all that was shown last, or older than all of it."""
    listing = read_listing(call)
    shown = [year for _, year in listing.current_page if isinstance(year, int)] if listing is not None else []
    comparison = call.entity("comparison")
    if shown and comparison == "newer":
        return Years(max(shown) + 1, LAST)
    return Years(FIRST, min(shown) - 1) if shown and comparison == "older" else None


def _read_last_search(call: Call) -> Wanted:
    def keep_wanted(name: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in call.words(name).split(";") if item.strip())

    return Wanted(
        title=call.words("title"),
        actors=keep_wanted("actor"),
        directors=keep_wanted("director"),
        genres=keep_wanted("genre"),
        years=read_years(call.words("release_year")),
        without=read_excluded(call),
    )


def _set_search_slots(wanted: Wanted) -> tuple[TrackerEvent, ...]:
    """The slots as this search leaves them: a fragment refines these, and nothing older."""
    years = f"{wanted.years.first:04}-{wanted.years.last:04}" if wanted.years else None
    return (
        slot("title", wanted.title or None),
        slot("actor", ";".join(wanted.actors) or None),
        slot("director", ";".join(wanted.directors) or None),
        slot("genre", ";".join(wanted.genres) or None),
        slot("release_year", years),
        slot("ruled_out", list(wanted.without) or None),
    )


def _list_interests(wanted: Wanted) -> list[Interest]:
    return [
        *(Interest("film", "genre", genre) for genre in wanted.genres),
        *(Interest("film", "director", name) for name in wanted.directors),
        *(Interest("film", "actor", name) for name in wanted.actors),
    ]


def _find_films(call: Call, items: Sequence[tuple[str, int | str]]) -> list[Film]:
    known = {(film.title, film.year): film for film in load_films(call.assets)}
    return [film for title, year in items if isinstance(year, int) and (film := known.get((title, year)))]


def describe_films(films: Sequence[Film]) -> Said:
    lines = [part("utter_part_film", number=number, **_describe_film(film)) for number, film in enumerate(films, 1)]
    return join_parts(lines, "\n")


def list_film_buttons(films: Sequence[Film], *, more: bool) -> list[dict[str, JSON]]:
    picks = [offer(name_film(film), "inform", ordinal=str(number)) for number, film in enumerate(films, 1)]
    return [*picks, button(part("utter_button_show_more"), "/another_one")] if more else picks


def _drop_repeats(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
