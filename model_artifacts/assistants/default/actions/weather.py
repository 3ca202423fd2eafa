"""The weather of the assistant: asks for it, and says honestly when nobody could be asked."""

from functions.actions.days import read_days
from functions.actions.fulfilment import Call, Response, Result, Said, button, join_parts, part, say, slot
from shared.errors import Unavailable
from shared.logs import get_logger

from .forecast import DAYS, Day, Forecast, OpenMeteo, Place

SECONDS = 3.0
"""For both questions to the service together; somebody is waiting."""

log = get_logger(__name__)


def action_get_weather(call: Call) -> Result:
    """The forecast for the place in the slot, at the time that this message names."""
    place = call.entity("place") or call.words("place")
    if not place:
        # Only in the middle of an order: elsewhere the form has asked for the place.
        return Result.of(say("utter_name_place"))
    return _answer(call, place, call.entity("time") or _read_form_time(call))


def refine_weather(call: Call) -> Result:
    """The forecast again, for another place or another time."""
    place = call.entity("place") or call.words("place")
    if not place:
        return Result.of(say("utter_ask_place"))
    return _answer(call, place, call.entity("time") or call.words("time"))


def _read_form_time(call: Call) -> str:
    """The time from the question, where the place was only asked for afterwards."""
    return call.words("time") if call.intent != "get_weather" else ""


def _answer(call: Call, place: str, time: str) -> Result:
    try:
        answer = OpenMeteo(call.settings.get("WEATHER_URL", ""), SECONDS).ask(place, call.language)
    except Unavailable as exc:
        log.warning("no forecast", extra={"fields": {"cause": str(exc)}})
        again = [button(part("utter_button_try_again"), "/get_weather")]
        return Result.of(say("utter_no_weather", again), slot("place", place), slot("time", time or None))
    if answer is None:
        return Result.of(
            say("utter_no_place", asked=place),
            slot("place", None),
        )
    there, forecast = answer
    return Result.of(_say_forecast(there, forecast, time), slot("place", place), slot("time", time or None))


def _say_forecast(there: Place, forecast: Forecast, time: str) -> Response:
    place, sky, degrees = there.spoken, forecast.sky, f"{forecast.degrees:.0f}"
    if not forecast.days:
        return say("utter_weather_degrees", there=place, degrees=degrees, sky=sky)
    today, today_there = forecast.days[0].date, _name_weekday(forecast.days[0])
    asked = read_days(time, today)
    if asked is None:
        return say("utter_weather_which_day", asked=time, there=place, today=today_there)
    if asked.now:
        wind = f"{forecast.wind:.0f}"
        return say("utter_weather_now", there=place, degrees=degrees, sky=sky, wind=wind, today=today_there)
    days = [day for day in forecast.days if 0 <= (day.date - asked.first).days < asked.count]
    if not days:
        return say("utter_weather_too_far", days=DAYS, there=place, today=today_there)
    if len(days) == 1:
        return say("utter_weather_day", name=_name_day(days[0], forecast), there=place, day=_name_weekday(days[0]))
    lines = [part("utter_part_day", name=_name_day(day, forecast), day=_name_weekday(day)) for day in days]
    return say("utter_weather_days", there=place, days=join_parts(lines, "\n"))


def _name_day(day: Day, forecast: Forecast) -> Said:
    ahead = (day.date - forecast.days[0].date).days
    if ahead < 2:
        return part(("utter_part_today", "utter_part_tomorrow")[ahead])
    return part("utter_part_date", date=day.date.isoformat())


def _name_weekday(day: Day) -> Said:
    told = {"sky": day.sky, "low": f"{day.low:.0f}", "high": f"{day.high:.0f}", "wind": f"{day.wind:.0f}"}
    return (
        part("utter_part_forecast", **told)
        if day.rain is None
        else part("utter_part_forecast_rain", rain=day.rain, **told)
    )
