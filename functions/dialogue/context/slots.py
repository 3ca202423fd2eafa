"""Slots from a message that was read in its context: as `extraction` does it, with answers, changes and clear yeses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.dialogue.context.answers import Answer, answer, asked_slot
from functions.dialogue.context.changes import ISO, KEEP, changed_value
from functions.dialogue.context.confirming import asks_for_change, read_stance
from functions.dialogue.domain import Slot
from functions.dialogue.events import make_slot_set
from functions.dialogue.mappings import applies, values_of
from functions.dialogue.names import DEFAULT_SLOTS
from functions.dialogue.tracker import Event, Tracker, entities_of
from shared.events.wire import JSON


def extract_in_context(tracker: Tracker, run: Callable[[str], list[Event]]) -> list[Event]:
    """The slots that the latest message sets; `run` runs the action of a custom mapping."""
    context = tracker.domain.context
    answers = context is not None and context.answers
    asked = asked_slot(tracker) if answers else None
    given: Answer | None = None
    if asked is not None:
        applying = [mapping for mapping in asked.mappings if applies(asked, mapping, tracker)]
        given = answer(tracker, asked, applying)
    if answers and (changed := _find_changed(tracker)):
        return [make_slot_set(name, value) for name, value in changed.items()]
    named = {entity.get("entity") for entity in entities_of(tracker.live.message)}
    events: list[Event] = []
    ran: set[str] = set()
    for slot in tracker.domain.slots.values():
        if slot.name in DEFAULT_SLOTS:
            continue
        if slot.confirm:
            events += _set_agreed(slot, tracker)
            continue
        for mapping in slot.mappings:
            if mapping["type"] == "from_entity" and mapping["entity"] not in named:
                # Most mappings, most of the time.
                continue
            if not applies(slot, mapping, tracker):
                continue
            value = (
                _read_value(slot, mapping, tracker, asked, given) if answers else _as_in_rasa(slot, mapping, tracker)
            )
            taken_out = slot.type == "list" and mapping["type"] == "from_entity"
            if value is not KEEP and (value is not None or tracker.slot(slot.name) is not None or taken_out):
                events.append(make_slot_set(slot.name, value))
                break
            action = mapping.get("action")
            if mapping["type"] == "custom" and action and action not in ran:
                ran.add(action)
                events += run(action)
    return events


def _find_changed(tracker: Tracker) -> Mapping[str, JSON]:
    """What the message changes of answers that were given before."""
    message = tracker.live.message
    reading = message["parse_data"].get("reading") if message is not None else None
    changed = reading.get("changed") if isinstance(reading, Mapping) else None
    return changed if isinstance(changed, Mapping) else {}


def _set_agreed(slot: Slot, tracker: Tracker) -> list[Event]:
    """True or False after a clear yes or no to the question for this slot."""
    if tracker.slot("requested_slot") != slot.name or tracker.live.loop_name is None:
        return []
    match read_stance(tracker):
        case "yes" if not asks_for_change(tracker):
            return [make_slot_set(slot.name, True)]
        case "no":
            return [make_slot_set(slot.name, False)]
    return []


def _as_in_rasa(slot: Slot, mapping: Mapping[str, JSON], tracker: Tracker) -> Any:
    found = values_of(mapping, tracker)
    if not found:
        return KEEP
    return found if slot.type == "list" else found[-1]


def _read_value(
    slot: Slot, mapping: Mapping[str, JSON], tracker: Tracker, asked: Slot | None, given: Answer | None
) -> Any:
    mine = asked is not None and slot.name == asked.name
    match mapping["type"]:
        case "from_text" if mine:
            return given.value if given is not None else KEEP
        case "from_entity":
            found = _list_entities(mapping, tracker)
            if mine and given is not None:
                return given.value if given.value is not KEEP else _change_value(slot, found, tracker)
            if given is not None:
                found = [entity for entity in found if not _is_taken(entity, given)]
            return _change_value(slot, found, tracker)
    return _as_in_rasa(slot, mapping, tracker)


def _change_value(slot: Slot, found: Sequence[Mapping[str, JSON]], tracker: Tracker) -> Any:
    if not found:
        return KEEP
    context = tracker.domain.context
    if context is not None and slot.name in _list_required(tracker):
        # What is read as no day and no time is no answer to a question for one.
        found = [item for item in found if item.get("entity") not in context.dated or ISO.match(str(item.get("value")))]
        if not found:
            return KEEP
    anew = context is not None and tracker.live.loop_name is None and tracker.intent in context.starts
    return changed_value(slot, found, tracker, anew=anew)


def _list_required(tracker: Tracker) -> Sequence[str]:
    """The slots that the open form asks for."""
    form = tracker.domain.forms.get(tracker.live.loop_name or "")
    return form.required_slots if form is not None else ()


def _list_entities(mapping: Mapping[str, JSON], tracker: Tracker) -> list[Mapping[str, JSON]]:
    return [
        entity
        for entity in entities_of(tracker.live.message)
        if entity.get("entity") == mapping["entity"]
        and entity.get("role") == mapping.get("role")
        and entity.get("group") == mapping.get("group")
    ]


def _is_taken(entity: Mapping[str, JSON], given: Answer) -> bool:
    start = entity.get("start")
    return start is not None and given.start < given.end and given.start <= int(start) < given.end
