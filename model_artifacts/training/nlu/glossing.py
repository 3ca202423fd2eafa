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

from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.augmentation import Variations
from model_artifacts.training.nlu.reading import Example

WORDS = Path(__file__).resolve().parent / "phrasebook" / "words.txt"
LANGUAGES = ("en", "de", "es", "fr", "it", "pt")
"""The columns of that file."""
AGAIN = 2
ENOUGH = 0.5
"""Less of an example's words known, outside of names, and its gloss says too little."""
SMALL, CAPITAL = 0.3, 0.3
"""How often a gloss is written in small letters only, and how often one that could begin with a capital does."""
PARTICLES = frozenset(["on", "off", "up", "down", "out"])
"""Words that an English verb may have at a distance: "turn the lights off"."""
AFTER_PARTICLES = frozenset(["in", "at", "for", "to", "by", "from", "please", "now"])
FAR = 7
"""How many words may stand within such a verb."""
OTHER = "other"
LINKS = {
    "es": ("de", "de la", "del"),
    "fr": ("de", "de la", "du"),
    "it": ("di", "della", "del"),
    "pt": ("de", "da", "do"),
}
"""What stands between a noun and the one that tells which: the other way about than in English and German."""
REORDERED, COMPOUND = 0.75, 0.3
"""How often such words change places, and how often two German nouns are written as one."""
NUMBER = "#"
"""In a phrase: a number that follows, which stays; "to" before one is "auf" in German, before a place "zu"."""
REST = "~"
"""In a translation: where the rest of the sentence stands."""
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
    """Of phrases that are always of one kind: `nouns` or `qualities`."""

    def gloss(self, example: Example, names: Collection[str], rng: random.Random) -> Example | None:
        """The example in this language, its annotations moved along; None where too few of its words are known.

        Entities in `names` stay as they are, and so do values of which a word is not known.
        """
        tokens = list(_tokens(example))
        if self.source == "en":
            _join_verbs(tokens, self.phrases)
        found, known, asked = self._translated(tokens, names, rng)
        if not known or known < ENOUGH * asked:
            return None
        return _join_tokens(example, found, rng)

    def words(self) -> Iterator[str]:
        """All that a gloss may consist of."""
        for translations in self.phrases.values():
            for translation in translations:
                yield translation.replace(REST, " ").strip()

    def _translated(
        self, tokens: Sequence["_Token"], names: Collection[str], rng: random.Random
    ) -> tuple[list["_Token"], int, int]:
        """The tokens of the gloss, how many words outside of names were known, and how many there were."""
        found: list[_Token] = []
        tails: list[_Token] = []
        known = asked = position = 0
        while position < len(tokens):
            token = tokens[position]
            until = position
            while until < len(tokens) and tokens[until].annotation is token.annotation:
                until += 1
            if token.annotation is not None:
                found += self._value(tokens[position:until], names, rng)
                position = until
                continue
            if token.text in _SENTENCE_ENDS:
                found, tails = [*found, *tails], []
            length, choices = self._match(tokens, position, until)
            asked += token.text[0].isalpha()
            known += bool(choices)
            if choices:
                head, _, tail = rng.choice(choices).partition(REST)
                kind = self._kind(tokens[position : position + length])
                found += [_Token(head, token.gap, None, kind)] if head else []
                tails += [_Token(tail, " ", None)] if tail else []
            else:
                found.append(token)
            position += max(1, length)
        return _reordered([*found, *tails], self.language, rng), known, asked

    def _value(self, tokens: Sequence["_Token"], names: Collection[str], rng: random.Random) -> list["_Token"]:
        annotation = tokens[0].annotation
        found: list[_Token] = []
        tails: list[_Token] = []
        position = 0
        while position < len(tokens):
            length, choices = self._match(tokens, position, len(tokens))
            if annotation is None or annotation.entity in names or (not choices and tokens[position].text[0].isalpha()):
                return list(tokens)
            head, _, tail = rng.choice(choices or (tokens[position].text,)).partition(REST)
            kind = self._kind(tokens[position : position + length])
            found += [_Token(head, tokens[position].gap, annotation, kind)] if head else []
            tails += [_Token(tail, " ", annotation)] if tail else []
            position += max(1, length)
        both = [*found, *tails]
        return [replace(both[0], gap=tokens[0].gap), *both[1:]]

    def _kind(self, tokens: Sequence["_Token"]) -> str:
        phrase = _phrase(tokens)
        return self.kinds.get(phrase) or self.kinds.get(phrase.removesuffix("s"), "")

    def _match(self, tokens: Sequence["_Token"], first: int, until: int) -> tuple[int, tuple[str, ...]]:
        """Words and translations of the longest phrase that begins there."""
        for length in range(min(self.longest, until - first), 0, -1):
            phrase = _phrase(tokens[first : first + length])
            choices = self.phrases.get(phrase)
            if length == 1 and first + 1 < len(tokens) and tokens[first + 1].text[0].isdigit():
                choices = self.phrases.get(f"{phrase} {NUMBER}", choices)
            if choices is None and self.source == "en" and length == 1 and len(phrase) > 3 and phrase.endswith("s"):
                choices = self.phrases.get(phrase.removesuffix("'s").removesuffix("s"))
            if choices:
                return length, choices
        return 0, ()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    gap: str
    """What stands between it and the one before."""
    annotation: Annotation | None
    kind: str = ""


def _phrase(tokens: Sequence[_Token]) -> str:
    return " ".join(token.text for token in tokens).lower().replace("’", "'")


