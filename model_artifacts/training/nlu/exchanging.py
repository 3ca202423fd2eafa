"""Values of examples exchanged for others of their kind, so that what is around them tells what they are.

Examples name a lamp or two and one film. The words of a sentence say where a name stands in any language, as long as
not every gloss has the same names.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from functions.nlu.tables import fold
from model_artifacts.training.nlu.ordering import NOUNS, Token

EXCHANGED, FURTHER = 0.5, 0.1
"""How often a value of known kind is another of its kind, and how often a thing is one of a room."""
INVENTED = 0.5
"""How often a name that no phrase has is another name."""
DEVICES, ROOMS = "devices", "rooms"
LONGEST_NAME = 3
LEADING = 0.3
"""How often an invented name begins with a word in small letters, such as an article."""


def exchange_kinds(
    tokens: Sequence[Token], groups: Mapping[str, Sequence[str]], kept: Collection[str], rng: random.Random
) -> list[Token]:
    """The tokens with other values: a room for a room, a lamp for a fan. Values in `kept` (folded) stay."""
    found: list[Token] = []
    place = 0
    while place < len(tokens):
        until = place + 1
        while until < len(tokens) and tokens[until].annotation is tokens[place].annotation:
            until += 1
        value = tokens[place:until]
        known = value[0].annotation is not None and all(token.group for token in value)
        if known and fold(" ".join(token.text for token in value)) not in kept and rng.random() < EXCHANGED:
            value = [replace(token, text=rng.choice(groups[token.group])) for token in value]
            if len(value) == 1 and value[0].group == DEVICES and rng.random() < FURTHER:
                room = replace(value[0], text=rng.choice(groups[ROOMS]), group=ROOMS, kind=NOUNS)
                value = [room, replace(value[0], gap=" ")]
        found += value
        place = until
    return found


def invent_name(value: Sequence[Token], words: Sequence[str], rng: random.Random) -> list[Token]:
    """A name of one to three words, which are words of the language or look like them."""
    names = [_invent_word(words, rng) for _ in range(rng.choice((1, 1, *range(2, LONGEST_NAME + 1))))]
    if len(names) > 1 and rng.random() < LEADING:
        names[0] = rng.choice(words).lower()
    return [replace(value[0], text=name, gap=" " if place else value[0].gap) for place, name in enumerate(names)]


def _invent_word(words: Sequence[str], rng: random.Random) -> str:
    one, other = rng.choice(words), rng.choice(words)
    if rng.random() < 0.5:
        one = one[: (len(one) + 1) // 2] + other[len(other) // 2 :].lower()
    return one[:1].upper() + one[1:]
