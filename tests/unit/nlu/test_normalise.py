"""Values as actions can use them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.normalise import normalise


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nineties", "1990-1999"),
        ("the nineties", "1990-1999"),
        ("the 90s", "1990-1999"),
        ("90's", "1990-1999"),
        ("’90s", "1990-1999"),
        ("1990s", "1990-1999"),
        ("from the eighties", "1980-1989"),
        ("early 2000s", "2000-2003"),
        ("late seventies", "1977-1979"),
        ("mid-sixties", "1964-1966"),
        ("nineteen seventies", "1970-1979"),
        ("two thousands", "2000-2009"),
        ("the 2010s", "2010-2019"),
        ("1994", "1994"),
        ("in 1994?", "1994"),
        ("'94", "1994"),
        ("nineteen ninety-four", "1994"),
        ("nineteen oh five", "1905"),
        ("twenty ten", "2010"),
        ("two thousand and one", "2001"),
        ("1980 and 1990", "1980-1990"),
        ("between 1980 and 1990", "1980-1990"),
        ("1990 to 1999", "1990-1999"),
        ("1990-95", "1990-1995"),
        ("1999-1990", "1990-1999"),
    ],
)
def test_years_and_decades(text: str, value: str) -> None:
    assert normalise("year", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'19", "2019"), ("'20", "2020"), ("'21", "2021"), ("'25", "2025"), ("'26", "2026"), ("'29", "2029"),
        ("'30", "1930"),
        ("the 20s", "1920-1929"), ("the '20s", "1920-1929"), ("the 10s", "2010-2019"), ("the 00s", "2000-2009"),
        ("the 30s", "1930-1939"), ("2020s", "2020-2029"),
    ],
)  # fmt: skip
def test_two_figures_are_a_year_of_this_century_and_a_decade_of_the_last(text: str, value: str) -> None:
    assert normalise("year", text) == value


@pytest.mark.parametrize(
    ("ahead", "text", "value"),
    [
        ("movies before ", "1960", "../1959"),
        ("movies before the ", "nineties", "../1989"),
        ("released after ", "2015", "2016/.."),
        ("something newer than ", "1999", "2000/.."),
        ("not older than ", "2000", "2000/.."),
        ("since the ", "nineties", "1990/.."),
        ("up to ", "1980", "../1980"),
        ("until the ", "sixties", "../1969"),
        ("", "before 1960", "../1959"),
        ("", "pre-1960", "../1959"),
        ("from ", "1994", "1994"),
        ("the day after tomorrow, from ", "1994", "1994"),
    ],
)
def test_words_before_a_year_bound_a_range(ahead: str, text: str, value: str) -> None:
    assert normalise("year", text, ahead=ahead) == value


@pytest.mark.parametrize("text", ["last year", "old", "", "123456", "seven", "the good old days", "12"])
def test_what_is_no_year_stays_as_it_was_said(text: str) -> None:
    assert normalise("year", text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("two", "2"),
        ("Two", "2"),
        ("twenty-one", "21"),
        ("two hundred and five", "205"),
        ("hundred", "100"),
        ("a hundred", "100"),
        ("thousand", "1000"),
        ("three thousand", "3000"),
        ("a", "1"),
        ("a couple of", "2"),
        ("half a dozen", "6"),
        ("a dozen", "12"),
        ("007", "7"),
        ("1,000", "1000"),
        ("2.5", "2.5"),
        ("3x", "3"),
        ("x 3", "3"),
    ],
)
def test_numbers(text: str, value: str) -> None:
    assert normalise("number", text) == value


@pytest.mark.parametrize("text", ["many", "", "some two", "1.2.3", "1" * 40])
def test_what_is_no_number_stays_as_it_was_said(text: str) -> None:
    assert normalise("number", text) == text


@given(st.sampled_from(["number", "year", "unknown"]), st.text())
def test_any_text_has_a_value(kind: str, text: str) -> None:
    assert isinstance(normalise(kind, text), str)
