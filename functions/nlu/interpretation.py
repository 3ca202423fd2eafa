"""From a text to its intent and entities in one language: encode once, run the model once, read both heads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.nlu.encoding import encode
from functions.nlu.entities import tag
from functions.nlu.evidence import Reading, negate
from functions.nlu.examples import Known, key_of
from functions.nlu.gazetteer import Mention, find_mentions, find_unsettled, fold, join_parts, merge
from functions.nlu.intent import FALLBACK, REJECTED, recognise
from functions.nlu.model import Model, Specification
from functions.nlu.normalise import Sent, normalise, read_time_value
from functions.nlu.tables import Hit
from shared.direct import read_direct
from shared.events.catalogue import Entity, Evidence, Intent
from shared.events.meaning import Language, Otherwise, Passage, Segment

AHEAD = 40
"""So many characters before an entity may say how it is meant: "not older than"."""
DOUBT = 0.01
"""What is left of the network's other readings where a text is an example word for word."""
HITS = 10
"""So many finds of tables and expressions are told at most."""


@dataclass(frozen=True, slots=True)
class Understanding:
    intent: Intent | None
    """None only for an empty text."""
    ranking: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    alternatives: tuple[Entity, ...] = ()
    """What words may be besides, which no lookup table or expression settles."""
    truncated: bool = False
    evidence: Evidence | None = None
    """None where the words say nothing besides."""
    language: Language | None = None
    """None where the assistant has one language."""
    otherwise: tuple[Otherwise, ...] = ()
    """How it reads in others of the assistant's languages, where that is in doubt."""
    passages: tuple[Passage, ...] | None = None
    """What the assistant's documents have on it, best first; None where they were not asked."""


def understand_in(model: Model, text: str, sent: Sent | None) -> Understanding:
    """What `text` means by the words of one language, that of the model's specification."""
    specification = model.specification
    direct = read_direct(text, specification.domain_intents, specification.domain_entities)
    if direct is not None:
        return Understanding(direct.intent, (direct.intent,), direct.entities)
    if not text.strip():
        return Understanding(None)
    whole, hits = _read(model, text, sent)
    told = _describe_hits(specification, text, hits, sent)
    reading = Reading(text, specification.language)
    whole = _read_after_lead_in(model, text, whole, reading, sent)
    requests = reading.segments(_list_places(whole.entities))
    proper = reading.proper_start(_list_places(whole.entities))
    if proper and sum(end > proper for _, end in requests) < 2:
        requests = [(proper, len(text))]
    segments = tuple(_read_segment(model, text, start, end, sent) for start, end in requests if end - start < len(text))
    entities = _with_segments(whole, segments)
    kinds = specification.normalise.values()
    if specification.prebuilt or "time" in kinds or "date" in kinds:
        # Imported here: an assistant that names no prebuilt entity and no time pays for none.
        from functions.nlu.finding import add_prebuilt

        intents = {intent.name for intent in (whole.intent, *(segment.intent for segment in segments)) if intent}
        entities, found = add_prebuilt(
            specification, text, reading.tokens, entities, intents.difference(REJECTED), sent
        )
        told = (*found, *told)[:HITS]
    cues = reading.cues(_list_places(entities))
    entities = negate(join_days(entities, text, specification.language), cues)
    evidence = Evidence(
        question=reading.is_question(),
        example=whole.evidence.example if whole.evidence is not None else None,
        cues=cues,
        segments=tuple(replace(segment, entities=negate(segment.entities, cues)) for segment in segments),
        hits=negate(told, cues),
    )
    return replace(whole, entities=entities, evidence=None if evidence == _NOTHING else evidence)


_NOTHING = Evidence()


def _list_places(entities: Sequence[Entity]) -> list[tuple[int, int]]:
    return sorted((entity.start or 0, entity.end or 0) for entity in entities)


def _read(model: Model, text: str, sent: Sent | None) -> tuple[Understanding, Sequence[Hit]]:
    """What the model and the tables say of a text, as one request."""
    specification = model.specification
    known = specification.examples.get(key_of(text)) if specification.examples else None
    encoded = encode(model.tokenizer, text)
    if not encoded.spans:
        understood = Understanding(Intent(FALLBACK, 1.0), truncated=encoded.truncated)
        return _as_example(specification, text, known, understood, sent), ()
    hits = model.find_hits(text, encoded)
    logits, emissions = model.run(encoded, hits)
    recognised = recognise(specification, logits)
    allowed = specification.intent_entities.get(recognised.likely, frozenset())
    tagged = tag(specification, emissions, allowed)
    mentions = merge(specification, text, encoded.spans, tagged, allowed, hits)
    if specification.translations is not None and specification.language != specification.languages[0]:
        mentions = join_parts(text, mentions)
    others = find_unsettled(mentions, find_mentions(encoded.spans, tagged.others))
    entities, alternatives = (
        tuple(_make_entity(specification, text, mention, sent) for mention in found) for found in (mentions, others)
    )
    understood = Understanding(recognised.intent, recognised.ranking, entities, alternatives, encoded.truncated)
    return _as_example(specification, text, known, understood, sent), hits


