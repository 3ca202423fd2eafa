"""Google Chat: interaction events of apps and add-ons, and Pub/Sub pushes, in; spaces.messages.create out.

Rules: developers.google.com/workspace/chat (verify requests, interaction events, messages.create, cards v2). Anybody
can have Google mint a token for our address, so the account that asked for it is compared too.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.channels import bearer, parts
from shared.channels.body import read_object
from shared.channels.fitting import list_buttons, pack, retry_key, split, utf8, utf16
from shared.channels.locating import check_fetchable
from shared.channels.port import (
    BOTH,
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Call,
    Channel,
    Forged,
    Grant,
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
from shared.channels.reading import attachment_at, attachment_type, objects, pick, string
from shared.channels.signing import secret
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "gchat"
NOTHING = WebhookResponse(200, b"{}", "application/json")
API = "https://chat.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/chat.bot"
TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
CHAT = "chat@system.gserviceaccount.com"
PROJECT_KEYS = "https://www.googleapis.com/service_accounts/v1/jwk/chat@system.gserviceaccount.com"
GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
GOOGLE = ("https://accounts.google.com", "accounts.google.com")
HOSTS = ("chat.google.com", "chat.googleapis.com", "lh3.googleusercontent.com", "drive.google.com")
TEXT_LIMIT, CARD_LIMIT, BUTTONS = 4096, 8000, 20
BUTTON_LIMIT, BUTTONS_LIMIT = 2000, 12_000
"""Bytes of one button, and of those in one message: with text or card it stays within the 32,000 bytes of a message."""
PACE = 1.0
"""Seconds: 60 messages a minute in one space."""
SPACE = re.compile(r"spaces/[A-Za-z0-9_-]{1,200}")
RESOURCE = re.compile(r"[A-Za-z0-9_=+/-]{1,1000}")
ACTION = "parley"


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message or pressed button, in any of the three forms in which Google sends them."""
    verify(inbound, settings)
    document = read_object(inbound.body)
    pushed = pick(document, "message", "data")
    if isinstance(pushed, str) and "subscription" in document:
        return _pushed(string(document, "message", "attributes", "ce-type"), pushed)
    chat = pick(document, "chat")
    if chat is not None:
        clicked = pick(chat, "buttonClickedPayload")
        event = clicked or pick(chat, "messagePayload")
        common = pick(document, "commonEventObject")
        return _heard(event, pick(chat, "user"), common, bool(clicked), string(chat, "eventTime"))
    sort = document.get("type")
    if sort not in ("MESSAGE", "CARD_CLICKED", "APP_COMMAND"):
        return NOTHING
    common = pick(document, "common") or {"parameters": _parameters(document)}
    time = string(document, "eventTime")
    return _heard(document, pick(document, "user"), common, sort == "CARD_CLICKED", time)


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where the token is not Google Chat's for this app.

    With GCHAT_PROJECT_NUMBER Chat signs it itself; with GCHAT_AUDIENCE (the app's address) it is an ordinary Google
    token, whose verified e-mail must be Chat's, or one of GCHAT_ACCOUNTS (the add-on's or the subscription's account).
    """
    keys_at, project = settings.get("keys_url"), settings.get("project_number")
    if project:
        bearer.claims(inbound, keys_at or PROJECT_KEYS, project, (CHAT,))
        return
    audience = settings.get("audience")
    if not audience:
        raise Unavailable("the channel gchat is not configured: set GCHAT_PROJECT_NUMBER or GCHAT_AUDIENCE")
    found, _ = bearer.claims(inbound, keys_at or GOOGLE_KEYS, audience, GOOGLE)
    accounts = {CHAT, *(account.strip() for account in settings.get("accounts", "").split(",") if account.strip())}
    if found.get("email_verified") is not True or found.get("email") not in accounts:
        raise Forged("the token was not asked for by Google Chat")


def _parameters(document: dict[str, JSON]) -> dict[str, JSON]:
    """The parameters of a button in the older form, a list of keys and values."""
    return {string(item, "key"): string(item, "value") for item in objects(document, "action", "parameters")}


def _heard(event: JSON, user: JSON, common: JSON, clicked: bool, time: str) -> Parsed:
    message = pick(event, "message")
    person = string(user, "name") or string(message, "sender", "name")
    space = string(message, "space", "name") or string(event, "space", "name")
    if not SPACE.fullmatch(space) or not person or string(user, "type") == "BOT":
        return NOTHING
    named = string(message, "name")
    text = _chosen(common) if clicked else _text_of(message)
    attachments = () if clicked else tuple(_attachments(message))
    if not text and not attachments:
        return NOTHING
    # A pressed button has no id of its own; message, person and time are the same when it is delivered again.
    ident = f"{named}.{person}.{time}" if clicked else named
    heard = InboundMessage(
        text=text,
        sender=f"{space}.{person}",
        id=ident or None,
        sent_at=time or string(message, "createTime") or None,
        locale=string(common, "userLocale") or None,
        attachments=attachments,
        address={"space": space, "thread": string(message, "thread", "name")},
    )
    return (heard,)


def _chosen(common: JSON) -> str:
    for path in (("parameters", "payload"), ("parameters", "actionId"), ("invokedFunction",)):
        if found := string(common, *path).strip():
            return found
    return ""


def _text_of(message: JSON) -> str:
    """What was said to the app: without its mention, which Google leaves out itself in argumentText."""
    if argument := string(message, "argumentText").strip():
        return argument
    text = string(message, "text")
    for annotation in reversed(objects(message, "annotations")):
        start, length = pick(annotation, "startIndex") or 0, pick(annotation, "length")
        bot = string(annotation, "userMention", "user", "type") == "BOT"
        if bot and type(start) is int and type(length) is int and 0 <= start <= start + length <= len(text):
            text = text[:start] + text[start + length :]
    return text.strip()


def _attachments(message: JSON) -> Iterator[Attachment]:
    for file in (*objects(message, "attachment"), *objects(message, "attachments")):
        content_type, named = string(file, "contentType"), string(file, "contentName") or None
        resource, address = string(file, "attachmentDataRef", "resourceName"), string(file, "downloadUri")
        if resource:
            yield Attachment(attachment_type(content_type), resource, named, content_type or None)
        elif address:
            yield attachment_at(
                attachment_type(content_type), address, HOSTS, name=named, content_type=content_type or None
            )


def _pushed(sort: str, data: str) -> Parsed:
    """A Workspace event that Pub/Sub pushed: a message in a space that the app listens to."""
    try:
        event = read_object(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise Rejected("message.data is not base64") from exc
    if sort != "google.workspace.chat.message.v1.created":
        return NOTHING
    return _heard(event, pick(event, "message", "sender"), None, False, string(event, "message", "createTime"))


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return NOTHING


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One message each, in the person's thread; its request id makes a repetition harmless."""
    space, thread = string(to.address, "space"), string(to.address, "thread")
    if not SPACE.fullmatch(space):
        raise Rejected("the address of this Google Chat message has no space")
    lead = {"thread": {"name": thread}} if thread else {}
    base = f"{settings.get('api_url') or API}/v1/{space}/messages"
    option = "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD" if thread else ""
    grant, headers = access(settings), {"content-type": "application/json; charset=utf-8"}
    action = settings.get("audience") or ACTION
    found: list[Outgoing] = []
    messages = (message for part in parts.of_replies(replies, NAME) for message in _messages(part, action))
    for count, message in enumerate(messages):
        url = f"{base}?requestId={quote(retry_key(to.message, to.sent, count))}{option}"
        body = json.dumps({**message, **lead}, ensure_ascii=False).encode()
        found.append(Call(url, body, headers, grant=grant, pause=PACE if count else 0.0))
    return found


def access(settings: Settings) -> Grant:
    """The service account's token (RFC 7523)."""
    try:
        account = read_object(secret(settings, "service_account", NAME).encode())
    except Rejected as exc:
        raise Unavailable("GCHAT_SERVICE_ACCOUNT must be the JSON of a service account's key") from exc
    address = settings.get("token_url") or TOKEN
    claims = {"iss": string(account, "client_email"), "scope": SCOPE, "aud": address}
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
    return Grant(address, form, claims, string(account, "private_key"))


def _messages(part: parts.Part, action: str) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons):
            yield from _text(text, buttons, action)
        case parts.Image(url):
            yield _image(url)
        case parts.File(url):
            yield {"text": url}
        case parts.Card():
            yield from _card(part, action)
        case parts.Native(content):
            yield content


