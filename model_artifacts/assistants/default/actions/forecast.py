"""The client of Open-Meteo's geocoding and forecast: where a place is, and what the weather does there."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

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

SKIES = {
    0: "clear sky",
    1: "mostly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    48: "freezing fog",
    51: "light drizzle",
    53: "drizzle",
    55: "heavy drizzle",
    56: "freezing drizzle",
    57: "freezing drizzle",
    61: "light rain",
    63: "rain",
    65: "heavy rain",
    66: "freezing rain",
    67: "heavy freezing rain",
    71: "light snow",
    73: "snow",
    75: "heavy snow",
    77: "snow grains",
    80: "light showers",
    81: "showers",
    82: "violent showers",
    85: "snow showers",
    86: "heavy snow showers",
    95: "thunderstorms",
    96: "thunderstorms with hail",
    99: "thunderstorms with heavy hail",
}
"""WMO weather interpretation codes, as Open-Meteo documents them."""


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
    sky: str
    low: float
    high: float
    rain: int | None
    """Chance of rain or snow in percent."""
    wind: float
    """The strongest, in km/h."""


@dataclass(frozen=True, slots=True)
class Forecast:
    sky: str
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

    def ask(self, place: str) -> tuple[Place, Forecast] | None:
        """The place and its weather; None where nobody knows the place; Unavailable where nobody answers in time."""
        end = self._clock() + self._seconds
        try:
            found = self._get(
                f"{self._geocoding}/v1/search", {"name": place, "count": 1, "language": "en", "format": "json"}, end
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
            return there, _forecast(self._get(f"{self._forecast}/v1/forecast", query, end))
        finally:
            self._outbound.close()

    def _get(self, url: str, query: Mapping[str, object], end: float) -> Mapping[str, JSON]:
        left = end - self._clock()
        if left <= 0:
            raise Unavailable(f"the weather service did not answer within {self._seconds:g} s")
        answered = self._outbound.request("GET", f"{url}?{urlencode(query)}", timeout=left)
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


def _forecast(body: Mapping[str, JSON]) -> Forecast:
    try:
        current, daily = body["current"], body["daily"]
        days = zip(daily["time"], *(daily[name] for name in DAILY), strict=True)
        return Forecast(
            sky=_sky(current["weather_code"]),
            degrees=float(current["temperature_2m"]),
            wind=float(current["wind_speed_10m"]),
            days=tuple(
                Day(date.fromisoformat(day), _sky(code), float(low), float(high), rain, float(wind))
                for day, code, low, high, rain, wind in days
                if None not in (code, low, high, wind)
            ),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise Unavailable("the weather service described the weather in a way that this client does not know") from exc


def _sky(code: JSON) -> str:
    return SKIES.get(int(code), "changeable")
