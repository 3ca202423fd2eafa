"""The turn's document: what it says, and the shorter form in which a store keeps it.

In full it holds what was said and understood, what was decided and why, what each event led to, and what actions
answered, so that the turn can be played again without running them. Stored, it holds everything of that once: the
message and the replies are in the tracker's events, and so is most of what actions answered.

`opened` reads both forms. Of an action that was requested it cannot give back what the action was shown (slots,
events); while the action is waited for, the conversation's state says that (`functions.dialogue.stage`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.dialogue.decision import Decision
from functions.dialogue.packing import packed, unpacked, unwrapped, wrapped
from functions.dialogue.responses import reply_of
from functions.dialogue.tracker import Event
from shared.events.catalogue import ActionCompleted, MessageReceived, RepliesDecided
from shared.events.envelope import Envelope
from shared.events.wire import JSON, to_wire
from shared.stores.ports import Document

FORMAT = 2
"""Of the stored form. A document without a format is in full, as Parley 0.1 kept it."""

_EMPTY: Mapping[str, JSON] = {"failed_actions": [], "answers": [], "active_loop": None, "sent_at": None}
_WHOM = ("sender", "locale", "address")


def written(decision: Decision, before: Document, cause: Envelope, effect: Mapping[str, JSON]) -> Document:
    """The turn so far: what was said and understood, what was decided and why, and what each event led to.

    What actions answered is kept as it came, so that the turn can be played again without running them.
    """
    message = decision.incoming
    answers = [to_wire(cause.data)] if isinstance(cause.data, ActionCompleted) else []
    return {
        "text": message.text,
        "intent": message.intent,
        "confidence": message.confidence,
        "ranking": list(message.ranking),
        "entities": list(message.entities),
        "channel": message.channel,
        "sent_at": message.sent_at,
        **({"locale": message.locale} if message.locale is not None else {}),
        "events": [*before.get("events", ()), *decision.events],
        "replies": [*before.get("replies", ()), *to_wire(decision.replies)],
        "decided_by": list(decision.progress.decided_by),
        "failed_actions": list(decision.progress.failed),
        "slots": dict(decision.state.slots),
        "active_loop": decision.state.active_loop,
        "bundle": decision.state.bundle,
        "answers": [*before.get("answers", ()), *answers],
        "effects": {**before.get("effects", {}), cause.id: effect},
        **({"unheard": message.unheard} if message.unheard is not None else {}),
    }


def compact(document: Document, message: str) -> dict[str, JSON]:
    """The stored form of the turn of `message`."""
    events = document["events"]
    known = {**_EMPTY, **_said(events, message), "replies": _replies(events)}
    kept = {name: value for name, value in document.items() if name not in known or known[name] != value}
    kept["format"] = FORMAT
    kept |= _packed_slots(kept.pop("slots", {}), events)
    kept["decided_by"] = [_packed_note(note) for note in document["decided_by"]]
    if document["answers"]:
        kept["answers"] = [_packed_answer(answer, events) for answer in document["answers"]]
    whom: dict[str, JSON] = {}
    kept["effects"] = {cause: _packed_effect(effect, document, message, whom) for cause, effect in _effects(document)}
    kept["whom"] = {name: value for name, value in whom.items() if value is not None}
    kept["events"] = packed(events)
    return kept


def opened(document: Document, message: str) -> dict[str, JSON]:
    """The turn of `message` in full, whichever form was stored."""
    if document.get("format") != FORMAT:
        return dict(document)
    events = unpacked(document["events"])
    full: dict[str, JSON] = {**_EMPTY, **_said(events, message), **document, "events": events}
    for name in ("format", "whom", "other_slots", "unset"):
        full.pop(name, None)
    if "other_slots" in document:
        full["slots"] = _opened_slots(document, events)
    full["decided_by"] = [_opened_note(note) for note in document["decided_by"]]
    full.setdefault("replies", _replies(events))
    full["answers"] = [_opened_answer(answer, events) for answer in document.get("answers", ())]
    whom = document.get("whom", {})
    full["effects"] = {cause: _opened_effect(effect, full, message, whom) for cause, effect in _effects(document)}
    return full


def message_of(document: Document, sender: str) -> MessageReceived:
    """The message with which a turn began, as far as the turn (in full) keeps it."""
    users = [event for event in document.get("events", ()) if event.get("event") == "user"]
    return MessageReceived(
        text=str(document.get("text") or ""),
        sender=sender,
        sent_at=document.get("sent_at"),
        locale=document.get("locale"),
        metadata=(users[0].get("metadata") or {}) if users else {},
        unheard=document.get("unheard"),
    )


def _effects(document: Document) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    yield from document["effects"].items()


def _said(events: Sequence[Event], message: str) -> dict[str, JSON]:
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


def _packed_slots(slots: Mapping[str, JSON], events: Sequence[Event]) -> dict[str, JSON]:
    """The slots that the turn's events do not tell, and what they tell of slots that are empty after all."""
    told = _set_slots(events)
    # Compared by identity: equal is too little (1 == True), and the same object is what an event sets.
    other = {name: value for name, value in slots.items() if value is None or told.get(name) is not value}
    unset = [name for name in told if name not in slots]
    return {"other_slots": other, **({"unset": unset} if unset else {})}


