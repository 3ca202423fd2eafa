"""Documents of form 2, which Parley wrote until 2026-11-29: turns and states whose events were packed into arrays.

Nothing is written in this form any more; a conversation is written in the current one with its next message. What can
go when no document of before that day is left: this module and its test.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.dialogue.responses import reply_of
from functions.dialogue.tracker import Event
from shared.events.catalogue import RepliesDecided
from shared.events.wire import JSON, to_wire
from shared.stores.ports import Document

FORM = 2

_DATA = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
"""The keys of a bot event's data, in their order."""
_ENTITY = ("entity", "value", "start", "end", "confidence_entity", "extractor")
_NOTE = ("action", "policy", "confidence", "source", "others")
_EMPTY: Mapping[str, JSON] = {"failed_actions": [], "answers": [], "active_loop": None, "sent_at": None}


def read_state(document: Document) -> dict[str, JSON]:
    """The state in a document of this form, as the current form has it."""
    events = _unpack_events(document["events"])
    full = {**document, "events": events}
    base = document.get("base")
    if base is not None and base.get("message") is not None:
        full["base"] = {**base, "message": _unpack_events(base["message"])[0]}
    if (pending := document.get("pending")) is not None and "meant" not in pending["incoming"]:
        full["pending"] = {**pending, "incoming": {**_make_incoming(pending["message"], events), **pending["incoming"]}}
    return full


def read_turn(document: Document, message: str) -> dict[str, JSON]:
    """The turn of `message` in a document of this form, as the current form has it.

    Of an action that was requested it does not say what the action was shown (slots, events); while the action is
    waited for, the conversation's state says that.
    """
    events = _unpack_events(document["events"])
    full: dict[str, JSON] = {**_EMPTY, **_read_said(events, message), **document, "events": events}
    for name in ("format", "whom", "other_slots", "unset"):
        full.pop(name, None)
    if "other_slots" in document:
        full["slots"] = _read_slots(document, events)
    full["decided_by"] = [_read_note(note) for note in document["decided_by"]]
    full.setdefault("replies", _list_replies(events))
    full["answers"] = [_read_answer(answer, events) for answer in document.get("answers", ())]
    whom = document.get("whom", {})
    effects = document["effects"].items()
    full["effects"] = {cause: _read_effect(effect, full, message, whom) for cause, effect in effects}
    return full


def _make_incoming(message: str, events: Sequence[Event]) -> dict[str, JSON]:
    """What the event of the message says of it, as `Incoming` has it; nothing where there is no such event (yet)."""
    for event in reversed(events):
        if event["event"] == "user" and event.get("message_id") == message:
            parsed = event["parse_data"]
            intent = parsed["intent"]
            return {
                "id": message,
                "text": event["text"],
                "intent": intent.get("full_retrieval_intent_name") or intent["name"],
                "confidence": intent["confidence"],
                "ranking": parsed["intent_ranking"],
                "entities": parsed["entities"],
                "channel": event["input_channel"],
                "metadata": event["metadata"],
            }
    return {}


def _read_said(events: Sequence[Event], message: str) -> dict[str, JSON]:
    """What the event of the message says of the turn; nothing where there is no such event (yet)."""
    for event in events:
        if event["event"] == "user" and event.get("message_id") == message:
            parsed = event.get("parse_data")
            intent = parsed.get("intent") if isinstance(parsed, dict) else None
            if not isinstance(parsed, dict) or not isinstance(intent, dict):
                return {}
            return {
                "text": event.get("text"),
                "intent": intent.get("full_retrieval_intent_name") or intent.get("name"),
                "confidence": intent.get("confidence"),
                "ranking": parsed.get("intent_ranking"),
                "entities": parsed.get("entities"),
                "channel": event.get("input_channel"),
            }
    return {}


def _read_slots(document: Document, events: Sequence[Event]) -> dict[str, JSON]:
    unset = document.get("unset", ())
    told = {name: value for name, value in _set_slots(events).items() if name not in unset}
    return {**told, **document["other_slots"]}


def _set_slots(events: Sequence[Event]) -> dict[str, JSON]:
    """The last value of each slot that was set to one."""
    told: dict[str, JSON] = {}
    for event in events:
        if event["event"] == "slot" and type(name := event.get("name")) is str:
            told[name] = event.get("value")
    return {name: value for name, value in told.items() if value is not None}


def _list_replies(events: Sequence[Event]) -> list[JSON]:
    said = (reply_of(event) for event in events if event["event"] == "bot")
    return [to_wire(reply) for reply in said if reply is not None]


