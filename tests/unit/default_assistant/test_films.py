"""Searching films: what fits, what is given up, and what is said about it."""

from pathlib import Path

import pytest

from functions.actions.years import Years, read_years
from model_artifacts.assistants.default.actions.catalogue import load_films
from model_artifacts.assistants.default.actions.films import (
    Wanted,
    find_similar,
    list_themes,
    name_known_people,
    search,
)
from model_artifacts.assistants.default.actions.naming import name_years
from tests.unit.default_assistant.talk import Alone, Talk

NINETIES = Years(1990, 1999)


def titles(assets: Path, wanted: Wanted) -> list[str]:
    films = load_films(assets)
    return [film.title for film in search(films, name_known_people(films, wanted)).films]


def test_everything_that_is_wanted_holds(assets: Path) -> None:
    films = load_films(assets)
    found = search(films, Wanted(genres=("horror",), years=NINETIES))
    assert len(found.films) > 5
    assert all("horror" in film.genres and 1990 <= film.year <= 1999 for film in found.films)
    assert not found.relaxed


def test_where_nothing_fits_the_year_is_given_up_before_the_person(alone: Alone) -> None:
    said = alone.words(
        "action_search_video",
        "something horror with Tom Hanks from 1990-1999",
        genre="horror",
        actor="Tom Hanks",
        release_year="1990-1999",
    )
    assert said.startswith("I have no horror films with Tom Hanks from the 1990s. The nearest that I have are")
    assert "He Knows You're Alone (1980)" in said


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("the godfater", "The Godfather"),
        ("amelie", "Amélie"),
        ("Monsters Inc", "Monsters, Inc."),
        ("Silence of the Lambs", "The Silence of the Lambs"),
        ("matrix", "The Matrix"),
        ("ET", "E.T. the Extra-Terrestrial"),
        ("Se7en", "Se7en"),
    ],
)
def test_titles_are_found_as_people_write_them(assets: Path, asked: str, title: str) -> None:
    assert titles(assets, Wanted(title=asked))[0] == title


def test_a_short_title_is_not_looked_for_inside_others(assets: Path) -> None:
    assert titles(assets, Wanted(title="It")) == ["It"]
    assert titles(assets, Wanted(title="up")) == ["Up"]


@pytest.mark.parametrize("asked", ["Quentin Tarantino", "tarantino", "tarantno", "Quentin Tarentino"])
def test_people_are_found_as_people_write_them(assets: Path, asked: str) -> None:
    assert "Pulp Fiction" in titles(assets, Wanted(directors=(asked,)))


def test_an_actor_taken_for_a_director_is_found_as_an_actor(assets: Path) -> None:
    assert "Big" in titles(assets, Wanted(directors=("tom hanks",)))
    assert "Vertigo" in titles(assets, Wanted(actors=("hitchcock",)))


def test_two_actors_have_to_play_together(assets: Path) -> None:
    assert set(titles(assets, Wanted(actors=("Al Pacino", "Robert De Niro")))) == {"Heat", "The Godfather Part II"}


def test_a_name_that_two_people_share_finds_both(assets: Path) -> None:
    found = titles(assets, Wanted(directors=("Anderson",)))
    assert {"There Will Be Blood", "Moonrise Kingdom"} <= set(found)


def test_films_of_a_kind_above_all_come_first(assets: Path) -> None:
    films = load_films(assets)
    found = search(films, Wanted(genres=("horror",))).films
    firsts = [film.genres[0] == "horror" for film in found]
    assert firsts == sorted(firsts, reverse=True)


def test_a_theme_is_found_in_singular_and_plural(assets: Path) -> None:
    films = load_films(assets)
    assert list_themes(films, "a film about a dinosaur") == list_themes(films, "dinosaurs!")
    assert "Jurassic Park" in titles(assets, Wanted(themes=list_themes(films, "something about dinosaurs")))
    assert list_themes(films, "find a film") == ()


def test_similar_films_are_of_the_same_kind_and_not_the_same_film(assets: Path) -> None:
    films = load_films(assets)
    alien = next(film for film in films if film.title == "Alien")
    found = find_similar(films, alien)
    assert found[0].title == "Aliens"
    assert alien not in found


def test_a_search_without_anything_asks_for_something(alone: Alone) -> None:
    assert "What kind of film?" in alone.words("action_search_video", "find a film")


def test_a_title_that_nobody_knows_is_answered_with_what_sounds_like_it(alone: Alone) -> None:
    result = alone.run("action_search_video", "Blade Ruiner Returns Again", title="Blade Ruiner Returns Again")
    assert "I have no film called" in alone.render(result)[0]
    assert len(result.responses[0]["buttons"]) == 3


def test_a_new_search_forgets_the_one_before(alone: Alone) -> None:
    alone.run("action_search_video", "horror", genre="horror")
    said = alone.words("action_search_video", "films by Christopher Nolan", director="Christopher Nolan")
    assert said.startswith("Here are films by Christopher Nolan:")


def test_a_fragment_replaces_what_it_names_and_keeps_the_rest(alone: Alone) -> None:
    alone.task = "search_video"
    alone.run("action_search_video", "horror from 1990-1999", genre="horror", release_year="1990-1999")
    assert "comedy films from the 1990s" in alone.words("action_refine", "comedy", genre="comedy")
    assert "comedy films with Bill Murray" in alone.words("action_refine", "with bill murray", actor="bill murray")


