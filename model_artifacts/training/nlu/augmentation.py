"""Variations of examples that keep their meaning: other values, typos, punctuation, missing spaces, shorter forms.

And noise that means nothing, for the class `nlu_fallback`. What is English here is used for English alone; typing
errors and noise are made of the letters that the examples are written in.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from functions.nlu.tables import fold, hash_phrase
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.texting import shorten_words

ENGLISH = "en"
NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm", "k": "jil",
    "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BEFORE = ("please", "hey", "um", "so", "uh", "well", "hello,", "excuse me,")
AFTER = ("please", "pls", "thanks", "now", "for me", "if you can")
SCRIPTS = {
    "CJK": (0x4E00, 0x5E00),
    "CYRILLIC": (0x0430, 0x044F),
    "ARABIC": (0x0621, 0x063A),
    "HEBREW": (0x05D0, 0x05EA),
    "THAI": (0x0E01, 0x0E2E),
}
"""Letters of each script, by the first word of their names in Unicode."""
FACES = (0x1F600, 0x1F640)
LATIN = [
    "lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do", "eiusmod", "tempor",
    "incididunt", "ut", "labore",
]  # fmt: skip
COMMON_LETTER = 5
"""A letter that the examples have so often belongs to their alphabet."""


ENOUGH = 5
"""An intent with so many different values of an entity needs none from other intents."""
COMMON = 3
"""So many values of one word that end a longer phrase of the table show that people shorten names of this kind."""
INVENTED = 0.25
"""Share of the values drawn from a table of names that are put together from two of its phrases, and stand in none."""
LARGE_TABLE = 50
"""Of a table with so many phrases, a fifth is kept out of every text that is learned."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often each variation is made; none of them is tuned to a data set."""

    swap: float = 0.5
    typo: float = 0.15
    punctuation: float = 0.2
    shorten: float = 0.1
    politeness: float = 0.08
    join: float = 0.04
    texting: float = 0.08
    numbers: float = 0.0
    """How often a number is exchanged for one that no example has. Where examples tell two kinds of numbers apart by
    their values alone, that takes the difference away, so it is left to texts of other languages."""


VALUES = Rates(typo=0, punctuation=0, shorten=0, politeness=0, join=0, texting=0, numbers=0.7)


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    annotation: Annotation | None


Key = tuple[str, str, str | None, str | None]
"""Intent, entity, role, group."""


@dataclass(frozen=True, slots=True)
class Typing:
    """What the examples are typed with."""

    language: str
    letters: str
    """The lower-case letters that they have, in order."""
    scripts: tuple[str, ...]
    """The SCRIPTS that they do not have."""

    @property
    def latin(self) -> bool:
        return "a" in self.letters


@dataclass(frozen=True, slots=True)
class Variations:
    """How the examples of one assistant can be varied."""

    values: Mapping[Key, Sequence[str]]
    """For each entity of an intent, the texts that can stand in its place."""
    named: Mapping[str, Sequence[str]]
    """Entity -> the phrases of its table that are learned from, where these are names of several words."""
    typing: Typing
    known: frozenset[str] = frozenset()
    """The phrases of all tables, folded: what is made of two is none of them."""

    def vary(self, example: Example, rng: random.Random, rates: Rates | None = None) -> Example:
        """One variation of the example, with its annotations moved along."""
        rates = rates or Rates()
        parts = _parts(example)
        parts = [
            self._swap(part, example.intent, rng, rates.numbers)
            if part.annotation and rng.random() < rates.swap
            else part
            for part in parts
        ]
        if rng.random() < rates.shorten:
            parts = _shorten(parts, rng)
        if self.typing.language == ENGLISH and rng.random() < rates.politeness:
            parts = [_Part(rng.choice(BEFORE) + " ", None), *parts] if rng.random() < 0.5 else [
                *parts, _Part(" " + rng.choice(AFTER), None)
            ]  # fmt: skip
        if self.typing.language == ENGLISH and rng.random() < rates.texting:
            parts = [replace(p, text=shorten_words(p.text, rng, table=p.annotation is None)) for p in parts]
        if rng.random() < rates.typo:
            index = rng.randrange(len(parts))
            parts[index] = replace(parts[index], text=_misspelt(parts[index].text, self.typing, rng))
        if rng.random() < rates.join:
            index = rng.randrange(len(parts))
            if parts[index].annotation is None:
                parts[index] = replace(parts[index], text=_join_words(parts[index].text, rng))
        varied = _whole(example, parts)
        return _repunctuate(varied, rng) if rng.random() < rates.punctuation else varied

    def exchange_values(self, example: Example, rng: random.Random) -> Example:
        """The example with other values, and in all else as it is."""
        return self.vary(example, rng, VALUES)

    def draw_name(self, entity: str, rng: random.Random) -> str | None:
        """Sometimes a name made of two of the entity's table, which no table has; None otherwise."""
        names = self.named.get(entity)
        name = _invent(names, rng) if names and rng.random() < INVENTED else None
        return None if name is None or fold(name) in self.known else name

    def _swap(self, part: _Part, intent: str, rng: random.Random, numbers: float) -> _Part:
        a = part.annotation
        if a is None or not (choices := self.values.get((intent, a.entity, a.role, a.group))):
            return part
        if not numbers:
            text = self.draw_name(a.entity, rng) or rng.choice(choices)
        elif part.text.isdecimal() and fold(part.text) not in self.known:
            # A number is said in other words around it than a word: "by 20", "a little".
            like = rng.choice([value for value in choices if value.isdecimal()] or [part.text])
            text = _make_number(like, rng) if len(like) > 3 or rng.random() < numbers else like
        else:
            text = self.draw_name(a.entity, rng) or rng.choice(
                [value for value in choices if not value.isdecimal() or fold(value) in self.known] or choices
            )
        return _Part(text, replace(a, value=None))


