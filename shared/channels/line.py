"""LINE: webhook events in; reply and push messages out (developers.line.biz/en/reference/messaging-api).

The first answer goes out with the event's reply token, which costs nothing and ends soon; where it ended, and for
everything after, messages are pushed with a retry key, with which LINE takes each only once.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.channels import parts
from shared.channels.body import read_webhook
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
    Limit,
    Outgoing,
    Parsed,
    Recipient,
    Setting,
    Settings,
    Verdict,
    WebhookResponse,
    by_status_and_token,
    groups,
)
from shared.channels.reading import (
    cut,
    identifier,
    integer,
    iso_timestamp_ms,
    location,
    number,
    objects,
    pick,
    string,
    units_to_index,
)
from shared.channels.signing import base64_sha256, check, secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "line"
OK = WebhookResponse(200)
API = "https://api.line.me"
CONTENT_API = "https://api-data.line.me"
LIMITS: Mapping[str, Limit] = {
    "messages": Limit(5, "messages in a call"),
    "text": Limit(5000, "UTF-16 units"),
    "text with buttons": Limit(160, "UTF-16 units"),
    "buttons": Limit(4, "buttons"),
    "quick replies": Limit(13, "quick replies"),
    "label": Limit(20, "UTF-16 units"),
    "payload": Limit(300, "UTF-16 units"),
    "alternative text": Limit(400, "UTF-16 units"),
    "image link": Limit(2000, "UTF-16 units"),
    "link": Limit(1000, "UTF-16 units"),
    "card": Limit(30_000, "bytes"),
    "cards": Limit(12, "cards of a carousel"),
    "carousel": Limit(50_000, "bytes"),
}
MESSAGES, BUTTONS, QUICK = (LIMITS[key].most for key in ("messages", "buttons", "quick replies"))
TEXT_LIMIT, TEMPLATE_LIMIT, LABEL_LIMIT = (LIMITS[key].most for key in ("text", "text with buttons", "label"))
DATA_LIMIT, ALT_LIMIT, URL_LIMIT = (LIMITS[key].most for key in ("payload", "alternative text", "image link"))
LINK_LIMIT, BUBBLE_BYTES, CARDS = (LIMITS[key].most for key in ("link", "card", "cards"))
CAROUSEL_BYTES = LIMITS["carousel"].most
BUBBLE_LIMIT = 2000
MEDIA = {"image": "image", "video": "video", "audio": "audio", "file": "file"}


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Every message and postback in the webhook; joins, reads and the like are none. LINE tries it with no event."""
    verify(inbound, settings)
    found = (_event(event) for event in objects(read_webhook(inbound.body), "events"))
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
    metadata: dict[str, JSON] = {}
    spans = list(_own_mentions(message))
    if sort == "message":
        text, attachments = cut(string(message, "text"), spans), tuple(_attachments(message))
        text = text or string(message, "address").strip() or string(message, "title").strip()
        # What a sticker means, in the words that LINE sells it by.
        text = text or string(message, "keywords", 0) if string(message, "type") == "sticker" else text
    elif sort == "postback":
        text, metadata = _postback(pick(event, "postback"))
    if not (person or room) or not (text or attachments):
        return None
    return InboundMessage(
        text=text,
        sender=".".join(part for part in (room, person) if part),
        id=string(event, "webhookEventId") or identifier(message, "id") or None,
        sent_at=iso_timestamp_ms(pick(event, "timestamp")),
        metadata=metadata,
        attachments=attachments,
        address={"to": room or person, "reply": string(event, "replyToken")},
        addressed=not room or sort == "postback" or bool(spans),
        album=identifier(message, "imageSet", "id") or None,
    )


def _own_mentions(message: JSON) -> Iterator[tuple[int, int]]:
    """Where the text names the assistant, in characters; LINE counts UTF-16."""
    text = string(message, "text")
    for mentioned in objects(message, "mention", "mentionees"):
        index, length = integer(mentioned, "index"), integer(mentioned, "length")
        if mentioned.get("isSelf") is True and index is not None and length is not None:
            yield units_to_index(text, index), units_to_index(text, index + length)


def _postback(postback: JSON) -> tuple[str, dict[str, JSON]]:
    """What a button carries. Of a picker it is the date or time that was chosen, unless the button is an intent's."""
    text, params = string(postback, "data").strip(), pick(postback, "params")
    if not isinstance(params, dict):
        return text, {}
    chosen = next((string(params, key) for key in ("datetime", "date", "time") if string(params, key)), "")
    metadata: dict[str, JSON] = {"params": params, **({"form": {"data": text, "chosen": chosen}} if chosen else {})}
    return (text if text.startswith("/") or not chosen else chosen), metadata


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
        names = string(message, "title"), string(message, "address")
        yield from location(number(message, "latitude"), number(message, "longitude"), *names)


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
    if status == 409:
        return Verdict("taken")
    verdict = by_status_and_token(status, headers, body)
    return verdict if verdict.outcome == "taken" else replace(verdict, cause=str(status))


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
        groups("mentioned"),
        Setting("access_token", "the channel access token.", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of LINE's.", DELIVERY),
    ),
    ack_seconds=5.0,
    body_limit=1024 * 1024,
    locate=locate,
    limits=LIMITS,
    chat=("to",),
)
