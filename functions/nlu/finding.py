"""Prebuilt entities of a message, beside those of its model.

Only what a message may hold is looked for, and imported for it: an address has a figure, an e-mail its sign.
"""

import re
from collections.abc import Collection, Mapping, Sequence
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
    wanted = specification.prebuilt
    timed = () if "time" in wanted else times_of(specification)
    dimensions = [name for name in (*wanted, *(("time",) if timed else ())) if _may_hold(name, text, tokens, table)]
    if not dimensions:
        return entities, ()
    from functions.nlu.prebuilt import find_prebuilt, merge_prebuilt
    from shared.dates.reference_time import read_reference_time

    reference = None
    if sent is not None:
        reference = read_reference_time(sent.at, sent.zone, sent.locale, specification.language)
    learned = frozenset(label.entity for label in specification.labels)
    found = tuple(
        _normalise(specification, one, text, sent) if one.entity in learned else one
        for each in find_prebuilt(dimensions, text, specification.language, reference)
        for one in (_as_learned(each, text, timed, specification, sent) if timed and each.entity == "time" else (each,))
    )
    allowed = frozenset[str]().union(*(specification.intent_entities.get(name, ()) for name in intents))
    fitting = [one for one in found if one.entity not in learned or not intents or one.entity in allowed]
    numbers = frozenset(entity for entity, kind in specification.normalise.items() if kind == "number")
    return merge_prebuilt(entities, fitting, learned, numbers), found


def times_of(specification: Specification) -> dict[str, str]:
    """Kind (time, date) -> the learned entity of which `normalise` says that its words are read so."""
    learned = {label.entity for label in specification.labels}
    return {kind: name for name, kind in specification.normalise.items() if kind in TIMES and name in learned}


def _as_learned(
    one: Entity, text: str, timed: Mapping[str, str], specification: Specification, sent: Sent | None
) -> tuple[Entity, ...]:
    """A time that was found, under the names of the entities that the assistant reads as times: "friday at 10" is the
    one of its days and the one of its hours."""
    start, end = one.start or 0, one.end or 0
    if len(timed) == 1:
        return (replace(one, entity=next(iter(timed.values()))),)
    for cut in (start, *(start + match.start() for match in re.finditer(r"\s", text[start:end])), end):
        before, after = (_kind_of(text[slice(*part)], specification, sent) for part in ((start, cut), (cut, end)))
        if {before, after} <= {"time", "date", ""} and before != after:
            parts = ((before, start, cut), (after, cut, end))
            return tuple(_make_part(one, timed[kind], text, *place) for kind, *place in parts if kind)
    return ()


def _kind_of(words: str, specification: Specification, sent: Sent | None) -> str | None:
    """date for a day, time for a clock without a day, nothing for nothing; None for what is neither."""
    if not words.strip():
        return ""
    _, info = read_time_value("time", words.strip(" ,"), sent, specification.language)
    if info is None or (info["day_said"] and info["grain"] in ("now", "minute", "hour")):
        return None
    return "date" if info["day_said"] else "time"


def _make_part(one: Entity, name: str, text: str, start: int, end: int) -> Entity:
    said = text[start:end]
    return replace(
        one, entity=name, start=start + len(said) - len(said.lstrip(" ,")), end=end - len(said) + len(said.rstrip(" ,"))
    )


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


def _normalise(specification: Specification, one: Entity, text: str, sent: Sent | None) -> Entity:
    kind = specification.normalise.get(one.entity)
    if kind not in TIMES:
        return one
    words = text[one.start or 0 : one.end]
    value, info = read_time_value(kind, words, sent, specification.language)
    # Examples mark the hour and not the word before it: "at [8](time)".
    first, _, rest = words.partition(" ")
    start = (one.end or 0) - len(rest.lstrip()) if first.casefold() in AT and rest.strip() else one.start
    return one if info is None else replace(one, value=value, start=start, additional_info=info)
