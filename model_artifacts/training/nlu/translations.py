"""What an assistant's values are called in its other languages: the words that they are made of, by the phrasebook."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from functions.nlu.tables import fold
from functions.nlu.translating import plain_phrase
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.augmentation import LARGE_TABLE
from model_artifacts.training.nlu.german import REST
from model_artifacts.training.nlu.glossing import Glossary, read_glossaries
from model_artifacts.training.nlu.ordering import NOUNS, QUALITIES


def describe_translations(assistant: Assistant) -> dict[str, Any]:
    """The `translations` of nlu.json (functions.nlu.translating); nothing where there are none."""
    glossaries = read_glossaries(assistant.languages)
    if not glossaries:
        return {}
    told = {
        word
        for glossary in glossaries
        for phrase, kind in glossary.kinds.items()
        if kind in (NOUNS, QUALITIES)
        for word in phrase.split()
    }
    values = _collect_values(assistant, told)
    made_of = {word for known in values.values() for phrase in known for word in _words(phrase)}
    made_of |= {word for phrases in assistant.nlu.lookups.values() for p in phrases for word in _words(fold(p))}
    words = {glossary.language: dict(_invert(glossary, made_of)) for glossary in glossaries}
    # A value of which no word is known in any language is said as it is in all of them.
    translated = {word for glossary in glossaries for phrase in glossary.phrases for word in phrase.split()}
    kept = {
        entity: found
        for entity, known in sorted(values.items())
        if (found := {folded: said for folded, said in sorted(known.items()) if _words(folded) & translated})
    }
    return {"translations": {"words": words, "values": kept}}


def _collect_values(assistant: Assistant, told: Set[str]) -> dict[str, dict[str, str]]:
    """Entity -> its values in the examples and in tables, in large ones those with a word that is `told` in other
    languages, folded -> as they are written. Numbers and times are read in each language by themselves."""
    found: dict[str, dict[str, str]] = {}
    for example in assistant.nlu.examples:
        for a in example.annotations if example.authored else ():
            text = example.text[a.start : a.end]
            found.setdefault(a.entity, {}).setdefault(fold(text), text)
    for entity, phrases in assistant.nlu.lookups.items():
        for phrase in phrases:
            if len(phrases) < LARGE_TABLE or not told.isdisjoint(fold(phrase).split()):
                found.setdefault(entity, {})[fold(phrase)] = phrase
    # A word that has this value is as good as one that an example has.
    given = {fold(value) for value in assistant.nlu.synonyms.values()}
    for known in found.values():
        if given & known.keys():
            known.update((fold(p), p) for p, v in assistant.nlu.synonyms.items() if fold(v) in known)
    return {entity: known for entity, known in found.items() if entity not in assistant.normalise}


def add_translated_phrases(
    lookups: Mapping[str, Sequence[str]], glossaries: Sequence[Glossary]
) -> dict[str, list[str]]:
    """The short tables with what their phrases are called in the other languages; large ones have names."""
    return {
        entity: [*phrases, *(_translate(phrases, glossaries) if len(phrases) < LARGE_TABLE else ())]
        for entity, phrases in lookups.items()
    }


def _translate(phrases: Sequence[str], glossaries: Sequence[Glossary]) -> Iterator[str]:
    for glossary in glossaries:
        for phrase in phrases:
            yield from (said for said in glossary.phrases.get(fold(phrase), ()) if REST not in said)


def _invert(glossary: Glossary, made_of: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Each phrase of the language, plain, with what of the examples' language it may be."""
    found: dict[str, dict[str, None]] = {}
    for phrase, translations in sorted(glossary.phrases.items()):
        if phrase.split() and all(word in made_of or f"{word}s" in made_of for word in phrase.split()):
            for translation in translations:
                if REST not in translation:
                    found.setdefault(plain_phrase(translation), {})[phrase] = None
    yield from ((said, list(phrases)) for said, phrases in sorted(found.items()))


def _words(folded: str) -> set[str]:
    return {word.strip(".,!?'") for word in folded.split()}
