"""The file of phrases that glosses are made of, `phrasebook/words.txt`, read for one pair of languages."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from model_artifacts.training.nlu.german import REST, list_verb_forms

WORDS = Path(__file__).resolve().parent / "phrasebook" / "words.txt"
LANGUAGES = ("en", "de", "es", "fr", "it", "pt")
"""The columns of that file."""
OTHER, VERBS = "other", "verbs"


class Phrases(NamedTuple):
    """What `glossing.Glossary` says of each of these."""

    phrases: Mapping[str, tuple[str, ...]]
    longest: int
    kinds: Mapping[str, str]
    verbs: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]


def read_phrases(source: str, language: str, file: Path) -> Phrases:
    """The phrases of the source with their translations, in the order of the file."""
    found: dict[str, list[str]] = {}
    verbs: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    kind, group = OTHER, ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind, _, group = line.strip("[]").partition(" ")
        if "|" not in line or line.startswith("#"):
            continue
        row = [[phrase.strip() for phrase in column.split(",")] for column in line.split("|")]
        said = row[LANGUAGES.index(language)]
        if kind == VERBS and language == "de":
            said = [form for phrase in said for form in list_verb_forms(phrase)]
        for phrase in row[LANGUAGES.index(source)]:
            if REST not in phrase:
                folded = phrase.lower()
                found.setdefault(folded, []).extend(said)
                (verbs if kind == VERBS else others).setdefault(folded, []).extend(said)
                kinds[folded] = kind if kinds.get(folded, kind) == kind or kind != VERBS else kinds[folded]
                if group:
                    groups.setdefault(group, []).append(folded)
    # What may be a verb, too, is one only where a request has its verb.
    phrases = {phrase: tuple(dict.fromkeys(others.get(phrase, choices))) for phrase, choices in found.items()}
    longest = max((phrase.count(" ") + 1 for phrase in phrases), default=0)
    return Phrases(
        phrases,
        longest,
        {phrase: kind for phrase, kind in kinds.items() if kind not in (OTHER, VERBS)},
        {phrase: tuple(dict.fromkeys(choices)) for phrase, choices in verbs.items()},
        {group: tuple(members) for group, members in groups.items()},
    )
