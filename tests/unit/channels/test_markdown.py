"""Marks of Markdown become spans of plain words, and a platform's own marks around escaped ones."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.channels.fitting import count_utf16
from shared.channels.markdown import Marks, Span, read, spell_links, strip_markdown, write, write_marks

SLACK = Marks({"bold": ("*", "*"), "italic": ("_", "_")}, lambda words, url: f"<{url}|{words}>", lambda words: words)


@pytest.mark.parametrize(
    ("text", "plain", "marked"),
    [
        ("**a** b", "a b", ["bold a"]),
        ("**a *b* c**", "a b c", ["bold a b c", "italic b"]),
        ("*a **b** c*", "a b c", ["italic a b c", "bold b"]),
        ("~~a~~ `b*c*`", "a b*c*", ["strike a", "code b*c*"]),
        ("[a **b**](https://e.com/x_(y)_z)", "a b", ["link a b", "bold b"]),
        ("***a*** b", "a b", ["bold a", "italic a"]),
        ("これは**太字**です。~~古い~~新", "これは太字です。古い新", ["bold 太字", "strike 古い"]),
        ("ราคา**ถูก**มาก", "ราคาถูกมาก", ["bold ถูก"]),
        (r"\*a\* \[b]", "*a* [b]", []),
        ("2 * 3 * 4, 5*6*7, a_b_c, __init__, ** a **, *", "2 * 3 * 4, 5*6*7, a_b_c, __init__, ** a **, *", []),
        ("[a](javascript:alert(1))", "[a](javascript:alert(1))", []),
        ("**not closed", "**not closed", []),
        ("**two\nlines**", "**two\nlines**", []),
    ],
)
def test_marks_count_where_people_mean_them(text: str, plain: str, marked: list[str]) -> None:
    words, spans = read(text)
    assert words == plain
    assert [f"{span.kind} {words[span.start : span.end]}" for span in spans] == marked


def test_a_mark_within_a_row_of_letters_stands_apart_where_a_platform_wants_a_words_edge() -> None:
    text, spans = read("これは**太字**です。**終**")
    apart = replace(SLACK, apart="|")
    assert write(text, spans, apart) == "これは|*太字*|です。*終*"
    assert write(text, spans, SLACK) == "これは*太字*です。*終*"


def test_a_links_address_follows_its_words_where_there_are_no_marks() -> None:
    assert strip_markdown("see [this](https://e.com) or [https://e.com](https://e.com)") == (
        "see this (https://e.com) or https://e.com"
    )
    assert strip_markdown("[write](mailto:a@e.com), [+1 555](tel:+1555), [a@e.com](mailto:a@e.com)") == (
        "write (a@e.com), +1 555 (+1555), a@e.com"
    )


def test_links_that_a_platform_does_not_open_are_spelt_and_the_other_marks_stay() -> None:
    text, spans = spell_links(*read("**a [write](mailto:a@e.com) b** [web](https://e.com) *c*"), ("mailto:",))
    assert text == "a write (a@e.com) b web c"
    assert [(span.kind, text[span.start : span.end]) for span in spans] == [
        ("bold", "a write (a@e.com) b"),
        ("link", "web"),
        ("italic", "c"),
    ]


def test_a_piece_of_a_long_text_has_the_marks_that_are_in_it() -> None:
    text, spans = read("**" + "word " * 30 + "end** tail")
    pieces = write_marks(text, spans, 44, count_utf16, SLACK)
    assert len(pieces) > 3
    assert all(count_utf16(piece) <= 44 for piece in pieces)
    assert all(piece.startswith("*") and piece.count("*") == 2 for piece in pieces)
    assert pieces[-1].endswith("end* tail")


def test_where_there_are_more_marks_than_words_the_words_come_without() -> None:
    text, spans = read("*a* " * 40)
    assert all("_" not in piece for piece in write_marks(text, spans, 60, count_utf16, SLACK))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("ab *_~`[]()\\\n😀https://e.com"), max_size=60), st.integers(20, 60))
def test_any_text_is_read_and_written_and_no_word_is_lost(text: str, limit: int) -> None:
    words, spans = read(text)
    assert all(0 <= span.start <= span.end <= len(words) for span in spans)
    bare = Marks({}, lambda label, _: label, lambda part: part)
    assert write(words, spans, bare) == words
    pieces = write_marks(words, spans, limit, count_utf16, SLACK)
    assert all(count_utf16(piece) <= limit for piece in pieces)
    for letter in "ab":
        assert sum(piece.count(letter) for piece in write_marks(words, (), limit, count_utf16, bare)) == words.count(
            letter
        )


def test_a_text_full_of_openings_takes_no_time() -> None:
    assert read("**a " * 5000)[1] == ()
    assert Span("bold", 0, 1) in read("**a** " * 5000)[1]
