"""Examples put into another language phrase by phrase, so that what is learned holds in all languages of an assistant.

A gloss is no translation: its words mostly stand in the order of the source, and do not agree with each other. It
teaches the heads which words of the languages mean the same, where the encoder alone does not say so (Qin et al. 2020,
"CoSDA-ML": zero-shot transfer by code-switched examples). What a gloss is made of is `phrasebook/words.txt`.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from functions.nlu.tables import fold
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.augmentation import Variations
from model_artifacts.training.nlu.exchanging import EXCHANGED, INVENTED, exchange_kinds, invent_name
from model_artifacts.training.nlu.german import REST
from model_artifacts.training.nlu.ordering import QUALITIES, Token, order_words
from model_artifacts.training.nlu.phrases import LANGUAGES, WORDS, read_phrases
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.wording import ASKING, BEFORE_PLACES, is_verb_place, join_verbs, word_otherwise

AGAIN = 8
SHORT = 6
"""Words at most of a request that is passed on in another."""
ENOUGH = 0.5
"""Less of an example's words known, outside of names, and its gloss says too little."""
SMALL, CAPITAL = 0.3, 0.3
"""How often a gloss is written in small letters only, and how often one that could begin with a capital does."""
NUMBER = "#"
"""In a phrase: a number or a quality that follows, which stays; "to" before one is "auf" in German, before a place
"zu"."""
END = "$"
"""In a phrase: nothing follows but where, "the lights are on in the kitchen"."""
INFINITIVES = {"es": ("r",), "fr": ("er", "ir", "re"), "it": ("re",), "pt": ("r",)}
_ASKED = frozenset(" ".join(words) for words in ASKING if words[-1] in ("you", "to"))
_TOKEN = re.compile(r"\w+(?:['’.,-]\w+)*|[^\w\s]")
_SENTENCE_ENDS = frozenset(".!?;")


