"""What lookup tables and regular expressions find in a text, and how that joins what the model found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from functions.nlu.edges import is_only_signs, split_values, trim_edges
from functions.nlu.entities import MODEL, Span, Tagged
from functions.nlu.model import Label, Specification
from functions.nlu.tables import LOOKUP, REGEX, Hit, Words, find_hits, fold, has_unspaced
from functions.nlu.words import words_of

__all__ = ["Mention", "find_mentions", "find_unsettled", "fold", "join_parts", "merge"]

SURELY_OUTSIDE = 0.95
"""A looked-up phrase is left alone where the model is this sure that each word is outside: "it" is also a film."""
UNSURE = 0.6
"""Below this confidence of the model, a looked-up phrase of another entity wins over it."""
WHOLE = ("time", "date", "year")
"""What is normalised as one of these is never told apart: "Friday, 6 pm", "1980 and 1990"."""
JOINING = frozenset(("", "de", "di", "da", "del", "al", "alla", "aux", "au", "à la", "d'", "do", "mit", "con", "com"))
"""What may stand between the words of one value; "and" does not."""
FAR = 6
"""Characters between them at most."""


@dataclass(frozen=True, slots=True)
class Mention:
    """The characters from `start` to `end` (exclusive) are an entity."""

    start: int
    end: int
    label: Label
    confidence: float
    extractor: str = MODEL


def merge(
    specification: Specification,
    text: str,
    words: Words,
    tagged: Tagged,
    allowed: Collection[str],
    hits: Sequence[Hit] | None = None,
) -> tuple[Mention, ...]:
    """The model's spans, mended and completed by regular expressions and lookups, in order and without overlaps.

    Where an exact hit lies in a span of the same entity, what is glued to the hit goes: `AB-1234's` is AB-1234.
    `hits`: what was found in the text already.
    """
    if hits is None:
        hits = find_hits(specification.tables, specification.regexes, text, words)
    mentions = find_mentions(words, tagged.spans)
    for hit in hits:
        for entity in sorted(hit.entities & frozenset(allowed)) if hit.extractor == REGEX else ():
            mentions = _with_pattern(text, mentions, hit, entity)
    for phrase, entities in _keep_longest(hits, allowed):
        mentions = _with_phrase(text, mentions, phrase, entities, tagged)
    found = [part for mention in mentions for part in _list_values(specification, text, mention, hits)]
    found = [mention for mention in found if not _is_leftover(text, mention, hits)]
    return tuple(sorted(found, key=lambda mention: mention.start))


def join_parts(text: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions in order, those of one entity as one that stand beside each other or are joined by "de" and such:
    "pizza de pepperoni" is one dish. In the language of the examples the network has learned where names end."""
    found: list[Mention] = []
    for mention in mentions:
        before = found[-1] if found else None
        if before is not None and before.label == mention.label:
            between = text[before.end : mention.start].casefold().strip()
            if between in JOINING and mention.start - before.end <= FAR:
                found[-1] = replace(before, end=mention.end, confidence=min(before.confidence, mention.confidence))
                continue
        found.append(mention)
    return tuple(found)


def find_mentions(words: Words, spans: Sequence[Span]) -> list[Mention]:
    """Spans of words as places in the text."""
    return [
        Mention(words[span.first][0], words[span.last][1], span.label, span.confidence, span.extractor)
        for span in spans
    ]


def find_unsettled(mentions: Sequence[Mention], others: Sequence[Mention]) -> tuple[Mention, ...]:
    """The other readings of words that no regular expression or lookup table has decided about."""
    settled = [mention for mention in mentions if mention.extractor != MODEL]
    return tuple(other for other in others if not any(_is_overlapping(other, mention) for mention in settled))


def _with_pattern(text: str, mentions: list[Mention], hit: Hit, entity: str) -> list[Mention]:
    """The mentions with a regular expression's match: it counts where nothing is, and trims its own entity's."""
    found = Mention(hit.start, hit.end, Label(entity), 1.0, REGEX)
    rivals = [mention for mention in mentions if _is_overlapping(found, mention)]
    if not rivals:
        return [*mentions, found]
    if all(_is_glued(text, rival, found) and rival.label.entity == entity for rival in rivals):
        found = Mention(hit.start, hit.end, rivals[0].label, 1.0, REGEX)
        return [*(mention for mention in mentions if mention not in rivals), found]
    return mentions


