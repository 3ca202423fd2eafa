"""How German makes words: the infinitive that ends a request, and nouns that are written as one."""

import re
from collections.abc import Iterator

REST = "~"
"""In a translation: where the rest of the sentence stands."""
PARTICLES = frozenset([
    "ab", "an", "auf", "aus", "bei", "dazu", "durch", "ein", "fort", "frei", "heraus", "herunter", "hinzu", "hoch",
    "los", "nach", "raus", "rauf", "runter", "um", "vor", "weg", "weiter", "wieder", "zu", "zurück",
])  # fmt: skip
"""What is written before an infinitive as one word with it."""
STEMS = {
    "gib": "geben", "nimm": "nehmen", "brich": "brechen", "lies": "lesen", "sieh": "sehen", "sprich": "sprechen",
    "vergiss": "vergessen", "hilf": "helfen", "empfiehl": "empfehlen", "tu": "tun", "lass": "lassen",
}  # fmt: skip
"""Infinitives of imperatives that change their vowel."""
_IMPERATIVE = re.compile(r"[a-zäöüß]{3,}")


def list_verb_forms(translation: str) -> Iterator[str]:
    """The imperative, with and without its last letter, and the infinitive at the end: "schalte~ein", "schalt~ein" and
    "~einschalten"."""
    yield translation
    head, rest, tail = translation.partition(REST)
    verb, _, between = head.strip().partition(" ")
    if not _IMPERATIVE.fullmatch(verb) or not (rest or (verb.endswith(("e", "l", "h", "p")) and not between)):
        return
    if (rest and verb.endswith("e") and not verb.endswith(("le", "re", "ne", "te", "de"))) or verb in (
        "schalte",
        "stelle",
    ):
        yield f"{verb[:-1]}{' ' * bool(between)}{between}{REST * bool(rest)}{tail}"
    infinitive = make_infinitive(verb)
    words = [*between.split(), *([f"{tail}{infinitive}"] if tail in PARTICLES else [*tail.split(), infinitive])]
    yield REST + " ".join(words)


def make_infinitive(imperative: str) -> str:
    """Of an imperative: "mache" and "mach" are "machen", "wechsle" is "wechseln"."""
    if imperative in STEMS:
        return STEMS[imperative]
    if imperative.endswith(("gle", "sle", "kle")):
        return f"{imperative[:-2]}eln"
    return f"{imperative.removesuffix('e')}{'n' if imperative.endswith('ere') and imperative[-4] != 'i' else 'en'}"


def join_nouns(first: str, second: str) -> str:
    """Two nouns as one: "Küchenlampe", "Heizungsventil"."""
    joint = ""
    if first.endswith(("ung", "heit", "keit", "schaft", "ion", "tät")):
        joint = "s"
    elif first.endswith("e"):
        joint = "n"
    return f"{first}{joint}{second.lower()}"
