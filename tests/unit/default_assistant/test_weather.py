"""The weather, from a stand-in that speaks Open-Meteo's API, and from nobody at all."""

from datetime import date, timedelta
from typing import Any

import pytest

from functions.actions.days import Days, read_days
from model_artifacts.assistants.default.actions import weather
from tests.unit.actions.standin import Answer, Asked, standin
from tests.unit.default_assistant.talk import Alone

TODAY = date(2026, 3, 4)
"""A Wednesday."""


def oslo(asked: Asked) -> Answer:
    """What Open-Meteo answers, in the shape that its documentation shows."""
    if asked.path == "/v1/search":
        if asked.query["name"] == "Nowhere":
            return Answer(body={"generationtime_ms": 0.5})
        place = {"id": 1, "name": "Oslo", "latitude": 59.91, "longitude": 10.75, "country": "Norway"}
        return Answer(body={"results": [place], "generationtime_ms": 0.5})
    days = [TODAY + timedelta(days=ahead) for ahead in range(16)]
    daily: dict[str, list[Any]] = {
        "time": [day.isoformat() for day in days],
        "weather_code": [71, 61, 0, *[3] * 12, None],
        "temperature_2m_min": [-5.2, *[0.4] * 15],
        "temperature_2m_max": [1.6, *[6.0] * 15],
        "precipitation_probability_max": [80, None, *[10] * 14],
        "wind_speed_10m_max": [20.4] * 16,
    }
    current = {"time": "2026-03-04T13:00", "temperature_2m": -1.4, "weather_code": 71, "wind_speed_10m": 9.7}
    return Answer(body={"latitude": 59.9, "timezone": "Europe/Oslo", "current": current, "daily": daily})


def ask(alone: Alone, text: str, **entities: str) -> str:
    with standin(oslo) as seen:
        alone.settings["WEATHER_URL"] = seen.url
        return alone.words("action_get_weather", text, **entities)


def test_the_weather_now_is_told_with_that_of_today(alone: Alone) -> None:
    assert ask(alone, "weather in oslo", place="oslo") == (
        "In Oslo, Norway it is -1 °C now, light snow, wind 10 km/h. "
        "Today: light snow, -5 to 2 °C, 80 % chance of rain, wind up to 20 km/h."
    )


def test_a_day_is_told_by_its_name(alone: Alone) -> None:
    said = ask(alone, "oslo tomorrow", place="oslo", time="tomorrow")
    assert said == "Tomorrow in Oslo, Norway: light rain, 0 to 6 °C, wind up to 20 km/h."
    assert ask(alone, "oslo on friday", place="oslo", time="friday").startswith("Friday, 6 March in Oslo")


def test_several_days_are_told_one_by_one(alone: Alone) -> None:
    said = ask(alone, "oslo this weekend", place="oslo", time="this weekend")
    assert said.splitlines()[1].startswith("Saturday, 7 March: ")
    assert said.splitlines()[2].startswith("Sunday, 8 March: ")


def test_a_day_that_nobody_sees_yet_is_said(alone: Alone) -> None:
    assert "16 days ahead" in ask(alone, "oslo in 40 days", place="oslo", time="in 40 days")
    assert 'which day "blursday" is' in ask(alone, "oslo blursday", place="oslo", time="blursday")


def test_a_place_that_nobody_knows_is_said_and_forgotten(alone: Alone) -> None:
    assert "I find no place called Nowhere." in ask(alone, "Nowhere", place="Nowhere")
    assert alone.slots["place"] is None


def test_another_day_and_another_place_are_asked_for_in_fragments(alone: Alone) -> None:
    alone.task = "get_weather"
    ask(alone, "weather in oslo", place="oslo")
    with standin(oslo) as seen:
        alone.settings["WEATHER_URL"] = seen.url
        assert alone.words("action_refine", "and tomorrow?", time="tomorrow").startswith("Tomorrow in Oslo")
        assert alone.words("action_refine", "in bergen", place="bergen").startswith("Tomorrow in Oslo")
        assert alone.words("action_same_again", "again").startswith("Tomorrow in Oslo")
    assert [asked.query["name"] for asked in seen.asked if asked.path == "/v1/search"] == ["oslo", "bergen", "bergen"]