def _text(text: str, buttons: Sequence[Button], action: str) -> Iterator[dict[str, JSON]]:
    if any(_weight(button) > BUTTON_LIMIT for button in buttons):
        text, buttons = list_buttons(text, buttons), ()
    pieces = [_harmless(piece) for piece in split(text, TEXT_LIMIT, lambda piece: utf16(_harmless(piece)))]
    yield from ({"text": piece} for piece in (pieces[:-1] if buttons else pieces))
    last = {"text": pieces[-1]} if pieces else {}
    for group in pack(buttons, BUTTONS, _weight, BUTTONS_LIMIT):
        yield {**last, **_card_of([_buttons(group, action)])}
        last = {}


def _card(card: parts.Card, action: str) -> Iterator[dict[str, JSON]]:
    lines = [_escaped(line) for line in (card.title, card.subtitle) if line]
    heavy = sum(map(utf8, lines)) > CARD_LIMIT or len(card.links) > BUTTONS
    if heavy or any(_weight(button) > BUTTON_LIMIT for button in (*card.buttons, *card.links)):
        if card.image:
            yield _image(card.image)
        yield from _text(card.text(), card.buttons, action)
        return
    if card.image and not card.image.startswith("https://"):
        yield _image(card.image)
    widgets: list[JSON] = [{"image": {"imageUrl": card.image}}] if card.image.startswith("https://") else []
    widgets += [{"textParagraph": {"text": line}} for line in lines]
    links = [{"text": link.title, "onClick": {"openLink": {"url": link.payload}}} for link in card.links]
    if links:
        widgets.append({"buttonList": {"buttons": links}})
    first, *rest = pack(card.buttons, BUTTONS, _weight, BUTTONS_LIMIT) if card.buttons else [()]
    widgets += [_buttons(first, action)] if first else []
    if widgets:
        yield _card_of(widgets)
    yield from (_card_of([_buttons(group, action)]) for group in rest)


