"""What a message makes of a slot that had a value: set, add, take out, leave.

Entities that a negation covers have `polarity: unwanted` and fill nothing; a list takes them out. What is added to a
list joins it, and only "just olives" replaces it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from functions.dialogue.context.words import fold_text, resembles, words_of
from functions.dialogue.domain import Slot
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import LANGUAGE_SLOT
from functions.dialogue.responses import Speaker
from functions.dialogue.tracker import Event, Tracker, entities_of
from shared.events.meaning import Cue
from shared.events.wire import JSON

UNWANTED = "unwanted"
AND = frozenset(("and", "und", "et", "y", "e", "en"))
"""With one of these a message begins that adds something: "and a naan"."""
AT_ONCE = 3
"""Among so many first words."""
MOST_BETWEEN = 3
"""Words beside the "or" between two values: "a small one or a"."""
NOTED = "utter_noted"
"""The response that says what was changed while something else was asked for."""
LEFT_OUT = "utter_left_out"
"""The response that says what is not wanted, which no list of what is wanted shows."""
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
KEEP: Any = object()
"""The slot stays as it is."""


def with_polarity(message: Incoming) -> tuple[JSON, ...]:
    """The entities, each with what the words around it say: `polarity: unwanted`, `change: add` or `change: only`."""
    evidence = message.evidence
    cues = evidence.cues if evidence is not None else ()
    adding = _begins_with_and(message) and not any(cue.kind == "correction" for cue in cues)
    undecided = _between_or(message.entities, cues, message.text)
    marked = []
    for entity in message.entities:
        kinds = {cue.kind for cue in cues if _is_covered(cue, entity, message.text)}
        if adding and not (entity is not message.entities[-1] and str(entity.get("value")).isdecimal()):
            # The number of "and two naans" counts these, and adds to no other.
            kinds.add("addition")
        entity = {**entity, "undecided": True} if id(entity) in undecided else dict(entity)
        if entity.pop("negated", False) or kinds & {"negation", "removal", "replacement"}:
            entity["polarity"] = UNWANTED
        elif "addition" in kinds:
            entity["change"] = "add"
        elif "restriction" in kinds:
            entity["change"] = "only"
        marked.append(entity)
    return tuple(marked)


def _between_or(entities: Sequence[Mapping[str, JSON]], cues: Sequence[Cue], text: str) -> frozenset[int]:
    """The ids of entities of which the message wants either: "small or medium", "friday at 10 or monday at 3"."""
    placed = [entity for entity in entities if entity.get("start") is not None]
    found: set[int] = set()
    for cue in cues:
        before = [entity for entity in placed if int(entity["end"]) <= cue.start][::-1]
        after = [entity for entity in placed if int(entity["start"]) >= cue.end]
        if cue.kind != "disjunction" or not before or not after:
            continue
        apart = words_of(text[int(before[0]["end"]) : cue.start] + " " + text[cue.end : int(after[0]["start"])])
        both = {one["entity"] for one in before} & {other["entity"] for other in after}
        if len(apart) <= MOST_BETWEEN and not both.isdisjoint((before[0]["entity"], after[0]["entity"])):
            for name in both:
                found |= {id(next(one for one in side if one["entity"] == name)) for side in (before, after)}
    return frozenset(found)


def _begins_with_and(message: Incoming) -> bool:
    """Whether "and" leads to the first entity: at once, or behind a word or two of breath ("oh and a naan")."""
    start = message.entities[0].get("start") if message.entities else None
    return start is not None and not AND.isdisjoint(words_of(message.text[: int(start)])[:AT_ONCE])


def describe_noted(tracker: Tracker, message: Tracker, names: Collection[str], speaker: Speaker) -> list[Event]:
    """What is said about slots of these names that the latest message set: `utter_noted` with `{noted}`, or a default.

    `tracker` has them as they are after the validation, `message` has what the message set.
    """
    told = [event["name"] for event in message.slots_set_since_message() if event["name"] in names]
    kept = [tracker.slot(name) for name in dict.fromkeys(told)]
    words = [
        ", ".join(in_own_words(item, tracker) for item in value)
        if isinstance(value, list)
        else _say_value(in_own_words(value, tracker), speaker.language)
        for value in kept
        if value
    ]
    if not words:
        return []
    return [speaker.say_or_default(NOTED, tracker, {"noted": ", ".join(words)})]


def in_own_words(value: JSON, tracker: Tracker) -> str:
    """The value as the latest message says it where that is in another language than the assistant's values are."""
    language, message = tracker.slot(LANGUAGE_SLOT), tracker.live.message
    if language is None or language == tracker.domain.languages[0].partition("-")[0]:
        return str(value)
    text = str((message or {}).get("text") or "")
    found = (entity for entity in entities_of(message) if entity.get("value") == value)
    places = ((entity.get("start"), entity.get("end")) for entity in found)
    said = (text[int(start) : int(end)] for start, end in places if start is not None and end is not None)
    # What is read as days and moments is said in words further on.
    return str(value) if ISO.match(str(value)) else next(said, str(value))


