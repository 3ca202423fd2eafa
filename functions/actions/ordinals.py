"""Picking from a list as people do: "the second one", "number 3", "the last"."""

import re

WORDS = {
    "first": 1,
    "one": 1,
    "second": 2,
    "two": 2,
    "third": 3,
    "three": 3,
    "fourth": 4,
    "four": 4,
    "fifth": 5,
    "five": 5,
    "sixth": 6,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "a": 1,
    "an": 1,
    "a couple of": 2,
    "a couple": 2,
    "a pair of": 2,
    "half a dozen": 6,
    "a dozen": 12,
}
"""Values that understanding has not made digits of."""
OTHERS = {
    1: "erste ersten erster erstes eins ein eine primero primera premier première une primo prima primeiro primeira "
    "um uma un una uno",
    2: "zweite zweiten zweiter zweites zwei segundo segunda dos "
    "deuxième second seconde deux secondo seconda due dois duas",
    3: "dritte dritten dritter drittes drei tercero tercera tercer tres troisième trois terzo terza tre "
    "terceiro terceira três",
    4: "vierte vierten vierter vier cuarto cuarta cuatro quatrième quatre quarto quarta quattro quatro",
    5: "fünfte fünften fünf quinto quinta cinco cinquième cinq cinque",
    6: "sechste sechsten sechs sexto sexta seis sixième sesto sesta sei",
}
WORDS |= {word: number for number, words in OTHERS.items() for word in words.split()}
LAST = frozenset(
    [
        "last",
        "final",
        "bottom",
        "letzte",
        "letzten",
        "letzter",
        "letztes",
        "último",
        "última",
        "dernier",
        "dernière",
        "ultimo",
        "ultima",
    ]
)


def read_number(text: str) -> int | None:
    """A whole number in digits or words: "3", "x2", "two", "a couple of"; None where it is none."""
    said = " ".join(text.casefold().split())
    if said in WORDS:
        return WORDS[said]
    match = re.fullmatch(r"(?:x|no\.?|number|#)?\s?(\d{1,4})(?:\s?x|st|nd|rd|th)?", said)
    return int(match[1]) if match else None


def read_position(text: str, count: int) -> int | None:
    """The place in a list of `count`, counted from 0; None where there is no such place."""
    said = " ".join(text.casefold().split())
    if said in LAST:
        number: int | None = count
    elif said == "middle":
        number = (count + 1) // 2
    elif said == "top":
        number = 1
    else:
        number = read_number(said)
    return number - 1 if number is not None and 1 <= number <= count else None
