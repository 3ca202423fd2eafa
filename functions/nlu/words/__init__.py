"""The words of each language that say how others are meant: one module a language, named by its code.

A language is added by a module with `WORDS`, and to LANGUAGES. Phrases are case-folded, with straight apostrophes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

TOKEN = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
"""What counts as one word of a phrase: letters and digits with their apostrophes, or one other character."""

LANGUAGES = frozenset(("en", "de", "es", "fr", "it", "pt"))


@dataclass(frozen=True, slots=True)
class Words:
    cues: Mapping[str, str]
    """Phrase -> the kind of shared.events.meaning.Cue, or "" where the phrase looks like a cue and is none."""
    around: Mapping[str, frozenset[str]]
    """First word of a verb that is split by what it removes ("take ... off") -> its second words."""
    ends: frozenset[str]
    """Words that end what a cue covers, as soon as it covers an entity: prepositions."""
    closes: frozenset[str]
    """Words that end it at once: "but", "rather"."""
    exchanges: frozenset[str]
    """Words between what is replaced and what replaces it: "with", "for"."""
    joins: frozenset[str]
    """Words that go on with a list, or with another request: "and"."""
    articles: frozenset[str]
    """Words that begin a new thing after one of `joins`: "and a naan" is not negated by "without olives"."""
    verbs: frozenset[str]
    """Words with which a request or a sentence begins."""
    asks: frozenset[str]
    """Words with which a question begins."""
    auxiliaries: frozenset[str]
    """Verbs that begin a question where one of `subjects` follows."""
    subjects: frozenset[str]
    fillers: frozenset[str]
    """Words before the beginning proper: "ok", "and", "please"."""
    abbreviations: frozenset[str]
    """Words whose full stop ends no sentence."""
    excludes: frozenset[str] = frozenset()
    """Words between what is wanted and what is not, with which no value goes on: "without"."""
    onto: frozenset[str] = frozenset()
    """Words between what is taken away and the place where it is: "from", "on"."""
    times: frozenset[str] = frozenset()
    """Words without which, and without figures, nothing names a time: those of shared.dates.calendar."""
    yes: frozenset[str] = frozenset()
    """Phrases that agree to what was asked, and nothing else."""
    no: frozenset[str] = frozenset()
    """Phrases that decline it."""
    agreeing: frozenset[str] = frozenset()
    """Words of which, with those of `yes`, a longer yes is made: "that", "is", "fine", "thanks"."""
    common: frozenset[str] = frozenset()
    """Words that are said of anything: they belong to no value."""
    leads: frozenset[str] = frozenset()
    """Phrases that lead from what was spoken of to something like it, and ask for nothing themselves: "what about"."""
    lone: frozenset[str] = frozenset()
    """Cues that are some only where they stand by themselves: "later", but not "see you later"."""


@lru_cache(maxsize=16)
def words_of(language: str) -> Words | None:
    """The table of a language; None where there is none. Imported when it is first asked for."""
    if language not in LANGUAGES:
        return None
    words: Words = import_module(f"functions.nlu.words.{language}").WORDS
    return words


def read_cues(**kinds: str) -> dict[str, str]:
    """Cues written as one text a kind, phrases separated by commas; `none` are those that only look like one."""
    return {
        _make_key(phrase): "" if kind == "none" else kind
        for kind, text in kinds.items()
        for phrase in " ".join(text.casefold().split()).split(",")
        if phrase.strip()
    }


def _make_key(phrase: str) -> str:
    phrase = phrase.strip()
    return phrase if phrase.replace(" ", "").isalpha() else " ".join(TOKEN.findall(phrase))


def list_words(text: str) -> frozenset[str]:
    """Words or phrases separated by commas."""
    return frozenset(phrase.strip() for phrase in " ".join(text.casefold().split()).split(",") if phrase.strip())


def list_phrases(text: str) -> frozenset[str]:
    """Phrases separated by commas, their words divided as those of a text are."""
    return frozenset(map(_make_key, list_words(text)))
