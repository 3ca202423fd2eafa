"""LINE: webhook events in; reply and push messages out (developers.line.biz/en/reference/messaging-api).

The first answer goes out with the event's reply token, which costs nothing and ends soon; where it ended, and for
everything after, messages are pushed with a retry key, with which LINE takes each only once.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import parts
from shared.channels.body import read_object
from shared.channels.fitting import chunk, join_titles, label_buttons, list_buttons, retry_key, split, utf16
from shared.channels.locating import check_fetchable
from shared.channels.port import (
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Call,
    Channel,
    Inbound,
    InboundMessage,
    Outgoing,
    Parsed,
    Recipient,
    Setting,
    Settings,
    Verdict,
    WebhookResponse,
    by_status_and_token,
)
from shared.channels.reading import identifier, integer, iso_timestamp_ms, location, number, objects, pick, string
from shared.channels.signing import base64_sha256, check, secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "line"
OK = WebhookResponse(200)
API = "https://api.line.me"
CONTENT_API = "https://api-data.line.me"
MESSAGES = 5
"""In one call."""
TEXT_LIMIT, TEMPLATE_LIMIT, LABEL_LIMIT, DATA_LIMIT, BUTTONS, QUICK = 5000, 160, 20, 300, 4, 13
ALT_LIMIT, URL_LIMIT, BUBBLE_LIMIT, LINK_LIMIT = 400, 2000, 2000, 1000
BUBBLE_BYTES = 30_000
MEDIA = {"image": "image", "video": "video", "audio": "audio", "file": "file"}


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Every message and postback in the webhook; joins, reads and the like are none. LINE tries it with no event."""
    verify(inbound, settings)
    found = (_event(event) for event in objects(read_object(inbound.body), "events"))
    return tuple(heard for heard in found if heard is not None) or OK


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where it is not signed with the channel secret."""
    expected = base64_sha256(secret(settings, "channel_secret", NAME).encode(), inbound.body)
    check(expected, inbound.headers.get("x-line-signature"), "X-Line-Signature")


def _event(event: dict[str, Any]) -> InboundMessage | None:
    if string(event, "mode") == "standby":
        # Another module of the account answers.
        return None
    sort, message = string(event, "type"), pick(event, "message")
    source = pick(event, "source")
    person = string(source, "userId")
    room = string(source, "groupId") or string(source, "roomId")
    text, attachments = "", ()  # type: str, tuple[Attachment, ...]
    if sort == "message":
        text, attachments = string(message, "text").strip(), tuple(_attachments(message))
    elif sort == "postback":
        text = string(event, "postback", "data").strip()
    if not (person or room) or not (text or attachments):
        return None
    params = pick(event, "postback", "params")
    return InboundMessage(
        text=text,
        sender=".".join(part for part in (room, person) if part),
        id=string(event, "webhookEventId") or identifier(message, "id") or None,
        sent_at=iso_timestamp_ms(pick(event, "timestamp")),
        metadata={"params": params} if isinstance(params, dict) else {},
        attachments=attachments,
        address={"to": room or person, "reply": string(event, "replyToken")},
    )


def _attachments(message: JSON) -> Iterator[Attachment]:
    sort, ident = string(message, "type"), identifier(message, "id")
    if sort in MEDIA and ident:
        if string(message, "contentProvider", "type") == "external":
            # Chosen by whoever sent it: for people to read, never fetched.
            if address := string(message, "contentProvider", "originalContentUrl"):
                yield Attachment("link", address)
            return
        yield Attachment(MEDIA[sort], ident, string(message, "fileName") or None, None, integer(message, "fileSize"))
    elif sort == "sticker" and (sticker := identifier(message, "stickerId")):
        yield Attachment("image", f"sticker:{identifier(message, 'packageId')}/{sticker}")
    elif sort == "location":
        yield from location(number(message, "latitude"), number(message, "longitude"))


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """At most five messages in each call: the first call of the turn replies, the others push."""
    base = f"{settings.get('api_url') or API}/v2/bot/message"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {secret(settings, 'access_token', NAME)}",
    }
    token = string(to.address, "reply") if not to.sent else ""
    messages = [message for part in parts.of_replies(replies, NAME) for message in _messages(part)]
    found: list[Outgoing] = []
    for count, group in enumerate(chunk(messages, MESSAGES)):
        keyed = {**headers, "x-line-retry-key": retry_key(to.message, to.sent, count)}
        call = Call(f"{base}/push", _json({"to": string(to.address, "to"), "messages": list(group)}), keyed)
        if token and not count:
            reply = _json({"replyToken": token, "messages": list(group)})
            call = Call(f"{base}/reply", reply, headers, fallback=call)
        found.append(call)
    return found


def _json(body: Mapping[str, JSON]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, quick):
            yield from _text(text, buttons, quick)
        case parts.Image(url):
            yield _image(url)
        case parts.File(url):
            yield {"type": "text", "text": url}
        case parts.Card():
            yield from _card(part)
        case parts.Native(content):
            yield content


def _image(url: str) -> dict[str, JSON]:
    if url.startswith("https://") and len(url) <= URL_LIMIT:
        return {"type": "image", "originalContentUrl": url, "previewImageUrl": url}
    return {"type": "text", "text": url}


def _plain(text: str) -> list[dict[str, JSON]]:
    return [{"type": "text", "text": piece} for piece in split(text, TEXT_LIMIT, utf16)]


def _text(text: str, buttons: Sequence[Button], quick: bool) -> Iterator[dict[str, JSON]]:
    if not buttons or any(utf16(_data(button)) > DATA_LIMIT for button in buttons):
        yield from _plain(list_buttons(text, buttons))
        return
    text, labels = label_buttons(text, buttons, LABEL_LIMIT)
    quick = len(labels) <= QUICK and (quick or len(labels) > BUTTONS)
    if quick:
        *before, last = _plain(text or join_titles(buttons))
        yield from before
        items = [{"type": "action", "action": _action(label, button)} for label, button in labels]
        yield {**last, "quickReply": {"items": items}}
        return
    if utf16(text) > TEMPLATE_LIMIT:
        yield from _plain(text)
        text = ""
    for group in chunk(labels, BUTTONS):
        yield _template(text or "…", [_action(label, button) for label, button in group])
        text = ""


def _template(text: str, actions: Sequence[JSON]) -> dict[str, JSON]:
    template = {"type": "buttons", "text": text, "actions": list(actions)}
    return {"type": "template", "altText": text, "template": template}


def _action(label: str, button: Button) -> dict[str, JSON]:
    shown = button.title.strip()
    # What is shown as said by the person; it may be left out, its limit is that of the data.
    display = {"displayText": shown} if utf16(shown) <= DATA_LIMIT else {}
    return {"type": "postback", "label": label, "data": _data(button), **display}


def _data(button: Button) -> str:
    return button.payload or button.title


def _card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    """A flex bubble, where its buttons fit; else image and text."""
    fits = all(utf16(button.title) <= LABEL_LIMIT for button in (*card.buttons, *card.links))
    long = max(utf16(card.title), utf16(card.subtitle)) > BUBBLE_LIMIT
    fits = fits and all(len(link.payload) <= LINK_LIMIT for link in card.links)
    bubble = _bubble(card)
    heavy = len(_json(bubble)) > BUBBLE_BYTES
    if long or heavy or not fits or any(utf16(_data(button)) > DATA_LIMIT for button in card.buttons):
        if card.image:
            yield _image(card.image)
        yield from _text(card.text(), card.buttons, False)
        return
    if card.image and "hero" not in bubble:
        yield _image(card.image)
    # The notification's line; the card itself holds all of it.
    alternative = split(card.title or join_titles(card.buttons), ALT_LIMIT)[0]
    yield {"type": "flex", "altText": alternative, "contents": bubble}


def _bubble(card: parts.Card) -> dict[str, JSON]:
    actions = [_action(button.title, button) for button in card.buttons]
    actions += [{"type": "uri", "label": link.title, "uri": link.payload} for link in card.links]
    texts = [{"type": "text", "text": line, "wrap": True} for line in (card.title, card.subtitle) if line]
    bubble: dict[str, JSON] = {"type": "bubble"}
    if card.image.startswith("https://") and len(card.image) <= URL_LIMIT:
        bubble["hero"] = {"type": "image", "url": card.image, "size": "full"}
    bubble["body"] = {"type": "box", "layout": "vertical", "contents": texts or [{"type": "text", "text": "…"}]}
    if actions:
        buttons = [{"type": "button", "action": action} for action in actions]
        bubble["footer"] = {"type": "box", "layout": "vertical", "contents": buttons}
    return bubble


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status; 409 says that this retry key was taken before, so an earlier try arrived."""
    return Verdict("taken") if status == 409 else by_status_and_token(status, headers, body)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """The content of a message, read with the channel's token."""
    check_fetchable(attachment)
    if not re.fullmatch(r"[0-9]{1,32}", attachment.reference):
        raise Rejected("the reference is no message of LINE's with content")
    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {secret(settings, 'access_token', NAME)}"}
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
        Setting("access_token", "the channel access token.", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of LINE's.", DELIVERY),
    ),
    ack_seconds=5.0,
    body_limit=1024 * 1024,
    locate=locate,
    chat=("to",),
)