def test_years_before_and_after_are_understood_and_kept(alone: Alone) -> None:
    alone.task = "search_video"
    assert "films before 1940" in alone.words("action_search_video", "movies before 1940", release_year="../1939")
    assert "horror films before 1940" in alone.words("action_refine", "horror", genre="horror")


@pytest.mark.parametrize(
    ("value", "years"),
    [
        ("1994", Years(1994, 1994)),
        ("1990-1999", NINETIES),
        ("1999-1990", NINETIES),
        ("../1959", Years(1, 1959)),
        ("2016/..", Years(2016, 9999)),
        ("..", None),
        ("soon", None),
        ("", None),
    ],
)
def test_years_are_read_as_understanding_gives_them(value: str, years: Years | None) -> None:
    assert read_years(value) == years


@pytest.mark.parametrize(
    ("years", "spoken"),
    [
        (Years(1994, 1994), "from 1994"),
        (NINETIES, "from the 1990s"),
        (Years(1990, 1993), "from 1990 to 1993"),
        (Years(1, 1959), "before 1960"),
        (Years(2016, 9999), "since 2016"),
    ],
)
def test_years_are_said_as_people_say_them(years: Years, spoken: str, alone: Alone) -> None:
    assert alone.spoken(name_years(years)) == spoken


@pytest.mark.parametrize(("said", "place"), [("first", 0), ("2", 1), ("3rd", 2), ("last", 2), ("middle", 1)])
def test_picks_are_understood(alone: Alone, said: str, place: int) -> None:
    shown = alone.run("action_search_video", "horror", genre="horror").responses[0]["buttons"]
    assert alone.words("action_pick_result", said, ordinal=said).startswith(shown[place]["title"])


@pytest.mark.parametrize("said", ["fifth", "0", "nonsense", "99999999999999"])
def test_a_pick_beside_the_list_says_how_long_it_is(alone: Alone, said: str) -> None:
    alone.run("action_search_video", "horror", genre="horror")
    assert "there are only 3" in alone.words("action_pick_result", said, ordinal=said)


def test_a_pick_without_a_list_asks_what_is_looked_for(alone: Alone) -> None:
    assert "no list to pick from" in alone.words("action_pick_result", "the second", ordinal="second")


def test_the_list_goes_on_to_its_end_and_then_offers_a_recommendation(alone: Alone) -> None:
    alone.run("action_search_video", "films by Jane Campion", director="Jane Campion")
    assert "That was all I have" in alone.words("action_another_one")


def test_a_slot_that_somebody_else_wrote_does_no_harm(alone: Alone) -> None:
    for value in ("text", {"kind": "film"}, {"kind": "film", "asked": "x", "items": [1], "at": 0}, [1]):
        alone.slots |= {"last_results": value, "interests": value, "last_order": value}
        alone.run("action_another_one")
        alone.run("action_recommend")
        alone.run("action_same_again", "the usual")


def test_newer_and_older_are_meant_in_comparison_with_what_was_shown(alone: Alone) -> None:
    alone.task = "search_video"
    alone.run("action_search_video", "horror", genre="horror")
    shown = [year for _, year in alone.slots["last_results"]["items"][:3]]
    alone.run("action_refine", "older ones", comparison="older")
    assert all(year < min(shown) for _, year in alone.slots["last_results"]["items"])
    oldest = max(year for _, year in alone.slots["last_results"]["items"][:3])
    alone.run("action_refine", "something newer", comparison="newer")
    assert all(year > oldest for _, year in alone.slots["last_results"]["items"])
    assert alone.slots["genre"] == "horror"


def test_what_was_ruled_out_stays_so_until_it_is_wanted(alone: Alone) -> None:
    alone.task = "search_video"
    alone.slots |= {"genre": "thriller", "ruled_out": ["Brad Pitt"]}
    assert "Se7en" not in alone.words("action_refine", "with morgan freeman", actor="morgan freeman")
    assert alone.slots["ruled_out"] == ["Brad Pitt"]
    assert "Se7en" in alone.words("action_refine", "with brad pitt", actor="Brad Pitt")
    assert alone.slots["ruled_out"] is None


def test_a_question_about_the_third_is_about_the_third(conversation: Talk) -> None:
    listed = conversation.hear("search_video", "show me some comedies", genre="comedy")
    third = listed.split("3. ")[1].split(" (")[0]
    assert conversation.hear("ask_about_item", "who plays in the third?", attribute="who plays in").startswith(third)


def test_what_else_somebody_made_is_of_the_same_person(conversation: Talk) -> None:
    conversation.say("search_video", "the terminator", title="The Terminator")
    made = conversation.hear("another_one", "what else has he directed?")
    assert "by James Cameron" in made
    assert "The Terminator (1984)" not in made
    conversation.say("search_video", "the terminator", title="The Terminator")
    assert "with Arnold Schwarzenegger" in conversation.hear("another_one", "what else does he play in?")
    conversation.say("search_video", "the terminator", title="The Terminator")
    assert conversation.hear("another_one", "something like it").startswith("If you like")


@pytest.mark.parametrize(
    "said", ["I'd like another one", "el siguiente", "haben Sie noch etwas?", "il y en a d'autres ?", "another of them"]
)
def test_another_one_goes_on_in_the_list_whatever_small_words_ask_for_it(conversation: Talk, said: str) -> None:
    conversation.say("search_video", "comedies", genre="comedy")
    conversation.say("inform", "the first one", ordinal="first")
    assert conversation.hear("another_one", said).startswith("More comedy films")
