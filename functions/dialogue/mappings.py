"""The mappings of slots: whether one applies to the latest message, and which values it gives.

As in Rasa's action_extract_slots; values are taken as they come, nothing is converted.
"""

import json
from collections.abc import Mapping, Sequence

from functions.dialogue.domain import Domain, Slot
from functions.dialogue.names import REQUESTED_SLOT
from functions.dialogue.tracker import Tracker, entities_of
from shared.events.wire import JSON


def applies(slot: Slot, mapping: Mapping[str, JSON], tracker: Tracker) -> bool:
    if not _intent_wanted(mapping, tracker):
        return False
    kind = mapping["type"]
    if mapping.get("conditions") and kind != "from_trigger_intent" and not _conditions_met(slot, mapping, tracker):
        return False
    return not (kind == "from_entity" and _ambiguous_in_form(slot, mapping, tracker))


def _intent_wanted(mapping: Mapping[str, JSON], tracker: Tracker) -> bool:
    wanted, unwanted = mapping.get("intent") or (), list(mapping.get("not_intent") or ())
    loop = tracker.live.loop_name
    if loop is not None:
        conditions = mapping.get("conditions")
        if not conditions or any(condition.get("active_loop") == loop for condition in conditions):
            form = tracker.domain.forms.get(loop)
            unwanted += form.ignored_intents if form is not None else ()
    intent = tracker.intent
    return intent in wanted or (not wanted and intent not in unwanted)


def _conditions_met(slot: Slot, mapping: Mapping[str, JSON], tracker: Tracker) -> bool:
    live = tracker.live
    requested = tracker.slot(REQUESTED_SLOT)
    if live.loop is not None and live.loop.rejected and requested == slot.name:
        return False
    for condition in mapping["conditions"]:
        loop = condition.get("active_loop")
        if loop is None:
            if live.loop_name is None:
                return True
        elif loop == live.loop_name and condition.get(REQUESTED_SLOT) in (None, requested):
            return True
    return False


def _ambiguous_in_form(slot: Slot, mapping: Mapping[str, JSON], tracker: Tracker) -> bool:
    """In a form an entity that could fill several of its slots fills only the one that was asked for."""
    loop = tracker.live.loop_name
    form = tracker.domain.forms.get(loop) if loop is not None else None
    if form is None or tracker.slot(REQUESTED_SLOT) == slot.name or slot.name not in form.required_slots:
        return False
    text = json.dumps(mapping, sort_keys=True)
    return sum(count == text for count in _entity_mappings(tracker.domain, form.required_slots)) > 1


def _entity_mappings(domain: Domain, slots: Sequence[str]) -> list[str]:
    return [
        json.dumps(mapping, sort_keys=True)
        for name in slots
        if name in domain.slots
        for mapping in domain.slots[name].mappings
        if mapping["type"] == "from_entity"
    ]


def values_of(mapping: Mapping[str, JSON], tracker: Tracker) -> list[JSON]:
    """What a slot's mapping takes from the message that is being decided on, empty where that is nothing."""
    match mapping["type"]:
        case "from_entity":
            return [
                entity.get("value")
                for entity in entities_of(tracker.live.message)
                if entity.get("entity") == mapping["entity"]
                and entity.get("role") == mapping.get("role")
                and entity.get("group") == mapping.get("group")
            ]
        case "from_intent":
            return [mapping.get("value")]
        case "from_trigger_intent" if _is_triggered(mapping, tracker):
            return [mapping.get("value")]
        case "from_text":
            return [tracker.live.message.get("text") if tracker.live.message is not None else None]
    return []


def _is_triggered(mapping: Mapping[str, JSON], tracker: Tracker) -> bool:
    loop = tracker.live.loop_name
    loops = [condition.get("active_loop") for condition in mapping.get("conditions") or ()]
    return loop is not None and (not loops or loop in loops)
