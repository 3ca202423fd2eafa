"""Rasa's REST channel: its JSON in, its messages out (Rasa 3.6.21, core/channels/rest.py and channel.py).

Two things differ on purpose: a missing sender is not put into one conversation `default` that all such callers would
share, and a body that is no object is the caller's mistake (400), not ours (500).
"""

from collections.abc import Sequence
from typing import Any

from shared.channels.body import read_object, read_optional_object
from shared.channels.port import (
    Channel,
    Inbound,
    InboundMessage,
    Outgoing,
    Parsed,
    Recipient,
    Settings,
    WebhookResponse,
)
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON, to_wire

NAME = "rest"
NOTHING = WebhookResponse(200, b"[]", "application/json")
"""What Rasa answers to a message that is missing, null, empty or no text."""

judge = judge_by_status


def parse(inbound: Inbound, settings: Settings) -> Parsed:  # noqa: ARG001 - the channel's signature
    """One message with the caller's sender; NOTHING where it says nothing."""
    document = read_object(inbound.body)
    sender = sender_of(document.get("sender"))
    metadata = read_optional_object(document, "metadata")
    text = document.get("message")
    if not isinstance(text, str) or not text.strip():
        return NOTHING
    return (InboundMessage(text=text.strip(), sender=sender, metadata=metadata),)


def sender_of(value: JSON) -> str | None:
    """The sender as text, as Rasa takes it; None where there is none. Rejected where it is neither text nor number."""
    if isinstance(value, bool | list | dict):
        raise Rejected("sender must be a string or a number")
    text = "" if value is None else str(value)
    return text if text.strip() else None


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """REST is answered with the replies, so nothing is left to say."""
    return NOTHING


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:  # noqa: ARG001 - the channel's signature
    """Never called on the way out: the gateway answers REST in the same call. Rejected, always."""
    raise Rejected("replies to the channel rest go out in the gateway's own answer and cannot be delivered later")


def render_messages(replies: Sequence[Reply], recipient: str) -> list[dict[str, JSON]]:
    """The replies as Rasa's messages, each with its recipient."""
    return [{"recipient_id": recipient, **part} for reply in replies for part in render_reply(reply)]


def render_reply(reply: Reply) -> list[dict[str, JSON]]:
    """One reply in Rasa's order: text with buttons, custom, image, attachment, elements; without keys that are null."""
    found: list[dict[str, Any]] = []
    # Quick replies beat buttons, which are dropped then (channel.py:60-80).
    buttons = reply.quick_replies or reply.buttons
    if buttons:
        found.append({**({"text": reply.text} if reply.text is not None else {}), "buttons": _render_buttons(buttons)})
    elif reply.text:
        found += [{"text": paragraph} for paragraph in reply.text.strip().split("\n\n")]
    if reply.custom:
        found.append({"custom": reply.custom})
    if reply.image:
        found.append({"image": reply.image})
    if reply.attachment:
        found.append({"attachment": reply.attachment})
    found += [_render_element(element) for element in reply.elements if isinstance(element, dict)]
    return found


def _render_buttons(buttons: Sequence[Button]) -> list[JSON]:
    return [to_wire(button) for button in buttons]


def _render_element(element: dict[str, JSON]) -> dict[str, JSON]:
    text = f"{element.get('title', '')} : {element.get('subtitle', '')}"
    return {"text": text, "buttons": element.get("buttons", [])}


CHANNEL = Channel(
    name=NAME,
    title="REST",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
)
