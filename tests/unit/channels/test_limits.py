"""Every platform's limits at the boundary, in the unit in which it counts, and what lies far beyond them."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.events.catalogue import Button, Reply
from tests.unit.channels.test_rendering import READ, calls, render_as_text, seen, squeezed


def units(text: str) -> int:
    """UTF-16, as browsers, Telegram and LINE count."""
    return len(text.encode("utf-16-le")) // 2


def octets(text: str) -> int:
    return len(text.encode())


@dataclass(frozen=True)
class Limits:
    """From the platforms' references; where one does not say how it counts, the way that counts most."""

    text: int
    size: Callable[[str], int] = units
    buttons: int = 0
    """In one message; 0 where there are none."""
    label: int = 0
    payload: int = 0
    payload_size: Callable[[str], int] = units


LIMITS = {
    "slack": Limits(4000, buttons=25, label=75, payload=2000),
    "telegram": Limits(4096, buttons=100, payload=64, payload_size=octets),
    "whatsapp": Limits(4096, buttons=10, label=24, payload=200),
    "messenger": Limits(2000, buttons=13, label=20, payload=1000),
    "twilio": Limits(1600, octets),
    "discord": Limits(2000, len, buttons=25, label=80, payload=96, payload_size=len),
    "gchat": Limits(4096, buttons=20),
    "line": Limits(5000, buttons=13, label=20, payload=300),
}
FAMILY = "👨‍👩‍👧‍👦"
limited = pytest.mark.parametrize("name", LIMITS)


def texts(name: str, reply: Reply) -> list[str]:
    """What the person reads, message by message (LINE sends up to five in a call), checked for mistakes."""
    found = []
    for call in calls(name, reply):
        verdict = seen(name, call)
        assert not verdict.mistakes, verdict.mistakes
        found += [html.unescape(words) for words in verdict.shown]
    return found


@limited
@pytest.mark.parametrize("character", ["x", "é", "漢", "😀"])
def test_a_text_of_exactly_the_limit_is_one_message_and_one_more_character_makes_two(name: str, character: str) -> None:
    limit = LIMITS[name]
    most = limit.text // limit.size(character)
    assert texts(name, Reply(character * most)) == [character * most]
    pieces = texts(name, Reply(character * (most + 1)))
    assert len(pieces) == 2
    assert "".join(pieces) == character * (most + 1)
    assert all(limit.size(piece) <= limit.text for piece in pieces)


@limited
def test_no_emoji_is_torn_where_a_text_is_split(name: str) -> None:
    for lead in range(12):
        text = "x" * lead + FAMILY * 900
        pieces = texts(name, Reply(text))
        assert "".join(pieces) == text
        assert all(piece.strip("x").replace(FAMILY, "") == "" for piece in pieces), pieces[0][-12:]


@limited
def test_a_text_is_split_between_words(name: str) -> None:
    text = "antidisestablishmentarianism " * 400
    pieces = texts(name, Reply(text))
    assert len(pieces) > 1
    assert " ".join(pieces).split() == text.split()


with_buttons = pytest.mark.parametrize("name", [name for name, limits in LIMITS.items() if limits.buttons])


@with_buttons
@pytest.mark.parametrize("over", [0, 1])
def test_as_many_buttons_as_fit_are_in_one_message_and_one_more_is_in_the_next(name: str, over: int) -> None:
    most = LIMITS[name].buttons
    buttons = tuple(Button(f"b{number}", f"/p{number}") for number in range(most + over))
    lines = texts(name, Reply("Which?", buttons))
    offered = [line.count("[") for line in lines if line.startswith("[")]
    assert sum(offered) == most + over
    assert all(count <= most for count in offered)
    assert (len(offered) == 1) is (over == 0), lines


