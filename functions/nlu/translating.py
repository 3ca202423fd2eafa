"""Values that a person says in their own language, as the assistant has them: "des pizzas" is `pizzas`, and
"Küchenlampe" is `kitchen lamp`.

A translation counts only where what comes of it is a value that the assistant knows for that entity, so that names and
what nobody knows stay as they were said. Imported with the first value of another language.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from functions.nlu.tables import Tables, fold
from functions.nlu.words import list_words

LONGEST = 4
"""Words of a phrase that is translated as one."""
TRIED = 64
"""Ways of putting one value together that are tried at most."""
SHORTEST, SHORTEST_PART = 3, 3
"""Letters of what is left of a word without its ending, and of each half of a compound."""
ENDINGS = ("en", "em", "er", "es", "e", "n", "s", "x", "a", "o", "i", "as", "os", "is")
STEMS = ("", "e", "a", "o", "n", "en", "er", "el")
"""What a word may have in place of an ending: "lustigen", "hamburguesas", "Pizzen", "dunkle"."""
JOINTS = ("", "s", "n", "en", "es")
"""What stands between the halves of a compound."""
LINKS = list_words("""
    der, die, das, den, dem, des, ein, eine, einen, einem, einer, mit, und, vom, von, im, in, el, la, los, las, un, una,
    de, del, con, y, le, les, l', d', du, une, a, au, aux, avec, et, il, lo, i, gli, uno, di, da, dei, degli, della,
    delle, al, alla, alle, e, o, os, as, um, uma, do, dos, das, com, ao, em, no, na
""")
"""Articles, and what joins the words of a value."""


@dataclass(frozen=True, slots=True)
class Translations:
    """The `translations` of nlu.json."""

    words: Mapping[str, Mapping[str, Sequence[str]]]
    """Language -> its phrase, plain -> what that is in the language of the examples."""
    values: Mapping[str, Mapping[str, str]]
    """Entity -> value of the examples, folded -> as it is written there."""

    def find_value(self, entity: str, language: str, words: str, tables: Tables) -> str | None:
        """The value of this entity that the words are in another language; None where they are none that is known."""
        phrases = self.words.get(language)
        if not phrases:
            return None
        own = self.values.get(entity, {})

        def known(phrase: str) -> str | None:
            for form in (phrase, f"{phrase}s", phrase.removesuffix("s"), phrase.removesuffix("es")):
                if form in own:
                    return own[form]
                if entity in tables.entities(form):
                    return form
            return None

        return _find_known(list(_split(phrases, plain_words(words))), known)


def plain_words(text: str) -> list[str]:
    """The words as `Translations.words` has them: small, and without accents and signs."""
    return plain_phrase(text).replace("'", "' ").split()


def plain_phrase(text: str) -> str:
    """Folded, and without accents: who is in a hurry leaves these out."""
    letters = unicodedata.normalize("NFD", fold(text))
    kept = "".join(
        char if char.isalnum() or char in "'&" else " " for char in letters if not unicodedata.combining(char)
    )
    return " ".join(kept.split())


def _find_known(parts: Sequence[Sequence[str]], known: Callable[[str], str | None]) -> str | None:
    """The first way of putting the parts together that is known: in their order, or the other way about."""
    for order in (parts, parts[::-1]):
        for chosen in islice(product(*order), TRIED):
            phrase = " ".join(part for part in chosen if part)
            if phrase and (value := known(phrase)) is not None:
                return value
    return None


def _split(phrases: Mapping[str, Sequence[str]], words: Sequence[str]) -> Iterator[Sequence[str]]:
    """What each part of the words may be; the longest phrases first, "" for what may be left out."""
    place = 0
    while place < len(words):
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            found = _look_up(phrases, " ".join(words[place : place + length]), alone=length == 1)
            if found:
                break
        word = words[place]
        if word in LINKS and length == 1:
            yield ("", *found, word)
        else:
            yield (*found, word) if length == 1 else found
        place += length


def _look_up(phrases: Mapping[str, Sequence[str]], phrase: str, *, alone: bool) -> tuple[str, ...]:
    found = tuple(phrases.get(phrase, ()))
    if found or not alone:
        return found
    for stem in _stems(phrase):
        found += tuple(phrases.get(stem, ()))
    return tuple(dict.fromkeys(found)) or tuple(_compounds(phrases, phrase))


def _stems(word: str) -> Iterator[str]:
    """Other forms of the word that a list of words may have."""
    for ending in ("", *ENDINGS):
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            base = word[: len(word) - len(ending)]
            yield from (base + stem for stem in STEMS if base + stem != word)


def _compounds(phrases: Mapping[str, Sequence[str]], word: str) -> Iterator[str]:
    """The word as two that are written as one."""
    for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        right = phrases.get(word[cut:])
        if right is None:
            continue
        for joint in JOINTS:
            left = word[:cut].removesuffix(joint) if word[:cut].endswith(joint) else ""
            for one in phrases.get(left, ()):
                yield from (f"{one} {other}" for other in right)
