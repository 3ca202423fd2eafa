"""Numbers as they are spoken become figures, as people write them: "double four seven" is 447, "nought point five" 0.5.

Only what was spoken comes here, in English: patterns, dates, amounts and tables are then read as in a written text. A
recogniser writes most numbers in figures by itself; these are the forms that it leaves in words.
"""

import re
from functools import partial

from functions.nlu.normalise import TENS, UNITS

NOUGHTS = ("zero", "nought", "naught", "oh", "o", "nil")
TIMES = {"double": 2, "triple": 3, "treble": 3}
ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
)  # fmt: skip
MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
MONEY = {"pounds?|quid": "pounds", "dollars?|bucks?": "dollars", "euros?": "euros", "francs?": "francs"}
FEWEST = 3
"""Digits that are said one by one to be one number; two may be two numbers."""

_GAP = r"[\s,-]+"
_ONES = "|".join(UNITS[1:10])
_TENS = "|".join(TENS)
_UNITS = "|".join(sorted(UNITS, key=len, reverse=True))
_NTHS = "|".join(sorted(ORDINALS, key=len, reverse=True))
_FIRSTS = "|".join(ORDINALS[:9])
_NOUGHTS = "|".join(NOUGHTS)
_DIGIT = rf"(?:{_NOUGHTS}|{_ONES}|[0-9])"
_ITEM = rf"(?:(?:{'|'.join(TIMES)})\s+)?(?:{_NOUGHTS}|{_ONES}|[0-9]+)"
_SMALL = rf"(?:(?:{_TENS})(?:[\s-]+(?:{_ONES}))?|{_UNITS})"
_WHOLE = rf"(?:[0-9]+|(?:a|{_SMALL})\s+(?:hundred|thousand)(?:\s+(?:and\s+)?{_SMALL})?|nought|{_SMALL})"
_ORDINAL = rf"(?:(?:twenty|thirty)[\s-]+(?:{_FIRSTS})|twentieth|thirtieth|{_NTHS})"
_WITHIN = rf"(?:oh\s+(?:{_ONES})|{_SMALL})"
_YEAR = rf"(?:two\s+thousand(?:\s+(?:and\s+)?{_SMALL})?|(?:nineteen|twenty)\s+{_WITHIN})"
_MINUTE = rf"(?:oh\s+(?:{_ONES})|(?:twenty|thirty|forty|fifty)(?:[\s-]+(?:{_ONES}))?|{'|'.join(UNITS[10:])})"


def _compile_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w']){pattern}(?![\w'])", re.IGNORECASE)


CLOCK = _compile_pattern(
    rf"(?P<at>(?:at|by|before|after|until|till|from)\s+)?(?P<hour>{'|'.join(UNITS[1:13])})\s+(?P<minute>{_MINUTE})"
    r"(?P<half>\s*(?:a\.?\s?m|p\.?\s?m)\b\.?)?"
)
WRITTEN = re.compile(
    r"(?<![\w.,:])(?P<hour>1[0-2]|[1-9])[ .]?(?P<minute>[0-5][0-9])(?=\s*[ap]\.?\s?m\b)"
    r"|(?P<at>\b(?:at|by|before|after|until|till)\s+)(?P<hours>1[0-2]|[1-9])(?P<minutes>[0-5][05])(?=[.?!]*$)",
    re.IGNORECASE,
)
"""Clock times without their colon, as a recogniser writes them: "730 pm", "at 915"."""
HOUSE = _compile_pattern(
    rf"(?P<whole>{_WHOLE})(?=\s+(?:(?!(?:a|at|down|from|in|my|of|on|our|the|this|to|way)\b)[a-z'.]+\s+){{1,2}}"
    r"(?:street|st|road|rd|avenue|ave|lane|drive|court|close|square|terrace|boulevard)\b)"
)
"""The number of a house before its street."""
DAY_OF = _compile_pattern(rf"(?P<day>{_ORDINAL})\s+(?:of\s+)?(?P<month>{MONTHS}|may)(?P<year>,?\s+{_YEAR})?")
MONTH_DAY = _compile_pattern(
    rf"(?:(?P<month>{MONTHS})\s+(?:the\s+)?|(?P<may>may)\s+the\s+)(?P<day>{_ORDINAL}|[0-9]+(?:st|nd|rd|th))"
    rf"(?P<year>,?\s+{_YEAR})?"
)
"""Not "may second", which is a wish more often than a day."""
PLACE = _compile_pattern(rf"(?:{_TENS})[\s-]+(?:{_FIRSTS})")
DECIMAL = _compile_pattern(
    rf"(?P<sign>minus\s+)?(?P<whole>{_WHOLE}|oh)\s+point\s+(?P<rest>{_DIGIT}(?:{_GAP}{_DIGIT})*)"
)
HALF = _compile_pattern(rf"(?P<whole>{_WHOLE})\s+and\s+a\s+half")
MINUS = _compile_pattern(rf"minus\s+(?P<whole>{_WHOLE})")
RUN = _compile_pattern(rf"{_ITEM}(?:{_GAP}{_ITEM})+")
PRICES = tuple(
    (
        _compile_pattern(
            rf"(?P<whole>{_WHOLE})\s+(?:{said})\s+(?:(?:and\s+)?(?P<part>[0-9]{{1,2}}|{_SMALL})\s+(?:pence|p|cents?)"
            rf"|(?P<bare>[1-9][0-9]|{'|'.join(UNITS[10:])}|(?:{_TENS})(?:[\s-]+(?:{_ONES}))?))"
        ),
        unit,
    )
    for said, unit in MONEY.items()
)


