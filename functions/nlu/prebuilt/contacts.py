"""How somebody is reached: e-mail and web addresses, phone numbers, postal address lines."""

import re

from functions.nlu.prebuilt.found import Finder, Found
from shared.dates.moments import Moment

EMAIL = re.compile(
    r"(?<![\w.+%-])[A-Za-z0-9][\w.+%'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,24}(?![\w-])"
)
URL = re.compile(
    r"(?<![\w@./-])(?:(https?|ftp)://)?((?:[\w-]{1,63}\.)+[a-z]{2,24}|localhost(?=:\d))(:\d{1,5})?"
    r"(/[^\s<>\"“”«»]*|[?#][^\s<>\"]*)?",
    re.IGNORECASE,
)
TOP = frozenset(
    (
        *(
            "com",
            "org",
            "net",
            "edu",
            "gov",
            "io",
            "co",
            "uk",
            "de",
            "fr",
            "es",
            "it",
            "pt",
            "eu",
            "us",
            "ca",
            "au",
            "ch",
        ),
        *(
            "at",
            "nl",
            "be",
            "se",
            "no",
            "dk",
            "pl",
            "app",
            "dev",
            "ai",
            "info",
            "biz",
            "tv",
            "me",
            "in",
            "jp",
            "cn",
            "br",
        ),
    )
)
"""Ends of hosts that are taken for one without `http://` or a path."""
FEWEST_DIGITS = 6
"""Shorter numbers may be dialled somewhere, and are mostly something else."""
REGIONS = {"en": "US", "de": "DE", "es": "ES", "fr": "FR", "it": "IT", "pt": "PT"}
"""Where numbers of a language are dialled, if nobody says more."""

_NUMBER = r"\d{1,5}[a-zA-Z]?(?:[-/]\d{1,4}[a-zA-Z]?)?"
_NAME = r"(?!(?:on|in|at|for|with|and|to|a|an|my|your|is|by|from)\b)(?:[^\W\d_][\w'’.-]*|\d{1,3}(?:st|nd|rd|th))"
_UNIT = (
    r"(?:(?:flat|apartment|apt\.?|unit|suite|floor|room|building|block|house)\s*#?\s*\w{1,6}"
    r"|(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|top|ground)\s+floor|basement"
    r"|(?:code|gate|door|bell|entrance)\s+\w{1,8})"
)
_STREET = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|terrace|garden|gardens|gate|row|place|pl|square|sq|drive|dr|court|ct|"
    r"way|boulevard|blvd|crescent|hill|park|walk|mews|grove|circle|highway|hwy|parkway|pkwy|alley|wharf|quay|view)"
)
_TAIL = r"(?:\s+(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b)?"
_LAST_NUMBER = rf"(?:{_NAME}\s+){{0,4}}{_NAME},?\s+(?:n[ºo°]\.?\s*)?{_NUMBER}"
ADDRESSES = {
    "en": rf"(?:{_UNIT},?\s+)?{_NUMBER},?\s+(?:{_NAME}\s+){{1,4}}{_STREET}\b\.?{_TAIL}(?:,\s*{_UNIT})*|"
    rf"\bP\.?\s?O\.?\s+Box\s+\d{{1,6}}",
    "de": rf"\b[A-ZÄÖÜ][\w.-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|ring|ufer|damm)\s+{_NUMBER}|"
    rf"\b(?:Am|An der|Auf der|Im|Zum|Zur)\s+[A-ZÄÖÜ]\w+\s+{_NUMBER}|\bPostfach\s+\d{{1,6}}",
    "es": rf"\b(?:calle|c/|avenida|avda\.?|av\.?|plaza|paseo|camino)\s+{_LAST_NUMBER}",
    "fr": rf"\b{_NUMBER}(?:\s+(?:bis|ter))?,?\s+(?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai)\s"
    rf"(?:{_NAME}\s*){{1,5}}",
    "it": rf"\b(?:via|viale|piazza|corso|largo|vicolo|strada)\s+{_LAST_NUMBER}",
    "pt": rf"\b(?:rua|avenida|av\.?|praça|travessa|largo|alameda)\s+{_LAST_NUMBER}",
}


def find_emails(text: str, _language: str, _moment: Moment | None) -> list[Found]:
    return [Found(match.start(), match.end(), match[0]) for match in EMAIL.finditer(text)]


def find_urls(text: str, _language: str, _moment: Moment | None) -> list[Found]:
    found = []
    for match in URL.finditer(text):
        host = match[2].casefold()
        if not (match[1] or host.startswith("www.") or host.rpartition(".")[2] in TOP):
            continue
        end = match.end()
        while text[end - 1] in ".,;:!?'’" or (text[end - 1] == ")" and "(" not in text[match.start() : end]):
            end -= 1
        value = text[match.start() : end]
        found.append(
            Found(match.start(), end, value, {"value": value, "domain": host.removeprefix("www."), "type": "value"})
        )
    return found


def find_phone_numbers(text: str, language: str, moment: Moment | None) -> list[Found]:
    """Numbers that can be dialled, by Google's rules for the sender's region or the language's first."""
    if sum(char.isdecimal() for char in text) < FEWEST_DIGITS:
        return []
    from phonenumbers import Leniency, PhoneNumberMatcher

    region = (moment.region if moment is not None else None) or REGIONS.get(language, "US")
    found = []
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE):
        number = match.number
        digits = str(number.national_number)
        if number.italian_leading_zero:
            digits = "0" * (number.number_of_leading_zeros or 1) + digits
        said = "".join(char for char in match.raw_string if char.isdecimal())
        if len(said) < FEWEST_DIGITS:
            continue
        value = f"(+{number.country_code}) {digits}" if match.raw_string.strip().startswith(("+", "(+", "00")) else said
        if number.extension:
            value = value.removesuffix(number.extension) + f" ext {number.extension}"
        found.append(Found(match.start, match.end, value))
    return found


def find_addresses(text: str, language: str, _moment: Moment | None) -> list[Found]:
    """Lines of postal addresses: number and street in the language's order, with flat and floor."""
    pattern = ADDRESSES.get(language)
    if pattern is None:
        return []
    found = []
    for match in re.finditer(pattern, text, re.IGNORECASE):
        value = match[0].rstrip(" ,.")
        found.append(Found(match.start(), match.start() + len(value), value))
    return found


FINDERS: dict[str, Finder] = {
    "email": find_emails,
    "url": find_urls,
    "phone-number": find_phone_numbers,
    "address": find_addresses,
}
