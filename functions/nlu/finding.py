"""Prebuilt entities of a message, beside those of its model.

Only what a message may hold is looked for, and imported for it: an address has a figure, an e-mail its sign.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from functions.nlu.evidence import Token
from functions.nlu.model import Specification
from functions.nlu.normalise import Sent, read_time_value
from functions.nlu.words import Words, list_words, words_of
from shared.events.catalogue import Entity

TIMES = ("time", "date")
SIGNS = {"email": "@", "url": "."}
"""What a text has that holds one of these."""
FIGURES = ("address", "phone-number")
CLOCK = re.compile(r"\d\s?[:/.h-]\s?\d|\d[ap]m\b|\d{4}", re.IGNORECASE)
"""Figures that may be a time without any word for one."""


def add_prebuilt(
    specification: Specification,
    text: str,
    tokens: Sequence[Token],
    entities: tuple[Entity, ...],
    intents: Collection[str],
    sent: Sent | None,
) -> tuple[tuple[Entity, ...], tuple[Entity, ...]]:
    """The message's entities with the prebuilt ones, and all that was found.

    An entity that the model has learned, too, counts where one of the message's `intents` has it (or none was
    understood), and has the value that the assistant's `normalise` gives it.
    """
    table = words_of(specification.language)
    dimensions = [name for name in specification.prebuilt if _may_hold(name, text, tokens, table)]
    if not dimensions:
        return entities, ()
    from functions.nlu.prebuilt import find_prebuilt, merge_prebuilt
    from shared.dates.moments import moment_of

    moment = None
    if sent is not None:
        moment = moment_of(sent.at, sent.zone, sent.locale, specification.language)
    learned = frozenset(label.entity for label in specification.labels)
    found = tuple(
        _normalised(specification, one, text, sent) if one.entity in learned else one
        for one in find_prebuilt(dimensions, text, specification.language, moment)
    )
    allowed = frozenset[str]().union(*(specification.intent_entities.get(name, ()) for name in intents))
    fitting = [one for one in found if one.entity not in learned or not intents or one.entity in allowed]
    numbers = frozenset(entity for entity, kind in specification.normalise.items() if kind == "number")
    return merge_prebuilt(entities, fitting, learned, numbers), found


def _may_hold(dimension: str, text: str, tokens: Sequence[Token], table: Words | None) -> bool:
    """Whether it is worth looking for the dimension in the text."""
    if dimension in SIGNS:
        return SIGNS[dimension] in text
    if dimension in FIGURES:
        return any(char.isdecimal() for char in text)
    if dimension != "time" or table is None:
        return True
    before = ""
    for token in tokens:
        if token.word.removesuffix("'s") in table.times or any(part in table.times for part in token.word.split("'")):
            return True
        if before in AT and (token.word[0].isdecimal() or token.word in HOURS):
            return True
        before = token.word
    return CLOCK.search(text) is not None


AT = frozenset(("at", "@", "around", "by", "um", "gegen", "à", "vers", "las", "la", "alle", "all", "às", "as", "about"))
"""Words after which a bare number is an hour."""
HOURS = list_words("""
    one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve,
    eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf,
    una, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce,
    une, deux, trois, quatre, cinq, sept, huit, neuf, dix, onze, douze,
    due, tre, quattro, cinque, sei, sette, otto, nove, dieci, undici, dodici,
    uma, duas, três, quatro, sete, oito, dez, doze
""")


def _normalised(specification: Specification, one: Entity, text: str, sent: Sent | None) -> Entity:
    kind = specification.normalise.get(one.entity)
    if kind not in TIMES:
        return one
    words = text[one.start or 0 : one.end]
    value, info = read_time_value(kind, words, sent, specification.language)
    # Examples mark the hour and not the word before it: "at [8](time)".
    first, _, rest = words.partition(" ")
    start = (one.end or 0) - len(rest.lstrip()) if first.casefold() in AT and rest.strip() else one.start
    return one if info is None else replace(one, value=value, start=start, additional_info=info)
