"""Telegram: updates in; sendMessage, sendPhoto and the like out (core.telegram.org/bots/api)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.channels import parts
from shared.channels.body import read_object
from shared.channels.fitting import chunk, join_titles, label_buttons, list_buttons, split, utf8, utf16
from shared.channels.locating import check_fetchable, plain_token
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
    by_status,
)
from shared.channels.reading import (
    attachment_type,
    identifier,
    integer,
    iso_timestamp,
    location,
    number,
    objects,
    pick,
    string,
)
from shared.channels.signing import check, secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "telegram"
OK = WebhookResponse(200)
API = "https://api.telegram.org"
TEXT_LIMIT, DATA_LIMIT, LABEL_LIMIT, BUTTONS = 4096, 64, 40, 100
"""Characters in UTF-16, bytes of callback_data; longer labels are cut by the app, so longer titles go into the text."""
PACE = 1.0
"""Seconds between messages in one chat."""
FILES = {"voice": "audio", "audio": "audio", "video": "video", "video_note": "video", "animation": "video"}
METHODS = {"image": ("sendPhoto", "photo"), "audio": ("sendAudio", "audio"), "video": ("sendVideo", "video")}


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """The message or pressed button of an update. Edits of messages that were answered are no new messages."""
    verify(inbound, settings)
    update = read_object(inbound.body)
    pressed = pick(update, "callback_query")
    message = pick(update, "message") or pick(pressed, "message")
    user, chat = identifier(pressed or message, "from", "id"), identifier(message, "chat", "id")
    if not chat or pick(pressed or message, "from", "is_bot") is True:
        return OK
    attachments = () if pressed else tuple(_attachments(message))
    text = string(pressed, "data") if pressed else _text_of(message, settings.get("start_text") or "/start")
    if not text and not attachments:
        return OK
    topic = identifier(message, "message_thread_id")
    address: dict[str, JSON] = {"chat": chat, **({"topic": topic} if topic else {})}
    if pressed:
        address["callback"] = string(pressed, "id")
    heard = InboundMessage(
        text=text,
        sender=chat if user in ("", chat) else f"{chat}.{user}",
        id=identifier(update, "update_id") or None,
        sent_at=None if pressed else iso_timestamp(pick(message, "date")),
        locale=string(pressed or message, "from", "language_code") or None,
        attachments=attachments,
        address=address,
    )
    return (heard,)


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where the secret token of setWebhook is missing; Telegram signs nothing."""
    header = inbound.headers.get("x-telegram-bot-api-secret-token")
    check(secret(settings, "secret_token", NAME), header, "X-Telegram-Bot-Api-Secret-Token", 403)


