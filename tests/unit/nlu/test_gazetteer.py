"""How tables and expressions mend what the model found, and where values begin and end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.edges import trim_edges
from functions.nlu.entities import Span, Tagged
from functions.nlu.gazetteer import Mention, find_unsettled, merge
from functions.nlu.model import Label, Specification
from tests.unit.nlu.specifications import specification

BOTH = frozenset({"genre", "title"})
CITIES = specification(
    lookups={"title": ["上海", "北京", "東京", "กรุงเทพ", "서울", "Alien", "Wham!", "AC/DC", "Simon and Garfunkel"]},
    separators={"title": ["/", "and"]},
    regexes=[{"entity": "genre", "pattern": r"[A-Z]{2}-\d{4}"}, {"entity": "genre", "pattern": r"\w+@\w+\.\w+"}],
)


def words_of(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\S+", text)]


def merged(
    text: str, *spans: tuple[str, str], specified: Specification = CITIES, confidence: float = 0.9, outside: float = 0.5
) -> list[tuple[str, str]]:
    """What comes of spans that the model found: (words, entity) each."""
    words = words_of(text)
    found = []
    for said, entity in spans:
        start, end = text.index(said), text.index(said) + len(said)
        covered = [i for i, (first, last) in enumerate(words) if first < end and last > start]
        found.append(Span(covered[0], covered[-1], Label(entity), confidence))
    mentions = merge(specified, text, words, Tagged(tuple(found), [outside] * len(words)), BOTH)
    return [(text[mention.start : mention.end], mention.label.entity) for mention in mentions]


def test_a_lookup_completes_what_the_model_missed_where_it_was_in_doubt() -> None:
    text = "show film noir"
    (mention,) = merge(specification(), text, words_of(text), Tagged((), [0.99, 0.6, 0.6]), BOTH)
    assert (text[mention.start :], mention.label.entity, mention.extractor) == ("film noir", "genre", "lookup")


def test_a_lookup_does_not_speak_where_the_model_is_sure() -> None:
    assert merged("play it", specified=specification(), outside=0.99) == []


def test_a_lookup_completes_a_span_that_the_model_cut_short() -> None:
    assert merged("watch the thing now", ("thing", "title"), specified=specification()) == [("the thing", "title")]


@pytest.mark.parametrize(("confidence", "entity"), [(0.4, "genre"), (0.9, "title")])
def test_a_lookup_wins_over_another_entity_only_where_the_model_is_unsure(confidence: float, entity: str) -> None:
    assert merged("horror", ("horror", "title"), specified=specification(), confidence=confidence) == [
        ("horror", entity)
    ]


@pytest.mark.parametrize(("first", "second"), [("title", "album"), ("album", "title")])
def test_of_tables_that_share_a_phrase_the_likelier_entity_counts(first: str, second: str) -> None:
    specified = specification(lookups={"title": ["thriller"], "album": ["thriller"]})
    tagged = Tagged((Span(0, 0, Label("genre"), 0.4),), [0.1], {first: [0.5], second: [0.2]})
    (mention,) = merge(specified, "thriller", [(0, 8)], tagged, {"title", "album", "genre"})
    assert mention.label.entity == first


def test_a_pattern_finds_what_no_span_covers() -> None:
    specified = specification(regexes=[{"entity": "title", "pattern": r"\d{4}"}])
    assert merged("film 1984 x", specified=specified, outside=1.0) == [("1984", "title")]
    text = "film 1984 x"
    assert merge(specified, text, words_of(text), Tagged((), [1.0] * 3), {"genre"}) == ()


@pytest.mark.parametrize(
    ("text", "span", "entity", "value"),
    [
        ("it is about (AB-1234)", "(AB-1234)", "genre", "AB-1234"),
        ("it is about AB-1234's delay", "AB-1234's", "genre", "AB-1234"),
        ("order AB-1234🙂", "AB-1234🙂", "genre", "AB-1234"),
        ("mail joe@mail.org,call me", "joe@mail.org,call", "genre", "joe@mail.org"),
        ("从上海到北京", "从上海到北京", "title", "上海"),
        ("東京に行きたい", "東京に行きたい", "title", "東京"),
        ("ไปกรุงเทพพรุ่งนี้", "ไปกรุงเทพพรุ่งนี้", "title", "กรุงเทพ"),
        ("서울에서", "서울에서", "title", "서울"),
        ("watch Alien!!", "Alien!!", "title", "Alien"),
        ("play Wham!", "Wham!", "title", "Wham!"),
    ],
)
def test_what_is_glued_to_an_exact_hit_goes(text: str, span: str, entity: str, value: str) -> None:
    assert (value, entity) in merged(text, (span, entity))


def test_words_of_their_own_beside_a_hit_stay() -> None:
    assert merged("watch Alien Resurrection", ("Alien Resurrection", "title")) == [("Alien Resurrection", "title")]


@pytest.mark.parametrize(
    ("text", "spans", "values"),
    [
        ("it is about ( AB-1234", [("(", "title"), ("AB-1234", "genre")], [("AB-1234", "genre")]),
        (
            "從 上海到北京",
            [("從", "title"), ("上海到北京", "title")],
            [("從", "title"), ("上海", "title"), ("北京", "title")],
        ),
    ],
)
def test_signs_alone_are_no_value(text: str, spans: list[tuple[str, str]], values: list[tuple[str, str]]) -> None:
    assert merged(text, *spans) == values


def test_what_is_left_beside_a_hit_without_a_blank_is_no_value() -> None:
    text = "从上海飞"
    words = [(0, 1), (1, 2), (2, 3), (3, 4)]
    spans = (Span(0, 0, Label("title"), 0.9), Span(3, 3, Label("title"), 0.9))
    mentions = merge(CITIES, text, words, Tagged(spans, [0.5] * 4), BOTH)
    assert [text[mention.start : mention.end] for mention in mentions] == ["上海"]


def test_a_hit_of_a_script_without_blanks_is_found_beside_another() -> None:
    assert merged("从上海到北京", ("从上海到北京", "title")) == [("上海", "title"), ("北京", "title")]


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("Paris,London", ["Paris", "London"]),
        ("Paris, London and Rome", ["Paris", "London", "Rome"]),
        ("Nolan & Spielberg", ["Nolan", "Spielberg"]),
        ("Nolan/Spielberg", ["Nolan", "Spielberg"]),
        ("1,000 miles", ["1,000 miles"]),
        ("the Andes", ["the Andes"]),
    ],
)
def test_two_values_of_one_entity_are_two(said: str, values: list[str]) -> None:
    specified = specification(lookups={})
    assert merged(f"in {said} now", (said, "genre"), specified=specified) == [(value, "genre") for value in values]


@pytest.mark.parametrize("said", ["AC/DC", "Simon and Garfunkel", "Iron/Maiden"])
def test_signs_that_names_of_the_kind_hold_part_nothing(said: str) -> None:
    assert merged(f"play {said} now", (said, "title")) == [(said, "title")]


def test_known_names_are_told_apart_even_so() -> None:
    assert merged("play Alien/Wham! now", ("Alien/Wham!", "title")) == [("Alien", "title"), ("Wham!", "title")]


@pytest.mark.parametrize("said", ["pepperoni sans mushrooms", "pepperoni without", "pepperoni minus the ham"])
def test_no_value_goes_on_with_what_is_excluded(said: str) -> None:
    assert merged(f"a {said} now", (said, "genre"), specified=specification(lookups={})) == [("pepperoni", "genre")]


def test_what_is_one_day_or_range_is_not_told_apart() -> None:
    specified = specification(lookups={}, normalise={"genre": "time"})
    assert merged("on friday, 6 pm", ("friday, 6 pm", "genre"), specified=specified) == [("friday, 6 pm", "genre")]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ('"Paris"', "Paris"), ("“Paris”", "Paris"), ("«Paris»", "Paris"), ("「東京」", "東京"), ("(Paris)", "Paris"),
        ("[Paris]", "Paris"), ("Paris🙂", "Paris"), ("🇫🇷Paris🇫🇷", "Paris"), ("Paris👍🏽", "Paris"),
        ("Paris👨‍👩‍👧", "Paris"),
        ("Paris❤️", "Paris"), ("--Paris--", "Paris"), ("Paris?!", "Paris"),
        ("Paris.", "Paris"), ("‘Paris’,", "Paris"), ("*Paris*", "Paris"), ("#Paris", "Paris"), ("•Paris", "Paris"),
        ("\u200bParis\u200b", "Paris"), ("¿Paris?", "Paris"), ("Paris。", "Paris"), ("Paris؟", "Paris"),
        # What belongs to the value.
        ("E.T.", "E.T."), ("L.A.", "L.A."), ("'90s", "'90s"), ("€5", "€5"), ("5€", "5€"), ("C++", "C++"), ("C#", "C#"),
        ("20%", "20%"), ("-5", "-5"), ("Se7en (1995)", "Se7en (1995)"), ("cafe\u0301", "cafe\u0301"),
        ("กรุงเทพฯ", "กรุงเทพฯ"), ("हिन्दी", "हिन्दी"),
        ("P!nk", "P!nk"), ("What's", "What's"), ("!!!", "!!!"), ("👍", "👍"),
    ],
)  # fmt: skip
def test_no_quote_bracket_sign_or_emoji_sticks_to_a_value(said: str, value: str) -> None:
    start, end = trim_edges(f"in {said} now", 3, 3 + len(said))
    assert f"in {said} now"[start:end] == value


@given(st.text(min_size=1, max_size=20), st.data())
def test_trimming_stays_within_the_span_and_leaves_something(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = trim_edges(text, start, end)
    assert start <= first < last <= end
    assert trim_edges(text, first, last) == (first, last)


def test_what_a_table_or_an_expression_settles_is_in_doubt_no_more() -> None:
    others = (Mention(0, 4, Label("title"), 0.4), Mention(10, 14, Label("title"), 0.3))
    mentions = (Mention(0, 9, Label("genre"), 1.0, "lookup"), Mention(10, 14, Label("genre"), 0.5))
    assert find_unsettled(mentions, others) == others[1:]


def test_phrases_that_touch_are_both_found_and_of_those_that_overlap_the_longer() -> None:
    specified = specification(lookups={"title": ["東京", "物語", "東京物", "物語り"]})
    text = "東京物語り"
    mentions = merge(specified, text, [(0, 5)], Tagged((), [0.2]), {"title"})
    assert [text[mention.start : mention.end] for mention in mentions] == ["東京物"]
    text = "東京物語"
    touching = merge(specification(lookups={"title": ["東京", "物語"]}), text, [(0, 4)], Tagged((), [0.2]), {"title"})
    assert [text[mention.start : mention.end] for mention in touching] == ["東京", "物語"]
