"""Tracker events as they are stored: the same events in a quarter of the bytes.

Most of what a conversation's document holds are events in Rasa's JSON form, which says everything several times.
Packed, the list holds for each event what cannot be told from the rest:

    1700000000.5                          the timestamp of the events that follow; null: they have none
    "action_listen"                       an action, predicted as the one before
    ["a", name, policy, confidence]       an action; a fifth item `true`: hide_rule_turn
    ["s", name, value]                    a slot
    ["b", text, data, metadata]           what the assistant said; data without its nulls
    ["u", text, intent, confidence, ranking, entities, id, channel, metadata, full_retrieval_intent_name]
    {"event": ...}                        anything else, as it is

Nothing is lost: `unpacked(packed(events)) == events`, whatever the events hold.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from functions.dialogue.tracker import Event
from shared.events.wire import JSON

DATA = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
"""The keys of a bot event's data, in their order."""

_ACTION = frozenset(("event", "name", "policy", "confidence", "timestamp"))
_HIDDEN = _ACTION | {"hide_rule_turn"}
_SLOT = frozenset(("event", "name", "value", "timestamp"))
_BOT = frozenset(("event", "text", "data", "metadata", "timestamp"))
_DATA = frozenset(DATA)
_USER = frozenset(("event", "timestamp", "text", "parse_data", "input_channel", "message_id", "metadata"))
_PARSED = frozenset(("text", "intent", "intent_ranking", "entities", "message_id", "metadata"))
_INTENT = frozenset(("name", "confidence"))
_RETRIEVAL = _INTENT | {"full_retrieval_intent_name"}
_ENTITY = ("entity", "value", "start", "end", "confidence_entity", "extractor")
_ENTITY_KEYS = frozenset(_ENTITY)


class Stored(dict[str, Any]):
    """An event that was read from a store, with the form in which it lay there: it is written as it was read."""

    __slots__ = ("item",)
    item: JSON


def packed(events: Iterable[Event]) -> list[JSON]:
    items: list[JSON] = []
    time: JSON = None
    said: tuple[JSON, JSON] | None = None
    for event in events:
        stamp = event.get("timestamp")
        if type(stamp) not in (float, int):
            # A time of an action's own making, or none: the event keeps what it has.
            if time is not None:
                items.append(None)
                time = None
            items.append(dict(event))
            continue
        if stamp != time:
            items.append(stamp)
            time = stamp
        item = event.item if type(event) is Stored else _packed(event)
        if type(item) is list and item[0] == "a":
            predicted = (item[2], item[3])
            if predicted == said and len(item) == 4:
                item = item[1]
            said = predicted
        items.append(item)
    return items


def unpacked(items: Iterable[JSON]) -> list[Event]:
    events: list[Event] = []
    time: JSON = None
    said: Sequence[JSON] = ()
    for item in items:
        kind = type(item)
        if kind is str:
            item = ["a", item, said[2], said[3]]
            kind = list
        if kind is list:
            code = item[0]
            if code == "a":
                said = item
            event = Stored(_UNPACK[code](item, time))
            event.item = item
            events.append(event)
        elif kind is dict:
            events.append({**item, "timestamp": time} if time is not None else item)
        else:
            time = item
    return events


def _packed(event: Event) -> JSON:
    keys = event.keys()
    match event["event"]:
        case "action" if type(event.get("name")) is str:
            if keys == _ACTION:
                return ["a", event["name"], event["policy"], event["confidence"]]
            if keys == _HIDDEN and event["hide_rule_turn"] is True:
                return ["a", event["name"], event["policy"], event["confidence"], True]
        case "slot" if keys == _SLOT:
            return ["s", event["name"], event["value"]]
        case "bot" if keys == _BOT and type(event["data"]) is dict and event["data"].keys() == _DATA:
            data = {key: value for key, value in event["data"].items() if value is not None}
            return _trimmed(["b", event["text"], data, event["metadata"]], 2, {})
        case "user" if keys == _USER:
            return _user(event)
    return _without_time(event)


def _user(event: Event) -> JSON:
    parsed = event["parse_data"]
    if type(parsed) is not dict or parsed.keys() != _PARSED:
        return _without_time(event)
    same = all(parsed[key] == event[key] for key in ("text", "message_id", "metadata"))
    intent, ranking, entities = parsed["intent"], parsed["intent_ranking"], parsed["entities"]
    if not same or type(intent) is not dict or intent.keys() not in (_INTENT, _RETRIEVAL):
        return _without_time(event)
    if type(ranking) is not list or type(entities) is not list:
        return _without_time(event)
    flat: list[JSON] = []
    for place in ranking:
        if type(place) is not dict or place.keys() != _INTENT:
            return _without_time(event)
        flat += (place["name"], place["confidence"])
    item = [
        "u",
        event["text"],
        intent["name"],
        intent["confidence"],
        flat,
        [_entity(entity) for entity in entities],
        event["message_id"],
        event["input_channel"],
        event["metadata"],
    ]
    if "full_retrieval_intent_name" in intent:
        return [*item, intent["full_retrieval_intent_name"]]
    return _trimmed(item, 8, {})


def _entity(entity: JSON) -> JSON:
    if type(entity) is dict and entity.keys() == _ENTITY_KEYS:
        return [entity[key] for key in _ENTITY]
    return wrapped(entity)


def _trimmed(item: list[JSON], least: int, empty: JSON) -> list[JSON]:
    """Without the empty objects at its end."""
    while len(item) > least and item[-1] == empty and type(item[-1]) is dict:
        item.pop()
    return item


def _without_time(event: Event) -> dict[str, JSON]:
    return {key: value for key, value in event.items() if key != "timestamp"}


def _unpack_action(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    event = {"event": "action", "name": item[1], "policy": item[2], "confidence": item[3], "timestamp": time}
    if len(item) > 4:
        event["hide_rule_turn"] = True
    return event


def _unpack_slot(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    return {"event": "slot", "name": item[1], "value": item[2], "timestamp": time}


def _unpack_bot(item: Sequence[JSON], time: JSON) -> dict[str, JSON]:
    data = dict.fromkeys(DATA) | (item[2] if len(item) > 2 else {})
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
    return unwrapped(entity)


def wrapped(value: JSON) -> JSON:
    """An object that stands for this value, in a place where other things than objects mean something else."""
    return value if type(value) is dict and value.keys() != {""} else {"": value}


def unwrapped(value: JSON) -> JSON:
    return value[""] if value.keys() == {""} else value


_UNPACK: dict[str, Any] = {"a": _unpack_action, "s": _unpack_slot, "b": _unpack_bot, "u": _unpack_user}