def make_variations(
    examples: Sequence[Example], lookups: Mapping[str, Sequence[str]], language: str = ENGLISH
) -> Variations:
    """How these examples can be varied.

    One entity can have other values in another intent (genres of films and of music), so values cross over only to
    intents that have few of their own.
    """
    within: dict[Key, set[str]] = {}
    across: dict[tuple[str, str | None, str | None], set[str]] = {}
    for example in examples:
        for a in example.annotations:
            text = example.text[a.start : a.end]
            within.setdefault((example.intent, a.entity, a.role, a.group), set()).add(text)
            across.setdefault((a.entity, a.role, a.group), set()).add(text)
    learned = {entity: choose_learned_phrases(phrases) for entity, phrases in lookups.items()}
    found = {}
    for key, own in within.items():
        phrases = learned.get(key[1], ())
        texts = own if len(own) >= ENOUGH else across[key[1:]]
        found[key] = sorted({*texts, *phrases, *_last_words(across[key[1:]], phrases)})
    named = {
        entity: several for entity, phrases in learned.items()
        if len(several := [phrase for phrase in phrases if " " in phrase]) >= LARGE_TABLE
    }  # fmt: skip
    known = frozenset(fold(phrase) for phrases in lookups.values() for phrase in phrases)
    return Variations(found, named, read_typing(examples, language), known)


def choose_learned_phrases(phrases: Sequence[str]) -> list[str]:
    """Those of a table that may be learned from: the rest shows how well a name is understood that no text has."""
    if len(phrases) < LARGE_TABLE:
        return list(phrases)
    return [phrase for phrase in phrases if not is_held_out(phrase)]


def is_held_out(phrase: str) -> bool:
    """Whether a phrase of a large table is in no text that is learned; the same in every run."""
    return hash_phrase(fold(phrase)) % 5 == 0


def read_typing(examples: Sequence[Example], language: str) -> Typing:
    """The letters and scripts of the examples that people wrote for this assistant."""
    counts = Counter(c for example in examples if example.authored for c in example.text.lower() if c.isalpha())
    known = {unicodedata.name(c, "").partition(" ")[0] for c in counts}
    letters = "".join(sorted(c for c, count in counts.items() if count >= COMMON_LETTER))
    strange = tuple(script for script in SCRIPTS if script not in known)
    return Typing(language, letters or "abcdefghijklmnopqrstuvwxyz", strange)


def _last_words(authored: Collection[str], phrases: Collection[str]) -> set[str]:
    """The last words of the table's phrases, where the examples show that people say those alone: "Hitchcock"."""
    last = {phrase.split()[-1] for phrase in phrases if len(phrase.split()) > 1}
    said = {text.casefold() for text in authored if len(text.split()) == 1}
    return last if len({word.casefold() for word in last} & said) >= COMMON else set()


def _make_number(like: str, rng: random.Random) -> str:
    """Another number of about its size. Examples have few: that one alone is given as a volume is no sign of one."""
    if len(like) > 3:
        # A year's century, or the first digits of whatever has a length of its own, say what it is.
        return like[:2] + "".join(rng.choices("0123456789", k=len(like) - 2))
    # Of one digit or two alike: that examples give few minutes and many seconds tells nothing of either.
    return str(rng.randint(1, 99))


