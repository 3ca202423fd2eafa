"""The client of Open-Meteo's geocoding and forecast: where a place is, and what the weather does there."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib import parse

from functions.actions.fulfilment import Said, part
from shared.errors import Unavailable
from shared.events.wire import JSON
from shared.outbound import Outbound

GEOCODING = "https://geocoding-api.open-meteo.com"
FORECAST = "https://api.open-meteo.com"
DAYS = 16
"""As far as Open-Meteo sees ahead."""

DAILY = (
    "weather_code",
    "temperature_2m_min",
    "temperature_2m_max",
    "precipitation_probability_max",
    "wind_speed_10m_max",
)

SKIES = frozenset(
    (0, 1, 2, 3, 45, 48, 51, 53, 55, 56, 61, 63, 65, 66, 67, 71, 73, 75, 77, 80, 81, 82, 85, 86, 95, 96, 99)
)
"""WMO weather interpretation codes, as Open-Meteo documents them: those that have a response `utter_sky_...`."""


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    country: str
    latitude: float
    longitude: float

    @property
    def spoken(self) -> str:
        return f"{self.name}, {self.country}" if self.country else self.name


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    sky: Said
    low: float
    high: float
    rain: int | None
    """Chance of rain or snow in percent."""
    wind: float
    """The strongest, in km/h."""


@dataclass(frozen=True, slots=True)
class Forecast:
    sky: Said
    degrees: float
    wind: float
    """At this moment."""
    days: tuple[Day, ...]
    """The first is today, where the place is."""


class OpenMeteo:
    """Asks Open-Meteo, or whatever speaks like it at `url`; both questions together within `seconds`."""

    def __init__(self, url: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._geocoding = url.rstrip("/") or GEOCODING
        self._forecast = url.rstrip("/") or FORECAST
        self._seconds = seconds
        self._clock = clock
        self._outbound = Outbound()

    def ask(self, place: str, language: str = "en") -> tuple[Place, Forecast] | None:
        """The place and its weather; None where nobody knows the place; Unavailable where nobody answers in time."""
        end = self._clock() + self._seconds
        try:
            found = self._get(
                f"{self._geocoding}/v1/search", {"name": place, "count": 1, "language": language, "format": "json"}, end
            )
            results = found.get("results")
            if not results:
                return None
            there = _read_place(results[0])
            query = {
                "latitude": there.latitude,
                "longitude": there.longitude,
                "current": "temperature_2m,weather_code,wind_speed_10m",
                "daily": ",".join(DAILY),
                "timezone": "auto",
                "forecast_days": DAYS,
            }
            return there, _read_forecast(self._get(f"{self._forecast}/v1/forecast", query, end))
        finally:
            self._outbound.close()

    def _get(self, url: str, query: Mapping[str, object], end: float) -> Mapping[str, JSON]:
        left = end - self._clock()
        if left <= 0:
            raise Unavailable(f"the weather service did not answer within {self._seconds:g} s")
        answered = self._outbound.request("GET", f"{url}?{parse.urlencode(query)}", timeout=left)
        if answered.status != 200:
            raise Unavailable(f"the weather service answered {answered.status}")
        try:
            body = json.loads(answered.body)
        except ValueError as exc:
            raise Unavailable("the weather service answered something that is no JSON") from exc
        if not isinstance(body, dict):
            raise Unavailable("the weather service answered something that is no object")
        return body


def _read_place(body: JSON) -> Place:
    try:
        return Place(
            str(body["name"]), str(body.get("country") or ""), float(body["latitude"]), float(body["longitude"])
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise Unavailable("the weather service described a place in a way that this client does not know") from exc


def _read_forecast(body: Mapping[str, JSON]) -> Forecast:
    try:
        current, daily = body["current"], body["daily"]
        days = zip(daily["time"], *(daily[name] for name in DAILY), strict=True)
        return Forecast(
            sky=_describe_sky(current["weather_code"]),
            degrees=float(current["temperature_2m"]),
            wind=float(current["wind_speed_10m"]),
            days=tuple(
                Day(date.fromisoformat(day), _describe_sky(code), float(low), float(high), rain, float(wind))
                for day, code, low, high, rain, wind in days
                if None not in (code, low, high, wind)
            ),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise Unavailable("the weather service described the weather in a way that this client does not know") from exc


def _describe_sky(code: JSON) -> Said:
    known = 56 if int(code) == 57 else int(code)
    return part(f"utter_sky_{known}" if known in SKIES else "utter_sky_other")
