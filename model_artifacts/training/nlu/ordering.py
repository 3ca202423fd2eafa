"""Words of a gloss in the order of its language: "kitchen light" is "luz de la cocina" and "Küchenlicht"."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.german import join_nouns

NOUNS, QUALITIES, UNITS = "nouns", "qualities", "units"
PLACES = frozenset(["rooms", "floors"])
LINKS = {
    "es": ("de", "de la", "del"),
    "fr": ("de", "de la", "du"),
    "it": ("di", "della", "del"),
    "pt": ("de", "da", "do"),
}
"""What stands between a noun and the one that tells which: the other way about than in English and German."""
LINKS_TO_PLACES = {
    "de": ("in der", "im", "in dem", "vom", "von der", "auf der"),
    "es": ("de", "de la", "del", "en la", "en el"),
    "fr": ("de", "de la", "du", "dans la", "dans le", "de l'"),
    "it": ("di", "della", "del", "in", "nella", "nel"),
    "pt": ("de", "da", "do", "na", "no"),
}
LINKS_TO_TIMES = {
    "de": ("für", "von", "über", "mit"),
    "es": ("de", "para", "de los", "por"),
    "fr": ("de", "pour", "des"),
    "it": ("di", "da", "per"),
    "pt": ("de", "para", "dos"),
}
REORDERED, COMPOUND, TURNED_IN_GERMAN = 0.8, 0.5, 0.3
"""How often such words change places, how often two German nouns are written as one, and how often German says "Licht
in der Küche"."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    gap: str
    """What stands between it and the one before."""
    annotation: Annotation | None
    kind: str = ""
    """`nouns`, `qualities` or `units`."""
    group: str = ""
    """What it names, where others of the kind may stand for it: `rooms`, `foods`."""


Group = list[Token]


def order_words(tokens: Sequence[Token], language: str, rng: random.Random) -> list[Token]:
    """Nouns after what they tell of, as the language has them; within an entity its words alike."""
    found: list[Group] = []
    run: list[Group] = []
    for group in [*_groups(tokens, language, rng), []]:
        if run and not (group and group[0].gap == " " and _tells(group)):
            found += _turned(run, language, rng)
            run = []
        if group and _tells(group):
            run.append(group)
        elif group:
            found.append(group)
    return [token for group in found for token in group]


def _groups(tokens: Sequence[Token], language: str, rng: random.Random) -> list[Group]:
    """Entities whole, their words in order; numbers with their units; any other word alone."""
    groups: list[Group] = []
    for token in tokens:
        before = groups[-1][-1] if groups else None
        same = before is not None and token.annotation is not None and token.annotation is before.annotation
        if before is not None and (same or (token.kind == UNITS and before.text[-1:].isdigit())):
            groups[-1].append(token)
        elif before is not None and token.text.isdigit() and before.kind == UNITS and token.gap == " ":
            # "1 hour 5 minutes"
            groups[-1].append(token)
        else:
            groups.append([token])
    return [_order_within(group, language, rng) if group[0].annotation else group for group in groups]


def _order_within(group: Group, language: str, rng: random.Random) -> Group:
    if len(group) < 2 or any(token.annotation is not group[0].annotation for token in group):
        return group
    if not all(token.kind in (NOUNS, QUALITIES) for token in group):
        return group
    # "In the kitchen" would say where, and be no part of a name.
    turned = _turned([[replace(token, group="")] for token in group], language, rng)
    return [replace(token, annotation=group[0].annotation) for part in turned for token in part]


def _tells(group: Group) -> bool:
    """Whether the words may stand beside a noun: others of a kind, a name, or numbers with their units."""
    return bool(group[-1].kind) or (group[-1].annotation is not None and group[-1].text[0].isalpha())


def _turned(run: Sequence[Group], language: str, rng: random.Random) -> Sequence[Group]:
    """Words of a kind that follow each other, the last being the noun that all others tell of."""
    if len(run) < 2 or run[-1][-1].kind != NOUNS:
        return run
    before, last = run[-2], run[-1]
    named = not before[-1].kind
    if named and last[0].annotation is not None:
        # Two names: neither tells of the other.
        return run
    if language == "de":
        return _told_in_german(run, rng)
    if language not in LINKS or rng.random() >= REORDERED:
        return run
    turned: list[Group] = [[replace(last[0], gap=run[0][0].gap), *last[1:]]]
    for group in reversed(run[:-1]):
        link = _choose_link(group, language, rng)
        if link and not (not group[-1].kind and rng.random() < 0.3):
            turned.append([Token(link, " ", None)])
        turned.append([replace(group[0], gap="" if link.endswith("'") else " "), *group[1:]])
    return turned


def _choose_link(group: Group, language: str, rng: random.Random) -> str:
    kind = group[-1].kind
    if kind == QUALITIES:
        return ""
    if kind == UNITS:
        return rng.choice(LINKS_TO_TIMES[language])
    return rng.choice((LINKS_TO_PLACES if group[-1].group in PLACES else LINKS)[language])


def _told_in_german(run: Sequence[Group], rng: random.Random) -> Sequence[Group]:
    before, last, chance = run[-2], run[-1], rng.random()
    kind = before[-1].kind
    if chance < COMPOUND and kind == NOUNS and len(last) == 1 and len(before) == 1:
        whole = join_nouns(before[0].text, last[0].text)
        return [*run[:-2], [replace(last[0], text=whole, gap=before[0].gap)]]
    if chance > 1 - TURNED_IN_GERMAN and (kind == UNITS or before[-1].group in PLACES):
        links = LINKS_TO_TIMES if kind == UNITS else LINKS_TO_PLACES
        link = [Token(rng.choice(links["de"]), " ", None)]
        return [
            *run[:-2],
            [replace(last[0], gap=before[0].gap), *last[1:]],
            link,
            [replace(before[0], gap=" "), *before[1:]],
        ]
    return run
