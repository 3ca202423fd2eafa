"""What lookup tables and regular expressions find in a text, and how that joins what the model found."""

from collections.abc import Collection, Sequence

from functions.nlu.entities import MODEL, Span, Tagged
from functions.nlu.model import Label, Specification
from functions.nlu.tables import LOOKUP, REGEX, Hit, Words, find_hits, fold

__all__ = ["fold", "merge", "unsettled"]

SURELY_OUTSIDE = 0.95
"""A looked-up phrase is left alone where the model is this sure that each word is outside: "it" is also a film."""
UNSURE = 0.6
"""Below this confidence of the model, a looked-up phrase of another entity wins over it."""


def merge(
    specification: Specification,
    text: str,
    words: Words,
    tagged: Tagged,
    allowed: Collection[str],
    hits: Sequence[Hit] | None = None,
) -> tuple[Span, ...]:
    """The model's spans, mended and completed by regular expressions and lookups, in order and without overlaps.

    `hits`: what was found in the text already.
    """
    if hits is None:
        hits = find_hits(specification.tables, specification.regexes, text, words)
    spans = list(tagged.spans)
    for hit in hits:
        for entity in sorted(hit.entities & frozenset(allowed)) if hit.extractor == REGEX else ():
            found = Span(hit.first, hit.last, Label(entity), 1.0, REGEX)
            if not any(_overlap(found, span) for span in spans):
                spans.append(found)
    for first, last, entities in _longest(hits, allowed):
        rivals = [span for span in spans if first <= span.last and span.first <= last]
        likeliest = max(sorted(entities), key=lambda entity: _chance(tagged, entity, first, last))
        if not rivals:
            # What stands in several tables ("Jazz" is an album, too) says less than the model's silence.
            if len(entities) == 1 and min(tagged.outside[first : last + 1]) < SURELY_OUTSIDE:
                spans.append(Span(first, last, Label(likeliest), 1.0, LOOKUP))
        elif all(_yields(span, first, last, entities) for span in rivals):
            label = next((span.label for span in rivals if span.label.entity in entities), Label(likeliest))
            spans = [span for span in spans if span not in rivals]
            spans.append(Span(first, last, label, 1.0, LOOKUP))
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


def _longest(hits: Sequence[Hit], allowed: Collection[str]) -> list[tuple[int, int, frozenset[str]]]:
    """First and last word of the longest phrases of the tables, and the allowed entities whose tables have them."""
    phrases: dict[tuple[int, int], frozenset[str]] = {}
    for hit in hits:
        entities = hit.entities & frozenset(allowed)
        if hit.extractor == LOOKUP and entities:
            phrases[hit.first, -hit.last] = phrases.get((hit.first, -hit.last), frozenset()) | entities
    found: list[tuple[int, int, frozenset[str]]] = []
    for (first, last), entities in sorted(phrases.items()):
        if not found or first > found[-1][1]:
            found.append((first, -last, entities))
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one.first <= other.last and other.first <= one.last