def _read_note(note: JSON) -> JSON:
    if not isinstance(note, list):
        return note
    return {name: value for name, value in zip(_NOTE, note, strict=False) if value is not None or name in _NOTE[:3]}


def _read_answer(answer: Mapping[str, JSON], events: Sequence[Event]) -> dict[str, JSON]:
    full = dict(answer)
    for name, known in (("events", _without_time), ("responses", _make_response)):
        if answer.get(name):
            full[name] = [known(events[item]) if type(item) is int else _unwrap(item) for item in answer[name]]
    return full


def _without_time(event: Event) -> dict[str, JSON]:
    return {key: value for key, value in event.items() if key != "timestamp"}


def _make_response(event: Event) -> dict[str, JSON]:
    """The response that is said as this bot event, where the action gave a plain one."""
    data = event.get("data") or {}
    return {"text": event.get("text"), **{part: value for part, value in data.items() if value is not None}}


def _read_effect(effect: Mapping[str, JSON], full: Document, message: str, whom: Mapping[str, JSON]) -> dict[str, JSON]:
    kept = dict(effect)
    if kept.keys() == {"type"}:
        return kept
    kind, said = kept.pop("type"), kept.pop("said", 0)
    replies = kept.pop("replies") if "replies" in kept else full["replies"][said : said + kept.pop("count")]
    told = {**whom, **{name: value for name, value in kept.items() if name != "turn"}}
    data: dict[str, JSON] = {name: value for name, value in told.items() if value is not None}
    data |= {"replies": replies, "said": said}
    if kind == RepliesDecided.TYPE:
        turn = {**_read_known(full, message), **kept["turn"]}
        data["turn"] = {name: value for name, value in turn.items() if value is not None}
    return {"type": kind, "data": data}


def _read_known(document: Document, message: str) -> dict[str, Any]:
    """What of a summary the turn tells; what is not so in most turns is what a summary is without it."""
    return {
        "message": message,
        "intent": document["intent"],
        "confidence": document["confidence"],
        "bundle": document["bundle"],
        "started_at": document["sent_at"],
        "fallback": False,
        "handoff": False,
        "disambiguation": False,
        "actions": [],
    }


def _unpack_events(items: Iterable[JSON]) -> list[Event]:
    events: list[Event] = []
    time: JSON = None
    said: Sequence[JSON] = ()
    for item in items:
        if type(item) is str:
            # An action, predicted as the one before.
            item = ["a", item, said[2], said[3]]
        if type(item) is list:
            if item[0] == "a":
                said = item
            events.append(_UNPACK[item[0]](item, time))
        elif type(item) is dict:
            events.append({**item, "timestamp": time} if time is not None else item)
        else:
            # The timestamp of the events that follow.
            time = item
    return events


def _unpack_action(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    event = {"event": "action", "name": item[1], "policy": item[2], "confidence": item[3], "timestamp": time}
    if len(item) > 4:
        event["hide_rule_turn"] = True
    return event


def _unpack_slot(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    return {"event": "slot", "name": item[1], "value": item[2], "timestamp": time}


def _unpack_bot(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    data = dict.fromkeys(_DATA) | (item[2] if len(item) > 2 else {})
    metadata = item[3] if len(item) > 3 else {}
    return {"event": "bot", "text": item[1], "data": data, "metadata": metadata, "timestamp": time}


def _unpack_user(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    _, text, name, confidence, flat, entities, ident, channel, *more = item
    metadata = more[0] if more else {}
    intent: dict[str, JSON] = {"name": name, "confidence": confidence}
    if len(more) > 1:
        intent["full_retrieval_intent_name"] = more[1]
    return {
        "event": "user",
        "timestamp": time,
        "text": text,
        "parse_data": {
            "text": text,
            "intent": intent,
            "intent_ranking": [
                {"name": flat[place], "confidence": flat[place + 1]} for place in range(0, len(flat), 2)
            ],
            "entities": [_unpack_entity(entity) for entity in entities],
            "message_id": ident,
            "metadata": metadata,
        },
        "input_channel": channel,
        "message_id": ident,
        "metadata": metadata,
    }


def _unpack_entity(entity: JSON) -> JSON:
    if type(entity) is list:
        return dict(zip(_ENTITY, entity, strict=True))
    return _unwrap(entity)


def _unwrap(value: JSON) -> JSON:
    return value[""] if value.keys() == {""} else value


_UNPACK: dict[str, Any] = {"a": _unpack_action, "s": _unpack_slot, "b": _unpack_bot, "u": _unpack_user}
