"""What is general about answering from a list: giving up parts of a wish, paging, picking, buttons, words in a row."""

import json
from dataclasses import dataclass

import pytest

from functions.actions.fulfilment import Call, offer
from functions.actions.listing import PAGE, Listing, read_listing
from functions.actions.ordinals import find_position, read_position
from functions.actions.searching import search_or_relax
from tests.unit.actions.events import NOW


@dataclass(frozen=True)
class Wish:
    colour: str = ""
    size: str = ""
    shape: str = ""


THINGS = (Wish("red", "small", "round"), Wish("blue", "small", "square"))


def fitting(wish: Wish) -> list[Wish]:
    return [
        thing
        for thing in THINGS
        if all(getattr(wish, part) in ("", getattr(thing, part)) for part in ("colour", "size", "shape"))
    ]


def test_as_little_of_a_wish_is_given_up_as_can_be_and_what_matters_least_first() -> None:
    parts = ("shape", "size", "colour")
    assert search_or_relax(Wish("red", "small"), parts, fitting) == ([THINGS[0]], Wish("red", "small"))
    assert search_or_relax(Wish("red", "small", "square"), parts, fitting) == ([THINGS[0]], Wish("red", "small"))
    assert search_or_relax(Wish("blue", "large"), parts, fitting) == ([THINGS[1]], Wish("blue"))
    assert search_or_relax(Wish("green"), parts, fitting) == ((), Wish("green"))


def test_a_button_says_values_of_any_letters() -> None:
    made = offer("Choose", "inform", title='Say "Amélie"')
    assert made["payload"].startswith("/inform{")
    assert json.loads(made["payload"].removeprefix("/inform")) == {"title": 'Say "Amélie"'}
    assert offer("Help", "help")["payload"] == "/help"


def test_a_list_is_shown_page_by_page_and_picked_from() -> None:
    listing = Listing("thing", "all things", tuple((f"thing {number}", number) for number in range(PAGE + 2)))
    following = listing.advance(PAGE)
    assert (listing.remaining, following.remaining, len(following.current_page)) == (2, 0, 2)
    assert read_position("last", len(following.current_page)) == 1
    assert read_position("the 3rd", len(following.current_page)) is None
    kept = following.event.body["value"]
    assert read_listing(a_call({"last_results": kept})) == following
    assert read_listing(a_call({"last_results": "nonsense"})) is None


def a_call(slots: dict[str, object]) -> Call:
    return Call("action_x", "somebody", "rest:somebody", "m1", NOW, slots=slots)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("who plays in the third?", 2),
        ("Und wer spielt im letzten?", 2),
        ("what year is the second one from", 1),
        ("who plays in it?", None),
        ("is the first longer than the second?", None),
        ("who plays in the fourth?", None),
    ],
)
def test_a_question_names_one_of_three_by_its_place(said: str, place: int | None) -> None:
    assert find_position(said, 3) == place
