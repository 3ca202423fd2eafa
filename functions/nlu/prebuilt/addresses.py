"""Lines of postal addresses, in the order of each language."""

import re

from functions.nlu.prebuilt.found import Finder, Found
from shared.dates.reference_time import ReferenceTime

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
# Compiled here, and not where one is asked for: an image brings compiled patterns along.
PATTERNS = {language: re.compile(pattern, re.IGNORECASE) for language, pattern in ADDRESSES.items()}


def find_addresses(text: str, language: str, _reference: ReferenceTime | None) -> list[Found]:
    """Lines of postal addresses: number and street in the language's order, with flat and floor."""
    pattern = PATTERNS.get(language)
    if pattern is None:
        return []
    found = []
    for match in pattern.finditer(text):
        value = match[0].rstrip(" ,.")
        found.append(Found(match.start(), match.start() + len(value), value))
    return found


FINDERS: dict[str, Finder] = {"address": find_addresses}
