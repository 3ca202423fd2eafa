"""Texts as they are spoken: numbers, years, decades, abbreviations and signs become English words in lower case."""

import re
import unicodedata

from functions.nlu.normalise import TENS as MORE_TENS
from functions.nlu.normalise import UNITS

TENS = ("", "ten", *MORE_TENS)
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
SIGNS = {
    "&": " and ", "+": " plus ", "%": " percent ", "@": " at ", "=": " equals ", "°": " degrees ", "№": " number ",
    "w/": " with ",
}  # fmt: skip
LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "œ": "oe", "’": "'", "‘": "'"})
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
LONGEST_NUMBER = 6
"""Digits; a longer one is told digit by digit."""


def list_spoken_words(text: str) -> list[str]:
    """The words of `text`; what is in no Latin script is left out."""
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    if any(char.islower() for char in plain):
        # TV, LA, REM: told letter by letter, where the whole text does not shout.
        plain = re.sub(r"\b[A-Z]{2,3}\b", lambda match: " ".join(match.group()), plain)
    plain = re.sub(r"\b([A-Za-z])\.(?=[A-Za-z]\.|\s|$)", r"\1 ", plain).lower()
    for sign, words in SIGNS.items():
        plain = plain.replace(sign, words)
    plain = re.sub(r"'?\b(\d\d)?(\d0)'?s\b", _say_decade, plain)
    plain = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda match: f" {_say_ordinal(int(match[1]))} ", plain)
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain)
    plain = re.sub(r"\b(?:1[1-9]\d\d|20\d\d)\b", lambda match: f" {_say_year(int(match.group()))} ", plain)
    plain = re.sub(r"(?<=\d)\.(?=\d)", " point ", plain)
    plain = re.sub(r"\d+", lambda match: f" {_say_number(match.group())} ", plain)
    return WORD.findall(plain)


def spell_number(number: int) -> str:
    """421 -> four hundred and twenty one; below a million."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        return f"{TENS[number // 10]} {UNITS[number % 10]}" if number % 10 else TENS[number // 10]
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = number % size
    head = f"{spell_number(number // size)} {name}"
    if not rest:
        return head
    return f"{head} and {spell_number(rest)}" if rest < 100 else f"{head} {spell_number(rest)}"


def _say_ordinal(number: int) -> str:
    if number >= 10**LONGEST_NUMBER:
        return _say_number(str(number))
    *before, last = spell_number(number).split()
    last = ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last.removesuffix("t") + "th")
    return " ".join([*before, last])


def _say_number(digits: str) -> str:
    if len(digits) > LONGEST_NUMBER or (digits[0] == "0" and len(digits) > 1):
        return " ".join(UNITS[int(digit)] for digit in digits)
    return spell_number(int(digits))


def _say_year(number: int) -> str:
    """1984 -> nineteen eighty four, 2001 -> two thousand one, 1905 -> nineteen oh five."""
    if 2000 <= number < 2010:
        return "two thousand" + (f" {UNITS[number - 2000]}" if number > 2000 else "")
    century, within = divmod(number, 100)
    if not within:
        return f"{spell_number(century)} hundred"
    return f"{spell_number(century)} {'oh ' if within < 10 else ''}{spell_number(within)}"


def _say_decade(match: re.Match[str]) -> str:
    century, tens = match[1], int(match[2]) // 10
    if not tens:
        return {"20": "two thousands", "19": "nineteen hundreds"}.get(century or "", match.group())
    name = f"{TENS[tens][:-1]}ies" if TENS[tens].endswith("y") else f"{TENS[tens]}s"
    return f"{spell_number(int(century))} {name}" if century else name