@dataclass(frozen=True, slots=True)
class Glossary:
    """Phrases of the examples' language, in small letters, with what each can be in another one."""

    source: str
    language: str
    phrases: Mapping[str, tuple[str, ...]]
    longest: int
    """Words of the longest phrase."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Of phrases that are always of one kind: `nouns`, `qualities` or `units`."""
    verbs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What phrases are where a request has its verb."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Phrases that may stand for each other, by what they name: `rooms`, `foods`."""

    def gloss(
        self, example: Example, names: Collection[str], rng: random.Random, known_names: Collection[str] | None = None
    ) -> Example | None:
        """The example in this language, its annotations moved along; None where too few of its words are known.

        Entities in `names` stay as they are, and so do values of which a word is not known. With `known_names` (folded)
        the example may be said in other words and have other values; those of them stay.
        """
        tokens, whole = list(self._tokens(example)), True
        if self.source == "en":
            join_verbs(tokens, self.phrases)
            if known_names is not None:
                tokens = exchange_kinds(tokens, self.groups, known_names, rng)
                tokens, whole = word_otherwise(tokens, self.verbs, rng)
        found, known, asked = self._translated(tokens, names, known_names, rng)
        if not known or known < ENOUGH * asked:
            return None
        return replace(_join_tokens(example, found, rng), marked=example.marked and whole)

    def is_request(self, text: str) -> bool:
        """Whether the text begins with a verb and goes on."""
        first, _, rest = text.lower().partition(" ")
        return bool(rest) and (first in self.verbs or f"{first} {rest.partition(' ')[0]}" in self.verbs)

    def words(self) -> Iterator[str]:
        """All that a gloss may consist of."""
        for translations in (*self.phrases.values(), *self.verbs.values()):
            for translation in translations:
                yield translation.replace(REST, " ").strip()

    def _tokens(self, example: Example) -> Iterator[Token]:
        """The words of the text; those of a noun or of a quality as one."""
        tokens, place = list(_tokens(example)), 0
        groups = {phrase: group for group, phrases in self.groups.items() for phrase in phrases}
        while place < len(tokens):
            first, length, phrase = tokens[place], 1, ""
            for length in range(min(self.longest, len(tokens) - place), 0, -1):
                part = tokens[place : place + length]
                phrase = _phrase(part)
                if phrase in self.kinds and all(token.annotation is first.annotation for token in part):
                    break
            kind = self._kind(phrase)
            text = " ".join(token.text for token in tokens[place : place + length])
            yield replace(first, text=text, kind=kind, group=groups.get(phrase, ""))
            place += length

    def _translated(
        self, tokens: Sequence[Token], names: Collection[str], known_names: Collection[str] | None, rng: random.Random
    ) -> tuple[list[Token], int, int]:
        """The tokens of the gloss, how many words outside of names were known, and how many there were."""
        found: list[Token] = []
        tails: list[Token] = []
        known = asked = position = 0
        while position < len(tokens):
            token = tokens[position]
            until = position
            while until < len(tokens) and tokens[until].annotation is token.annotation:
                until += 1
            if token.annotation is not None:
                found += self._value(tokens[position:until], names, known_names, rng)
                position = until
                continue
            if token.text in _SENTENCE_ENDS:
                found, tails = [*found, *tails], []
            length, choices = self._match(tokens, position, until)
            asked += token.text[0].isalpha()
            known += bool(choices)
            if choices:
                head, _, tail = _choose(choices, rng).partition(REST)
                of = tokens[position : position + length]
                found += [Token(head, token.gap, None, self._kind(_phrase(of)), token.group)] if head else []
                tails += [Token(tail, " ", None)] if tail else []
            else:
                found.append(token)
            position += max(1, length)
        return order_words([*found, *tails], self.language, rng), known, asked

    def _value(
        self, tokens: Sequence[Token], names: Collection[str], known_names: Collection[str] | None, rng: random.Random
    ) -> list[Token]:
        annotation = tokens[0].annotation
        found: list[Token] = []
        tails: list[Token] = []
        position = 0
        if annotation is None or annotation.entity in names:
            return list(tokens)
        while position < len(tokens):
            length, choices = self._match(tokens, position, len(tokens))
            if not choices and tokens[position].text[0].isalpha():
                said = fold(" ".join(token.text for token in tokens))
                if known_names is None or said in known_names or rng.random() >= INVENTED:
                    return list(tokens)
                return invent_name(tokens, _name_words(self), rng)
            head, _, tail = _choose(choices or (tokens[position].text,), rng).partition(REST)
            token = tokens[position]
            kind = self._kind(_phrase(tokens[position : position + length]))
            found += [Token(head, token.gap, annotation, kind, token.group)] if head else []
            tails += [Token(tail, " ", annotation)] if tail else []
            position += max(1, length)
        both = [*found, *tails]
        return [replace(both[0], gap=tokens[0].gap), *both[1:]]

    def _kind(self, phrase: str) -> str:
        return self.kinds.get(phrase) or self.kinds.get(phrase.removesuffix("s"), "")

    def _match(self, tokens: Sequence[Token], first: int, until: int) -> tuple[int, tuple[str, ...]]:
        """Words and translations of the longest phrase that begins there."""
        for length in range(min(self.longest, until - first), 0, -1):
            phrase = _phrase(tokens[first : first + length])
            choices = self.phrases.get(phrase)
            # A value of one word names something: "open" is a state.
            alone = tokens[first].annotation is not None and len(tokens) == length
            if phrase in self.verbs and self.source == "en" and not alone and is_verb_place(tokens, first):
                choices = self._inflect(self.verbs[phrase], _phrase(tokens[max(0, first - 3) : first]))
            after = tokens[first + length] if first + length < len(tokens) else None
            if after is None or not after.text[0].isalnum() or after.text.lower() in BEFORE_PLACES:
                choices = self.phrases.get(f"{phrase} {END}", choices)
            elif length == 1 and (after.text[0].isdigit() or after.kind == QUALITIES):
                choices = self.phrases.get(f"{phrase} {NUMBER}", choices)
            if choices is None and self.source == "en" and length == 1 and len(phrase) > 3 and phrase.endswith("s"):
                choices = self.phrases.get(phrase.removesuffix("'s").removesuffix("s"))
            if choices:
                return length, choices
        return 0, ()

    def _inflect(self, forms: tuple[str, ...], before: str) -> tuple[str, ...]:
        """The infinitives where somebody is asked to do something: "could you", "I want to"."""
        if not any(before.endswith(words) for words in _ASKED):
            return forms
        ends = INFINITIVES.get(self.language, ())
        fitting = tuple(f for f in forms if f.startswith(REST) or (ends and f.partition(" ")[0].endswith(ends)))
        return fitting or forms


def _choose(choices: Sequence[str], rng: random.Random) -> str:
    """The first are what is said most."""
    return rng.choices(choices, [1 / math.sqrt(1 + place) for place in range(len(choices))])[0]


def _phrase(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens).lower().replace("’", "'")


def read_glossaries(languages: Sequence[str], file: Path = WORDS) -> tuple[Glossary, ...]:
    """From the first of the languages into each of the others, as far as the file has them."""
    source = languages[0]
    if source not in LANGUAGES:
        return ()
    return tuple(_glossary(source, language, file) for language in languages[1:] if language in LANGUAGES)


