"""What an event causes: how a turn keeps it, and the event that goes out."""

from collections.abc import Mapping

from shared.events.catalogue import ActionRequested, RepliesDecided
from shared.events.envelope import Envelope
from shared.events.wire import JSON, from_wire, to_wire

SOURCE = "/parley/dialogue"
NOTHING = "nothing"
"""The kind of an effect that is no event."""

Effect = ActionRequested | RepliesDecided


def effect_of(data: Effect | None) -> dict[str, JSON]:
    """The effect in JSON."""
    return {"type": NOTHING} if data is None else {"type": data.TYPE, "data": to_wire(data)}


def data_of(effect: Mapping[str, JSON]) -> Effect | None:
    """What went out, from the form in which a turn keeps it."""
    if effect["type"] == NOTHING:
        return None
    if effect["type"] == ActionRequested.TYPE:
        return from_wire(ActionRequested, effect["data"])
    return from_wire(RepliesDecided, effect["data"])


def without_what_was_shown(effect: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The effect as a turn keeps it; what a requested action was shown (slots, events) is in the state."""
    if effect["type"] != ActionRequested.TYPE:
        return effect
    kept = ("action", "sender", "deadline", "replies", "said", "locale", "address")
    return {**effect, "data": {name: effect["data"][name] for name in kept if name in effect["data"]}}


def event_of(envelope: Envelope, data: Effect | None, text: str | None = None) -> Envelope | None:
    """The event of an effect; its id derives from its cause, so that the same cause has the same event. `text` is the
    data as JSON, where that is written already."""
    if data is None:
        return None
    if isinstance(data, ActionRequested):
        return envelope.answer(data, SOURCE, "requested", hasreplies=bool(data.replies), text=text)
    return envelope.answer(data, SOURCE, "decided", text=text)
