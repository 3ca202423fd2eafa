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

from shared.channels.catalogue import PLATFORMS, find_channel
from shared.config import Misconfigured
from shared.events.catalogue import HandoffAnswered
from shared.events.identity import is_token
from shared.events.wire import JSON

_COMMAND = re.compile(r"/?(say|resume)\s+([^\s:]+:\S+)(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OperatorsChat:
    """A chat on a platform in which operators are notified of conversations, and answer."""

    channel: str
    address: Mapping[str, JSON]

    def holds(self, channel: str, address: Mapping[str, JSON]) -> bool:
        """Whether a message with this address was written there."""
        return channel == self.channel and all(address.get(key) == value for key, value in self.address.items())


def read_operators_chat(text: str) -> OperatorsChat | None:
    """The chat of the setting HANDOFF_TO (`slack:C0123`, or with an address in JSON); None where it is empty.

    Misconfigured where it names no chat of a platform.
    """
    if not text:
        return None
    name, _, chat = text.partition(":")
    keys = find_channel(name).chat if name in PLATFORMS else ()
    if not keys:
        names = ", ".join(known for known in PLATFORMS if find_channel(known).chat)
        raise Misconfigured(f"parley: HANDOFF_TO must begin with one of {names} and a colon, e.g. slack:C0123ABCD")
    try:
        address: Any = json.loads(chat) if chat.startswith("{") else {keys[0]: chat} if len(keys) == 1 else None
    except ValueError:
        address = None
    if not isinstance(address, dict) or not all(isinstance(address.get(key), str) and address[key] for key in keys):
        example = json.dumps(dict.fromkeys(keys, "...")) if len(keys) > 1 else "C0123ABCD"
        raise Misconfigured(f"parley: HANDOFF_TO must say where on {name}: {name}:{example}")
    return OperatorsChat(name, address)


def parse_command(text: str) -> tuple[str, HandoffAnswered] | None:
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