def _opened_slots(document: Document, events: Sequence[Event]) -> dict[str, JSON]:
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


def _replies(events: Sequence[Event]) -> list[JSON]:
    said = (reply_of(event) for event in events if event["event"] == "bot")
    return [to_wire(reply) for reply in said if reply is not None]


_NOTE = ("action", "policy", "confidence", "source", "others")


def _packed_note(note: JSON) -> JSON:
    """`[action, policy, confidence, source, others]`, as far as there is something; anything else as it is."""
    values = [note.get(name) for name in _NOTE]
    while values and values[-1] is None:
        values.pop()
    return values if note == _opened_note(values) else note


def _opened_note(note: JSON) -> JSON:
    if not isinstance(note, list):
        return note
    return {name: value for name, value in zip(_NOTE, note, strict=False) if value is not None or name in _NOTE[:3]}


def _packed_answer(answer: Mapping[str, JSON], events: Sequence[Event]) -> dict[str, JSON]:
    """An action's answer, in which a number stands for what the turn's event of that number tells."""
    # Found by their text: `1 == True == 1.0`, and a slot must get back what it was given.
    changed = {repr(_without_time(event)): number for number, event in enumerate(events)}
    told = {repr(_response(event)): number for number, event in enumerate(events) if event["event"] == "bot"}
    kept = dict(answer)
    for name, known in (("events", changed), ("responses", told)):
        if answer.get(name):
            kept[name] = [known.get(repr(item), wrapped(item)) for item in answer[name]]
    return kept


def _opened_answer(answer: Mapping[str, JSON], events: Sequence[Event]) -> dict[str, JSON]:
    full = dict(answer)
    for name, known in (("events", _without_time), ("responses", _response)):
        if answer.get(name):
            full[name] = [known(events[item]) if type(item) is int else unwrapped(item) for item in answer[name]]
    return full


def _without_time(event: Event) -> dict[str, JSON]:
    return {key: value for key, value in event.items() if key != "timestamp"}


def _response(event: Event) -> dict[str, JSON]:
    """The response that is said as this bot event, where the action gave a plain one."""
    data = event.get("data") or {}
    return {"text": event.get("text"), **{part: value for part, value in data.items() if value is not None}}


def _packed_effect(
    effect: Mapping[str, JSON], document: Document, message: str, whom: dict[str, JSON]
) -> dict[str, JSON]:
    """What went out, by reference: the turn has the replies, and `whom` takes who they are for."""
    if "data" not in effect:
        return dict(effect)
    data = dict(effect["data"])
    replies, said = data.pop("replies", []), data.pop("said", 0)
    kept: dict[str, JSON] = {"type": effect["type"]}
    if replies != document["replies"][said : said + len(replies)]:
        kept["replies"] = replies
    else:
        kept["count"] = len(replies)
    if said:
        kept["said"] = said
    for name in _WHOM:
        value = data.pop(name, None)
        if whom.setdefault(name, value) != value:
            kept[name] = value
    if effect["type"] == RepliesDecided.TYPE:
        known = _known(document, message)
        turn = data.pop("turn")
        kept |= {name: value for name, value in data.items() if value is not None}
        kept["turn"] = {name: value for name, value in turn.items() if name not in known or known[name] != value}
        kept["turn"] |= {name: None for name, value in known.items() if value is not None and name not in turn}
        return kept
    return kept | {name: data[name] for name in ("action", "deadline") if data.get(name) is not None}


def _opened_effect(
    effect: Mapping[str, JSON], full: Document, message: str, whom: Mapping[str, JSON]
) -> dict[str, JSON]:
    kept = dict(effect)
    if kept.keys() == {"type"}:
        return kept
    kind, said = kept.pop("type"), kept.pop("said", 0)
    replies = kept.pop("replies") if "replies" in kept else full["replies"][said : said + kept.pop("count")]
    told = {**whom, **{name: value for name, value in kept.items() if name != "turn"}}
    data: dict[str, JSON] = {name: value for name, value in told.items() if value is not None}
    data |= {"replies": replies, "said": said}
    if kind == RepliesDecided.TYPE:
        turn = {**_known(full, message), **kept["turn"]}
        data["turn"] = {name: value for name, value in turn.items() if value is not None}
    return {"type": kind, "data": data}


def _known(document: Document, message: str) -> dict[str, Any]:
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
