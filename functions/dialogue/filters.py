"""Values as people say them: `{appointment_date|date}`, `{price|money:EUR}`, `{items|list}` in responses, by language.

Imported by the first response that uses a filter. Tables of our own for seven languages, because a dialogue stage says
dates, numbers and lists, and babel would bring 10 MB of locale data into its image for that. Other languages get ISO
dates and plain numbers.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import NamedTuple

from shared.events.wire import JSON


class Locale(NamedTuple):
    """How a language says values."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    date: str
    """With {w}eekday, {d}ay, {m}onth and {y}ear."""
    clock: str
    """As strftime has it."""
    decimal: str
    group: str
    money: str
    """With {n}umber and {c}urrency."""
    conjunction: str


def _make_locale(months: str, weekdays: str, *rest: str) -> Locale:
    return Locale(tuple(months.split()), tuple(weekdays.split()), *rest)


_ENGLISH = (
    "January February March April May June July August September October November December",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
LOCALES: Mapping[str, Locale] = {
    "en": _make_locale(*_ENGLISH, "{w}, {d} {m} {y}", "%H:%M", ".", ",", "{c}{n}", "and"),
    "en-us": _make_locale(*_ENGLISH, "{w}, {m} {d}, {y}", "%I:%M %p", ".", ",", "{c}{n}", "and"),
    "de": _make_locale(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        *("{w}, {d}. {m} {y}", "%H:%M", ",", ".", "{n} {c}", "und"),
    ),
    "fr": _make_locale(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        *("{w} {d} {m} {y}", "%H:%M", ",", "\u202f", "{n} {c}", "et"),
    ),
    "es": _make_locale(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
        *("{w}, {d} de {m} de {y}", "%H:%M", ",", ".", "{n} {c}", "y"),
    ),
    "it": _make_locale(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        *("{w} {d} {m} {y}", "%H:%M", ",", ".", "{n} {c}", "e"),
    ),
    "pt": _make_locale(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        *("{w}, {d} de {m} de {y}", "%H:%M", ",", ".", "{n} {c}", "e"),
    ),
    "nl": _make_locale(
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        *("{w} {d} {m} {y}", "%H:%M", ",", ".", "{c} {n}", "en"),
    ),
}
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "CHF": "CHF", "BRL": "R$"}
WHOLE = frozenset(("JPY", "KRW"))
"""Currencies without a smaller unit."""


def apply_filter(value: JSON, name: str, language: str) -> str:
    """The value as filter `name` (perhaps with `:argument`) says it; as it is where it is nothing of the kind."""
    if value is None:
        return ""
    kind, _, argument = name.partition(":")
    function = FILTERS.get(kind.strip())
    if function is None:
        return str(value)
    said = function(value, argument.strip(), locale_of(language))
    return said if said is not None else str(value)


def locale_of(language: str) -> Locale | None:
    """By language and region, else by language alone; None where there is no table."""
    tag = language.casefold().replace("_", "-")
    return LOCALES.get(tag) or LOCALES.get(tag.split("-")[0])


def _parse_datetime(value: JSON) -> datetime | None:
    if isinstance(value, Mapping):
        # Duckling's: the value, or where an interval begins.
        value = value.get("value") or (value.get("from") or {}).get("value") or value.get("from")
    try:
        return datetime.fromisoformat(str(value).split("/", 1)[0])
    except ValueError:
        return None


def _format_date(value: JSON, _argument: str, locale: Locale | None) -> str | None:
    moment = _parse_datetime(value)
    if moment is None:
        return None
    return _format_day(moment.date(), locale)


def _format_day(day: date, locale: Locale | None) -> str:
    if locale is None:
        return day.isoformat()
    weekday, month = locale.weekdays[day.weekday()], locale.months[day.month - 1]
    return locale.date.format(w=weekday, d=day.day, m=month, y=day.year)


def _format_weekday(value: JSON, _argument: str, locale: Locale | None) -> str | None:
    """The day without its year: "Thursday, 26 November"."""
    moment = _parse_datetime(value)
    if moment is None or locale is None:
        return _format_date(value, "", locale)
    return _format_day(moment.date(), locale._replace(date=re.sub(r",?( de)? \{y\}", "", locale.date)))


def _format_time(value: JSON, _argument: str, locale: Locale | None) -> str | None:
    moment: datetime | time | None = _parse_datetime(value)
    if moment is None:
        try:
            moment = time.fromisoformat(str(value))
        except ValueError:
            return None
    said = moment.strftime(locale.clock if locale is not None else "%H:%M")
    return said.removeprefix("0") if said.endswith("M") else said


def _format_datetime(value: JSON, argument: str, locale: Locale | None) -> str | None:
    day, clock = _format_date(value, argument, locale), _format_time(value, argument, locale)
    return None if day is None or clock is None else f"{day}, {clock}"


def _format_number(value: JSON, argument: str, locale: Locale | None) -> str | None:
    """Groups of three digits; `number:2` has two decimals."""
    number = _as_number(value)
    if number is None:
        return None
    places = int(argument) if argument.isdecimal() else None
    said = f"{number:,.{places}f}" if places is not None else f"{number:,}"
    if locale is None:
        return said.replace(",", "")
    return said.translate({ord(","): locale.group, ord("."): locale.decimal})


def _format_money(value: JSON, argument: str, locale: Locale | None) -> str | None:
    """`money:EUR`; Duckling's amounts bring their own currency."""
    currency = argument
    if isinstance(value, Mapping):
        currency = str(value.get("unit") or value.get("currency") or argument)
        value = value.get("value", value.get("amount"))
    currency = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}.get(currency, currency).upper()
    said = _format_number(value, "0" if currency in WHOLE else "2", locale)
    if said is None:
        return None
    form = locale.money if locale is not None else "{n} {c}"
    return form.format(n=said, c=SIGNS.get(currency, currency)).strip()


def _list(value: JSON, argument: str, locale: Locale | None) -> str | None:
    """ "a, b and c"; `list:or` has another word before the last."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    items = [str(item) for item in value if item is not None]
    word = argument or (locale.conjunction if locale is not None else "")
    if len(items) < 2 or not word:
        return ", ".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def _as_number(value: JSON) -> int | float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value
    try:
        number = json.loads(str(value).strip().replace(" ", ""))
    except ValueError:
        return None
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None


FILTERS: Mapping[str, Callable[[JSON, str, Locale | None], str | None]] = {
    "date": _format_date,
    "day": _format_weekday,
    "time": _format_time,
    "datetime": _format_datetime,
    "number": _format_number,
    "money": _format_money,
    "list": _list,
}