def _image(url: str) -> dict[str, JSON]:
    return _card_of([{"image": {"imageUrl": url}}]) if url.startswith("https://") else {"text": url}


def _card_of(widgets: Sequence[JSON]) -> dict[str, JSON]:
    return {"cardsV2": [{"cardId": "reply", "card": {"sections": [{"widgets": list(widgets)}]}}]}


def _weight(button: Button) -> int:
    """About what a button takes in a message."""
    return 200 + utf8(json.dumps([button.title, button.payload or button.title], ensure_ascii=False))


def _buttons(buttons: Sequence[Button], action: str) -> JSON:
    found: list[dict[str, Any]] = [
        {
            "text": button.title,
            "onClick": {
                "action": {
                    "function": action,
                    "parameters": [{"key": "payload", "value": button.payload or button.title}],
                }
            },
        }
        for button in buttons
    ]
    return {"buttonList": {"buttons": found}}


def _harmless(text: str) -> str:
    """Chat reads <users/all> in a text; what a person said and the assistant repeats must not call anyone."""
    return text.replace("<users/", "<\u200busers/")


def _escaped(text: str) -> str:
    """A card's paragraph is HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status; 409 says that a message with this request id exists, so an earlier try was taken."""
    return Verdict("taken") if status == 409 else by_status_and_token(status, headers, body)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """An uploaded file, read with the service account's token; a file in Drive is for people."""
    check_fetchable(attachment)
    if attachment.reference.startswith("https:"):
        raise Rejected("Google gives this file to people and not to apps; only uploaded files are fetched")
    if not RESOURCE.fullmatch(attachment.reference):
        raise Rejected("the reference is none of Google Chat's")
    also = settings.get("api_url", "")
    url = f"{also or API}/v1/media/{quote(attachment.reference, safe='/')}?alt=media"
    hosts = ("chat.googleapis.com", "*.googleusercontent.com")
    return AttachmentLocation(url, hosts, also, grant=access(settings))


CHANNEL = Channel(
    name=NAME,
    title="Google Chat",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting(
            "project_number",
            "the project's number, where that is the authentication audience.",
            GATEWAY,
            needed=True,
            unless="audience",
        ),
        Setting("audience", "the gateway's address, where that is the authentication audience.", BOTH),
        Setting("accounts", "accounts whose tokens count too (add-on, Pub/Sub), comma-separated.", GATEWAY),
        Setting("keys_url", "where the keys are, instead of Google's.", GATEWAY),
        Setting("service_account", "the JSON of the service account's key.", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of Google's.", DELIVERY),
        Setting("token_url", "where tokens come from.", DELIVERY),
    ),
    ack_seconds=30.0,
    body_limit=512 * 1024,
    locate=locate,
    chat=("space",),
)
