"""Turns that another system asks for: each becomes a message that nobody said, for the place where the person is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.dialogue.domain import Domain
from functions.dialogue.due import EXTERNAL
from functions.dialogue.incoming import Incoming, make_incoming
from functions.dialogue.record import read_turn
from shared.errors import Rejected
from shared.events.catalogue import TurnRequested
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.stores.ports import Turn


def make_requested(wanted: TurnRequested, envelope: Envelope, latest: Sequence[Turn], domain: Domain) -> Incoming:
    """The message of a requested turn. `latest` are the turns before it, which know where the person is answered.

    Raises Rejected where the domain has no such intent or action.
    """
    if wanted.understood is not None:
        return replace(make_incoming(wanted.understood, envelope.message, envelope.channel), requested="message")
    name = wanted.name or ""
    known = domain.actions if wanted.kind == "action" else domain.used_entities
    if name.partition("/")[0] not in known:
        raise Rejected(f"the {wanted.kind} does not exist in the domain")
    origin = origin_of(latest)
    said = wanted.kind == "intent"
    return Incoming(
        id=envelope.message,
        text=f"{EXTERNAL}{name}" if said else "",
        sender=str(origin.get("sender") or wanted.sender),
        intent=name if said else None,
        confidence=1.0 if said else 0.0,
        ranking=({"name": name, "confidence": 1.0},) if said else (),
        entities=wanted.entities,
        channel=envelope.channel,
        metadata={"is_external": True},
        locale=origin.get("locale"),
        address=origin.get("address") or {},
        external=True,
        requested=wanted.kind,
        action={} if said else {"action": name, "policy": wanted.policy, "confidence": wanted.confidence},
    )


def origin_of(turns: Sequence[Turn]) -> Mapping[str, JSON]:
    """Where the person of the latest of these turns is answered: sender, locale and address; empty where none says."""
    for turn in reversed(turns):
        effects: dict[str, Any] = read_turn(turn.document, turn.id).get("effects", {})
        for effect in reversed(list(effects.values())):
            data = effect.get("data") or {}
            if data.get("sender"):
                return {"sender": data["sender"], "locale": data.get("locale"), "address": data.get("address") or {}}
    return {}