def _with_phrase(
    text: str, mentions: list[Mention], hit: Hit, entities: frozenset[str], tagged: Tagged
) -> list[Mention]:
    """The mentions with a looked-up phrase, which completes or trims its own entity's, and names what was in doubt."""
    likeliest = max(sorted(entities), key=lambda entity: _compute_chance(tagged, entity, hit.first, hit.last))
    found = Mention(hit.start, hit.end, Label(likeliest), 1.0, LOOKUP)
    rivals = [mention for mention in mentions if _is_overlapping(found, mention)]
    if not rivals:
        # What stands in several tables ("Jazz" is an album, too) says less than the model's silence.
        sure = len(entities) > 1 or min(tagged.outside[hit.first : hit.last + 1]) >= SURELY_OUTSIDE
        return mentions if sure else [*mentions, found]
    if all(_must_yield(text, rival, found, entities) for rival in rivals):
        label = next((rival.label for rival in rivals if rival.label.entity in entities), found.label)
        found = Mention(hit.start, hit.end, label, 1.0, LOOKUP)
        return [*(mention for mention in mentions if mention not in rivals), found]
    return mentions


def _must_yield(text: str, rival: Mention, found: Mention, entities: Collection[str]) -> bool:
    """True where the looked-up phrase is the better reading: the whole of a part, a part to which something is glued,
    or a name where the model is not sure."""
    inside = found.start <= rival.start and rival.end <= found.end
    if rival.label.entity in entities:
        return (rival.start, rival.end) != (found.start, found.end) and (inside or _is_glued(text, rival, found))
    return inside and rival.confidence < UNSURE


def _is_glued(text: str, whole: Mention, part: Mention) -> bool:
    """Whether `whole` is `part` and something that no blank parts from it."""
    if not (whole.start <= part.start and part.end <= whole.end) or (whole.start, whole.end) == (part.start, part.end):
        return False
    return not any(char.isspace() for char in text[whole.start : part.start] + text[part.end : whole.end])


def _list_values(specification: Specification, text: str, mention: Mention, hits: Sequence[Hit]) -> list[Mention]:
    """The mention as the values that it holds, each without the signs around it."""
    if mention.extractor != MODEL:
        return [mention]
    entity = mention.label.entity
    own = [hit for hit in hits if entity in hit.entities]
    if any((hit.start, hit.end) == (mention.start, mention.end) for hit in own):
        return [mention]
    table = words_of(specification.language)
    joins = table.joins if table is not None else frozenset[str]()
    if table is not None:
        mention = _find_before(text, mention, table.excludes)
    kept = specification.separators.get(entity, frozenset())
    places = [(mention.start, mention.end)]
    if specification.normalise.get(entity) not in WHOLE:
        places = split_values(text, mention.start, mention.end, kept, joins)
        known = split_values(text, mention.start, mention.end, (), joins)
        if len(known) > len(places) and set(known) <= {(hit.start, hit.end) for hit in own}:
            places = known
    return [
        Mention(*trim_edges(text, first, last), mention.label, mention.confidence, mention.extractor)
        for first, last in places
    ]


def _is_leftover(text: str, mention: Mention, hits: Sequence[Hit]) -> bool:
    """Whether a mention is no value: signs only, or what stands without a blank beside a hit of its entity, in a script
    that has no blanks."""
    if mention.extractor != MODEL:
        return False
    own = [hit for hit in hits if mention.label.entity in hit.entities]
    if any((hit.start, hit.end) == (mention.start, mention.end) for hit in own):
        return False
    words = text[mention.start : mention.end]
    if is_only_signs(words):
        return True
    if words.isascii() or not has_unspaced(words):
        return False
    return any(
        not any(char.isspace() for char in text[min(hit.end, mention.end) : max(hit.start, mention.start)])
        for hit in own
        if hit.end <= mention.start or mention.end <= hit.start
    )


def _find_before(text: str, mention: Mention, words: Collection[str]) -> Mention:
    """The mention up to a word with which no value goes on: "margherita sans olives" is a margherita."""
    position = mention.start
    for word in text[mention.start : mention.end].split():
        place = text.index(word, position)
        if place > mention.start and word.casefold() in words:
            return replace(mention, end=place)
        position = place + len(word)
    return mention


def _compute_chance(tagged: Tagged, entity: str, first: int, last: int) -> float:
    chances = tagged.chances.get(entity)
    return 0.0 if chances is None else float(sum(chances[first : last + 1])) / (last + 1 - first)


def _keep_longest(hits: Sequence[Hit], allowed: Collection[str]) -> list[tuple[Hit, frozenset[str]]]:
    """The longest phrases of the tables without overlaps, and the allowed entities whose tables have them."""
    phrases: dict[tuple[int, int], tuple[Hit, frozenset[str]]] = {}
    for hit in hits:
        entities = hit.entities & frozenset(allowed)
        if hit.extractor == LOOKUP and entities:
            place = (hit.start, -hit.end)
            phrases[place] = (hit, phrases[place][1] | entities if place in phrases else entities)
    found: list[tuple[Hit, frozenset[str]]] = []
    for _, (hit, entities) in sorted(phrases.items(), key=lambda item: item[0]):
        if not found or hit.start >= found[-1][0].end:
            found.append((hit, entities))
    return found


def _is_overlapping(one: Mention, other: Mention) -> bool:
    return one.start < other.end and other.start < one.end