def _invent(names: Sequence[str], rng: random.Random) -> str:
    one, other = rng.choice(names).split(), rng.choice(names).split()
    return " ".join([*one[: (len(one) + 1) // 2], *other[len(other) // 2 :]])


def make_noise(typing: Typing, rng: random.Random) -> str:
    """Something that no assistant understands: never digits alone, which answer questions, nor one face, which may."""
    kind = rng.randrange(6)
    words = rng.randint(1, 4)
    if kind == 0 and typing.latin:
        return " ".join(_run(rng) for _ in range(words))
    if kind == 1:
        # Letters without a word's frequencies; in English without its vowels.
        letters = [c for c in typing.letters if c not in "aeiou"] if typing.latin else list(typing.letters)
        # A dozen short examples may share vowels only.
        letters = letters or list(typing.letters)
        return " ".join("".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(words))
    if kind == 2:
        low, high = SCRIPTS.get(rng.choice((*typing.scripts, "faces")), FACES)
        return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(3, 10)))
    if kind == 3:
        return rng.choice("?!.,;:#@*-_=+/|~^%&()<>") + "".join(
            rng.choices("?!.,;:#@*-_=+/\\|~^%&()<>0123456789", k=rng.randint(0, 7))
        )
    if kind == 4 and typing.language != "la":
        return " ".join(rng.sample(LATIN, rng.randint(2, 6)))
    mixed = "".join(rng.choices(typing.letters + "0123456789 ", k=rng.randint(4, 24))).strip()
    return mixed if any(c.isalpha() for c in mixed) else f"{mixed}{rng.choice(typing.letters)}"


def _run(rng: random.Random) -> str:
    """Fingers falling on one row of keys."""
    row = rng.choice(ROWS)
    start = rng.randrange(len(row) - 3)
    return row[start : start + rng.randint(3, 5)] * rng.choice((1, 1, 1, 2))


def _parts(example: Example) -> list[_Part]:
    parts, position = [], 0
    for annotation in sorted(example.annotations, key=lambda a: a.start):
        if annotation.start > position:
            parts.append(_Part(example.text[position : annotation.start], None))
        parts.append(_Part(example.text[annotation.start : annotation.end], annotation))
        position = annotation.end
    if position < len(example.text):
        parts.append(_Part(example.text[position:], None))
    return parts


def _whole(example: Example, parts: Sequence[_Part]) -> Example:
    text, annotations = "", []
    for part in parts:
        if part.annotation is not None:
            annotations.append(replace(part.annotation, start=len(text), end=len(text) + len(part.text)))
        text += part.text
    return replace(example, text=text, annotations=tuple(annotations))


def _shorten(parts: list[_Part], rng: random.Random) -> list[_Part]:
    """Without a word or two at an end that no entity holds, as long as most of it stays."""
    total = sum(len(part.text.split()) for part in parts)
    end = rng.choice((0, -1))
    if total < 5 or parts[end].annotation is not None:
        return parts
    words = parts[end].text.split(" ")
    drop = rng.randint(1, 2)
    if len([word for word in words if word]) <= drop:
        return parts
    kept = " ".join(words[drop:]) if end == 0 else " ".join(words[:-drop])
    return [replace(parts[0], text=kept), *parts[1:]] if end == 0 else [*parts[:-1], replace(parts[-1], text=kept)]


def _misspelt(text: str, typing: Typing, rng: random.Random) -> str:
    places = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha() and len(text) > 3]
    if not places:
        return text
    i = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:i] + text[i + 1 :]
    if kind == 1:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    if kind == 2:
        return text[:i] + text[i] + text[i:]
    # Which keys lie beside each other is known of English keyboards alone.
    slips = NEIGHBOURS.get(text[i].lower(), text[i]) if typing.language == ENGLISH else typing.letters
    return text[:i] + rng.choice(slips) + text[i + 1 :]


def _join_words(text: str, rng: random.Random) -> str:
    places = [i for i in range(1, len(text) - 1) if text[i] == " " and text[i - 1].isalpha() and text[i + 1].isalpha()]
    if not places:
        return text
    i = rng.choice(places)
    return text[:i] + text[i + 1 :]


def _repunctuate(example: Example, rng: random.Random) -> Example:
    text = example.text
    last = max((a.end for a in example.annotations), default=0)
    bare = text.rstrip(" .!?")
    if len(bare) >= max(last, 1):
        text = bare + rng.choice(("", "", ".", "!", "?", "..."))
    if rng.random() < 0.3 and not example.annotations:
        text = text.replace("'", "")
    return replace(example, text=text)
