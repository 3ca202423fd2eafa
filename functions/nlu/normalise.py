"""Values as actions can use them: numbers in digits, decades as ranges of years, dates and times in ISO 8601."""

import re
from dataclasses import dataclass

from shared.events.catalogue import MessageReceived
from shared.events.wire import JSON

UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
DECADES = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fourties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "noughties": 2000,
    "aughts": 2000,
    "two thousands": 2000,
    "twenty tens": 2010,
    "twenty twenties": 2020,
}
PARTS = {"early": (0, 3), "mid": (4, 6), "middle": (4, 6), "late": (7, 9)}
PHRASES = {
    "a": 1, "an": 1, "another": 1, "single": 1, "a single": 1, "a couple": 2, "a couple of": 2, "couple": 2,
    "couple of": 2, "a pair": 2, "a pair of": 2, "pair of": 2, "half a dozen": 6, "half dozen": 6,
    "a half dozen": 6, "a dozen": 12, "dozen": 12, "two dozen": 24,
}  # fmt: skip


_BOUNDS = (
    r"(?:(?P<since>not older than|no older than|not before|no earlier than|since|starting (?:in|from))"
    r"|(?P<before>before|older than|earlier than|prior to|pre)"
    r"|(?P<until>up to|until|till|not after|no later than|not newer than|no newer than)"
    r"|(?P<after>after|newer than|later than|more recent than|post))"
)
BOUND = re.compile(_BOUNDS + r"[\s-]+(?:the\s+)?")
BEFORE = re.compile(r"\b" + _BOUNDS + r"[\s-]*(?:the\s*)?$")
"""Words before a year with which it bounds a range."""


KINDS = ("number", "year", "date", "time")


@dataclass(frozen=True, slots=True)
class Sent:
    """When and where a message was sent, as its event says."""

    at: str | None = None
    """ISO 8601 with a time zone."""
    zone: object = None
    """`metadata.timezone`: an IANA name or an offset. Without it, the offset of `at` counts."""
    locale: str | None = None
    language: str | None = None
    """`metadata.language`: what whoever sent it says that it is in."""


def sent_of(message: MessageReceived) -> Sent:
    """When and where this message was sent."""
    language = message.metadata.get("language")
    return Sent(
        message.sent_at,
        message.metadata.get("timezone"),
        message.locale,
        language if isinstance(language, str) else None,
    )


def normalise(kind: str, text: str, sent: Sent | None = None, language: str = "en", ahead: str = "") -> str:
    """The value of `text` as a number, year, date or time; the text itself where it is none.

    Years are one (`1994`), a range (`1990-1999`) or open at an end (`../1959`, `1960/..`), as the words `ahead` of them
    say: "before", "since".
    """
    if kind in ("date", "time"):
        return read_time_value(kind, text, sent, language)[0]
    words = " ".join(re.sub(r"[^\w\s'.,-]", " ", text.casefold().replace("’", "'")).split()).strip(".,")
    value: str | None = None
    if language != "en":
        value = _in_words_of(language, kind, words, ahead)
    if value is None and kind == "number":
        value = _read_number(words)
    elif value is None and kind == "year":
        value = _read_years(words, ahead)
    return text if value is None else value


def _in_words_of(language: str, kind: str, words: str, ahead: str) -> str | None:
    from functions.nlu.foreign_numbers import number_of, years_of

    if kind == "year":
        return years_of(words, ahead, language)
    number = None if words.isascii() and words.isdigit() else number_of(words, language)
    return None if number is None else str(number)


def read_time_value(kind: str, text: str, sent: Sent | None, language: str) -> tuple[str, JSON]:
    """The value of a time or date, and what is known of it: its grain, and whether its day was said.

    The text itself and None where it names no time, or nobody says when it was sent.
    """
    if sent is None:
        return text, None
    # Most messages name no time: what reads them is imported with the first that does.
    from functions.nlu.dates import read_time
    from shared.dates.reference_time import read_reference_time

    reference = read_reference_time(sent.at, sent.zone, sent.locale, language)
    span = None if reference is None else read_time(text, reference)
    if span is None:
        return text, None
    if kind == "date":
        span = span.in_days
    return span.iso, {"grain": span.grain, "day_said": span.names_day}