def test_without_a_place_it_is_asked_for(alone: Alone) -> None:
    assert "Name the place" in alone.words("action_get_weather", "weather")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"reason": "x"}),
        Answer(200, b"<html>"),
        Answer(200, []),
        Answer(200, {"results": [{"name": "Oslo"}]}),
        Answer(200, {"results": ["Oslo"]}),
    ],
)
def test_a_service_that_answers_nonsense_is_not_believed(alone: Alone, answer: Answer) -> None:
    with standin(lambda _: answer) as seen:
        alone.settings["WEATHER_URL"] = seen.url
        assert "cannot reach the weather service" in alone.words("action_get_weather", "oslo", place="oslo")


def test_a_forecast_in_a_shape_that_nobody_knows_is_not_believed(alone: Alone) -> None:
    def odd(asked: Asked) -> Answer:
        return oslo(asked) if asked.path == "/v1/search" else Answer(body={"current": {}})

    with standin(odd) as seen:
        alone.settings["WEATHER_URL"] = seen.url
        assert "cannot reach the weather service" in alone.words("action_get_weather", "oslo", place="oslo")


def test_a_service_that_is_away_is_admitted_and_the_place_is_kept(alone: Alone) -> None:
    assert "cannot reach the weather service" in alone.words("action_get_weather", "oslo", place="oslo")
    assert alone.slots["place"] == "oslo"


def test_a_service_that_is_slow_is_not_waited_for(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    # The setting is the module's; the function itself is loaded from the assistant's directory.
    module = __import__("sys").modules[alone.actions["action_get_weather"].__module__]
    assert module.SECONDS == weather.SECONDS == 3.0
    monkeypatch.setattr(module, "SECONDS", 0.1)
    with standin(lambda asked: Answer(body=oslo(asked).body, seconds=0.5)) as seen:
        alone.settings["WEATHER_URL"] = seen.url
        assert "cannot reach the weather service" in alone.words("action_get_weather", "oslo", place="oslo")


def test_the_service_is_asked_for_nothing_but_the_place(alone: Alone) -> None:
    with standin(oslo) as seen:
        alone.settings["WEATHER_URL"] = seen.url + "/"
        alone.words("action_get_weather", "my name is Ann, weather in oslo", place="oslo")
    search, forecast = seen.asked
    assert search.query == {"name": "oslo", "count": "1", "language": "en", "format": "json"}
    assert forecast.query["timezone"] == "auto"
    assert "Ann" not in repr(seen.asked)


@pytest.mark.parametrize(
    ("said", "first", "count"),
    [
        ("today", 0, 1),
        ("tonight", 0, 1),
        ("tomorrow", 1, 1),
        ("tomorrow morning", 1, 1),
        ("tmrw", 1, 1),
        ("the day after tomorrow", 2, 1),
        ("Friday", 2, 1),
        ("next Tuesday", 6, 1),
        ("wednesday", 0, 1),
        ("next wednesday", 7, 1),
        ("this weekend", 3, 2),
        ("next weekend", 10, 2),
        ("in three days", 3, 1),
        ("in 2 days", 2, 1),
        ("5 days", 0, 5),
        ("five day", 0, 5),
        ("next week", 5, 7),
        ("this week", 0, 7),
        ("2026-03-06", 2, 1),
        ("2026-03-06T17:00:00+01:00", 2, 1),
        ("2026-03-06/2026-03-08", 2, 3),
        ("the 8th", 4, 1),
        ("5 pm", 0, 1),
    ],
)
def test_days_are_told_from_the_words_for_them(said: str, first: int, count: int) -> None:
    assert read_days(said, TODAY) == Days(TODAY + timedelta(days=first), count)


@pytest.mark.parametrize("said", ["blursday", "in many days", "christmas", "the 45th"])
def test_words_for_no_day_are_not_guessed(said: str) -> None:
    assert read_days(said, TODAY) is None


def test_nothing_said_means_now() -> None:
    assert read_days("", TODAY) == Days(TODAY, 1, now=True)
