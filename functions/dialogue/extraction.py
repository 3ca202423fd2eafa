"""Slots from what the person said: the mappings of every slot, after every message.

As Rasa's action_extract_slots: slots in the order of the domain, for each the first mapping that applies. Values are
taken as they come, nothing is converted.
"""

from functions.dialogue.events import make_slot_set
from functions.dialogue.mappings import applies, values_of
from functions.dialogue.names import DEFAULT_SLOTS, VALIDATE_SLOT_MAPPINGS
from functions.dialogue.remote import ActionFailed, ActionRejected, Remote
from functions.dialogue.tracker import Event, Tracker, entities_of


def extract(tracker: Tracker, remote: Remote) -> list[Event]:
    """The slots that the latest message sets, validated where the project does that, with what is said meanwhile."""
    events: list[Event] = []
    asked: set[str] = set()
    named = {entity.get("entity") for entity in entities_of(tracker.live.message)}
    context = tracker.domain.context
    if context is not None:
        from functions.dialogue.context.slots import extract_in_context

        return _validate(
            extract_in_context(tracker, lambda action: _from_action(action, tracker, remote)), tracker, remote
        )
    for slot in tracker.domain.slots.values():
        if slot.name in DEFAULT_SLOTS:
            continue
        for mapping in slot.mappings:
            if mapping["type"] == "from_entity" and mapping["entity"] not in named:
                # Most mappings, most of the time.
                continue
            if not applies(slot, mapping, tracker):
                continue
            values = values_of(mapping, tracker)
            if values:
                value = values if slot.type == "list" else values[-1]
                if value is not None or tracker.slot(slot.name) is not None:
                    events.append(make_slot_set(slot.name, value))
                    break
            action = mapping.get("action")
            if mapping["type"] == "custom" and action and action not in asked:
                asked.add(action)
                events += _from_action(action, tracker, remote)
    return _validate(events, tracker, remote)


def _from_action(action: str, tracker: Tracker, remote: Remote) -> list[Event]:
    """What a custom mapping's action sets and says; where it fails, nothing. Other events have no place here."""
    try:
        events = remote.run(action, tracker)
    except (ActionRejected, ActionFailed):
        return []
    return [event for event in events if event["event"] in ("slot", "bot")]


def _validate(events: list[Event], tracker: Tracker, remote: Remote) -> list[Event]:
    slots = [event for event in events if event["event"] == "slot"]
    if VALIDATE_SLOT_MAPPINGS not in tracker.domain.custom_actions:
        # What a custom mapping's action said is dropped here, as in Rasa.
        return slots
    candidate = tracker.copy().extend(slots)
    validated = _from_action(VALIDATE_SLOT_MAPPINGS, candidate, remote)
    named = {event["name"] for event in validated if event["event"] == "slot"}
    return [*validated, *(event for event in slots if event["name"] not in named)]
