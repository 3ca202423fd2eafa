"""Ids and conversation names: plain tokens that derive from what came in, so that redelivery repeats them.

An attribute travels as an HTTP header and as a document id, so a token has only unreserved characters and at most
128 of them; what does not fit is replaced by a hash (of 128 bits, so that nobody meets a collision by chance).
"""

import re

from shared.digest import sha256

LIMIT = 128
_TOKEN = re.compile(r"[A-Za-z0-9_.:@+~-]{1,128}")


def derive_event_id(cause: str, step: str) -> str:
    """The id of the event that `step` makes of the event `cause`: the same for the same two, always."""
    return to_token(f"{cause}.{step}")


def derive_conversation_id(channel: str, sender: str) -> str:
    """The conversation of a sender on a channel; channels never share one, so nobody speaks as somebody elsewhere."""
    return f"{channel}:{to_token(sender, LIMIT - len(channel) - 1)}"


def derive_message_id(channel: str, platform_id: str) -> str:
    """The id of a message, from the id that its platform redelivers it with."""
    return f"{channel}:{to_token(platform_id, LIMIT - len(channel) - 1)}"


def to_token(text: str, limit: int = LIMIT) -> str:
    """`text` itself where it is a plain token within the limit, else a readable hash of it."""
    if len(text) <= limit and _TOKEN.fullmatch(text):
        return text
    return "h~" + sha256(text.encode("utf-8", "surrogatepass"))[:32]


def is_token(text: str) -> bool:
    """Whether `text` may stand in an attribute, a document id or a log line."""
    return _TOKEN.fullmatch(text) is not None