def as_figures(text: str) -> str:
    """The text with figures where numbers were said digit by digit, as dates, clock times, decimals or prices."""
    for pattern, unit in PRICES:
        text = pattern.sub(partial(_write_price, unit=unit), text)
    text = WRITTEN.sub(_write_figures, CLOCK.sub(_write_clock, text))
    text = DAY_OF.sub(lambda match: f"{_read_nth(match['day'])} of {match['month']}{_read_year(match['year'])}", text)
    text = MONTH_DAY.sub(
        lambda match: f"{match['month'] or match['may']} {_read_nth(match['day'])}{_read_year(match['year'])}", text
    )
    text = PLACE.sub(lambda match: _read_nth(match[0]), text)
    text = HOUSE.sub(lambda match: str(number_of(match["whole"])), text)
    text = DECIMAL.sub(_write_decimal, text)
    text = HALF.sub(lambda match: f"{number_of(match['whole'])}.5", text)
    text = MINUS.sub(lambda match: f"-{number_of(match['whole'])}", text)
    return RUN.sub(_run, text)


def number_of(words: str) -> int:
    """ "a hundred and five" -> 105, "nought" -> 0; of words that the patterns here match."""
    total = 0
    for word in re.split(r"[\s-]+", words.casefold()):
        if word.isdecimal():
            total += int(word)
        elif word in UNITS:
            total += UNITS.index(word)
        elif word in TENS:
            total += 20 + 10 * TENS.index(word)
        elif word in ("hundred", "thousand"):
            total = max(total, 1) * (100 if word == "hundred" else 1000)
    return total


def _write_digits(words: str) -> str:
    found, times = "", 1
    for word in re.split(r"[\s,-]+", words.casefold()):
        if word in TIMES:
            times = TIMES[word]
            continue
        found += times * (word if word.isdecimal() else "0" if word in NOUGHTS else str(UNITS.index(word)))
        times = 1
    return found


def _run(match: re.Match[str]) -> str:
    found = _write_digits(match[0])
    # Groups of figures alone stay as they are, and so does what begins with an interjection: "oh, one two".
    grouped = re.fullmatch(r"[0-9\s,-]*[0-9]{2}[0-9\s,-]*", match[0])
    exclaimed = re.match(r"(?:oh|o),", match[0], re.IGNORECASE)
    return match[0] if len(found) < FEWEST or grouped or exclaimed else found


def _write_decimal(match: re.Match[str]) -> str:
    whole = 0 if match["whole"].casefold() == "oh" else number_of(match["whole"])
    return f"{'-' if match['sign'] else ''}{whole}.{_write_digits(match['rest'])}"


def _write_price(match: re.Match[str], unit: str) -> str:
    part = number_of(match["part"] or match["bare"])
    return f"{number_of(match['whole'])}.{part:02d} {unit}" if part < 100 else match[0]


def _write_clock(match: re.Match[str]) -> str:
    if not (match["at"] or match["half"]):
        return match[0]
    minute = number_of(match["minute"].casefold().replace("oh", "zero", 1))
    return f"{match['at'] or ''}{number_of(match['hour'])}:{minute:02d}{match['half'] or ''}"


def _write_figures(match: re.Match[str]) -> str:
    return f"{match['at'] or ''}{match['hour'] or match['hours']}:{match['minute'] or match['minutes']}"


def _read_nth(words: str) -> str:
    if words[0].isdecimal():
        return words
    *tens, last = re.split(r"[\s-]+", words.casefold())
    if last in ("twentieth", "thirtieth"):
        number = 20 if last == "twentieth" else 30
    else:
        number = ORDINALS.index(last) + 1 + (number_of(tens[0]) if tens else 0)
    suffix = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _read_year(words: str | None) -> str:
    if not words:
        return ""
    first, _, rest = words.strip(", ").casefold().partition(" ")
    if first == "two":
        return f" {2000 + number_of(rest.removeprefix('thousand'))}"
    within = number_of(rest.replace("oh", "zero", 1))
    return f" {(1900 if first == 'nineteen' else 2000) + within}"