@pytest.mark.parametrize("name", [name for name, limits in LIMITS.items() if limits.label])
@pytest.mark.parametrize("character", ["x", "😀"])
def test_a_title_of_exactly_the_limit_is_a_label_and_a_longer_one_stands_in_the_text(name: str, character: str) -> None:
    size = len if name == "discord" else units
    most = LIMITS[name].label // size(character)
    # More than three, so that WhatsApp makes a list of them.
    others = tuple(Button(f"b{number}", f"/p{number}") for number in range(3))
    fits, not_fits = character * most, character * (most + 1)
    assert f"[{fits}]" in " ".join(texts(name, Reply("Which?", (Button(fits, "/x"), *others))))
    lines = texts(name, Reply("Which?", (Button(not_fits, "/x"), *others)))
    assert f"1. {not_fits}" in " ".join(lines)
    assert "[1] [2] [3] [4]" in " ".join(lines)


@pytest.mark.parametrize("name", [name for name, limits in LIMITS.items() if limits.payload])
@pytest.mark.parametrize("character", ["x", "😀"])
def test_a_payload_of_exactly_the_limit_is_carried_and_a_longer_one_is_not_cut(name: str, character: str) -> None:
    limits = LIMITS[name]
    room = limits.payload - 1
    fits = "/" + character * (room // limits.payload_size(character))
    others = tuple(Button(f"b{number}", f"/p{number}") for number in range(3))
    (call, *_) = calls(name, Reply("Which?", (Button("Yes", fits), *others)))
    assert fits in call.body.decode()
    long = fits + character * (room % limits.payload_size(character) + 1)
    bodies = " ".join(call.body.decode() for call in calls(name, Reply("Which?", (Button("Yes", long), *others))))
    assert long not in bodies
    assert "Yes" in bodies


FAR_TEXTS = {
    "emoji": "😀" * 9000,
    "markup": "<" * 9000,
    "quotes": '"' * 9000,
    "lines": "a\n" * 6000,
    "families": f"{FAMILY} " * 1500,
    "control": "a\x01b" * 3000,
    "nothing": None,
}
FAR_BUTTONS: dict[str, tuple[Button, ...]] = {
    "none": (),
    "one": (Button("Yes", "/affirm"),),
    "many": tuple(Button(f"title {number}", f"/p{number}") for number in range(120)),
    "long titles": tuple(Button("T" * 500 + str(number), f"/p{number}") for number in range(30)),
    "long payloads": tuple(Button(f"t{number}", "/p" + "x" * 3000 + str(number)) for number in range(30)),
    "emoji": tuple(Button("😀" * 15, "😀" * 70 + str(number)) for number in range(4)),
    "the same": tuple(Button("t", "/same") for _ in range(4)),
    "one that is huge": (Button("T" * 20_000, "/x"),),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("text", FAR_TEXTS)
def test_far_beyond_every_limit_nothing_is_lost_and_nothing_is_refused(name: str, text: str) -> None:
    for title, buttons in FAR_BUTTONS.items():
        said = FAR_TEXTS[text]
        if said is None and not buttons:
            continue
        for reply in (Reply(said, buttons), Reply(said, quick_replies=buttons)):
            everything = render_as_text(name, reply)
            assert len(everything) >= len(squeezed(said or "")), title
            for button in buttons:
                assert squeezed(button.title) in everything, title


FAR_CARDS: tuple[dict[str, Any], ...] = (
    {"title": "word " * 3000, "subtitle": "<&" * 3000},
    {"title": "😀" * 300, "subtitle": "", "image_url": "http://example.com/a.png"},
    {"title": "", "subtitle": "", "buttons": [{"title": "Go", "payload": "/go"}]},
    {"title": "T", "buttons": [{"title": f"b{number}", "payload": f"/p{number}"} for number in range(40)]},
    {"title": "T", "buttons": [{"title": f"a{number}", "url": "https://e.com/" + "x" * 1500} for number in range(30)]},
    {
        "title": "T",
        "image_url": "https://e.com/" + "a" * 3500,
        "buttons": [{"title": "L" * 300, "url": "https://e.com"}],
    },
)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("card", FAR_CARDS, ids=range(len(FAR_CARDS)))
def test_a_card_beyond_every_limit_is_shown_in_pieces(name: str, card: dict[str, Any]) -> None:
    everything = render_as_text(name, Reply(elements=(card,)))
    words = [card.get("title"), card.get("subtitle"), card.get("image_url")]
    for word in (*words, *(button["title"] for button in card.get("buttons", ()))):
        assert squeezed(word or "").replace("<", "") in everything.replace("<", ""), word
