"""What a person said on Messenger or Instagram: words, media, places, referrals."""

import hashlib
from collections.abc import Iterator
from typing import Any

from shared.channels import graph
from shared.channels.port import InboundMessage
from shared.channels.reading import (
    describe_location,
    format_timestamp_ms,
    pick,
    read_identifier,
    read_objects,
    read_string,
    refer_to_attachment,
)
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

SORTS = ("image", "audio", "video", "file")
LIKES = (369239263222822, 369239343222814, 369239383222810)
"""The stickers of the thumb beside the text, in its three sizes."""


def read_message(event: dict[str, Any], platform: str, start: str) -> InboundMessage | None:
    """What a person said, pressed or came by; None for echoes, and where there is nothing to answer."""
    message, postback = pick(event, "message"), pick(event, "postback")
    person, page = read_identifier(event, "sender", "id"), read_identifier(event, "recipient", "id")
    referral = pick(event, "referral") or pick(postback, "referral") or pick(message, "referral")
    if not person or not (message or postback or referral or pick(event, "optin")) or pick(message, "is_echo") is True:
        return None
    text = ""
    for path in (("quick_reply", "payload"), ("text",)):
        text = text or read_string(message, *path).strip()
    for key in ("payload", "title"):
        text = text or read_string(postback, key).strip()
    text = text or read_string(event, "optin", "payload").strip()
    metadata: dict[str, JSON] = {}
    if isinstance(referral, dict):
        # A link (m.me/page?ref=...), an advertisement or a code by which the person came.
        metadata = {
            "referral": referral,
            **({"start": read_string(referral, "ref")} if read_string(referral, "ref") else {}),
        }
        text = text or ("" if message else start)
    attachments = tuple(_list_attachments(message))
    text = text or _read_words(message)
    if not text and not attachments:
        return None
    message_id = read_string(message, "mid") or read_string(postback, "mid")
    if not message_id:
        # Older postbacks have no id; person, time and payload are the same when one is delivered again.
        seed = f"{page}/{person}/{pick(event, 'timestamp')}/{text}"
        message_id = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return InboundMessage(
        text=text,
        sender=f"{page}.{person}",
        id=message_id,
        sent_at=format_timestamp_ms(pick(event, "timestamp")),
        locale=read_string(event, "sender", "locale") or None,
        metadata=metadata,
        attachments=attachments,
        address={"to": person, "platform": platform},
    )


def _read_words(message: JSON) -> str:
    """What a message without a text says: the app's own like, a place, a link or a product."""
    for attachment in read_objects(message, "attachments"):
        payload = pick(attachment, "payload")
        if (pick(payload, "sticker_id") or pick(message, "sticker_id")) in LIKES:
            return "👍"
        sort = read_string(attachment, "type")
        if sort == "location":
            return read_string(attachment, "title").strip()
        products = [read_string(product, "title").strip() for product in read_objects(payload, "product", "elements")]
        if words := ", ".join(filter(None, products)):
            return words
        if sort in ("fallback", "share", "template"):
            return read_string(attachment, "title").strip() or read_string(payload, "title").strip()
    return ""


def _list_attachments(message: JSON) -> Iterator[Attachment]:
    for attachment in read_objects(message, "attachments"):
        sort, title = read_string(attachment, "type"), read_string(attachment, "title")
        url = read_string(attachment, "payload", "url") or read_string(attachment, "url")
        if sort == "location":
            yield from describe_location(pick(attachment, "payload", "coordinates") or {}, title, keys=("lat", "long"))
        elif url:
            named = {"name": title} if title else {}
            yield refer_to_attachment(sort if sort in SORTS else "link", url, graph.HOSTS, **named)
        elif sort:
            yield Attachment("unsupported", sort)
    if pick(message, "is_unsupported") is True and not read_objects(message, "attachments"):
        # What Instagram does not hand on: polls, messages that can be seen once ...
        yield Attachment("unsupported", "message")
