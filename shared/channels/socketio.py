"""Rasa's socketio channel: what a widget says in, what the assistant says out (Rasa 3.6.21, core/channels/socketio.py).

The gateway speaks Socket.IO (functions/gateway/socketio.py); here is what its events hold. Two things differ on
purpose: sessions always persist by `session_id`, which Rasa has to be told to do, and an id that was not given out here
is not taken, because who guesses one reads along.
"""

import json
import re
from collections.abc import Iterator, Sequence

from shared.channels.body import read_webhook
from shared.channels.port import (
    Channel,
    Document,
    Inbound,
    InboundMessage,
    Outgoing,
    Parsed,
    Recipient,
    Settings,
    WebhookResponse,
)
from shared.channels.reading import pick, read_string
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected
from shared.events.catalogue import Reply
from shared.events.wire import JSON

NAME = "socketio"
OK = WebhookResponse(200)
SESSION = re.compile(r"[A-Za-z0-9_-]{20,64}")

judge = judge_by_status


def parse(inbound: Inbound, settings: Settings) -> Parsed:  # noqa: ARG001 - the channel's signature
    """The message of a `user_uttered`: `message`, `session_id`, `metadata` or `customData`, the gateway's `id`.

    Rejected where the session is none that was given out.
    """
    document = read_webhook(inbound.body)
    session = read_string(document, "session_id")
    if not SESSION.fullmatch(session):
        raise Rejected("session_id must be one that session_confirm gave out")
    text = read_string(document, "message").strip()
    if not text:
        return OK
    metadata = pick(document, "metadata") or pick(document, "customData")
    if isinstance(metadata, str):
        metadata = _read_object(metadata)
    found = metadata if isinstance(metadata, dict) else {}
    return (InboundMessage(text, session, id=read_string(document, "id") or None, metadata=found),)


def _read_object(text: str) -> JSON:
    """Rasa takes metadata as a text that holds JSON, too."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def acknowledge(messages: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:  # noqa: ARG001 - the channel's signature
    """A document for each `bot_uttered`, and one without at the end of a turn that a person may go on with."""
    found: list[Outgoing] = [Document({"uttered": uttered}) for reply in replies for uttered in events_of(reply)]
    if to.last and to.with_operator:
        found.append(Document({"handoff": True}))
    return found


def events_of(reply: Reply) -> Iterator[dict[str, JSON]]:
    """The data of each `bot_uttered`, in Rasa's order: text with quick replies, custom, image, attachment, elements."""
    buttons = reply.quick_replies or reply.buttons
    text = reply.text or ""
    if buttons:
        *before, last = text.strip().split("\n\n")
        yield from ({"text": paragraph, "quick_replies": []} for paragraph in before)
        choices = [{"content_type": "text", "title": button.title, "payload": button.payload} for button in buttons]
        yield {"text": last, "quick_replies": choices}
    elif text:
        yield from ({"text": paragraph} for paragraph in text.strip().split("\n\n"))
    if isinstance(reply.custom, dict) and reply.custom:
        # Rasa emits with the object's keys as arguments, of which `data` is what the client gets.
        data = reply.custom.get("data", reply.custom)
        yield data if isinstance(data, dict) else {"data": data}
    if reply.image:
        yield {"attachment": {"type": "image", "payload": {"src": reply.image}}}
    if reply.attachment:
        yield {"attachment": reply.attachment}
    for element in reply.elements:
        yield {"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": element}}}


CHANNEL = Channel(
    name=NAME,
    title="Socket.IO",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
)
