"""Whether a message answers what a form asked for, and how much of it is the answer.

A form of Rasa's takes every text for the answer of a slot that is filled `from_text`. Here a question, a yes or no,
what other slots explain, and words that are said of anything are no answer; what stands beside the value that was
found ("Apartment 4B, 12 Oak Lane") belongs to it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from functions.dialogue.context.changes import KEEP, keep_wanted
from functions.dialogue.context.offers import place_of
from functions.dialogue.context.settings import Context
from functions.dialogue.context.words import blank_spans, words_of
from functions.dialogue.domain import Slot
from functions.dialogue.names import NLU_FALLBACK, OUT_OF_SCOPE, REQUESTED_SLOT
from functions.dialogue.tracker import Tracker, entities_of
from shared.events.wire import JSON

HIGHEST = 99
"""The last place in a list that is named."""
OTHERWISE = 0.6
"""The confidence from which on a message of another intent is no free text."""
SMALL = 3
"""Letters of a word with which no value ends: "on", "the"."""
_PIECES = re.compile(r"[,;:\n()]")


class Answer(NamedTuple):
    """What the asked slot gets from the message."""

    value: JSON
    """KEEP where the words fill no slot at all."""
    start: int = 0
    end: int = 0
    """The words that are taken by it: no other slot is filled from them."""


def asked_slot(tracker: Tracker) -> Slot | None:
    """The slot that the active form asked for last."""
    if tracker.live.loop_name not in tracker.domain.forms:
        return None
    name = tracker.slot(REQUESTED_SLOT)
    return tracker.domain.slots.get(name) if isinstance(name, str) else None


def answer(tracker: Tracker, slot: Slot, applying: Sequence[Mapping[str, JSON]]) -> Answer | None:
    """What the message says to the question for `slot`, where that is a matter of its whole text; None where it is not.

    `applying` are the slot's mappings whose conditions hold.
    """
    message = tracker.live.message
    if message is None or not any(mapping["type"] == "from_text" for mapping in slot.mappings):
        return None
    text = str(message.get("text") or "")
    every = entities_of(message)
    entities = [entity for entity in every if entity.get("start") is not None]
    if not text or text.startswith("/") or any(_can_fill(slot, entity) for entity in every if entity not in entities):
        return None
    if any(entity.get("extractor") == "offer" for entity in every) or _is_choice(text):
        # The title, the number or the place of something that was offered, and is no answer.
        return Answer(KEEP)
    start = int(_read_reading(tracker).get("start") or 0)
    text = " " * start + text[start:]
    own = [entity for entity in keep_wanted(entities) if _can_fill(slot, entity)]
    if own:
        others = [other for other in entities if other is not own[-1] and not _may_belong(other, slot, tracker)]
        return _keep_whole(text, own[-1], others, tracker)
    if not any(mapping["type"] == "from_text" for mapping in applying):
        return None
    return _read_free_text(text, slot, entities, tracker)


def _can_fill(slot: Slot, entity: Mapping[str, JSON]) -> bool:
    return any(
        mapping["type"] == "from_entity" and mapping["entity"] == entity.get("entity") for mapping in slot.mappings
    )


def _read_free_text(text: str, slot: Slot, entities: Sequence[Mapping[str, JSON]], tracker: Tracker) -> Answer | None:
    """The text as the answer, where it may be one."""
    context = tracker.domain.context or Context()
    reading = _read_reading(tracker)
    if reading.get("stance") is not None or reading.get("question") or _means_another_thing(tracker):
        return Answer(KEEP)
    begin = len(text) - len(text.lstrip())
    matched = re.search(slot.pattern, text[begin:]) if slot.pattern is not None else None
    free = slot.name not in context.values and not any(mapping["type"] == "from_entity" for mapping in slot.mappings)
    numbers = bool(words_of(text)) and all(word.isdecimal() for word in words_of(text))
    if numbers and (slot.name in context.digits or (free and slot.pattern is not None and matched is None)):
        # A part of an address, or no name that anybody has; and no number of anything else.
        return Answer(KEEP, 0, len(text))
    if slot.pattern is not None and matched is None:
        return Answer(KEEP)
    if free:
        # Nothing says what its values look like: any words may be one, and figures alone are one of what was asked.
        named = matched is not None and matched.groupdict().get("value")
        start, end = matched.span("value") if matched is not None and named else (0, len(text) - begin)
        start, end = start + begin, end + begin
        if numbers or not entities or words_of(blank_spans(text, entities)):
            return Answer(text[start:end], start, end)
        return Answer(KEEP)
    known = context.values.get(slot.name)
    left = words_of(blank_spans(text, entities))
    if not any(word in (known or ()) for word in left) and _answers_another(slot, entities, tracker):
        # What stands around the answer to another question of the form is none to this one: "5 Main Street, London".
        return Answer(KEEP)
    telling = [word for word in left if word not in context.common or word in (known or ())]
    if not telling or 2 * len(telling) < len(left):
        return Answer(KEEP)
    return Answer(text[begin:], begin, len(text))


def _answers_another(slot: Slot, entities: Sequence[Mapping[str, JSON]], tracker: Tracker) -> bool:
    """Whether the message fills another slot that the form wants."""
    wanted = tracker.domain.forms[tracker.live.loop_name or ""].required_slots
    others = [tracker.domain.slots[name] for name in wanted if name != slot.name and name in tracker.domain.slots]
    return any(_can_fill(other, entity) for other in others for entity in entities)


def _read_reading(tracker: Tracker) -> Mapping[str, JSON]:
    """What the message turned out to be in its context."""
    message = tracker.live.message
    reading = message["parse_data"].get("reading") if message is not None else None
    return reading if isinstance(reading, Mapping) else {}


def _is_choice(text: str) -> bool:
    """Whether it says a place in a list and nothing else, with a word for it: "option 2", "the second one"."""
    words = words_of(text)
    return len(words) > 1 and not words[0].isdecimal() and place_of(text, HIGHEST) is not None


def _means_another_thing(tracker: Tracker) -> bool:
    message, context = tracker.live.message, tracker.domain.context or Context()
    intent = tracker.intent
    if message is None or intent in (None, NLU_FALLBACK, OUT_OF_SCOPE) or intent in context.fragments:
        return False
    return float((message["parse_data"].get("intent") or {}).get("confidence") or 0.0) >= OTHERWISE


def _may_belong(other: Mapping[str, JSON], slot: Slot, tracker: Tracker) -> bool:
    """Whether an entity beside the value may be a part of it: a number, of an address or where no slot takes it. The
    number of "two large pizzas" counts them."""
    if not str(other.get("value")).replace(".", "", 1).isdecimal():
        return False
    digits = (tracker.domain.context or Context()).digits
    return slot.name in digits or not any(_can_fill(each, other) for each in tracker.domain.slots.values())


def _keep_whole(
    text: str, entity: Mapping[str, JSON], others: Sequence[Mapping[str, JSON]], tracker: Tracker
) -> Answer:
    """The value with what stands beside it and tells something, piece by piece between commas. `others` take words that
    are no part of it."""
    start, end = int(entity["start"]), int(entity["end"])
    value = entity.get("value")
    if value != text[start:end]:
        return Answer(value, start, end)
    common = (tracker.domain.context or Context()).common
    shown = blank_spans(text, others)
    first, last = start, end
    for piece_start, piece_end in reversed(list(_split_pieces(text))):
        if piece_end <= first or piece_start < first < piece_end:
            ends = [int(other["end"]) for other in others if int(other["end"]) <= first < piece_end]
            telling = _first_telling(shown, max(piece_start, 0, *ends), min(piece_end, first), common)
            if telling is None and piece_end > 0 and piece_start < first < piece_end:
                continue
            if telling is None:
                break
            first = telling
    for piece_start, piece_end in _split_pieces(text):
        if piece_start >= last or piece_start < last < piece_end:
            telling = _last_telling(shown, max(piece_start, last), piece_end, common)
            if telling is None and piece_start < last < piece_end:
                continue
            if telling is None:
                break
            last = telling
    last = _to_the_end(text, first, last, common)
    return Answer(text[first:last], first, last)


def _to_the_end(text: str, first: int, last: int, common: frozenset[str]) -> int:
    """The end of a value that breaks off with a small word: "third floor, door on" goes on to "the left"."""
    words = words_of(text[first:last])
    if not words or len(words[-1]) > SMALL or words[-1] not in common:
        return last
    end = next(end for _, end in _split_pieces(text) if end >= last)
    return last + len(text[last:end].rstrip(" .!?"))


def _split_pieces(text: str) -> list[tuple[int, int]]:
    edges = [match.start() for match in _PIECES.finditer(text)]
    return list(zip([0, *(edge + 1 for edge in edges)], [*edges, len(text)], strict=True))


def _telling_words(text: str, start: int, end: int, common: frozenset[str]) -> list[tuple[int, int]]:
    """The places of the words of a piece, where any of them is not said of anything."""
    found = [(start + match.start(), start + match.end()) for match in re.finditer(r"\S+", text[start:end])]
    spans = [(one, other) for one, other in found if words_of(text[one:other])]
    return spans if any(word not in common for word in words_of(text[start:end])) else []


def _first_telling(text: str, start: int, end: int, common: frozenset[str]) -> int | None:
    """Where the piece begins to belong to the value: at its first word that is not said of anything."""
    spans = _telling_words(text, start, end, common)
    while spans and all(word in common for word in words_of(text[slice(*spans[0])])):
        spans.pop(0)
    return spans[0][0] if spans else None


def _last_telling(text: str, start: int, end: int, common: frozenset[str]) -> int | None:
    spans = _telling_words(text, start, end, common)
    while spans and all(word in common for word in words_of(text[slice(*spans[-1])])):
        spans.pop()
    return spans[-1][1] if spans else None
