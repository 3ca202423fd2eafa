"""Numbers with what they count: money, distances, volumes, weights, temperatures."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from functions.nlu.prebuilt.found import Finder, Found
from functions.nlu.prebuilt.numbers import find_numbers
from shared.dates.reference_time import ReferenceTime
from shared.events.wire import JSON

MONEY = {
    "$": "$|dollar|dollars|dólar|dólares|dollaro|dollari|buck|bucks", "USD": "usd|us$", "EUR": "€|eur|euro|euros",
    "£": "£|pound|pounds|quid|pfund|libra|libras|livre sterling|sterlina|sterline", "GBP": "gbp",
    "JPY": "¥|yen|jpy|円", "CHF": "chf|franken|francs suisses|franchi", "INR": "₹|rupee|rupees|inr|"
    r"rs", "CNY": "yuan|cny|元",
    "cent": "cent|cents|centime|centimes|céntimo|céntimos|centesimi|cêntimos|c|¢", "PLN": "zł|pln", "SEK": "sek",
    "NOK": "nok", "DKK": "dkk", "CAD": "cad", "AUD": "aud", "BRL": "r$|brl|reais|real", "KRW": "₩|krw", "RUB": "₽|rub",
}  # fmt: skip
DISTANCE = {
    "kilometre": "km|kms|kilometer|kilometers|kilometre|kilometres|kilómetro|kilómetros|kilomètre|kilomètres|"
    r"chilometro|"
                 "chilometri|quilómetros|quilômetros",
    "metre": "m|meter|meters|metre|metres|metro|metros|mètre|mètres|metri|metern",
    "centimetre": "cm|centimeter|centimeters|centimetre|centimetres|zentimeter|centímetros|centimètres|centimetri",
    "millimetre": "mm|millimeter|millimeters|millimetre|millimetres", "mile": "mile|miles|mi|meile|meilen|"
    r"millas|miglia",
    "yard": "yard|yards|yd|yds", "foot": "foot|feet|ft|fuß", "inch": "inch|inches|zoll|pulgadas|pouces|pollici",
}  # fmt: skip
VOLUME = {
    "litre": "l|liter|liters|litre|litres|litro|litros|litri|litern",
    "millilitre": "ml|milliliter|milliliters|millilitre|millilitres", "gallon": "gallon|gallons|gal",
    "hectolitre": "hl|hectolitre|hektoliter", "pint": "pint|pints",
}  # fmt: skip
QUANTITY = {
    "gram": "g|gr|gram|grams|gramme|grammes|gramm|gramo|gramos|grammo|grammi|gramas",
    "kilogram": "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramm|kilogramo|kilogramos|chilo|chili|quilo|quilos",
    "milligram": "mg|milligram|milligrams|milligramm", "pound": "lb|lbs|pound|pounds|pfund|libras|livres|libbre",
    "ounce": "oz|ounce|ounces|unze|unzen|onzas|onces|once", "cup": "cup|cups|tasse|tassen|taza|tazas|tasses|"
    r"tazza|tazze",
    "dish": "bowl|bowls|dish|dishes|plate|plates", "tablespoon": "tablespoon|tablespoons|tbsp|esslöffel|el",
    "teaspoon": "teaspoon|teaspoons|tsp|teelöffel|tl",
}  # fmt: skip
TEMPERATURE = {
    "celsius": "°c|celsius|degrees celsius|grad celsius|degrés celsius|grados celsius|gradi celsius|graus celsius",
    "fahrenheit": "°f|fahrenheit|degrees fahrenheit|grad fahrenheit",
    "degree": "°|degree|degrees|grad|grados|degrés|gradi|graus",
}  # fmt: skip
BOUND = re.compile(
    r"\b(?:(?P<least>more than|over|above|at least|mehr als|mindestens|über|más de|al menos|plus de|au moins|"
    r"più di|almeno|"
    r"mais de|pelo menos)|(?P<most>less than|no more than|under|below|at most|up to|cheaper than|weniger als|"
    r"höchstens|unter|"
    r"bis zu|menos de|como máximo|moins de|au plus|meno di|al massimo|no máximo))\s+$",
    re.IGNORECASE,
)
RANGE = re.compile(r"\s*(?:-|–|and|to|und|bis|y|a|et|à|e)\s*", re.IGNORECASE)


def _make_finder(units: Mapping[str, str], signs_first: bool = False) -> Finder:
    names = {name: unit for unit, same in units.items() for name in same.split("|")}

    def find(text: str, language: str, _: ReferenceTime | None) -> list[Found]:
        return _find(text, language, names, signs_first)

    return find


def _find(text: str, language: str, names: Mapping[str, str], signs_first: bool) -> list[Found]:
    after, before = _compile_patterns(tuple(names))
    found: list[Found] = []
    numbers = find_numbers(text, language)
    # "5km" is no number by itself.
    numbers += [
        Found(match.start(), match.end(), float(match[0].replace(",", ".")))
        for match in re.finditer(r"(?<![\w.,])\d+(?:[.,]\d+)?(?=[^\W\d_])", text)
    ]
    previous: Found | None = None
    for number in sorted(numbers, key=lambda one: one.start):
        start, end, unit = number.start, number.end, None
        if match := after.match(text, end):
            end, unit = match.end(), names[match[1].casefold()]
        elif signs_first and (match := before.search(text, 0, start)):
            start, unit = match.start(), names[match[1].casefold()]
        if unit is None:
            previous = number
            continue
        found.append(_bound_amount(text, start, end, number, unit, previous))
        previous = None
    return found


def _bound_amount(text: str, start: int, end: int, number: Found, unit: str, previous: Found | None) -> Found:
    """The amount, or a range: with the number before it ("10 to 20 dollars") or open ("under $20")."""
    value = _make_whole(number.value)
    if previous is not None and RANGE.fullmatch(text[previous.end : start]):
        begin = previous.start
        if match := re.search(r"\b(?:between|from|zwischen|von|entre|de|tra|da)\s+$", text[:begin], re.IGNORECASE):
            begin = match.start()
        ends = {"from": {"value": _make_whole(previous.value), "unit": unit}, "to": {"value": value, "unit": unit}}
        return Found(begin, end, {"to": value, "from": _make_whole(previous.value)}, {**ends, "type": "interval"})
    if match := BOUND.search(text[:start]):
        side = "from" if match["least"] else "to"
        other = "to" if match["least"] else "from"
        info = {side: {"value": value, "unit": unit}, "type": "interval"}
        return Found(match.start(), end, {side: value, other: None}, info)
    return Found(start, end, value, {"value": value, "unit": unit, "type": "value"})


def _make_whole(value: JSON) -> JSON:
    return int(value) if value == int(value) else value


@lru_cache(maxsize=8)
def _compile_patterns(names: Iterable[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A unit behind a number, and one right before it."""
    same = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"\s?-?({same})(?!\w)", re.IGNORECASE), re.compile(rf"(?<!\w)({same})\s?$", re.IGNORECASE)


FINDERS: dict[str, Finder] = {
    "amount-of-money": _make_finder(MONEY, signs_first=True),
    "distance": _make_finder(DISTANCE),
    "volume": _make_finder(VOLUME),
    "quantity": _make_finder(QUANTITY),
    "temperature": _make_finder(TEMPERATURE),
}
