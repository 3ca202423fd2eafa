"""From a text to its intent and entities: encode once, run the model once, read both heads."""

from dataclasses import dataclass

from functions.nlu.direct import read_direct
from functions.nlu.encoding import Encoded, encode
from functions.nlu.entities import Span, tag
from functions.nlu.gazetteer import fold, merge, unsettled
from functions.nlu.intent import FALLBACK, recognise
from functions.nlu.model import Model, Specification
from functions.nlu.normalise import Sent, normalise
from shared.events.catalogue import Entity, Intent


@dataclass(frozen=True, slots=True)
class Understanding:
    intent: Intent | None
    """None only for an empty text."""
    ranking: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    alternatives: tuple[Entity, ...] = ()
    """What words may be besides, which no lookup table or expression settles."""
    truncated: bool = False


def understand(model: Model, text: str, sent: Sent | None) -> Understanding:
    """What `text` means; any text has an answer, nothing raises. Dates and times stay words where `sent` is unknown."""
    specification = model.specification
    direct = read_direct(text, specification.domain_intents, specification.domain_entities)
    if direct is not None:
        return Understanding(direct.intent, (direct.intent,), direct.entities)
    if not text.strip():
        return Understanding(None)
    encoded = encode(model.tokenizer, text)
    if not encoded.spans:
        return Understanding(Intent(FALLBACK, 1.0), truncated=encoded.truncated)
    hits = model.find_hits(text, encoded)
    logits, emissions = model.run(encoded, hits)
    recognised = recognise(specification, logits)
    allowed = specification.intent_entities.get(recognised.likely, frozenset())
    tagged = tag(specification, emissions, allowed)
    spans = merge(specification, text, encoded.spans, tagged, allowed, hits)
    entities, alternatives = (
        tuple(_entity(specification, text, encoded, span, sent) for span in found)
        for found in (spans, unsettled(spans, tagged.others))
    )
    return Understanding(recognised.intent, recognised.ranking, entities, alternatives, encoded.truncated)


def _entity(specification: Specification, text: str, encoded: Encoded, span: Span, sent: Sent | None) -> Entity:
    start, end = encoded.spans[span.first][0], encoded.spans[span.last][1]
    label = span.label
    return Entity(
        entity=label.entity,
        value=value_of(specification, label.entity, text[start:end], sent),
        start=start,
        end=end,
        confidence=span.confidence,
        role=label.role,
        group=label.group,
        extractor=span.extractor,
    )


def value_of(specification: Specification, entity: str, words: str, sent: Sent | None) -> str:
    """The normalised value of an entity's words: its synonym, else its number, year, date or time, else the words."""
    synonym = specification.synonyms.get(fold(words))
    if synonym is not None:
        return synonym
    kind = specification.normalise.get(entity)
    return words if kind is None else normalise(kind, words, sent, specification.language)
