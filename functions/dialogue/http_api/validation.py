"""Tracker events that callers bring: checked as Rasa 3.6.21 checks them (shared/utils/schemas/events.py), and further
where a wrong one could break a conversation for good."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.dialogue.events import Unreadable, read_events
from functions.dialogue.tracker import Event
from shared.errors import Rejected
from shared.events.wire import JSON

MOST = 1000
"""Events in one call."""
DEPTH = 20


def _is_text(value: JSON) -> bool:
    return value is None or isinstance(value, str)


def _is_number(value: JSON) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_object(value: JSON) -> bool:
    return value is None or isinstance(value, Mapping)


def _is_name(value: JSON) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 500


def _is_flag(value: JSON) -> bool:
    return isinstance(value, bool)


def _are_entities(value: JSON) -> bool:
    return isinstance(value, list) and all(_is_entity(item) for item in value)


def _is_entity(value: JSON) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("entity"), str) or "value" not in value:
        return False
    places = (value.get("start"), value.get("end"))
    return all(place is None or (isinstance(place, int) and not isinstance(place, bool)) for place in places) and all(
        _is_text(value.get(key)) for key in ("role", "group", "extractor")
    )


def _is_parsed(value: JSON) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping) or not _is_text(value.get("text")):
        return False
    intents = [value.get("intent") or {}, *(value.get("intent_ranking") or ())]
    named = all(
        isinstance(intent, Mapping) and _is_text(intent.get("name")) and _is_number(intent.get("confidence"))
        for intent in intents
    )
    return named and _are_entities(value.get("entities") or [])


Check = Callable[[JSON], bool]
EVERY: Mapping[str, Check] = {"timestamp": _is_number, "metadata": _is_object}
KINDS: Mapping[str, Mapping[str, Check]] = {
    "user": {"text": _is_text, "input_channel": _is_text, "message_id": _is_text, "parse_data": _is_parsed},
    "bot": {"text": _is_text, "data": _is_object},
    "agent": {"text": _is_text, "data": _is_object},
    "action": {
        "name": _is_text,
        "policy": _is_text,
        "confidence": _is_number,
        "hide_rule_turn": _is_flag,
        "action_text": _is_text,
    },
    "slot": {"name": _is_name},
    "entities": {"entities": _are_entities},
    "followup": {"name": _is_name},
    "active_loop": {"name": _is_text},
    "form": {"name": _is_text},
    "loop_interrupted": {"is_interrupted": _is_flag},
    "form_validation": {"validate": _is_flag},
    "action_execution_rejected": {"name": _is_name, "policy": _is_text, "confidence": _is_number},
    "reminder": {"intent": _is_name, "date_time": _is_name, "name": _is_text, "kill_on_user_msg": _is_flag},
    "cancel_reminder": {"intent": _is_text, "name": _is_text},
}


def read_request_events(given: JSON) -> list[Event]:
    """The events of a request's body, one or a list of them; Rejected, naming the place of the first mistake."""
    listed: Sequence[Any] = given if isinstance(given, list) else [given]
    if not listed or len(listed) > MOST:
        raise Rejected(f"send one event or a list of 1 to {MOST}")
    for number, event in enumerate(listed):
        if not isinstance(event, Mapping) or not isinstance(event.get("event"), str):
            raise Rejected(f"event {number}: it must be an object with the name of its kind under `event`")
        if _measure_depth(event) > DEPTH:
            raise Rejected(f"event {number}: it is nested more than {DEPTH} levels deep")
        for key, check in {**EVERY, **KINDS.get(event["event"], {})}.items():
            if key in event and not check(event[key]):
                raise Rejected(f"event {number} ({event['event'][:40]}): {key} has a type that Rasa refuses")
    try:
        return [_with_data(event) for event in read_events(listed)]
    except Unreadable as exc:
        raise Rejected(f"failed to validate the events: {str(exc)[:200]}") from exc


def _with_data(event: Event) -> Event:
    if event["event"] != "user":
        return event
    parsed: dict[str, Any] = {**event["parse_data"], "intent": event["parse_data"].get("intent") or {}}
    parsed["intent"] = {"name": None, "confidence": 0.0, **parsed["intent"]}
    return {**event, "parse_data": {"text": event.get("text"), **parsed}}


def _measure_depth(value: JSON, level: int = 0) -> int:
    if level > DEPTH:
        return level
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return max((_measure_depth(item, level + 1) for item in inner), default=level)
