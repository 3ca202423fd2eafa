"""Days and times, relative to when and where the message was sent."""

import subprocess
import sys
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.nlu.normalise import Sent, normalise
from functions.nlu.understanding import value_of
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
        ("quarter to nine", "2026-11-26T20:45:00+01:00"),
        ("at eight o'clock", "2026-11-26T20:00:00+01:00"),
        ("at 5", "2026-11-26T17:00:00+01:00"),
        ("at 3", "2026-11-27T03:00:00+01:00"),
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
        "normalise('time', 'tomorrow', Sent('2026-11-26T14:30:00Z')); assert 'dateparser' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
