"""The web chat channel: what the page sends, and the documents that it fetches from the outbox.

A document is one of Rasa's REST messages without its recipient, or the cards of a reply (`elements`), with `message`:
the id of the message that it answers.
The last document of a turn is `{"message": ..., "end": true}`, so that the page knows that nothing more will come,
also where the assistant says nothing; with `"handoff": true` a person may answer at any time.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shared.channels import rest
from shared.channels.body import read_optional_object, read_optional_text, read_webhook
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
from shared.channels.verdicts import judge_by_status
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Reply
from shared.events.identity import derive_conversation_id
from shared.events.wire import JSON

NAME = "webchat"
MAX_PIECE = 384 * 1024
"""Bytes of a piece of a file: in Base64 it fits a document of every store."""
MAX_PIECES = 14
"""Of one file, which has 5 MB at most."""
MAX_NAME = 200
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
TEXT_LIMIT = 4000
_CONVERSATION = re.compile(r"[A-Za-z0-9_-]{22,64}")
_IDENT = re.compile(r"[A-Za-z0-9_-]{8,64}")

judge = judge_by_status


def parse(inbound: Inbound, settings: Settings) -> Parsed:  # noqa: ARG001 - the channel's signature
    """A message, `{"conversation", "id", "text" or "payload", "attachment"?, "locale"?, "metadata"?}`, or a recording.

    `attachment` is a file that was sent before, in pieces: `{"file": id, "type": content type, "name"?, "bytes"?}`.

    A recording comes as it is, with its content type; `conversation`, `id`, `locale` and `timezone` are in the query.
    Rejected where there is neither text nor file.
    """
    if is_recording(inbound.headers):
        return _read_recording(inbound)
    document = read_webhook(inbound.body)
    conversation = conversation_of(document.get("conversation"))
    ident = _read_ident(document.get("id"))
    payload = read_optional_text(document, "payload", TEXT_LIMIT)
    text = payload if payload is not None else read_optional_text(document, "text", TEXT_LIMIT)
    attached = _list_attachments(conversation, read_optional_object(document, "attachment"))
    if not attached and (text is None or not text.strip()):
        raise Rejected("text or payload is missing, or empty")
    return (
        InboundMessage(
            text=(text or "").strip(),
            sender=conversation,
            id=_scope_id(conversation, ident),
            locale=read_optional_text(document, "locale", 35),
            metadata=read_optional_object(document, "metadata"),
            attachments=attached,
        ),
    )


def _list_attachments(conversation: str, document: Mapping[str, JSON]) -> tuple[Attachment, ...]:
    """What came with a message; its reference is the conversation's id and the file's, by which delivery finds it."""
    if not document:
        return ()
    fields = dict(document)
    file, size = file_of(fields.get("file")), fields.get("bytes")
    content_type = (read_optional_text(fields, "type", 121) or "").partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise Rejected("attachment.type must be a content type, e.g. image/jpeg")
    kind = content_type.partition("/")[0]
    return (
        Attachment(
            kind if kind in ("image", "audio", "video") else "file",
            f"{derive_conversation_id(NAME, conversation)}/{file}",
            read_optional_text(fields, "name", MAX_NAME),
            content_type,
            size if type(size) is int and size >= 0 else None,
        ),
    )


def file_of(value: JSON) -> str:
    """The id of a file, as the page made it, or Rejected."""
    if not isinstance(value, str) or not _IDENT.fullmatch(value):
        raise Rejected("file must be 8 to 64 letters, digits, _ or -: made by the page, one for each file")
    return value


def is_recording(headers: Mapping[str, str]) -> bool:
    """Whether the page sends what somebody spoke."""
    return headers.get("content-type", "").lower().startswith("audio/")


def _read_recording(inbound: Inbound) -> Parsed:
    query = dict(inbound.query)
    conversation = conversation_of(query.get("conversation"))
    if not inbound.body:
        raise Rejected("the recording is empty")
    timezone = read_optional_text(query, "timezone", 60)
    return (
        InboundMessage(
            text="",
            sender=conversation,
            id=_scope_id(conversation, _read_ident(query.get("id"))),
            locale=read_optional_text(query, "locale", 35),
            metadata={"timezone": timezone} if timezone else {},
            audio=base64.b64encode(inbound.body).decode(),
        ),
    )


def conversation_of(value: JSON) -> str:
    """The conversation that a page names, or Rejected. Its name is a secret: who knows it reads along."""
    if not isinstance(value, str) or not _CONVERSATION.fullmatch(value):
        raise Rejected("conversation must be one that POST /webhooks/webchat/conversations gave out")
    return value


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:
    """The ids under which the answers will come."""
    body = json.dumps({"message": f"{NAME}:{heard[0].id}"}) if heard else "{}"
    return WebhookResponse(202, body.encode(), "application/json")


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:  # noqa: ARG001 - the channel's signature
    """A document for each message, and the end of the turn; before them what was heard, where the person spoke."""
    contents: list[Mapping[str, JSON]] = [part for reply in replies for part in _make_parts(reply)]
    heard = to.address.get("heard")
    # An address outlives its message (in reminders); what was heard belongs to that message alone.
    if isinstance(heard, dict) and heard.get("message") == to.message and not to.sent:
        contents.insert(0, {"heard": heard.get("text")})
    if to.last:
        contents.append({"end": True, **({"handoff": True} if to.with_operator else {})})
    return [Document({"message": to.message, **content}) for content in contents]


def _make_parts(reply: Reply) -> Iterator[Mapping[str, JSON]]:
    """As Rasa's REST channel, but cards stay cards, side by side: there they are words."""
    yield from rest.render_reply(replace(reply, elements=()))
    cards = [element for element in reply.elements if isinstance(element, dict)]
    if cards:
        yield {"elements": cards}


def _read_ident(value: JSON) -> str:
    if not isinstance(value, str) or not _IDENT.fullmatch(value):
        raise Rejected("id must be 8 to 64 letters, digits, _ or -: made by the page, and the same when it tries again")
    return value


def _scope_id(conversation: str, ident: str) -> str:
    """An id of this conversation only; hashed, because ids are logged and the conversation's name must not be."""
    return hashlib.sha256(f"{conversation}/{ident}".encode()).hexdigest()[:32]


CHANNEL = Channel(
    name=NAME,
    title="Web chat",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
)
