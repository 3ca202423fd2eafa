"""A message read in the place where it was said: before it is recorded, so that history, actions and policies see what
was meant.

In this order: an offer by its title, number or place; what tables found where the question asks for it; what is wanted
and what is not; a stance towards the question; several requests; the task that a fragment goes on with.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from functions.dialogue.context.changes import UNWANTED, with_polarity
from functions.dialogue.context.correcting import correct_answers
from functions.dialogue.context.days import resolve_days
from functions.dialogue.context.offers import choose_offer, offers_of
from functions.dialogue.context.requests import divide_message
from functions.dialogue.context.settings import Context
from functions.dialogue.context.stance import has_yes, stance_of
from functions.dialogue.context.tasks import KIND, list_tasks, own_entities, pressed_task, task_of
from functions.dialogue.context.words import blank_spans, words_of
from functions.dialogue.incoming import Incoming, in_rasas_form
from functions.dialogue.names import NLU_FALLBACK, OUT_OF_SCOPE
from functions.dialogue.tracker import Tracker
from shared.direct import read_direct
from shared.events.wire import JSON

FEW = 4
"""Words beside that for what is asked: "and what about the"."""
SHORT = 3
"""Letters of words that name nothing: "its"."""
BEFORE = 2
"""Words before the negation of a request: "please", "I do"."""
SURE_ENOUGH = 0.75
"""Below this confidence nothing is repeated or added in an open form."""
SURE = 0.9
"""Below this confidence a training example that the message is word for word says its intent better."""


class Read(NamedTuple):
    """A message, read."""

    message: Incoming
    later: tuple[JSON, ...] = ()
    """Requests of it that wait until it is dealt with."""
    postponed: bool = False
    """Nothing of the message is done now: all of it waits."""


def read(message: Incoming, tracker: Tracker, context: Context, *, began: bool) -> Read:
    """The message in its context. `began`: a session begins with it, so that nothing was offered or asked before."""
    if not context.answers:
        return Read(_mark_reading(replace(message, entities=with_polarity(message)), tracker, context, None))
    message, start = _without_hesitation(_as_example(message), context)
    if not began and (pressed := _read_pressed(message, start, tracker, context)) is not None:
        return Read(_mark_reading(pressed, tracker, context, pressed_task(pressed, tracker, context)))
    message = ask_about_task(_if_a_yes(message, context), tracker, context)
    message = _with_hits(message, tracker, context)
    if message.entities:
        message = resolve_days(replace(message, entities=with_polarity(message)), tracker, context)
    message = _as_fragment(message, tracker, context)
    message = _as_refusal(_if_sure(message, tracker, context), tracker, context)
    if changed := correct_answers(message, tracker, context):
        message = replace(message, intent=min(context.fragments, default=message.intent), ranking=())
        return Read(_mark_reading(message, tracker, context, None, start, changed))
    first, later = divide_message(message, tracker, context)
    if not later and (added := _count_added(message, tracker, context)) is not None:
        return Read(_mark_reading(message, tracker, context, None), added, postponed=True)
    task = task_of(first, tracker, context)
    if task is not None and tracker.live.loop_name in tracker.domain.forms and first.intent in context.fragments:
        # The form that is open takes none of it: it belongs to what came in between.
        names = {str(entity["entity"]) for entity in first.entities}
        first = replace(first, intent=task if names <= context.takes[task] else first.intent)
    return Read(_mark_reading(first, tracker, context, task, start), later)


def _mark_reading(
    message: Incoming,
    tracker: Tracker,
    context: Context,
    task: str | None,
    start: int = 0,
    changed: Mapping[str, JSON] | None = None,
) -> Incoming:
    evidence = message.evidence
    known = tracker.live.slots
    found: dict[str, JSON] = {
        "stance": _in_time(stance_of(message, context, known), message) if not changed else None,
        "question": bool(evidence is not None and evidence.question) or None,
        "task": task,
        "start": start or None,
        "changed": dict(changed) if changed else None,
    }
    reading = {name: value for name, value in found.items() if value is not None}
    return replace(message, reading=reading or None, evidence=None)


def _in_time(stance: str | None, message: Incoming) -> str | None:
    """A yes that comes late, after an outage, acts on nothing: it is asked for again."""
    return "wait" if stance == "yes" and message.late else stance


def _as_example(message: Incoming) -> Incoming:
    example = message.evidence.example if message.evidence is not None else None
    if example is None or example == message.intent or message.confidence >= SURE or message.text.startswith("/"):
        return message
    return replace(message, intent=example, confidence=1.0)


def _without_hesitation(message: Incoming, context: Context) -> tuple[Incoming, int]:
    """The message as what follows a hesitation ("hang on, it's Maria"), and where that begins; as it is where nothing
    follows, or a mere yes or no: whoever hesitates has not agreed."""
    evidence = message.evidence
    if evidence is None or len(evidence.segments) != 1:
        return message, 0
    proper = evidence.segments[0]
    meant = context.stances.get(message.intent or "")
    unclear = proper.intent.name in (NLU_FALLBACK, OUT_OF_SCOPE)
    waits = meant == "wait" and message.confidence >= SURE_ENOUGH and unclear and not proper.entities
    if waits or proper.intent.name in context.stances:
        return replace(message, evidence=replace(evidence, segments=())), 0
    cues = tuple(cue for cue in evidence.cues if cue.start >= proper.start)
    message = replace(message, evidence=replace(evidence, cues=cues, segments=()))
    if meant is not None or message.intent in (NLU_FALLBACK, OUT_OF_SCOPE):
        entities = tuple(in_rasas_form(entity) for entity in proper.entities)
        message = replace(
            message,
            intent=proper.intent.name,
            confidence=proper.intent.confidence,
            entities=entities or message.entities,
        )
    return message, proper.start


def _if_a_yes(message: Incoming, context: Context) -> Incoming:
    """What is only guessed to be a yes, and has no words of one ("turn it up"), is not understood."""
    evidence = message.evidence
    known = evidence is not None and evidence.example == message.intent
    if context.stances.get(message.intent or "") != "yes" or message.text.startswith("/") or known:
        return message
    if message.entities or message.confidence >= SURE_ENOUGH or has_yes(message, context):
        return message
    return replace(message, intent=NLU_FALLBACK)


def ask_about_task(message: Incoming, tracker: Tracker, context: Context) -> Incoming:
    """ "And its length?" asks about what was told of: a word for what is asked, and none for anything else."""
    hits = message.evidence.hits if message.evidence is not None else ()
    if message.intent not in context.fragments and message.intent not in (NLU_FALLBACK, OUT_OF_SCOPE):
        return message
    asking = [hit for hit in hits if hit.entity in context.asks and hit.start is not None]
    if not asking or not list_tasks(tracker, context):
        return message
    found = [in_rasas_form(hit) for hit in asking]
    said = words_of(blank_spans(message.text, found))
    if any(word not in context.common and len(word) > SHORT for word in said) or len(said) > FEW:
        return message
    return replace(message, intent=context.asks[asking[0].entity], confidence=1.0, entities=tuple(found))


def _read_pressed(message: Incoming, start: int, tracker: Tracker, context: Context) -> Incoming | None:
    """The message as if the button had been pressed that its words name; None where they name none."""
    offers = offers_of(tracker)
    if not offers:
        return None
    evidence = message.evidence
    plain = evidence is None or not (evidence.question or evidence.cues)
    offer = choose_offer(message.text[start:], offers, context.common, plain=plain)
    if offer is None:
        return None
    direct = read_direct(offer.payload, tracker.domain.used_entities, tracker.domain.entities)
    if direct is None:
        return None
    entities = tuple(
        {"entity": entity.entity, "value": entity.value, "confidence_entity": 1.0, "extractor": "offer"}
        for entity in direct.entities
    )
    return replace(
        message,
        intent=direct.intent.name,
        confidence=direct.intent.confidence,
        ranking=({"name": direct.intent.name, "confidence": direct.intent.confidence},),
        entities=entities,
        alternatives=(),
        evidence=None,
    )


def _with_hits(message: Incoming, tracker: Tracker, context: Context) -> Incoming:
    """What tables and patterns found besides, where it belongs to the open form or says which task is meant."""
    hits = message.evidence.hits if message.evidence is not None else ()
    if not hits or message.text.startswith("/"):
        return message
    own = own_entities(tracker)
    answering = message.intent in context.stances or message.intent in (NLU_FALLBACK, OUT_OF_SCOPE)
    entities = list(message.entities)
    for hit in hits:
        if hit.start is None or hit.entity not in tracker.domain.entities:
            continue
        rivals = [entity for entity in entities if _is_overlapping(entity, hit.start, hit.end or hit.start)]
        useful = (hit.entity in own if own else hit.entity != KIND) and answering
        if useful and not rivals:
            entities.append(in_rasas_form(hit))
    entities.sort(key=lambda entity: int(entity.get("start", -1)))
    return replace(message, entities=tuple(entities))


def _as_fragment(message: Incoming, tracker: Tracker, context: Context) -> Incoming:
    """ "No, from Burger Barn" is less a no than a fragment, once something of it fits the form or a task."""
    if not context.fragments or not message.entities or message.intent in context.takes:
        return message
    meant = context.stances.get(message.intent or "")
    unclear = message.intent in (NLU_FALLBACK, OUT_OF_SCOPE)
    if meant is None and not unclear:
        return message
    names = {str(entity["entity"]) for entity in message.entities if entity.get("extractor") != "direct"}
    own = own_entities(tracker)
    fits = bool(names & own) or any(
        names & context.takes.get(task, frozenset()) for task in list_tasks(tracker, context)
    )
    if not fits or message.text.startswith("/"):
        return message
    return replace(message, intent=min(context.fragments), confidence=max(message.confidence, 0.5))


def _if_sure(message: Incoming, tracker: Tracker, context: Context) -> Incoming:
    """What would act on the open form in a way that is only guessed is asked about instead."""
    in_form = tracker.live.loop_name in tracker.domain.forms
    if in_form and message.intent in context.again and not message.entities and message.confidence < SURE_ENOUGH:
        return replace(message, intent=NLU_FALLBACK)
    return message


def _as_refusal(message: Incoming, tracker: Tracker, context: Context) -> Incoming:
    """ "Don't play jazz" asks for nothing: all that it names is unwanted, and so is what would be done with it."""
    refused = next((intent for intent, stance in context.stances.items() if stance == "no"), None)
    if message.intent not in context.takes or refused is None or message.evidence is None or not message.entities:
        return message
    starts = [int(entity["start"]) for entity in message.entities if entity.get("start") is not None]
    # The request itself is negated where it begins with that: "anything that isn't a drama" is a wish.
    done = any(
        cue.kind == "negation"
        and len(words_of(message.text[: cue.start])) <= BEFORE
        and any(cue.end < start < cue.until and words_of(message.text[cue.end : start]) for start in starts)
        for cue in message.evidence.cues
    )
    if not done or any(entity.get("polarity") != UNWANTED for entity in message.entities):
        return message
    if tracker.live.loop_name is not None:
        return replace(message, intent=min(context.fragments, default=message.intent))
    return replace(message, intent=refused, entities=(), confidence=1.0)


def _count_added(message: Incoming, tracker: Tracker, context: Context) -> tuple[JSON, ...] | None:
    """A further value of a slot that holds one and has one ("and a naan"): a request of its own, for later."""
    loop = tracker.live.loop_name
    form = tracker.domain.forms.get(loop or "")
    starter = next((intent for intent, started in context.starts.items() if started == loop), None)
    if form is None or starter is None or not (message.intent in context.fragments or message.intent == starter):
        return None
    for name in form.required_slots:
        slot, current = tracker.domain.slots.get(name), tracker.slot(name)
        if slot is None or slot.type == "list" or not isinstance(current, str):
            continue
        labels = {mapping["entity"] for mapping in slot.mappings if mapping["type"] == "from_entity"}
        added = [entity for entity in message.entities if entity["entity"] in labels and entity.get("change") == "add"]
        if any(str(entity.get("value")).casefold() != current.casefold() for entity in added):
            text = message.text.strip(" ,.;!")
            return ({"text": text, "intent": starter, "confidence": 1.0, "entities": list(message.entities)},)
    return None


def _is_overlapping(entity: Mapping[str, JSON], start: int, end: int) -> bool:
    return entity.get("start") is not None and int(entity["start"]) < end and start < int(entity["end"])
