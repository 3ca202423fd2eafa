"""Numbers as they are spoken become figures in other languages than English: "null drei null" is 030.

text2num reads the words; what it leaves in pieces is put together here: digits said one by one, decimals, dates, clock
times and prices. Numbers up to MOST that stand alone keep their words, for they are articles and parts of names as
often. Imported with the first spoken message of an assistant in one of these languages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from text_to_num import alpha2digit

from functions.nlu.figures import FEWEST
from functions.nlu.prebuilt.amounts import MONEY
from shared.dates.languages import calendar_of

MOST = 12


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words around numbers in one language, as alternatives of patterns."""

    nought: str
    times: Mapping[str, int]
    """Words before a digit that is said once and meant two or three times."""
    minus: str
    joins: str
    """Words between an amount and its hundredths."""
    cents: str
    clock: str
    """What comes before the minutes of a clock time, with its `hour`."""
    written: str
    """How that time is written."""
    of: str = ""
    """What may come between a day and its month."""
    sixes: str = ""
    """Another word for six among digits."""


_HOUR = r"(?P<hour>[01]?[0-9]|2[0-4])"
LANGUAGES: Mapping[str, Spoken] = {
    "de": Spoken("null", {"doppel": 2, "doppelt": 2, "dreifach": 3}, "minus", "und", "cents?",
                 rf"(?P<at>){_HOUR} uhr ", "{hour}:{minute} Uhr"),
    "es": Spoken("cero", {"doble": 2, "triple": 3}, "menos", "con|y", "céntimos?|centavos?",
                 rf"(?P<at>\blas? ){_HOUR} (?:horas )?(?:y )?", "{at}{hour}:{minute}", "(?:de )?"),
    "fr": Spoken("zéro", {"double": 2, "triple": 3}, "moins", "et", "centimes?|cents?",
                 rf"(?P<at>){_HOUR} heures? ", "{hour}h{minute}"),
    "it": Spoken("zero", {"doppio": 2, "triplo": 3}, "meno", "e", "centesim[io]",
                 rf"(?P<at>\b(?:all|dall|dell|l)e (?:ore )?){_HOUR} (?:e )?", "{at}{hour}:{minute}", "(?:di )?"),
    "pt": Spoken("zero", {"duplo": 2, "triplo": 3}, "menos", "e", "cêntimos?|centavos?",
                 rf"(?P<at>\b[àa]s ){_HOUR} (?:horas )?(?:e )?", "{at}{hour}:{minute}", "(?:de )?", "meia"),
}  # fmt: skip
_MINUTE = r"(?P<minute>[1-5][0-9]|0[0-9]|[1-9](?=$|[?!;]|[.,](?![0-9])))(?![0-9.,:]*[0-9])(?!\s*%)"
"""Fewer than ten minutes only at the end: "um elf uhr zwei pizzen" are two pizzas."""


def as_figures(text: str, language: str) -> str:
    """The text with figures where `language` (de, es, fr, it, pt) says a number in words; else the text as it is."""
    rewrite = _make_rewriting(language)
    return text if rewrite is None else rewrite(text)


@lru_cache(maxsize=8)
def _make_rewriting(language: str) -> Callable[[str], str] | None:
    words, calendar = LANGUAGES.get(language), calendar_of(language)
    if words is None or calendar is None:
        return None
    money = "|".join(
        sorted({unit for same in MONEY.values() for unit in same.split("|") if unit.isalpha() and len(unit) > 2})
    )
    months = "|".join(sorted((name for name in calendar.months if len(name) > 2), key=len, reverse=True))
    times = re.compile(rf"\b({'|'.join(words.times)})[ -]([^\W\d_]+|[0-9])\b", re.IGNORECASE)
    nought = re.compile(rf"(?<=[0-9])([ ,-]+){words.nought}\b", re.IGNORECASE)
    sixes = re.compile(
        rf"(?<=[0-9] ){words.sixes or '(?!)'}(?= [0-9])|\b{words.sixes or '(?!)'}(?= [0-9] [0-9])", re.IGNORECASE
    )
    day = re.compile(rf"\b([^\W\d_]+) {words.of}(?:{months})\b", re.IGNORECASE)
    hour = re.compile(words.clock.replace(_HOUR, r"(?P<hour>[^\W_]+)") + r"(?P<minute>[^\W_]+)", re.IGNORECASE)
    clock = re.compile(rf"(?<![0-9.,:]){words.clock}{_MINUTE}", re.IGNORECASE)
    cents = re.compile(rf"\b[^\W_]+ (?:{money}) (?:(?:{words.joins}) )?[^\W_]+ (?:{words.cents})\b", re.IGNORECASE)
    minus = re.compile(rf"\b(?:{words.minus}) (?=[0-9])", re.IGNORECASE)
    price = re.compile(
        rf"\b([0-9]+) ({money}) (?:(?:(?:{words.joins}) )?([0-9]{{1,2}}) (?:{words.cents})\b"
        rf"|([1-9][0-9])\b(?![.,:]?[0-9])|(?:{words.joins}) ([1-9][0-9])(?=$|[?!;,.](?![0-9])))",
        re.IGNORECASE,
    )

    def figures(match: re.Match[str]) -> str:
        return str(alpha2digit(match[0], language, 0))

    def hours(match: re.Match[str]) -> str:
        found = figures(match)
        return found if clock.match(found + match.string[match.end() : match.end() + 1]) else match[0]

    def repeated(match: re.Match[str]) -> str:
        digit = str(alpha2digit(match[2], language, 0))
        return " ".join([match[2]] * words.times[match[1].casefold()]) if re.fullmatch("[0-9]", digit) else match[0]

    def timed(match: re.Match[str]) -> str:
        return words.written.format(at=match["at"], hour=match["hour"], minute=match["minute"].rjust(2, "0"))

    def priced(match: re.Match[str]) -> str:
        return f"{match[1]},{(match[3] or match[4] or match[5]).rjust(2, '0')} {match[2]}"

    def rewrite(text: str) -> str:
        said = str(alpha2digit(times.sub(repeated, text), language, MOST))
        said = hour.sub(hours, cents.sub(figures, day.sub(figures, said)))
        said = sixes.sub("6", sixes.sub("6", nought.sub(r"\g<1>0", nought.sub(r"\g<1>0", said))))
        said = clock.sub(timed, said)
        # What is in the text so already, the recogniser wrote.
        said = DECIMAL.sub(lambda match: match[0] if match[0] in text else re.sub(" ", "", match[0]), said)
        said = price.sub(priced, minus.sub("-", said))
        return RUN.sub(lambda match: _run(match[0], text), said)

    return rewrite


DECIMAL = re.compile(r"(?<![0-9.,])[0-9]+[.,][0-9]+(?: [0-9])+(?![0-9.,:]*[0-9])")
RUN = re.compile(r"(?<![0-9.,:€$-])[0-9]+(?:,?[ -][0-9]+)+(?![.,:]?[0-9])")


def _run(run: str, text: str) -> str:
    """Digits one by one, and pairs of digits where the first is a nought, as of a telephone number, are one number."""
    groups = re.split(r"[^0-9]+", run)
    ones = all(len(group) == 1 or group[0] == "0" for group in groups)
    number = "".join(groups)
    heard = run in text and not all(len(group) == 1 for group in groups)
    return number if len(number) >= FEWEST and not heard and (ones or number[0] == "0") else run
