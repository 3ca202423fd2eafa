"""Days and times, relative to when and where the message was sent."""

import subprocess
import sys
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.nlu.interpretation import value_of
from functions.nlu.normalise import Sent, normalise
from shared.dates.reading import join_clock
from tests.architecture.code import ROOT
from tests.unit.nlu.specifications import specification

THURSDAY = Sent("2026-11-26T14:30:00Z", "Europe/Oslo", "en-GB")
"""Half past three in Oslo."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tomorrow", "2026-11-27"),
        ("today", "2026-11-26"),
        ("the day after tomorrow", "2026-11-28"),
        ("yesterday", "2026-11-25"),
        ("friday", "2026-11-27"),
        ("next friday at 3pm", "2026-11-27T15:00:00+01:00"),
        ("on friday evening", "2026-11-27T18:00:00+01:00"),
        ("tonight", "2026-11-26T20:00:00+01:00"),
        ("last night", "2026-11-25T20:00:00+01:00"),
        ("tomorrow at noon", "2026-11-27T12:00:00+01:00"),
        ("in two hours", "2026-11-26T17:30:00+01:00"),
        ("3 hours ago", "2026-11-26T12:30:00+01:00"),
        ("half past six", "2026-11-26T18:30:00+01:00"),
        ("nine thirty", "2026-11-26T21:30:00+01:00"),
        ("tomorrow at ten fifteen", "2026-11-27T10:15:00+01:00"),
        ("quarter to nine", "2026-11-26T20:45:00+01:00"),
        ("at eight o'clock", "2026-11-26T20:00:00+01:00"),
        ("at 5", "2026-11-26T17:00:00+01:00"),
        ("at 3", "2026-11-27T15:00:00+01:00"),
        ("at 3 in the morning", "2026-11-27T03:00:00+01:00"),
        ("at 3 am", "2026-11-27T03:00:00+01:00"),
        ("tomorrow at 4", "2026-11-27T16:00:00+01:00"),
        ("friday at 4:30", "2026-11-27T16:30:00+01:00"),
        ("tomorrow at 9", "2026-11-27T09:00:00+01:00"),
        ("tomorrow between 3 and 5", "2026-11-27T15:00:00+01:00/2026-11-27T17:00:00+01:00"),
        ("7:30 pm", "2026-11-26T19:30:00+01:00"),
        ("this weekend", "2026-11-28/2026-11-29"),
        ("next weekend", "2026-12-05/2026-12-06"),
        ("next week", "2026-11-30/2026-12-06"),
        ("next month", "2026-12-01/2026-12-31"),
        ("in june", "2027-06-01/2027-06-30"),
        ("the 5th of june", "2027-06-05"),
        ("from monday to wednesday", "2026-11-30/2026-12-02"),
        ("between 5 and 7 pm", "2026-11-26T17:00:00+01:00/2026-11-26T19:00:00+01:00"),
        ("2026-12-24T18:00", "2026-12-24T18:00:00+01:00"),
        ("2026-12-24/2026-12-26", "2026-12-24/2026-12-26"),
        # Days with another word beside them, in any order.
        ("friday next week", "2026-12-04"),
        ("next week on friday", "2026-12-04"),
        ("friday in two weeks", "2026-12-11"),
        ("6 on friday", "2026-11-27T18:00:00+01:00"),
        ("7pm tomorrow", "2026-11-27T19:00:00+01:00"),
        ("tomorrow evening at 8", "2026-11-27T20:00:00+01:00"),
        ("saturday, 6 pm", "2026-11-28T18:00:00+01:00"),
        ("last friday", "2026-11-20"),
        ("friday the 4th", "2026-12-04"),
        # What is counted from now on is a day; what is counted without that is so many days.
        ("in two weeks", "2026-12-10"),
        ("in 3 months", "2027-02-26"),
        ("a week ago", "2026-11-19"),
        ("5 days", "2026-11-26/2026-11-30"),
        ("the next 3 days", "2026-11-26/2026-11-28"),
        # Dates in figures and words are the next such day.
        ("the 5th", "2026-12-05"),
        ("December 24", "2026-12-24"),
        ("first of may", "2027-05-01"),
        ("24/12", "2026-12-24"),
        ("24/12/26 at 7pm", "2026-12-24T19:00:00+01:00"),
        ("24.12.2026", "2026-12-24"),
        ("29 february", "2028-02-29"),
        ("monday week", "2026-12-07"),
        ("a week on monday", "2026-12-07"),
        ("a week from friday", "2026-12-04"),
        ("in a fortnight", "2026-12-10"),
        ("friday or saturday night", "2026-11-27T20:00:00+01:00"),
        ("from 8 to 10 in the morning", "2026-11-27T08:00:00+01:00/2026-11-27T10:00:00+01:00"),
        # Ranges of every kind.
        ("friday to monday", "2026-11-27/2026-11-30"),
        ("friday - monday", "2026-11-27/2026-11-30"),
        ("mon-fri", "2026-11-30/2026-12-04"),
        ("sunday to saturday", "2026-11-29/2026-12-05"),
        ("from now until friday", "2026-11-26/2026-11-27"),
        ("until friday", "2026-11-26/2026-11-27"),
        ("december 24 to 26", "2026-12-24/2026-12-26"),
        ("24-26 december", "2026-12-24/2026-12-26"),
        ("from the 3rd to the 5th of june", "2027-06-03/2027-06-05"),
        ("tomorrow from 3 to 5 pm", "2026-11-27T15:00:00+01:00/2026-11-27T17:00:00+01:00"),
        ("from 11 to 1 pm tomorrow", "2026-11-27T11:00:00+01:00/2026-11-27T13:00:00+01:00"),
        ("from 10 pm to 2 am", "2026-11-26T22:00:00+01:00/2026-11-27T02:00:00+01:00"),
        ("saturday and sunday", "2026-11-28/2026-11-29"),
        ("saturday or tuesday", "2026-11-28"),
        # The hour that is now is the next one.
        ("at 3:30", "2026-11-27T15:30:00+01:00"),
        ("15:30", "2026-11-27T15:30:00+01:00"),
        ("7.30pm", "2026-11-26T19:30:00+01:00"),
        ("in half an hour", "2026-11-26T16:00:00+01:00"),
        ("in an hour and a half", "2026-11-26T17:00:00+01:00"),
        ("2moro 7pm", "2026-11-27T19:00:00+01:00"),
        # These name no day that there is.
        ("the 45th", "the 45th"),
        ("31/02", "31/02"),
        ("at 30", "at 30"),
        ("25:00", "25:00"),
        ("in 99999 years", "in 99999 years"),
        ("christmas", "christmas"),
    ],
)
def test_times_are_read_from_where_the_sender_is(text: str, value: str) -> None:
    assert normalise("time", text, THURSDAY) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("friday at 6", "2026-11-27"),
        ("between 5 and 7 pm", "2026-11-26"),
        ("this weekend", "2026-11-28/2026-11-29"),
    ],
)
def test_a_date_is_a_day_or_days(text: str, value: str) -> None:
    assert normalise("date", text, THURSDAY) == value


@pytest.mark.parametrize(
    ("zone", "value"),
    [
        ("Pacific/Auckland", "2026-11-27"),
        ("America/Los_Angeles", "2026-11-26"),
        ("+13:00", "2026-11-27"),
        ("-0800", "2026-11-26"),
        ("Not/A_Zone", "2026-11-26"),
        ("../../etc/passwd", "2026-11-26"),
        (7, "2026-11-26"),
        (None, "2026-11-26"),
    ],
)
def test_today_depends_on_the_senders_zone(zone: object, value: str) -> None:
    assert normalise("date", "today", Sent("2026-11-26T14:30:00Z", zone)) == value


def test_without_a_zone_the_offset_of_the_message_counts() -> None:
    assert normalise("time", "at noon", Sent("2026-11-26T09:00:00+05:30")) == "2026-11-26T12:00:00+05:30"


def test_the_order_of_day_and_month_follows_the_senders_region() -> None:
    sent = "2026-11-26T14:30:00Z"
    assert normalise("date", "03/04/2027", Sent(sent, None, "en-GB")) == "2027-04-03"
    assert normalise("date", "03/04/2027", Sent(sent, None, "en-US")) == "2027-03-04"
    assert normalise("date", "03/04/2027", Sent(sent, None, "en-XX")) == "2027-03-04"


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("de", "morgen um 18 uhr", "2026-11-27T18:00:00+01:00"),
        ("de", "von montag bis mittwoch", "2026-11-30/2026-12-02"),
        ("de", "freitag nächste woche", "2026-12-04"),
        ("de", "halb sieben", "2026-11-26T18:30:00+01:00"),
        ("de", "am 3. juni", "2027-06-03"),
        ("de", "vor drei tagen", "2026-11-23"),
        ("de", "zwischen 5 und 7 uhr", "2026-11-26T17:00:00+01:00/2026-11-26T19:00:00+01:00"),
        ("es", "del lunes al miércoles", "2026-11-30/2026-12-02"),
        ("es", "mañana a las ocho y media", "2026-11-27T08:30:00+01:00"),
        ("es", "el viernes de la próxima semana", "2026-12-04"),
        ("fr", "du 3 au 5 juin", "2027-06-03/2027-06-05"),
        ("fr", "demain à 20h30", "2026-11-27T20:30:00+01:00"),
        ("fr", "dans une demi-heure", "2026-11-26T16:00:00+01:00"),
        ("it", "da lunedì a mercoledì", "2026-11-30/2026-12-02"),
        ("it", "alle otto e mezza", "2026-11-26T20:30:00+01:00"),
        ("pt", "de segunda a quarta", "2026-11-30/2026-12-02"),
        ("pt", "sexta que vem", "2026-11-27"),
        ("pt", "em duas semanas", "2026-12-10"),
    ],
)
def test_every_language_has_its_words_for_days(language: str, text: str, value: str) -> None:
    assert normalise("time", text, THURSDAY, language) == value


@pytest.mark.parametrize(
    ("text", "sent", "value"),
    [
        ("in 24 hours", "2026-03-28T12:00:00Z", "2026-03-29T14:00:00+02:00"),
        ("in 12 hours", "2026-10-24T20:00:00Z", "2026-10-25T09:00:00+01:00"),
        ("tomorrow at noon", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00+02:00"),
    ],
)
def test_hours_are_elapsed_time_and_clocks_are_read_as_they_will_stand(text: str, sent: str, value: str) -> None:
    assert normalise("time", text, Sent(sent, "Europe/Berlin")) == value


def test_on_a_sunday_the_weekend_is_that_day_and_the_next_one_comes_after() -> None:
    sunday = Sent("2026-11-29T10:00:00Z")
    assert normalise("time", "this weekend", sunday) == "2026-11-29"
    assert normalise("time", "next weekend", sunday) == "2026-12-05/2026-12-06"


@pytest.mark.parametrize(
    ("day", "words", "value"),
    [
        ("2026-12-01", "10:30", "2026-12-01T10:30:00+01:00"),
        ("2026-12-01", "at 7", "2026-12-01T07:00:00+01:00"),
        ("2026-12-01", "7 pm", "2026-12-01T19:00:00+01:00"),
        ("2026-12-01T08:00:00+01:00", "at 7", "2026-12-01T07:00:00+01:00"),
        ("2026-12-01T15:00:00+01:00", "at 5", "2026-12-01T17:00:00+01:00"),
        ("2026-12-01T15:00:00+01:00", "9 am", "2026-12-01T09:00:00+01:00"),
        ("2026-12-01T15:00:00+01:00", "at 12", "2026-12-01T12:00:00+01:00"),
        ("tomorrow", "at 7", None),
        ("2026-12-01", "on friday", None),
        ("2026-12-01", "olives", None),
    ],
)
def test_a_time_joins_a_known_day_in_the_half_that_was_said_or_is_known(
    day: str, words: str, value: str | None
) -> None:
    assert join_clock(day, "2026-11-26T19:00:00+01:00", words, "en") == value


def test_figures_that_are_no_date_in_one_order_are_read_in_the_other() -> None:
    assert normalise("time", "12/25", Sent("2026-01-10T12:00:00Z", None, "en-GB")) == "2026-12-25"
    assert normalise("time", "25/12", Sent("2026-01-10T12:00:00Z", None, "en-US")) == "2026-12-25"


def test_where_nobody_says_which_order_is_meant_it_is_the_nearer_day() -> None:
    sent = "2026-11-29T12:00:00Z"
    assert normalise("time", "5/12", Sent(sent)) == "2026-12-05"
    assert normalise("time", "5/12", Sent(sent, None, "en-US")) == "2027-05-12"


def test_another_language_is_read_in_its_words() -> None:
    assert normalise("date", "morgen", Sent("2026-11-26T14:30:00Z"), "de") == "2026-11-27"
    assert normalise("date", "morgen", Sent("2026-11-26T14:30:00Z"), "no such language") == "morgen"


@pytest.mark.parametrize("sent", [None, Sent(), Sent("yesterday or so")])
def test_words_stay_where_nobody_says_when_they_were_sent(sent: Sent | None) -> None:
    assert normalise("time", "tomorrow", sent) == "tomorrow"


def test_a_synonym_comes_before_the_reading_as_a_time() -> None:
    timed = specification(synonyms={"now": "now"}, normalise={"when": "time"})
    assert value_of(timed, "when", "Now", THURSDAY) == "now"
    assert value_of(timed, "when", "tomorrow", THURSDAY) == "2026-11-27"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_what_names_no_time_stays_and_nothing_raises(text: str) -> None:
    value = normalise("time", text, THURSDAY)
    assert value == text or datetime.fromisoformat(value.partition("/")[0])


def test_what_reads_dates_is_imported_with_the_first_date() -> None:
    code = (
        "import sys, functions.nlu.stage; from functions.nlu.normalise import Sent, normalise; "
        "normalise('number', 'two', Sent('2026-11-26T14:30:00Z')); assert 'dateparser' not in sys.modules; "
        "assert 'shared.dates.reading' not in sys.modules; "
        "normalise('time', 'tomorrow at 8', Sent('2026-11-26T14:30:00Z')); assert 'dateparser' not in sys.modules; "
        "normalise('time', 'domani', Sent('2026-11-26T14:30:00Z'), 'tr'); assert 'dateparser' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
