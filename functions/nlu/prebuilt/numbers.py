"""Numbers and ordinals in a text, in figures and in words."""

import re
from collections.abc import Sequence

from functions.nlu.normalise import normalise
from functions.nlu.prebuilt.found import Finder, Found
from shared.dates.reference_time import ReferenceTime
from shared.events.wire import JSON

FIGURES = re.compile(
    r"(?<![\w.,])[-−]?(?:\d{1,3}(?:[,.’ \u00a0\u202f]\d{3})+(?![\d])|\d+)(?:[.,]\d+)?(?:(k|m|mn|bn)\b)?(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
LONGEST = 6
"""Words of the longest number."""
SCALED = {
    name: size
    for size, same in (
        (100, "hundred"), (1000, "thousand|tausend|mil|mille|mila"),
        (1_000_000_000, "billion|milliarde|milliarden|milliard"),
        (1_000_000, "million|millions|millionen|millón|millones|milione|milioni|milhão|milhões"),
    )
    for name in same.split("|")
}  # fmt: skip
SCALE = re.compile(rf"\s({'|'.join(SCALED)})\b", re.IGNORECASE)
SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9}
ARTICLES = frozenset(
    ("a", "an", "another", "un", "une", "una", "uno", "um", "uma", "ein", "eine", "einen", "einem", "einer")
)
"""Words that are one only where something is counted; alone they are articles."""
COMMA_DECIMAL = frozenset(("de", "es", "fr", "it", "pt"))
ORDINALS = {
    "en": "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    "de": "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte",
    "es": "primero|primera|primer segundo|segunda tercero|tercera|tercer cuarto|cuarta quinto|quinta sexto|sexta "
    "séptimo|séptima octavo|octava noveno|novena décimo|décima",
    "fr": "premier|première deuxième|second|seconde troisième quatrième cinquième sixième septième huitième neuvième "
    "dixième",
    "it": "primo|prima secondo|seconda terzo|terza quarto|quarta quinto|quinta sesto|sesta settimo|settima "
    "ottavo|ottava nono|nona decimo|decima",
    "pt": "primeiro|primeira segundo|segunda terceiro|terceira quarto|quarta quinto|quinta sexto|sexta sétimo|sétima "
    "oitavo|oitava nono|nona décimo|décima",
}
SUFFIXES = {
    "en": "(?:st|nd|rd|th)",
    "de": r"\.(?=\s+\w)",
    "es": "[ºª]",
    "fr": "(?:er|re|e|ème|eme)",
    "it": "[ºª]",
    "pt": "[ºª]",
}


def find_numbers(text: str, language: str, _: ReferenceTime | None = None) -> list[Found]:
    """ "5", "1,000.5", "two hundred and five", "a dozen"; in other languages than English by text2num."""
    found = []
    for match in FIGURES.finditer(text):
        value, end = _read_figures(match, language), match.end()
        if scale := SCALE.match(text, end):
            value, end = value * SCALED[scale[1].casefold()], scale.end()
            value = int(value) if value == int(value) else value
        found.append(Found(match.start(), end, value))
    found += _find_spoken(text, language)
    return sorted(found, key=lambda one: one.start)


def _read_figures(match: re.Match[str], language: str) -> JSON:
    digits = match[0].replace("−", "-")
    if match[1]:
        digits = digits[: -len(match[1])]
    decimal = "," if language in COMMA_DECIMAL else "."
    grouped = re.fullmatch(r"-?\d{1,3}(?:[,.’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?", digits)
    if grouped and not (digits.count(decimal) == 1 and len(re.split(r"[,.]", digits)) == 2):
        whole, sign, rest = digits.rpartition(decimal)
        digits = re.sub(r"[^\d-]", "", whole) + "." + rest if sign else re.sub(r"[^\d-]", "", digits)
    value = float(digits.replace(",", ".")) * SCALES.get((match[1] or "").lower(), 1)
    return int(value) if value == int(value) else value


def _find_spoken(text: str, language: str) -> list[Found]:
    words = [match.span() for match in WORD.finditer(text)]
    found: list[Found] = []
    first = 0
    while first < len(words):
        for last in range(min(len(words), first + LONGEST) - 1, first - 1, -1):
            phrase = text[words[first][0] : words[last][1]]
            if phrase.casefold() in ARTICLES or any(char in ",.;:!?" for char in phrase):
                continue
            value = _read_value(phrase, language)
            if value is not None:
                found.append(Found(words[first][0], words[last][1], value))
                first = last
                break
        first += 1
    return found


def _read_value(phrase: str, language: str) -> int | None:
    if language == "en":
        value = normalise("number", phrase)
        return (
            int(value) if value != phrase and value.isdecimal() and not phrase.casefold().startswith("and ") else None
        )
    from text_to_num import text2num

    try:
        return int(text2num(phrase.casefold(), language))
    except (ValueError, LookupError):
        return None


def find_ordinals(text: str, language: str, _: ReferenceTime | None = None) -> list[Found]:
    """ "first", "2nd", "der dritte"."""
    names: Sequence[str] = ORDINALS.get(language, "").split()
    places = {name: number for number, same in enumerate(names, 1) for name in same.split("|")}
    found = []
    for match in WORD.finditer(text):
        word = match[0].casefold()
        value = places.get(word) or (places.get(word[:-1]) if language == "de" and word[-1:] in "nrsm" else None)
        if value is not None:
            found.append(Found(match.start(), match.end(), value))
    if suffix := SUFFIXES.get(language):
        for match in re.finditer(rf"(?<![\w.,])(\d{{1,3}}){suffix}(?!\w)", text, re.IGNORECASE):
            found.append(Found(match.start(), match.end(), int(match[1])))
    return sorted(found, key=lambda one: one.start)


FINDERS: dict[str, Finder] = {"number": find_numbers, "ordinal": find_ordinals}
