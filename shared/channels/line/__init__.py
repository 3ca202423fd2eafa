"""LINE: webhook events in; reply and push messages out (developers.line.biz/en/reference/messaging-api).

The first answer goes out with the event's reply token, which costs nothing and ends soon; where it ended, and for
everything after, messages are pushed with a retry key, with which LINE takes each only once.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from shared.channels.body import read_webhook
from shared.channels.line.rendering import LIMITS, NAME, indicate, judge, render
from shared.channels.locating import check_fetchable
from shared.channels.options import make_groups_setting, make_start_text_setting, read_start_text
from shared.channels.port import (
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Channel,
    Inbound,
    InboundMessage,
    Parsed,
    Setting,
    Settings,
    WebhookResponse,
)
from shared.channels.reading import (
    cut,
    describe_location,
    format_timestamp_ms,
    pick,
    read_identifier,
    read_integer,
    read_objects,
    read_string,
    units_to_index,
)
from shared.channels.signing import check, require_secret, sign_base64_sha256
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

OK = WebhookResponse(200)
CONTENT_API = "https://api-data.line.me"
MEDIA = {"image": "image", "video": "video", "audio": "audio", "file": "file"}


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Every message and postback in the webhook; joins, reads and the like are none. LINE tries it with no event."""
    verify(inbound, settings)
    found = (_read_event(event, settings) for event in read_objects(read_webhook(inbound.body), "events"))
    return tuple(heard for heard in found if heard is not None) or OK


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where it is not signed with the channel secret."""
    expected = sign_base64_sha256(require_secret(settings, "channel_secret", NAME).encode(), inbound.body)
    check(expected, inbound.headers.get("x-line-signature"), "X-Line-Signature")


def _read_event(event: dict[str, Any], settings: Settings) -> InboundMessage | None:
    sort, message = read_string(event, "type"), pick(event, "message")
    if sort not in ("message", "postback") or read_string(event, "mode") == "standby":
        # Joins, reads and the like; or another module of the account answers.
        return None
    source = pick(event, "source")
    person = read_string(source, "userId")
    room = read_string(source, "groupId") or read_string(source, "roomId")
    text, attachments = "", ()  # type: str, tuple[Attachment, ...]
    metadata: dict[str, JSON] = {}
    spans = list(_own_mentions(message))
    if sort == "message":
        text, attachments = cut(read_string(message, "text"), spans), tuple(_list_attachments(message))
        text = text or read_string(message, "address").strip() or read_string(message, "title").strip()
        # What a sticker means, in the words that LINE sells it by.
        text = text or read_string(message, "keywords", 0)
        if spans and not text and not attachments:
            text = read_start_text(settings)
    else:
        text, metadata = _read_postback(pick(event, "postback"))
    if not (person or room) or not (text or attachments):
        return None
    return InboundMessage(
        text=text,
        sender=".".join(part for part in (room, person) if part),
        id=read_string(event, "webhookEventId") or read_identifier(message, "id") or None,
        sent_at=format_timestamp_ms(pick(event, "timestamp")),
        metadata=metadata,
        attachments=attachments,
        address={"to": room or person, "reply": read_string(event, "replyToken")},
        addressed=not room or sort == "postback" or bool(spans),
        album=read_identifier(message, "imageSet", "id") or None,
    )


def _own_mentions(message: JSON) -> Iterator[tuple[int, int]]:
    """Where the text names the assistant, in characters; LINE counts UTF-16."""
    text = read_string(message, "text")
    for mentioned in read_objects(message, "mention", "mentionees"):
        index, length = read_integer(mentioned, "index"), read_integer(mentioned, "length")
        if mentioned.get("isSelf") is True and index is not None and length is not None:
            yield units_to_index(text, index), units_to_index(text, index + length)


def _read_postback(postback: JSON) -> tuple[str, dict[str, JSON]]:
    """What a button carries. Of a picker it is the date or time that was chosen, unless the button is an intent's."""
    text, params = read_string(postback, "data").strip(), pick(postback, "params")
    if not isinstance(params, dict):
        return text, {}
    chosen = next((read_string(params, key) for key in ("datetime", "date", "time") if read_string(params, key)), "")
    metadata: dict[str, JSON] = {"params": params, **({"form": {"data": text, "chosen": chosen}} if chosen else {})}
    return (text if text.startswith("/") or not chosen else chosen), metadata


def _list_attachments(message: JSON) -> Iterator[Attachment]:
    sort, ident = read_string(message, "type"), read_identifier(message, "id")
    if sort in MEDIA and ident:
        if read_string(message, "contentProvider", "type") == "external":
            # Chosen by whoever sent it: for people to read, never fetched.
            if address := read_string(message, "contentProvider", "originalContentUrl"):
                yield Attachment("link", address)
            return
        yield Attachment(
            MEDIA[sort], ident, read_string(message, "fileName") or None, None, read_integer(message, "fileSize")
        )
    elif sort == "sticker" and (sticker := read_identifier(message, "stickerId")):
        yield Attachment("image", f"sticker:{read_identifier(message, 'packageId')}/{sticker}")
    elif sort == "location":
        names = read_string(message, "title"), read_string(message, "address")
        yield from describe_location(message, *names)


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return OK


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """The content of a message, read with the channel's token. Rejected where the reference is none of LINE's."""
    check_fetchable(attachment)
    if not re.fullmatch(r"[0-9]{1,32}", attachment.reference):
        raise Rejected("the reference is no message of LINE's with content")
    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {require_secret(settings, 'access_token', NAME)}"}
    url = f"{also or CONTENT_API}/v2/bot/message/{attachment.reference}/content"
    return AttachmentLocation(url, ("api-data.line.me",), also, token)


CHANNEL = Channel(
    name=NAME,
    title="LINE",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("channel_secret", "the channel secret.", GATEWAY, secret=True, needed=True),
        make_groups_setting("mentioned"),
        make_start_text_setting("only mentions the assistant"),
        Setting("access_token", "the channel access token.", DELIVERY, secret=True, needed=True, typing=True),
        Setting("api_url", "the API's address, instead of LINE's.", DELIVERY, typing=True),
    ),
    ack_seconds=5.0,
    body_limit=1024 * 1024,
    locate=locate,
    limits=LIMITS,
    indicate=indicate,
    chat=("to",),
)
