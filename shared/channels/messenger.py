"""Facebook Messenger, and Instagram's messages, which come and go in the same form.

Rules: developers.facebook.com/docs/messenger-platform (webhooks, send API, templates, quick replies).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import graph, parts
from shared.channels.body import encode_json, read_webhook
from shared.channels.fitting import (
    count_utf8,
    count_utf16,
    join_titles,
    label_buttons,
    list_buttons,
    split,
    split_chunks,
)
from shared.channels.locating import check_fetchable, check_own_address
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
    WebhookResponse,
    start_text,
)
from shared.channels.reading import (
    describe_location,
    format_timestamp_ms,
    pick,
    read_identifier,
    read_objects,
    read_string,
    refer_to_attachment,
)
from shared.channels.signing import require_secret
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "messenger"
LIMITS: Mapping[str, Limit] = {
    "text": Limit(2000, "UTF-16 units"),
    "text on Instagram": Limit(1000, "bytes"),
    "text with buttons": Limit(640, "UTF-16 units"),
    "card title": Limit(80, "UTF-16 units"),
    "cards": Limit(10, "cards of a carousel"),
    "buttons": Limit(3, "buttons"),
    "quick replies": Limit(13, "quick replies"),
    "label": Limit(20, "UTF-16 units"),
    "payload": Limit(1000, "UTF-16 units"),
}
TEXT_LIMIT, INSTAGRAM_LIMIT = LIMITS["text"].most, LIMITS["text on Instagram"].most
TEMPLATE_LIMIT, CARD_LIMIT, CARDS = (LIMITS[key].most for key in ("text with buttons", "card title", "cards"))
LABEL_LIMIT, PAYLOAD_LIMIT = LIMITS["label"].most, LIMITS["payload"].most
BUTTONS, QUICK = LIMITS["buttons"].most, LIMITS["quick replies"].most
SORTS = ("image", "audio", "video", "file")
LIKES = (369239263222822, 369239343222814, 369239383222810)
"""The stickers of the thumb beside the text, in its three sizes."""

judge = graph.judge


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Every message, quick reply and postback in the webhook, each once; echoes, receipts and reactions are none."""
    if inbound.method == "GET":
        return graph.answer_handshake(inbound, settings, NAME)
    verify(inbound, settings)
    document = read_webhook(inbound.body)
    if document.get("object") not in ("page", "instagram"):
        return graph.OK
    found: dict[str, InboundMessage] = {}
    for entry in read_objects(document, "entry"):
        for event in read_objects(entry, "messaging"):
            heard = _read_message(event, read_string(document, "object"), settings.get("start_text") or "/start")
            if heard is not None:
                found.setdefault(heard.id or "", heard)
    return tuple(found.values()) or graph.OK


def verify(inbound: Inbound, settings: Settings) -> None:
    graph.verify(inbound, settings, NAME)


