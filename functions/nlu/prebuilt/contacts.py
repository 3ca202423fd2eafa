"""How somebody is reached: e-mail and web addresses, phone numbers."""

import re

from functions.nlu.prebuilt.found import Finder, Found
from shared.dates.reference_time import ReferenceTime

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


def find_emails(text: str, _language: str, _reference: ReferenceTime | None) -> list[Found]:
    return [Found(match.start(), match.end(), match[0]) for match in EMAIL.finditer(text)]


def find_urls(text: str, _language: str, _reference: ReferenceTime | None) -> list[Found]:
    """Web addresses: with a scheme, with www, or with a well-known ending; without what ends the sentence."""
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


def find_phone_numbers(text: str, language: str, reference: ReferenceTime | None) -> list[Found]:
    """Numbers that can be dialled, by Google's rules for the sender's region or the language's first."""
    if sum(char.isdecimal() for char in text) < FEWEST_DIGITS:
        return []
    from phonenumbers import Leniency, PhoneNumberMatcher

    region = (reference.region if reference is not None else None) or REGIONS.get(language, "US")
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


FINDERS: dict[str, Finder] = {
    "email": find_emails,
    "url": find_urls,
    "phone-number": find_phone_numbers,
}
