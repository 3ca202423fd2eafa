"""Tracker events in Rasa's JSON form: made here, and read from what actions answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.dialogue.tracker import Event
from shared.events.wire import JSON


class Unreadable(ValueError):
    """An action answered an event that is none; says which."""


def make_action_executed(
    name: str, policy: str | None = None, confidence: float | None = None, *, hidden: bool = False
) -> Event:
    event: dict[str, Any] = {"event": "action", "name": name, "policy": policy, "confidence": confidence}
    if hidden:
        event["hide_rule_turn"] = True
    return event


def make_slot_set(name: str, value: JSON) -> Event:
    return {"event": "slot", "name": name, "value": value}


def make_active_loop(name: str | None) -> Event:
    return {"event": "active_loop", "name": name}


def make_action_rejected(name: str, policy: str | None = None, confidence: float | None = None) -> Event:
    return {"event": "action_execution_rejected", "name": name, "policy": policy, "confidence": confidence}


REWIND: Event = {"event": "rewind"}
RESTART: Event = {"event": "restart"}
SESSION_STARTED: Event = {"event": "session_started"}
INTERRUPTED: Event = {"event": "loop_interrupted", "is_interrupted": True}

_NEEDS: Mapping[str, Sequence[str]] = {
    "slot": ("name",),
    "action": (),
    "action_execution_rejected": ("name",),
    "followup": ("name",),
    "active_loop": (),
    "form": (),
    "loop_interrupted": ("is_interrupted",),
    "form_validation": (),
    "reminder": ("intent", "date_time"),
    "cancel_reminder": (),
    "user": (),
    "bot": (),
    "agent": (),
    "restart": (),
    "session_started": (),
    "reset_slots": (),
    "rewind": (),
    "undo": (),
    "pause": (),
    "resume": (),
    "export": (),
    "user_featurization": (),
    "entities": (),
}


def read_events(events: Iterable[JSON]) -> list[Event]:
    """The events of an action, as rasa_sdk.events writes them, or Unreadable at the first that is none."""
    read = []
    for event in events:
        kind = str(event.get("event")) if isinstance(event, Mapping) else ""
        if kind not in _NEEDS:
            raise Unreadable(f"there is no tracker event {kind!r}")
        missing = [key for key in _NEEDS[kind] if key not in event]
        if missing:
            raise Unreadable(f"the event {kind} lacks {', '.join(missing)}")
        read.append(_read_user(event) if kind == "user" else dict(event))
    return read


def _read_user(event: Mapping[str, JSON]) -> Event:
    parsed = dict(event.get("parse_data") or {})
    parsed.setdefault("intent", {"name": None, "confidence": 0.0})
    parsed.setdefault("entities", [])
    return {**event, "parse_data": parsed}
