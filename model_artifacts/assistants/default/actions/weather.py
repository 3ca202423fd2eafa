"""The weather of the assistant: asks for it, and says honestly when nobody could be asked."""

from functions.actions.days import read_days
from functions.actions.fulfilment import Call, Result, button, say, slot, text
from shared.errors import Unavailable
from shared.logs import logger

from .forecast import DAYS, Day, Forecast, OpenMeteo, Place

SECONDS = 3.0
"""For both questions to the service together; somebody is waiting."""

log = logger(__name__)


def action_get_weather(call: Call) -> Result:
    """The forecast for the place in the slot, at the time that this message names."""
    place = call.entity("place") or call.words("place")
    if not place:
        # Only in the middle of an order: elsewhere the form has asked for the place.
        return Result.of(text('Name the place as well, please: "weather in Oslo tomorrow".'))
    return _answer(call, place, call.entity("time") or _time_of_form(call))


def refine_weather(call: Call) -> Result:
    """The forecast again, for another place or another time."""
    place = call.entity("place") or call.words("place")
    if not place:
        return Result.of(say("utter_ask_place"))
    return _answer(call, place, call.entity("time") or call.words("time"))


def _time_of_form(call: Call) -> str:
    """The time from the question, where the place was only asked for afterwards."""
    return call.words("time") if call.intent != "get_weather" else ""


def _answer(call: Call, place: str, time: str) -> Result:
    try:
        answer = OpenMeteo(call.settings.get("WEATHER_URL", ""), SECONDS).ask(place)
    except Unavailable as exc:
        log.warning("no forecast", extra={"fields": {"cause": str(exc)}})
        words = (
            "I cannot reach the weather service at the moment, so I cannot tell you about the weather. "
            "Please ask me again later."
        )
        again = [button("Try again", "/get_weather")]
        return Result.of(text(words, again), slot("place", place), slot("time", time or None))
    if answer is None:
        return Result.of(
            text(f"I find no place called {place}. Could you name a larger town nearby?"),
            slot("place", None),
        )
    there, forecast = answer
    return Result.of(text(_spoken(there, forecast, time)), slot("place", place), slot("time", time or None))


def _spoken(there: Place, forecast: Forecast, time: str) -> str:
    if not forecast.days:
        return f"In {there.spoken} it is {forecast.degrees:.0f} °C now, {forecast.sky}."
    today = forecast.days[0].date
    asked = read_days(time, today)
    if asked is None:
        return f'I do not know which day "{time}" is. Today in {there.spoken}: {_day(forecast.days[0])}'
    if asked.now:
        return (
            f"In {there.spoken} it is {forecast.degrees:.0f} °C now, {forecast.sky}, wind {forecast.wind:.0f} km/h. "
            f"Today: {_day(forecast.days[0])}"
        )
    days = [day for day in forecast.days if 0 <= (day.date - asked.first).days < asked.count]
    if not days:
        today_there = _day(forecast.days[0])
        return f"I can see {DAYS} days ahead, and that is not one of them. Today in {there.spoken}: {today_there}"
    if len(days) == 1:
        return f"{_name(days[0], forecast)} in {there.spoken}: {_day(days[0])}"
    return "\n".join([f"In {there.spoken}:", *(f"{_name(day, forecast)}: {_day(day)}" for day in days)])


def _name(day: Day, forecast: Forecast) -> str:
    ahead = (day.date - forecast.days[0].date).days
    if ahead < 2:
        return ("Today", "Tomorrow")[ahead]
    return f"{day.date:%A}, {day.date.day} {day.date:%B}"


def _day(day: Day) -> str:
    rain = f", {day.rain} % chance of rain" if day.rain is not None else ""
    return f"{day.sky}, {day.low:.0f} to {day.high:.0f} °C{rain}, wind up to {day.wind:.0f} km/h."