def _as_example(
    specification: Specification, text: str, known: Known | None, understood: Understanding, sent: Sent | None
) -> Understanding:
    """What the example says that the text is word for word, in place of what the network makes of it."""
    if known is None:
        return understood
    intent = Intent(known.intent, 1.0)
    others = (
        Intent(one.name, round(one.confidence * DOUBT, 6)) for one in understood.ranking if one.name != intent.name
    )
    evidence = Evidence(example=known.intent)
    said = text.strip()
    if len(said) != len(known.text) or said.casefold() != known.text.casefold():
        # Other spaces or signs: the places of its entities are not these.
        return replace(understood, intent=intent, ranking=(intent, *others), evidence=evidence)
    lead = text.index(said)
    entities = tuple(
        _make_entity(specification, text, Mention(start + lead, end + lead, specification.labels[label], 1.0), sent)
        for start, end, label in known.marks
    )
    return replace(
        understood, intent=intent, ranking=(intent, *others), entities=entities, alternatives=(), evidence=evidence
    )


def _read_after_lead_in(
    model: Model, text: str, whole: Understanding, reading: Reading, sent: Sent | None
) -> Understanding:
    """ "What about tonight" is what "tonight" is, where the whole of it says less: a value and nothing else."""
    understood = whole.entities and whole.intent is not None and whole.intent.name not in REJECTED
    start = 0 if understood else reading.lead_in()
    if not start:
        return whole
    rest = _read_segment(model, text, start, len(text), sent)
    if rest.intent.name in REJECTED or not reading.says_only(start, _list_places(rest.entities)):
        return whole
    return replace(whole, intent=rest.intent, ranking=(rest.intent,), entities=rest.entities, alternatives=())


def _read_segment(model: Model, text: str, start: int, end: int, sent: Sent | None) -> Segment:
    found, _ = _read(model, text[start:end], sent)
    entities = tuple(
        replace(entity, start=(entity.start or 0) + start, end=(entity.end or 0) + start) for entity in found.entities
    )
    return Segment(start, end, found.intent or Intent(FALLBACK, 1.0), entities)


def _with_segments(whole: Understanding, segments: Sequence[Segment]) -> tuple[Entity, ...]:
    """The entities of the text; in a part of it that asks for something else, those of that part."""
    entities = list(whole.entities)
    name = whole.intent.name if whole.intent is not None else FALLBACK
    for segment in segments:
        if segment.intent.name not in (name, *REJECTED) and segment.entities:
            entities = [
                item for item in entities if (item.end or 0) <= segment.start or (item.start or 0) >= segment.end
            ]
            entities += segment.entities
    return tuple(sorted(entities, key=lambda entity: entity.start or 0))


def join_days(entities: tuple[Entity, ...], text: str, language: str) -> tuple[Entity, ...]:
    """A time that was said without its day is on the one day that was said beside it: "tomorrow ... at 7"."""
    times = [
        entity for entity in entities if isinstance(entity.additional_info, dict) and "grain" in entity.additional_info
    ]
    days = [entity for entity in times if entity.additional_info["day_said"] and "T" not in str(entity.value)]
    clocks = [entity for entity in times if not entity.additional_info["day_said"]]
    if len(days) != 1 or not clocks or any(clock.entity != days[0].entity for clock in clocks):
        return entities
    from shared.dates.reading import join_clock

    joined = {
        id(clock): replace(clock, value=value, additional_info={**clock.additional_info, "day_said": True})
        for clock in clocks
        if (value := join_clock(str(days[0].value), str(clock.value), text[clock.start or 0 : clock.end], language))
        is not None
    }
    return tuple(joined.get(id(entity), entity) for entity in entities if entity is not days[0])


def _describe_hits(
    specification: Specification, text: str, hits: Sequence[Hit], sent: Sent | None
) -> tuple[Entity, ...]:
    """What tables and expressions found, of whatever intent: an entity for each table."""
    found = [
        Entity(entity, value_of(specification, entity, text[hit.start : hit.end], sent), hit.start, hit.end,
               extractor=hit.extractor)
        for hit in hits
        for entity in sorted(hit.entities)
    ]  # fmt: skip
    return tuple(found[:HITS])


def _make_entity(specification: Specification, text: str, mention: Mention, sent: Sent | None) -> Entity:
    label = mention.label
    words = text[mention.start : mention.end]
    if specification.normalise.get(label.entity) in ("time", "date"):
        value, info = value_of(specification, label.entity, words, None), None
        if value == words:
            value, info = read_time_value(specification.normalise[label.entity], words, sent, specification.language)
    else:
        value, info = value_of(specification, label.entity, words, sent, text[: mention.start]), None
    return Entity(
        entity=label.entity,
        value=value,
        start=mention.start,
        end=mention.end,
        confidence=mention.confidence,
        role=label.role,
        group=label.group,
        extractor=mention.extractor,
        additional_info=info,
    )


def value_of(specification: Specification, entity: str, words: str, sent: Sent | None, ahead: str = "") -> str:
    """The normalised value of an entity's words: its synonym, else its number, year, date or time, else the words.

    `ahead`: the text before them, which may say how they are meant.
    """
    synonym = specification.synonyms.get(fold(words))
    if synonym is not None:
        return synonym
    kind = specification.normalise.get(entity)
    abroad = specification.language != specification.languages[0]
    if kind is None and abroad and specification.translations is not None:
        value = specification.translations.find_value(entity, specification.language, words, specification.tables)
        if value is not None:
            return specification.synonyms.get(fold(value), value)
    return words if kind is None else normalise(kind, words, sent, specification.language, ahead[-AHEAD:])
