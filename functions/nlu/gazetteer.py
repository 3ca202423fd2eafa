"""What lookup tables and regular expressions find in a text, and how that joins what the model found."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from functions.nlu.entities import MODEL, Span, Tagged
from functions.nlu.model import Label, Specification

SURELY_OUTSIDE = 0.95
"""A looked-up phrase is left alone where the model is this sure that each word is outside: "it" is also a film."""
UNSURE = 0.6
"""Below this confidence of the model, a looked-up phrase of another entity wins over it."""


def merge(
    specification: Specification,
    text: str,
    words: Sequence[tuple[int, int]],
    tagged: Tagged,
    allowed: Collection[str],
) -> tuple[Span, ...]:
    """The model's spans, mended and completed by regular expressions and lookups, in order and without overlaps."""
    spans = list(tagged.spans)
    for found in _by_regex(specification, text, words, allowed):
        if not any(_overlap(found, span) for span in spans):
            spans.append(found)
    for first, last, entities in _by_lookup(specification, text, words, allowed):
        rivals = [span for span in spans if first <= span.last and span.first <= last]
        likeliest = max(sorted(entities), key=lambda entity: _chance(tagged, entity, first, last))
        if not rivals:
            # What stands in several tables ("Jazz" is an album, too) says less than the model's silence.
            if len(entities) == 1 and min(tagged.outside[first : last + 1]) < SURELY_OUTSIDE:
                spans.append(Span(first, last, Label(likeliest), 1.0, "lookup"))
        elif all(_yields(span, first, last, entities) for span in rivals):
            label = next((span.label for span in rivals if span.label.entity in entities), Label(likeliest))
            spans = [span for span in spans if span not in rivals]
            spans.append(Span(first, last, label, 1.0, "lookup"))
    return tuple(sorted(spans, key=lambda span: span.first))


def unsettled(spans: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """The other readings of words that no regular expression or lookup table has decided about."""
    settled = [span for span in spans if span.extractor != MODEL]
    return tuple(other for other in others if not any(_overlap(other, span) for span in settled))


def _chance(tagged: Tagged, entity: str, first: int, last: int) -> float:
    chances = tagged.chances.get(entity)
    return 0.0 if chances is None else float(sum(chances[first : last + 1])) / (last + 1 - first)


def _yields(span: Span, first: int, last: int, entities: Collection[str]) -> bool:
    """True where the looked-up phrase is the better reading of the span: the whole of a part, or a name not sure of."""
    inside = first <= span.first and span.last <= last
    if span.label.entity in entities:
        return inside and (span.first, span.last) != (first, last)
    return inside and span.confidence < UNSURE


def _by_lookup(
    specification: Specification, text: str, words: Sequence[tuple[int, int]], allowed: Collection[str]
) -> list[tuple[int, int, frozenset[str]]]:
    """First and last word of the longest phrases of the tables, and the allowed entities whose tables have them."""
    found = []
    first = 0
    while first < len(words):
        for last in range(min(len(words), first + specification.longest_lookup) - 1, first - 1, -1):
            phrase = fold(text[words[first][0] : words[last][1]])
            entities = specification.lookups.get(phrase, frozenset()) & frozenset(allowed)
            if entities:
                found.append((first, last, entities))
                first = last
                break
        first += 1
    return found


def _by_regex(
    specification: Specification, text: str, words: Sequence[tuple[int, int]], allowed: Collection[str]
) -> list[Span]:
    found = []
    for entity, pattern in specification.regexes:
        if entity not in allowed:
            continue
        for match in _compiled(pattern).finditer(text):
            covered = [i for i, (start, end) in enumerate(words) if start < match.end() and end > match.start()]
            if covered:
                found.append(Span(covered[0], covered[-1], Label(entity), 1.0, "regex"))
    return found


def fold(phrase: str) -> str:
    """A phrase as lookups and synonyms know it: case-folded, single spaces."""
    return " ".join(phrase.casefold().split())


def _overlap(one: Span, other: Span) -> bool:
    return one.first <= other.last and other.first <= one.last


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
