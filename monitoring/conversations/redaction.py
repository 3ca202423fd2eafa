"""Personal data in exported conversations: found by its form or by the slot it is in, and replaced by its kind."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.events.wire import JSON
from shared.telemetry import hash_conversation

SLOTS = ("address", "street", "phone", "email", "name", "surname", "birthday", "iban")
"""Slots and entities that hold personal data, also as the last part of a name (delivery_address)."""

PATTERNS = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
    # A phone number: an international one from 7 digits on, any other from 8; groups may be set apart.
    ("phone", re.compile(r"(?<![\w.])(?:\+|00)\d(?:[ ()/.-]{0,2}\d){6,14}(?!\w)")),
    ("phone", re.compile(r"(?<![\w.-])\(?0\d(?:[ ()/-]{0,2}\d){6,13}(?!\w)")),
    ("number", re.compile(r"(?<!\w)\d(?:[ -]?\d){6,}(?!\w)")),
)
"""Each after the one before, so that what looks like two kinds is the first."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is replaced in one conversation."""

    words: Sequence[tuple[str, str]] = ()
    """Words that personal slots held, the longest first, with the slot's name."""
    off: bool = False

    def redact_text(self, text: str) -> str:
        if self.off:
            return text
        for words, kind in self.words:
            text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", f"<{kind}>", text, flags=re.IGNORECASE)
        for kind, pattern in PATTERNS:
            text = pattern.sub(f"<{kind}>", text)
        return text

    def redact_value(self, value: JSON) -> JSON:
        """A document with all its texts redacted; long whole numbers count as texts."""
        if self.off:
            return value
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000_000:
            return "<number>"
        if isinstance(value, Mapping):
            return {self.redact_text(key): self.redact_value(item) for key, item in value.items()}
        if isinstance(value, Sequence):
            return [self.redact_value(item) for item in value]
        return value

    def redact_name(self, conversation: str) -> str:
        """The conversation's name: often a phone number or an account."""
        return conversation if self.off else f"conversation-{hash_conversation(conversation)}"


def make_redaction(turns: Iterable[Mapping[str, JSON]], slots: Sequence[str] = SLOTS) -> Redaction:
    """What to replace in a conversation of these turns, where `slots` hold personal data."""
    found: dict[str, str] = {}
    for turn in turns:
        named = [(entity.get("entity"), entity.get("value")) for entity in turn.get("entities", ())]
        texts = [(entity.get("entity"), _read_marked(turn, entity)) for entity in turn.get("entities", ())]
        slot_events = [event for event in turn.get("events", ()) if event.get("event") == "slot"]
        events = [(event.get("name"), event.get("value")) for event in slot_events]
        for name, value in (*named, *texts, *events, *turn.get("slots", {}).items()):
            if isinstance(name, str) and is_personal(name, slots):
                found |= dict.fromkeys(_list_words(value), name)
    return Redaction(tuple(sorted(found.items(), key=lambda item: -len(item[0]))))


def is_personal(slot: str, slots: Sequence[str]) -> bool:
    return any(slot == name or slot.endswith(f"_{name}") for name in slots)


def _read_marked(turn: Mapping[str, JSON], entity: Mapping[str, JSON]) -> JSON:
    """The words of the text that an entity was read from, which its value may normalise."""
    start, end = entity.get("start"), entity.get("end")
    return str(turn.get("text", ""))[start:end] if isinstance(start, int) and isinstance(end, int) else None


def _list_words(value: JSON) -> list[str]:
    if isinstance(value, str):
        return [value.strip()] if len(value.strip()) > 1 else []
    if isinstance(value, Mapping):
        return [words for item in value.values() for words in _list_words(item)]
    if isinstance(value, Sequence):
        return [words for item in value for words in _list_words(item)]
    return [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []
