"""Numbers that are said become figures as they would be written; what is no number stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.figures import as_figures
from functions.nlu.normalise import TENS, UNITS, Sent, normalise, read_time_value
from functions.nlu.prebuilt import find_prebuilt


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("my number is double four seven", "my number is 447"),
        ("it is triple nine oh one", "it is 99901"),
        ("call 4 4 7 double 9", "call 44799"),
        ("zero seven nought five", "0705"),
        ("0800 double 5 1", "0800551"),
        ("room one oh one", "room 101"),
        ("one, two, three, four", "1234"),
        ("nought point five", "0.5"),
        ("three point one four", "3.14"),
        ("a hundred and five point two five", "105.25"),
        ("minus three degrees", "-3 degrees"),
        ("two and a half litres", "2.5 litres"),
        ("the twenty third of march", "the 23rd of march"),
        ("march the third nineteen eighty four", "march 3rd 1984"),
        ("June twenty first, twenty twenty seven", "June 21st 2027"),
        ("twenty first century", "21st century"),
        ("at five thirty pm", "at 5:30 pm"),
        ("at nine oh five", "at 9:05"),
        ("eleven fifteen a.m.", "11:15 a.m."),
        ("to twelve oak lane", "to 12 oak lane"),
        ("two hundred and twenty one baker street", "221 baker street"),
        ("wake me at 730 pm", "wake me at 7:30 pm"),
        ("7.30 p.m.", "7:30 p.m."),
        ("7 30am", "7:30am"),
        ("a table at 915", "a table at 9:15"),
        ("twenty five pounds fifty", "25.50 pounds"),
        ("ten dollars and five cents", "10.05 dollars"),
    ],
)
def test_what_is_said_is_written_in_figures(said: str, written: str) -> None:
    assert as_figures(said) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "play some jazz",
        "two or three pizzas",
        "one two",
        "oh, one two three",
        "ocean's eleven",
        "seven eleven",
        "what is the point",
        "may second thoughts",
        "no no no",
        "twelve pounds",
        "ten pounds two",
        "0800 123 456",
        "12, 34, 56",
        "a quarter past five",
        "one direction",
        "the second one",
        "i live at 915 oak street",
        "room 730",
        "two on my street",
        "a one way street",
        "at 1984",
        "1930 pm",
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert as_figures(text) == text


DIGITS = UNITS[:10]
WORDS = (
    *UNITS,
    *TENS,
    "double",
    "point",
    "of",
    "march",
    "the",
    "oh",
    "7",
    ",",
    "-",
    "and a half",
    "pounds",
    "23rd",
    "at",
)


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3)).map(" ".join))
def test_any_text_has_figures(text: str) -> None:
    assert isinstance(as_figures(text), str)


@given(st.integers(100, 10**9))
def test_digits_said_one_by_one_are_the_number(number: int) -> None:
    said = " ".join(DIGITS[int(digit)] for digit in str(number))
    assert as_figures(f"it is {said}") == f"it is {number}"


def test_dates_and_amounts_that_were_said_have_values() -> None:
    sent = Sent("2026-11-30T00:30:00+00:00")
    assert read_time_value("date", as_figures("the twenty third of march"), sent, "en")[0] == "2027-03-23"
    (money,) = find_prebuilt(["amount-of-money"], as_figures("twenty five pounds fifty"), "en", None)
    assert money.value == 25.5


@pytest.mark.parametrize("words", ["four four seven", "ten four", "twenty twenty"])
def test_words_that_are_several_numbers_are_no_sum(words: str) -> None:
    assert normalise("number", words) == words