def _text_of(message: JSON, start: str) -> str:
    text = (string(message, "text") or string(message, "caption")).strip()
    # In groups a bot is called by its name, which always ends in `bot`, and commands carry it.
    text = re.sub(r"^@\w{2,29}bot\b\s*", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^(/\w+)@\w{2,29}bot\b", r"\1", text, flags=re.IGNORECASE)
    return start if text == "/start" else text


def _attachments(message: JSON) -> Iterator[Attachment]:
    photos = objects(message, "photo")
    if photos and (largest := string(photos[-1], "file_id")):
        yield Attachment("image", largest, bytes=integer(photos[-1], "file_size"))
    for field in ("voice", "audio", "video", "video_note", "animation", "document", "sticker"):
        file = pick(message, field)
        if not string(file, "file_id") or (field == "document" and pick(message, "animation")):
            continue
        content_type = string(file, "mime_type")
        sort = FILES.get(field) or ("image" if field == "sticker" else attachment_type(content_type))
        named, size = string(file, "file_name") or None, integer(file, "file_size")
        yield Attachment(sort, string(file, "file_id"), named, content_type or None, size)
    where = pick(message, "location")
    yield from location(number(where, "latitude"), number(where, "longitude"))


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:
    """A pressed button's spinner is stopped in the answer itself, which needs no call."""
    callback = string(heard[0].address, "callback") if heard else ""
    if not callback:
        return OK
    body = json.dumps({"method": "answerCallbackQuery", "callback_query_id": callback}).encode()
    return WebhookResponse(200, body, "application/json")


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One call for each message."""
    base = f"{settings.get('api_url') or API}/bot{secret(settings, 'bot_token', NAME)}"
    chat: dict[str, JSON] = {"chat_id": _whole_or_text(string(to.address, "chat"))}
    if topic := string(to.address, "topic"):
        chat["message_thread_id"] = _whole_or_text(topic)
    headers = {"content-type": "application/json"}
    messages = (message for part in parts.of_replies(replies, NAME) for message in _messages(part))
    return [
        Call(f"{base}/{method}", _json({**chat, **fields}), headers, pause=PACE if count else 0.0)
        for count, (method, fields) in enumerate(messages)
    ]


def _whole_or_text(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _json(fields: Mapping[str, JSON]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _messages(part: parts.Part) -> Iterator[tuple[str, dict[str, JSON]]]:
    match part:
        case parts.Text(text, buttons):
            yield from _text(text, buttons)
        case parts.Image(url):
            yield "sendPhoto", {"photo": url}
        case parts.File(url, sort):
            method, field = METHODS.get(sort, ("sendDocument", "document"))
            yield method, {field: url}
        case parts.Card():
            if part.image:
                yield "sendPhoto", {"photo": part.image}
            yield from _text(part.text(), part.buttons)
        case parts.Native(content):
            # Rasa's custom objects are sendMessage's fields; `method` names another one.
            method = string(content, "method") or "sendMessage"
            if not re.fullmatch(r"send[A-Za-z]{1,40}", method):
                raise Rejected("a custom reply for Telegram may only name a method that sends, e.g. sendSticker")
            yield method, {key: value for key, value in content.items() if key != "method"}


def _text(text: str, buttons: Sequence[Button]) -> Iterator[tuple[str, dict[str, JSON]]]:
    fit = all(0 < utf8(_payload(button)) <= DATA_LIMIT for button in buttons)
    if buttons and fit:
        text, labels = label_buttons(text, buttons, LABEL_LIMIT)
        keys = [[{"text": label, "callback_data": _payload(button)}] for label, button in labels]
        markups: list[JSON] = [{"inline_keyboard": list(group)} for group in chunk(keys, BUTTONS)]
    elif buttons and all(utf16(button.title) <= LABEL_LIMIT for button in buttons[:BUTTONS]):
        # A payload that is too long cannot be carried; the keyboard sends the title, as if the person typed it.
        rows = [[{"text": button.title.strip()}] for button in buttons]
        markups = [
            {"keyboard": list(group), "one_time_keyboard": True, "resize_keyboard": True}
            for group in chunk(rows, BUTTONS)
        ]
    else:
        text, markups = list_buttons(text, buttons), []
    pieces = split(text or join_titles(buttons), TEXT_LIMIT, utf16)
    for piece in pieces[:-1] if markups else pieces:
        yield "sendMessage", {"text": piece}
    for count, markup in enumerate(markups):
        yield "sendMessage", {"text": "…" if count else pieces[-1], "reply_markup": markup}


def _payload(button: Button) -> str:
    return button.payload or button.title


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """A wrong token is 401, or 404 because it is part of the path; 429 says in the body how long to wait."""
    verdict = by_status(status, headers, body)
    if status in (401, 404):
        return Verdict("denied")
    try:
        answer: dict[str, Any] = read_object(body)
    except Rejected:
        return Verdict("later") if verdict.outcome == "taken" else verdict
    if verdict.outcome == "later":
        wait = number(answer, "parameters", "retry_after")
        return Verdict("later", wait if wait is not None else verdict.retry_after)
    if verdict.outcome == "taken" and answer.get("ok") is not True:
        return Verdict("refused")
    return verdict


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:
    """A file, whose path getFile says first."""
    check_fetchable(attachment)
    base, token = settings.get("api_url") or API, secret(settings, "bot_token", NAME)
    hosts, also = ("api.telegram.org",), settings.get("api_url", "")
    if found is None:
        file_id = quote(plain_token(attachment.reference), safe="")
        return AttachmentLocation(f"{base}/bot{token}/getFile?file_id={file_id}", hosts, also, lookup=True)
    path = string(read_object(found), "result", "file_path")
    if not re.fullmatch(r"[A-Za-z0-9_./-]{1,300}", path) or ".." in path or path.startswith("/"):
        raise Rejected("Telegram does not say where this file is; files of more than 20 MB are not given to bots")
    return AttachmentLocation(f"{base}/file/bot{token}/{quote(path)}", hosts, also)


CHANNEL = Channel(
    name=NAME,
    title="Telegram",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("secret_token", "the `secret_token` given to setWebhook.", GATEWAY, secret=True, needed=True),
        Setting("start_text", "what is understood when somebody presses Start.", GATEWAY, default="/greet"),
        Setting("bot_token", "BotFather's token.", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of Telegram's.", DELIVERY),
    ),
    # Telegram's limit is 60, but webhooks are reported to fail from 10 on.
    ack_seconds=10.0,
    locate=locate,
    chat=("chat",),
)
