"""The tracker as Rasa 3.6.21 answers it (DialogueStateTracker.current_state), made of a conversation's events."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from functions.dialogue.names import LISTEN, SESSION_START
from functions.dialogue.tracker import Event, Tracker
from shared.events.wire import JSON

Included = Literal["NONE", "APPLIED", "AFTER_RESTART", "ALL"]
NOTHING_SAID: Mapping[str, JSON] = {"intent": {}, "entities": [], "text": None, "message_id": None, "metadata": {}}
DEFAULTS: Mapping[str, Mapping[str, JSON]] = {
    "action": {"name": None, "policy": None, "confidence": None, "action_text": None, "hide_rule_turn": False},
    "action_execution_rejected": {"name": None, "policy": None, "confidence": None},
    "user": {"text": None, "parse_data": {}, "input_channel": None, "message_id": None},
    "bot": {
        "text": None,
        "data": dict.fromkeys(("elements", "quick_replies", "buttons", "attachment", "image", "custom")),
    },
    "slot": {"name": None, "value": None},
    "active_loop": {"name": None},
}
"""What Rasa writes of an event, and we leave out where it says nothing."""


def render_tracker(
    sender: str, tracker: Tracker, events: Sequence[Event], included: Included, model: Mapping[str, JSON]
) -> dict[str, JSON]:
    """The tracker object. `events` are those of the conversation, as far back as they are kept; `model` says which
    model decided, as each event's metadata names it."""
    live = tracker.live
    last = events[-1] if events else None
    loop = live.loop
    message = live.message
    return {
        "sender_id": sender,
        "slots": dict(live.slots),
        "latest_message": parse_view(message) if message is not None else dict(NOTHING_SAID),
        "latest_event_time": last.get("timestamp") if last is not None else None,
        "followup_action": None if live.followup == LISTEN else live.followup,
        "paused": live.paused,
        "events": _select_events(tracker, events, included, model),
        "latest_input_channel": next(
            (event.get("input_channel") for event in reversed(events) if event["event"] == "user"), None
        ),
        "active_loop": {}
        if loop is None or live.loop_name is None
        else {
            "name": loop.name,
            "is_interrupted": loop.interrupted,
            "rejected": loop.rejected,
            "trigger_message": None,
        },
        "latest_action": {"action_name": live.action} if live.action is not None else {},
        "latest_action_name": live.action,
    }


def parse_view(event: Event) -> dict[str, JSON]:
    """What was understood of a message, as Rasa shows it."""
    parsed: dict[str, Any] = dict(event.get("parse_data") or {})
    text = parsed.get("text", event.get("text"))
    external = (event.get("metadata") or {}).get("is_external")
    view: dict[str, JSON] = {
        "intent": parsed.get("intent") or {},
        "entities": list(parsed.get("entities") or ()),
        "text": text,
        "message_id": None if external else parsed.get("message_id", event.get("message_id")),
        "metadata": parsed.get("metadata") or {},
    }
    if external:
        return {**view, "intent": {"name": view["intent"].get("name")}}
    return {
        **view,
        "text_tokens": locate_tokens(text or ""),
        "intent_ranking": list(parsed.get("intent_ranking") or ()),
    }


def locate_tokens(text: str) -> list[list[int]]:
    """Where the text's words are, punctuation around them left out: what Rasa's WhitespaceTokenizer finds."""
    return [[match.start(), match.end()] for match in re.finditer(r"\w+(?:[^\w\s]+\w+)*|[^\w\s]+", text)]


def list_initial_events(now: float) -> list[Event]:
    """With which a conversation begins."""
    return [
        {"event": "action", "timestamp": now, "name": SESSION_START, "policy": None, "confidence": 1.0},
        {"event": "session_started", "timestamp": now},
        {"event": "action", "timestamp": now, "name": LISTEN, "policy": None, "confidence": None},
    ]


def _select_events(
    tracker: Tracker, events: Sequence[Event], included: Included, model: Mapping[str, JSON]
) -> list[JSON] | None:
    if included == "NONE":
        return None
    if included == "APPLIED":
        chosen: Sequence[Event] = Tracker(tracker.domain).extend(events).applied
    elif included == "AFTER_RESTART":
        restarts = [index for index, event in enumerate(events) if event["event"] == "restart"]
        chosen = events[restarts[-1] + 1 :] if restarts else events
    else:
        chosen = events
    return [_event_view(event, model) for event in chosen]


def _event_view(event: Event, model: Mapping[str, JSON]) -> dict[str, JSON]:
    kind = event["event"]
    rest = {key: value for key, value in event.items() if key not in ("event", "timestamp", "metadata", "parse_data")}
    view: dict[str, JSON] = {
        "event": kind,
        "timestamp": event.get("timestamp"),
        "metadata": {**(event.get("metadata") or {}), **model},
        **DEFAULTS.get(kind, {}),
        **rest,
    }
    if kind == "user":
        view["parse_data"] = parse_view(event)
    return view
