"""The operators' chat: where it is, and what people say there to answer somebody or to give a conversation back.

    /say CONVERSATION words      the words go to the person
    /resume CONVERSATION         the assistant speaks again

The slash may be left out, since some platforms keep it for themselves. Only the operators' own chat is read so, and the
platform's signature says that a message is from there: the same words of anybody else are ordinary words.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.config import Misconfigured
from shared.events.catalogue import HandoffAnswered
from shared.events.identity import is_token
from shared.events.wire import JSON

SIMPLE = {"slack": "channel", "telegram": "chat", "gchat": "space", "messenger": "to", "line": "to"}
"""Platforms on which one name says where a chat is, and what an address calls it."""
OTHERS = {"whatsapp": ("to", "line"), "twilio": ("to", "from"), "teams": ("service", "conversation")}
_COMMAND = re.compile(r"/?(say|resume)\s+([^\s:]+:\S+)(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OperatorsChat:
    """A chat on a platform in which operators are told of conversations, and answer."""

    channel: str
    address: Mapping[str, JSON]

    def holds(self, channel: str, address: Mapping[str, JSON]) -> bool:
        """Whether a message with this address was written there."""
        return channel == self.channel and all(address.get(key) == value for key, value in self.address.items())


def operators_chat(text: str) -> OperatorsChat | None:
    """The chat of the setting HANDOFF_TO (`slack:C0123`, or with an address in JSON); None where it is empty."""
    if not text:
        return None
    channel, _, place = text.partition(":")
    try:
        address: Any = json.loads(place) if place.startswith("{") else {SIMPLE[channel]: place}
    except (ValueError, KeyError):
        address = None
    needed = (SIMPLE[channel],) if channel in SIMPLE else OTHERS.get(channel)
    if needed is None:
        names = ", ".join((*SIMPLE, *OTHERS))
        raise Misconfigured(f"parley: HANDOFF_TO must begin with one of {names} and a colon, e.g. slack:C0123ABCD")
    if not isinstance(address, dict) or not all(isinstance(address.get(key), str) and address[key] for key in needed):
        example = json.dumps(dict.fromkeys(needed, "...")) if channel in OTHERS else "C0123ABCD"
        raise Misconfigured(f"parley: HANDOFF_TO must say where on {channel}: {channel}:{example}")
    return OperatorsChat(channel, address)


def command(text: str) -> tuple[str, HandoffAnswered] | None:
    """The conversation and what is said in it; None where the text is no such command."""
    match = _COMMAND.fullmatch(text.strip())
    if match is None:
        return None
    verb, conversation, words = match[1].lower(), match[2], (match[3] or "").strip()
    if not is_token(conversation) or (verb == "say" and not words):
        return None
    return conversation, HandoffAnswered(text=words or None, resume=verb == "resume")


def resume_command(conversation: str) -> str:
    return f"/resume {conversation}"