def _read_message(event: dict[str, Any], platform: str, start: str) -> InboundMessage | None:
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


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return graph.OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One call for each message."""
    url = f"{settings.get('api_url') or graph.API}/me/messages"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {require_secret(settings, 'page_token', NAME)}",
    }
    lead = {"recipient": {"id": read_string(to.address, "to")}, "messaging_type": "RESPONSE"}
    instagram = read_string(to.address, "platform") == "instagram"
    messages = (
        message for part in parts.split_replies(replies, NAME, "plain") for message in _render_messages(part, instagram)
    )

    def call(message: Mapping[str, JSON]) -> Call:
        spelt = _spell_media(message)
        return Call(
            url, encode_json({**lead, "message": message}), headers, fallback=call(spelt) if spelt is not None else None
        )

    return [call(message) for message in messages]


def indicate(message: InboundMessage, settings: Settings) -> Sequence[Call]:
    """The assistant is typing until it answers, for 20 seconds at most."""
    token = settings.get("page_token")
    if not token:
        return ()
    body = {"recipient": {"id": read_string(message.address, "to")}, "sender_action": "typing_on"}
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    return (Call(f"{settings.get('api_url') or graph.API}/me/messages", json.dumps(body).encode(), headers),)


def _render_messages(part: parts.Part, instagram: bool) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, _, quick):
            yield from _render_text(text, buttons, quick, instagram)
        case parts.Image(url):
            yield _render_medium("image", url)
        case parts.File(url, sort):
            yield _render_medium(sort, url)
        case parts.Card():
            yield from _render_cards((part,), instagram)
        case parts.Cards(cards):
            yield from _render_cards(cards, instagram)
        case parts.Native(content):
            yield content


def _render_medium(sort: str, url: str) -> dict[str, JSON]:
    return {"attachment": {"type": sort, "payload": {"url": url, "is_reusable": True}}}


def _spell_media(message: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """The message with addresses in the place of pictures and files, for one that Meta cannot fetch."""
    if url := read_string(message, "attachment", "payload", "url"):
        return {"text": url} if count_utf8(url) <= INSTAGRAM_LIMIT else None
    elements: list[dict[str, Any]] = read_objects(message, "attachment", "payload", "elements")
    if not any("image_url" in element for element in elements):
        return None
    plain = [
        {"subtitle": element.get("image_url", "")[:CARD_LIMIT], **element, "image_url": None} for element in elements
    ]
    fitting = [{key: value for key, value in element.items() if value} for element in plain]
    payload = {"template_type": "generic", "elements": fitting}
    return {"attachment": {"type": "template", "payload": payload}}


def _split_text(text: str, instagram: bool) -> list[str]:
    # Instagram counts bytes.
    return split(text, INSTAGRAM_LIMIT, count_utf8) if instagram else split(text, TEXT_LIMIT)


def _render_text(text: str, buttons: Sequence[Button], quick: bool, instagram: bool) -> Iterator[dict[str, JSON]]:
    if not buttons or any(count_utf16(_make_payload(button)) > PAYLOAD_LIMIT for button in buttons):
        yield from ({"text": piece} for piece in _split_text(list_buttons(text, buttons), instagram))
        return
    text, labels = label_buttons(text, buttons, LABEL_LIMIT)
    # More than three buttons are quick replies, as Rasa does (core/channels/facebook.py); only the last message keeps
    # them, so that more than 13 become templates of three.
    quick = len(labels) <= QUICK and (quick or len(labels) > BUTTONS)
    pieces = _split_text(text or join_titles(buttons), instagram)
    if quick:
        choices = [
            {"content_type": "text", "title": label, "payload": _make_payload(button)} for label, button in labels
        ]
        yield from ({"text": piece} for piece in pieces[:-1])
        yield {"text": pieces[-1], "quick_replies": choices}
        return
    if len(pieces) > 1 or count_utf16(pieces[-1]) > TEMPLATE_LIMIT:
        pieces = split(text or join_titles(buttons), TEMPLATE_LIMIT)
    yield from ({"text": piece} for piece in pieces[:-1])
    last = pieces[-1]
    for group in split_chunks(labels, BUTTONS):
        template = {"template_type": "button", "text": last, "buttons": _render_buttons(group)}
        yield {"attachment": {"type": "template", "payload": template}}
        last = "…"


def _render_cards(cards: Sequence[parts.Card], instagram: bool) -> Iterator[dict[str, JSON]]:
    """A generic template, up to ten cards beside each other, of those that fit one; of others image and text."""
    fitting: list[JSON] = []
    for card in cards:
        if (element := _render_element(card)) is not None:
            fitting.append(element)
            continue
        yield from _render_generic(fitting)
        fitting = []
        if card.image:
            yield _render_medium("image", card.image)
        yield from _render_text(card.text(), card.buttons, False, instagram)
    yield from _render_generic(fitting)


def _render_generic(elements: Sequence[JSON]) -> Iterator[dict[str, JSON]]:
    for group in split_chunks(elements, CARDS):
        payload = {"template_type": "generic", "elements": list(group)}
        yield {"attachment": {"type": "template", "payload": payload}}


def _render_element(card: parts.Card) -> dict[str, JSON] | None:
    """The card as an element of a generic template; None where it does not fit one."""
    choices = (*card.buttons, *card.links)
    short = all(count_utf16(button.title) <= LABEL_LIMIT for button in choices) and len(choices) <= BUTTONS
    fits = bool(card.title) and max(count_utf16(card.title), count_utf16(card.subtitle)) <= CARD_LIMIT and short
    # A title alone is refused: there must be something below it.
    if not fits or not (card.subtitle or card.image or choices):
        return None
    if any(count_utf16(_make_payload(button)) > PAYLOAD_LIMIT for button in card.buttons):
        return None
    buttons = _render_buttons([(button.title, button) for button in card.buttons])
    buttons += [{"type": "web_url", "title": link.title, "url": link.payload} for link in card.links]
    optional = {"subtitle": card.subtitle, "image_url": card.image, "buttons": buttons}
    return {"title": card.title, **{key: value for key, value in optional.items() if value}}


def _render_buttons(labels: Sequence[tuple[str, Button]]) -> list[JSON]:
    return [{"type": "postback", "title": label, "payload": _make_payload(button)} for label, button in labels]


def _make_payload(button: Button) -> str:
    return button.payload or button.title


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """An address of Meta's own, which needs no token."""
    check_fetchable(attachment)
    return AttachmentLocation(check_own_address(attachment.reference, graph.HOSTS), graph.HOSTS)


CHANNEL = Channel(
    name=NAME,
    title="Messenger and Instagram",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("app_secret", "the Meta app's secret.", GATEWAY, secret=True, needed=True),
        Setting("verify_token", "the verify token.", GATEWAY, secret=True, needed=True),
        start_text("comes by a link"),
        Setting("page_token", "the page's access token.", DELIVERY, secret=True, needed=True, typing=True),
        Setting("api_url", "the Graph API's address with its version, instead of Meta's.", DELIVERY, typing=True),
    ),
    ack_seconds=5.0,
    body_limit=3 * 1024 * 1024,
    handshake=True,
    locate=locate,
    limits=LIMITS,
    indicate=indicate,
    chat=("to",),
)