def _say_value(value: JSON, language: str) -> str:
    """A value as people say it: days and moments in words."""
    said = str(value)
    if not ISO.match(said):
        return said
    # Imported here: most values are words.
    from functions.dialogue.filters import apply_filter

    return apply_filter(said, "datetime" if "T" in said else "date", language)


def describe_left_out(tracker: Tracker, names: Collection[str], speaker: Speaker) -> list[Event]:
    """What is said about what the message does not want of the list slots of these names, and what was not in them:
    `utter_left_out` with `{noted}`, or a default. What was in them is seen to be gone."""
    unwanted = [entity for entity in entities_of(tracker.live.message) if entity.get("polarity") == UNWANTED]
    words: dict[str, None] = {}
    for name in sorted(names) if unwanted else ():
        slot = tracker.domain.slots.get(name)
        if slot is None or slot.type != "list":
            continue
        labels = {mapping["entity"] for mapping in slot.mappings if mapping["type"] == "from_entity"}
        held = _held_before(tracker, name)
        for entity in unwanted:
            if entity.get("entity") in labels and not any(_is_a(item, entity.get("value")) for item in held):
                words[in_own_words(entity.get("value"), tracker)] = None
    return [speaker.say_or_default(LEFT_OUT, tracker, {"noted": ", ".join(words)})] if words else []


def _held_before(tracker: Tracker, name: str) -> Sequence[JSON]:
    """The list in the slot when the latest message came."""
    said = False
    for event in reversed(tracker.events):
        said = said or event["event"] == "user"
        if said and event["event"] == "slot" and event.get("name") == name:
            value = event.get("value")
            return value if isinstance(value, list) else ()
    return ()


def _is_covered(cue: Cue, entity: Mapping[str, JSON], text: str) -> bool:
    """Whether the cue is about the entity: it stands before it, or an addition right behind it ("two more")."""
    if entity.get("start") is None:
        return False
    start, end = int(entity["start"]), int(entity["end"])
    behind = cue.kind == "addition" and not text[end : cue.start].strip() and end <= cue.start
    return cue.end <= start < cue.until or behind


def keep_wanted(entities: Sequence[Mapping[str, JSON]]) -> list[Mapping[str, JSON]]:
    return [entity for entity in entities if entity.get("polarity") != UNWANTED]


def changed_value(slot: Slot, entities: Sequence[Mapping[str, JSON]], tracker: Tracker, *, anew: bool) -> JSON:
    """The value that entities of one message give the slot, or KEEP. `anew`: they begin something, and join nothing."""
    named = keep_wanted(entities)
    unwanted = [entity for entity in entities if entity.get("polarity") == UNWANTED]
    current = tracker.slot(slot.name)
    if slot.type == "list":
        return _changed_list(current, named, unwanted, anew=anew)
    named = [entity for entity in named if not entity.get("undecided")]
    if named:
        value = named[-1].get("value")
        more = named[-1].get("change") == "add" and str(value).isdecimal()
        # "Two more": whoever did not count before has one.
        return str(int(str(current or 1)) + int(str(value))) if more and str(current or 1).isdecimal() else value
    if current is not None and any(_is_same(current, entity.get("value")) for entity in unwanted):
        return None
    return KEEP


def _changed_list(
    current: JSON, named: Sequence[Mapping[str, JSON]], unwanted: Sequence[Mapping[str, JSON]], *, anew: bool
) -> JSON:
    before = list(current) if isinstance(current, list | tuple) else []
    if anew or any(entity.get("change") == "only" for entity in named):
        before = []
    after = [item for item in before if not any(_is_a(item, entity.get("value")) for entity in unwanted)]
    for entity in named:
        if not any(_is_same(item, entity.get("value")) for item in after):
            after.append(entity.get("value"))
    if not named and not unwanted:
        return KEEP
    # What is taken out and was not there is an answer, too: nothing is to be complained about.
    return after or None


def _is_a(item: JSON, unwanted: JSON) -> bool:
    """Whether what is unwanted names the item: "no cheese" takes the extra cheese off."""
    words, other = set(words_of(str(item))), set(words_of(str(unwanted)))
    return _is_same(item, unwanted) or (bool(other) and other <= words)


def _is_same(one: JSON, other: JSON) -> bool:
    first, second = fold_text(str(one)), fold_text(str(other))
    return first.removesuffix("s") == second.removesuffix("s") or resembles(first, second)