def _read_number(words: str) -> str | None:
    if words in PHRASES:
        return str(PHRASES[words])
    if re.fullmatch(r"[0-9]{1,12}", words) or re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", words):
        return str(int(words.replace(",", "")))
    if re.fullmatch(r"[0-9]{1,12}\.[0-9]{1,6}", words):
        return words
    if match := re.fullmatch(r"([0-9]{1,3})\s?x|x\s?([0-9]{1,3})", words):
        return str(int(match[1] or match[2]))
    spoken = _read_spoken(words)
    return None if spoken is None else str(spoken)


def _read_spoken(words: str) -> int | None:
    """ "two hundred and five" -> 205; None where any word is not part of a number."""
    parts = [part for part in words.replace("-", " ").split() if part != "and"]
    if len(parts) > 1 and parts[0] == "a" and parts[1] in ("hundred", "thousand"):
        parts = parts[1:]
    if not parts:
        return None
    total, current = 0, 0
    for part in parts:
        if part in UNITS or part in TENS:
            value = UNITS.index(part) if part in UNITS else 20 + 10 * TENS.index(part)
            before = current % 100
            if before and (value not in range(1, 10) or before % 10 or before < 20):
                # "four four seven" are three numbers, and no sum.
                return None
            current += value
        elif part == "hundred":
            current = max(current, 1) * 100
        elif part == "thousand":
            total, current = total + max(current, 1) * 1000, 0
        else:
            return None
    return total + current


def _read_year(words: str) -> str | None:
    words = re.sub(r"^(from|in|of|the|released|made|around|about|circa|year|during|\s)+\b", "", words).strip()
    words = re.sub(r"^(the|year|years|\s)+\b", "", words).strip()
    if match := re.fullmatch(
        r"(?:between\s+)?((?:19|20)[0-9]{2})\s*(?:-|to|and|until|till)\s*((?:19|20)?[0-9]{2})", words
    ):
        last = match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
        return f"{match[1]}-{last}" if match[1] <= last else f"{last}-{match[1]}"
    if re.fullmatch(r"(?:18|19|20)[0-9]{2}", words):
        return words
    if match := re.fullmatch(r"'([0-9]{2})", words):
        return str(_complete_century(int(match[1]), below=30))
    return _read_decade(words) or _spoken_year(words)


def _read_years(words: str, ahead: str) -> str | None:
    """A year or a range, with an open end where words in it or before it say so."""
    bound = BOUND.match(words)
    years = _read_year(words[bound.end() :] if bound else words)
    bound = bound or BEFORE.search(ahead.casefold())
    if years is None or bound is None:
        return years
    first, _, last = years.partition("-")
    match bound.lastgroup:
        case "since":
            return f"{first}/.."
        case "before":
            return f"../{int(first) - 1}"
        case "until":
            return f"../{last or first}"
        case _:
            return f"{int(last or first) + 1}/.."


def _read_decade(words: str) -> str | None:
    part = (0, 9)
    if match := re.match(r"(early|mid|middle|late)(?:\s+of\s+the|\s*-|\s+the|\s+)\s*", words):
        part = PARTS[match[1]]
        words = words[match.end() :].strip()
    start: int | None = None
    if words in DECADES:
        start = DECADES[words]
    elif match := re.fullmatch(r"((?:18|19|20)[0-9])0\s?'?s", words):
        start = int(match[1]) * 10
    elif match := re.fullmatch(r"'?([0-9])0\s?'?s", words):
        start = _complete_century(int(match[1]) * 10, below=20)
    elif (match := re.fullmatch(r"(nineteen|eighteen)[\s-](\w+)", words)) and match[2] in DECADES:
        start = DECADES[match[2]] - (100 if match[1] == "eighteen" else 0)
    return None if start is None else f"{start + part[0]}-{start + part[1]}"


def _spoken_year(words: str) -> str | None:
    first, _, rest = words.replace("-", " ").partition(" ")
    if first in ("eighteen", "nineteen", "twenty") and rest and "thousand" not in rest:
        century = {"eighteen": 1800, "nineteen": 1900, "twenty": 2000}[first]
        within = _read_spoken(rest.removeprefix("oh ").removeprefix("o "))
        return str(century + within) if within is not None and within < 100 else None
    if words.startswith("two thousand"):
        spoken = _read_spoken(words)
        return str(spoken) if spoken is not None and spoken < 2100 else None
    return None


def _complete_century(two_digits: int, below: int) -> int:
    """Films and records of '24 are from 2024, those of '60 from 1960; but the 20s are still the 1920s."""
    return two_digits + (2000 if two_digits < below else 1900)
