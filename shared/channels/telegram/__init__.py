"""Telegram: updates in; sendMessage, sendPhoto and the like out (core.telegram.org/bots/api)."""

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from shared.channels.body import read_object, read_webhook
from shared.channels.locating import check_fetchable, check_plain_token
from shared.channels.options import (
    conversation_sender,
    make_granularity_setting,
    make_groups_setting,
    make_markdown_setting,
    make_start_text_setting,
)
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
from shared.channels.reading import format_timestamp, pick, read_identifier, read_string
from shared.channels.signing import check, require_secret
from shared.channels.telegram.content import Content, read_content
from shared.channels.telegram.rendering import API, LIMITS, NAME, chat_of, judge, render
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

OK = WebhookResponse(200)
GENERAL = "1"


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """The message or pressed button of an update. Edits of messages that were answered are no new messages."""
    verify(inbound, settings)
    update = read_webhook(inbound.body)
    pressed = pick(update, "callback_query")
    message = pick(pressed, "message") or pick(update, "message") or pick(update, "business_message")
    chat = read_identifier(message, "chat", "id")
    # Anonymous administrators and people who write as a channel come as a bot of Telegram's, with their chat beside it.
    user = read_identifier(message, "sender_chat", "id") if not pressed else ""
    if not user and pick(pressed or message, "from", "is_bot") is not True:
        user = read_identifier(pressed or message, "from", "id") or chat
    if not chat or not user or pick(message, "is_automatic_forward") is True:
        return OK
    business = read_string(message, "business_connection_id")
    if business and not pressed and user != chat:
        # The owner of the business account answers the person.
        return OK
    name = settings.get("bot_username", "").removeprefix("@").casefold()
    content = Content(read_string(pressed, "data")) if pressed else read_content(message, settings, name)
    if not content.text and not content.attachments:
        return OK
    topic = read_identifier(message, "message_thread_id") if pick(message, "is_topic_message") is True else ""
    # Replies in groups without topics have a thread's id, too; and Telegram refuses that of the General topic.
    topic = "" if topic == GENERAL else topic
    address: dict[str, JSON] = {"chat": chat, **({"topic": topic} if topic else {})}
    direct = pick(message, "chat", "is_direct_messages") is True
    if direct and (topic := read_identifier(message, "direct_messages_topic", "topic_id")):
        # A channel's inbox, where each person has a topic of their own.
        address["direct"] = topic
    if business:
        address["business"] = business
    if pressed:
        address["callback"] = read_string(pressed, "id")
    private = direct or read_string(message, "chat", "type") not in ("group", "supergroup")
    return (
        InboundMessage(
            text=content.text,
            sender=conversation_sender(settings, user, chat if chat != user else "", topic),
            id=read_identifier(update, "update_id") or None,
            sent_at=None if pressed else format_timestamp(pick(message, "date")),
            locale=read_string(pressed or message, "from", "language_code") or None,
            metadata=content.metadata,
            attachments=content.attachments,
            address=address,
            addressed=private or bool(pressed) or content.addressed,
            album=read_string(message, "media_group_id") or None,
        ),
    )


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where the secret token of setWebhook is missing; Telegram signs nothing."""
    header = inbound.headers.get("x-telegram-bot-api-secret-token")
    check(require_secret(settings, "secret_token", NAME), header, "X-Telegram-Bot-Api-Secret-Token", 403)


def acknowledge(messages: Sequence[InboundMessage]) -> WebhookResponse:
    """In the answer itself, which needs no call: a pressed button's spinner stops, after words the bot is typing."""
    message = next((message for message in messages if message.addressed), None)
    if message is None:
        return OK
    if callback := read_string(message.address, "callback"):
        fields: dict[str, JSON] = {"method": "answerCallbackQuery", "callback_query_id": callback}
    else:
        fields = {"method": "sendChatAction", "action": "typing", **chat_of(message.address)}
    return WebhookResponse(200, json.dumps(fields).encode(), "application/json")


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:
    """A file, whose path getFile says first. Rejected where it says none."""
    check_fetchable(attachment)
    base, token = settings.get("api_url") or API, require_secret(settings, "bot_token", NAME)
    hosts, also = ("api.telegram.org",), settings.get("api_url", "")
    if found is None:
        file_id = quote(check_plain_token(attachment.reference), safe="")
        return AttachmentLocation(f"{base}/bot{token}/getFile?file_id={file_id}", hosts, also, lookup=True)
    path = read_string(read_object(found), "result", "file_path")
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
        Setting("bot_username", "the bot's name, without which every name that ends in `bot` counts as its.", GATEWAY),
        make_granularity_setting("topics of a group"),
        make_markdown_setting(),
        make_groups_setting("named, answered or commanded"),
        make_start_text_setting("presses Start, or only names the assistant"),
        Setting("bot_token", "BotFather's token.", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of Telegram's.", DELIVERY),
    ),
    # Telegram's limit is 60, but webhooks are reported to fail from 10 on.
    ack_seconds=10.0,
    locate=locate,
    limits=LIMITS,
    chat=("chat",),
)