def read_glossaries(languages: Sequence[str], file: Path = WORDS) -> tuple[Glossary, ...]:
    """From the first of the languages into each of the others, as far as the file has them."""
    source = languages[0]
    if source not in LANGUAGES:
        return ()
    return tuple(_glossary(source, language, file) for language in languages[1:] if language in LANGUAGES)


@lru_cache(maxsize=32)
def _glossary(source: str, language: str, file: Path) -> Glossary:
    found: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    kind = OTHER
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        if "|" not in line or line.startswith("#"):
            continue
        row = [[phrase.strip() for phrase in column.split(",")] for column in line.split("|")]
        for phrase in row[LANGUAGES.index(source)]:
            if REST not in phrase:
                found.setdefault(phrase.lower(), []).extend(row[LANGUAGES.index(language)])
                kinds[phrase.lower()] = kind if kinds.get(phrase.lower(), kind) == kind else OTHER
    phrases = {phrase: tuple(dict.fromkeys(choices)) for phrase, choices in found.items()}
    longest = max((phrase.count(" ") + 1 for phrase in phrases), default=0)
    return Glossary(source, language, phrases, longest, {p: kind for p, kind in kinds.items() if kind != OTHER})


def gloss_examples(
    examples: Sequence[Example], glossaries: Sequence[Glossary], variations: Variations, count: int, rng: random.Random
) -> Iterator[Example]:
    """At most `count` of the examples in each language, some with other values, drawn at random where there are more;
    where there are few, AGAIN times as many, those of rare intents in several ways."""
    if not examples:
        return
    said = Counter(example.intent for example in examples)
    weights = [1 / math.sqrt(said[example.intent]) for example in examples]
    for glossary in glossaries:
        drawn = rng.sample(examples, min(count, len(examples)))
        # An intent with few examples needs the several words of its language most.
        drawn += rng.choices(examples, weights, k=min(count, AGAIN * len(examples)) - len(drawn))
        for example in drawn:
            gloss = glossary.gloss(variations.exchange_values(example, rng), variations.named, rng)
            if gloss is not None:
                yield gloss


def _tokens(example: Example) -> Iterator[_Token]:
    """Words and signs of the text, each of an entity or of none."""
    position = last = 0
    parts: list[tuple[int, int, Annotation | None]] = []
    for annotation in sorted(example.annotations, key=lambda a: a.start):
        if annotation.start >= position:
            parts += [(position, annotation.start, None), (annotation.start, annotation.end, annotation)]
            position = annotation.end
    for start, end, part in [*parts, (position, len(example.text), None)]:
        for match in _TOKEN.finditer(example.text, start, end):
            yield _Token(match[0], example.text[last : match.start()], part)
            last = match.end()


def _join_verbs(tokens: list[_Token], phrases: Mapping[str, tuple[str, ...]]) -> None:
    """Bring the verbs together that have other words inside."""
    plain = [place for place, token in enumerate(tokens) if token.annotation is None and token.text[0].isalnum()]
    for order in range(len(plain) - 1, 1, -1):
        place = plain[order]
        after = tokens[place + 1].text.lower() if place + 1 < len(tokens) else ""
        if tokens[place].text.lower() not in PARTICLES or (after[:1].isalnum() and after not in AFTER_PARTICLES):
            continue
        for verb in plain[max(0, order - FAR) : order - 1]:
            if f"{tokens[verb].text} {tokens[place].text}".lower() in phrases:
                tokens[verb] = replace(tokens[verb], text=f"{tokens[verb].text} {tokens[place].text}")
                del tokens[place]
                return


def _reordered(tokens: Sequence[_Token], language: str, rng: random.Random) -> list[_Token]:
    """Nouns after what they tell of, as the language has them."""
    groups: list[list[_Token]] = []
    for token in tokens:
        if groups and token.annotation is not None and token.annotation is groups[-1][-1].annotation:
            groups[-1].append(token)
        else:
            groups.append([token])
    found: list[list[_Token]] = []
    run: list[list[_Token]] = []
    for group in [*groups, []]:
        if run and not (group and group[0].gap == " " and group[-1].kind):
            found += _turned(run, language, rng)
            run = []
        if group and group[-1].kind:
            run.append(group)
        elif group:
            found.append(group)
    return [token for group in found for token in group]


def _turned(run: Sequence[list[_Token]], language: str, rng: random.Random) -> Sequence[list[_Token]]:
    """Words of a kind that follow each other, the last being the noun that all others tell of."""
    if len(run) < 2 or run[-1][-1].kind != "nouns":
        return run
    before, last = run[-2], run[-1]
    if language == "de" and rng.random() < COMPOUND and before[-1].kind == "nouns" and len(last) == 1:
        whole = "".join([*(token.text for token in before), last[0].text.lower()])
        return [*run[:-2], [replace(last[0], text=whole, gap=before[0].gap)]]
    if language not in LINKS or rng.random() >= REORDERED:
        return run
    turned: list[list[_Token]] = [[replace(last[0], gap=run[0][0].gap), *last[1:]]]
    for group in reversed(run[:-1]):
        if group[-1].kind == "nouns":
            turned.append([_Token(rng.choice(LINKS[language]), " ", None)])
        turned.append([replace(group[0], gap=" "), *group[1:]])
    return turned


def _join_tokens(example: Example, tokens: Sequence[_Token], rng: random.Random) -> Example:
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
