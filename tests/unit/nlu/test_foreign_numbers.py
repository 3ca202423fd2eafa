"""Numbers, years and decades in the words of five other languages."""

import pytest

from functions.nlu.normalise import normalise


@pytest.mark.parametrize(
    ("language", "words", "value"),
    [
        ("de", "zwei", "2"), ("de", "eine", "1"), ("de", "ein Dutzend", "12"), ("de", "einundzwanzig", "21"),
        ("es", "tres", "3"), ("es", "una", "1"), ("es", "un par de", "2"), ("es", "veinticinco", "25"),
        ("fr", "deux", "2"), ("fr", "une douzaine", "12"), ("fr", "quinze", "15"),
        ("it", "due", "2"), ("it", "un paio di", "2"), ("it", "quindici", "15"),
        ("pt", "duas", "2"), ("pt", "meia dúzia", "6"), ("pt", "quinze", "15"),
        ("de", "4", "4"), ("fr", "2x", "2"), ("de", "viele", "viele"), ("it", "", ""), ("nl", "twee", "twee"),
    ],
)  # fmt: skip
def test_a_number_is_read_in_its_language(language: str, words: str, value: str) -> None:
    assert normalise("number", words, None, language) == value


@pytest.mark.parametrize(
    ("language", "ahead", "words", "value"),
    [
        ("de", "Filme aus den ", "Neunzigern", "1990-1999"), ("de", "", "den 80er Jahren", "1980-1989"),
        ("de", "Filme vor ", "1960", "../1959"), ("de", "seit ", "2010", "2010/.."), ("de", "", "1994", "1994"),
        ("de", "", "1990 bis 1995", "1990-1995"), ("de", "nach ", "2015", "2016/.."),
        ("es", "", "los años noventa", "1990-1999"), ("es", "antes de ", "1970", "../1969"), 
        ("es", "de los ", "80", "1980-1989"),
        ("fr", "", "années 90", "1990-1999"), ("fr", "depuis ", "2005", "2005/.."), ("fr", "avant ", "1980", "../1979"),
        ("it", "", "anni settanta", "1970-1979"), ("it", "prima del ", "1980", "../1979"), 
        ("it", "dopo il ", "2000", "2001/.."),
        ("pt", "", "anos 60", "1960-1969"), ("pt", "depois de ", "1999", "2000/.."), ("pt", "", "2010s", "2010-2019"),
        ("de", "", "irgendwann", "irgendwann"),
    ],
)  # fmt: skip
def test_years_are_read_in_their_language(language: str, ahead: str, words: str, value: str) -> None:
    assert normalise("year", words, None, language, ahead) == value