@lru_cache(maxsize=32)
def _glossary(source: str, language: str, file: Path) -> Glossary:
    return Glossary(source, language, *read_phrases(source, language, file))


@lru_cache(maxsize=32)
def _list_name_words(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({phrase for phrase in phrases if phrase.isalpha() and len(phrase) > 3}))


def _name_words(glossary: Glossary) -> tuple[str, ...]:
    """Words that invented names are made of."""
    return _list_name_words(tuple(said for choices in glossary.phrases.values() for said in choices))


def gloss_examples(
    examples: Sequence[Example], glossaries: Sequence[Glossary], variations: Variations, count: int, rng: random.Random
) -> Iterator[Example]:
    """At most `count` of the examples in each language, some with other values, drawn at random where there are more;
    where there are few, AGAIN times as many, those of rare intents and beginnings in several ways."""
    if not examples:
        return
    kinds = [(example.intent, example.text.partition(" ")[0].lower()) for example in examples]
    said = Counter(kinds)
    weights = [1 / math.sqrt(said[kind]) for kind in kinds]
    kept = variations.known | _list_counted(examples)
    for glossary in glossaries:
        drawn = rng.sample(examples, min(count, len(examples)))
        # What few examples say needs the several words of its language most.
        drawn += rng.choices(examples, weights, k=min(count, AGAIN * len(examples)) - len(drawn))
        requests = [e for e in examples if len(e.text.split()) <= SHORT and glossary.is_request(e.text)]
        for example in drawn:
            exchanged = variations.exchange_values(example, rng)
            if requests and rng.random() < EXCHANGED and (other := rng.choice(requests)).intent != example.intent:
                exchanged = _exchange_request(exchanged, glossary, other.text)
            gloss = glossary.gloss(exchanged, variations.named, rng, kept)
            if gloss is not None:
                yield gloss


def _list_counted(examples: Sequence[Example]) -> set[str]:
    """The values, folded, of entities that have numbers among them: "asap" is a time, and no name beside "8 pm"."""
    values: dict[str, set[str]] = {}
    for example in examples:
        for a in example.annotations:
            values.setdefault(a.entity, set()).add(fold(example.text[a.start : a.end]))
    numbered = (said for said in values.values() if any(char.isdigit() for value in said for char in value))
    return {value for said in numbered for value in said}


def _exchange_request(example: Example, glossary: Glossary, request: str) -> Example:
    """The example with another request in place of one that it passes on: "in 5 minutes turn off the lights"."""
    for a in example.annotations:
        if " " in example.text[a.start : a.end] and glossary.is_request(example.text[a.start : a.end]):
            longer = len(request) - (a.end - a.start)
            moved = tuple(
                replace(b, start=b.start + longer * (b.start > a.start), end=b.end + longer * (b.end >= a.end))
                for b in example.annotations
            )
            return replace(example, text=example.text[: a.start] + request + example.text[a.end :], annotations=moved)
    return example


def _tokens(example: Example) -> Iterator[Token]:
    """Words and signs of the text, each of an entity or of none."""
    position = last = 0
    parts: list[tuple[int, int, Annotation | None]] = []
    for annotation in sorted(example.annotations, key=lambda a: a.start):
        if annotation.start >= position:
            parts += [(position, annotation.start, None), (annotation.start, annotation.end, annotation)]
            position = annotation.end
    for start, end, part in [*parts, (position, len(example.text), None)]:
        for match in _TOKEN.finditer(example.text, start, end):
            yield Token(match[0], example.text[last : match.start()], part)
            last = match.end()


def _join_tokens(example: Example, tokens: Sequence[Token], rng: random.Random) -> Example:
    small, capital = rng.random() < SMALL, rng.random() < CAPITAL
    text = ""
    annotations: list[Annotation] = []
    for place, token in enumerate(tokens):
        word = token.text.lower() if small else token.text
        if place == 0 and capital and not small:
            word = word[:1].upper() + word[1:]
        text += (token.gap or " " * (text[-1:].isalnum() and word[:1].isalnum())) if text else ""
        start = len(text)
        text += word
        before = tokens[place - 1].annotation if place else None
        if token.annotation is not None and token.annotation is before:
            annotations[-1] = replace(annotations[-1], end=len(text))
        elif token.annotation is not None:
            annotations.append(replace(token.annotation, start=start, end=len(text), value=None))
    return replace(example, text=text, annotations=tuple(annotations))
