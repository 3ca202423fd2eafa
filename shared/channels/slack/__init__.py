"""Slack: the Events API, slash commands and buttons in; chat.postMessage and response_url out.

Rules: docs.slack.dev (verifying requests, Events API, Block Kit). Every event that the app subscribed to is a message,
so what the assistant listens to is chosen on the app's page. In channels it answers in the thread.
"""

import html
import json
from collections.abc import Mapping, Sequence

from shared.channels.body import read_object, read_webhook, repair_text
from shared.channels.locating import check_fetchable, check_own_address
from shared.channels.options import (
    conversation_sender,
    make_granularity_setting,
    make_groups_setting,
    make_markdown_setting,
    make_start_text_setting,
    read_start_text,
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
from shared.channels.reading import format_timestamp, parse_form, pick, read_objects, read_string, values_of
from shared.channels.signing import check, check_time, require_secret, sign_hex_sha256
from shared.channels.slack.content import HOSTS, bots_of, button_text, chosen_value, form_values, read_message
from shared.channels.slack.rendering import LIMITS, NAME, OPENED, STATUS, indicate, judge, render
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

OK = WebhookResponse(200)
SUBTYPES = (None, "file_share", "thread_broadcast", "me_message")
"""Other subtypes are edits, deletions, joins and the like, or come from bots."""


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Messages of an event, a slash command or pressed buttons. A retry is taken as any other: its ids are the same."""
    verify(inbound, settings)
    if inbound.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        fields = {key: values[0] for key, values in parse_form(inbound.body).items()}
        if "payload" in fields:
            return _read_pressed(read_webhook(fields["payload"].encode("utf-8", "surrogateescape")), settings) or OK
        return _read_command({key: repair_text(value) for key, value in fields.items()}, settings)
    document = read_webhook(inbound.body)
    if document.get("type") == "url_verification":
        body = json.dumps({"challenge": read_string(document, "challenge")}).encode()
        return WebhookResponse(200, body, "application/json")
    return _read_event(document, settings) if document.get("type") == "event_callback" else OK


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where it is not signed with the signing secret, or more than five minutes old."""
    timestamp = inbound.headers.get("x-slack-request-timestamp")
    check_time(timestamp, inbound.now, "X-Slack-Request-Timestamp")
    key = require_secret(settings, "signing_secret", NAME)
    expected = "v0=" + sign_hex_sha256(key, f"v0:{timestamp}:".encode() + inbound.body)
    check(expected, inbound.headers.get("x-slack-signature"), "X-Slack-Signature")


def _read_event(document: dict[str, JSON], settings: Settings) -> Parsed:
    event = pick(document, "event")
    sort = read_string(event, "type")
    if sort == "assistant_thread_started":
        return _begin_thread(document, settings)
    if sort not in ("message", "app_mention") or pick(event, "subtype") not in SUBTYPES:
        return OK
    channel, user, ts = read_string(event, "channel"), read_string(event, "user"), read_string(event, "ts")
    if pick(event, "bot_id") or not channel or not user:
        return OK
    team = read_string(document, "team_id")
    bots = bots_of(document, read_string(event, "text"), named=sort == "app_mention")
    content = read_message(event, bots)
    text = content.text
    if not text and not content.attachments:
        if not content.named:
            return OK
        # Somebody calls the assistant, and says nothing else.
        text = read_start_text(settings)
    kind = read_string(event, "channel_type")
    direct = kind == "im" or (not kind and channel.startswith("D"))
    thread = read_string(event, "thread_ts") or ("" if direct else ts)
    # Not the event_id: a mention comes as two events (message and app_mention) of one message, and is one turn.
    event_id = f"{team}.{channel}.{ts}" if ts else read_string(document, "event_id")
    message = InboundMessage(
        text=text,
        sender=conversation_sender(settings, user, f"{team}.{channel}", thread),
        id=event_id or None,
        sent_at=format_timestamp(ts),
        metadata=content.metadata,
        attachments=content.attachments,
        address={"channel": channel, **({"thread": thread} if thread else {})},
        addressed=direct or sort == "app_mention" or content.named or read_string(event, "parent_user_id") in bots,
    )
    return (message,)


def _begin_thread(document: dict[str, JSON], settings: Settings) -> Parsed:
    """Somebody opened a thread with the assistant (Agents & AI Apps): it begins, with the choices that it has."""
    opened = pick(document, "event", "assistant_thread")
    channel, user, thread = (read_string(opened, key) for key in ("channel_id", "user_id", "thread_ts"))
    if not channel or not user or not thread:
        return OK
    message = InboundMessage(
        text=read_start_text(settings),
        sender=conversation_sender(settings, user, f"{read_string(document, 'team_id')}.{channel}", thread),
        id=read_string(document, "event_id") or None,
        metadata={OPENED: pick(opened, "context") or {}},
        address={"channel": channel, "thread": thread},
    )
    return (message,)


def _read_command(fields: Mapping[str, str], settings: Settings) -> Parsed:
    """A slash command: its text, or where it has none the command itself, which is an intent's shortcut (`/help`)."""
    command, user = fields.get("command", ""), fields.get("user_id", "")
    text = fields.get("text", "").strip() or command
    if fields.get("ssl_check") or not text or not user:
        return OK
    channel, team = fields.get("channel_id", ""), fields.get("team_id", "")
    message = InboundMessage(
        text=html.unescape(text),
        sender=conversation_sender(settings, user, f"{team}.{channel}", ""),
        id=fields.get("trigger_id") or None,
        metadata={"command": command},
        address={"channel": channel, "hook": fields.get("response_url", "")},
    )
    return (message,)


def _read_pressed(payload: dict[str, JSON], settings: Settings) -> tuple[InboundMessage, ...]:
    """A message for each button or choice, one for a whole form; shortcuts are not the assistant's."""
    user, team = read_string(payload, "user", "id"), read_string(payload, "team", "id")
    if payload.get("type") == "view_submission" and user:
        return _read_submitted(payload, settings, user, team)
    channel = read_string(payload, "channel", "id") or read_string(payload, "container", "channel_id")
    if payload.get("type") != "block_actions" or not user or not channel:
        return ()
    container = pick(payload, "container")
    thread = read_string(container, "thread_ts")
    # What hangs on a message of the channel is answered below it.
    below = thread or ("" if channel.startswith("D") else read_string(container, "message_ts"))
    if pick(container, "is_ephemeral") is True:
        below = thread
    trigger, filled_in = read_string(payload, "trigger_id"), form_values(pick(payload, "state", "values"))
    found = []
    for place, action in enumerate(read_objects(payload, "actions")):
        chosen = chosen_value(action)
        text = values_of(chosen) or button_text(action)
        if text:
            named = read_string(action, "action_id")
            message = InboundMessage(
                text=text,
                sender=conversation_sender(settings, user, f"{team}.{channel}", thread),
                id=(f"{trigger}.{place}" if place else trigger) or None,
                sent_at=format_timestamp(read_string(action, "action_ts")),
                metadata={"form": {**filled_in, named: chosen}} if named else {},
                address={"channel": channel, **({"thread": below} if below else {})},
            )
            found.append(message)
    return tuple(found)


def _read_submitted(payload: dict[str, JSON], settings: Settings, user: str, team: str) -> tuple[InboundMessage, ...]:
    """A form that was filled in. It has no place of its own: the answer goes to where it was opened, if the form says
    so in its private_metadata (`{"channel", "thread"?}`), and else to the person."""
    view = pick(payload, "view")
    filled_in = form_values(pick(view, "state", "values"))
    text = values_of(filled_in)
    if not text:
        return ()
    try:
        opened = read_object(read_string(view, "private_metadata").encode())
    except Rejected:
        opened = {}
    channel = read_string(opened, "channel") or read_string(payload, "response_urls", 0, "channel_id") or user
    thread = read_string(opened, "thread")
    where = f"{team}.{channel}" if channel != user else team
    message = InboundMessage(
        text=text,
        sender=conversation_sender(settings, user, where, thread),
        id=read_string(view, "id") or read_string(payload, "trigger_id") or None,
        metadata={"form": filled_in, "callback_id": read_string(view, "callback_id")},
        address={"channel": channel, **({"thread": thread} if thread else {})},
    )
    return (message,)


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return OK


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """A file of Slack's, read with the bot's token."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {require_secret(settings, 'bot_token', NAME)}"}
    return AttachmentLocation(check_own_address(attachment.reference, HOSTS, also), HOSTS, also, token)


CHANNEL = Channel(
    name=NAME,
    title="Slack",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("signing_secret", "Basic Information, Signing Secret.", GATEWAY, secret=True, needed=True),
        make_granularity_setting("of a channel"),
        make_markdown_setting(),
        make_start_text_setting("opens a thread with the assistant, or only mentions it"),
        Setting("status", "what stands below a thread with the assistant until it answers.", GATEWAY, default=STATUS),
        Setting(
            "prompts",
            "up to four things to say first, for a thread with the assistant: `Order a pizza | What can you do?`.",
            GATEWAY,
        ),
        make_groups_setting("mentioned, or below its own message"),
        Setting("bot_token", "the bot user's token, xoxb-...", DELIVERY, secret=True, needed=True, typing=True),
        Setting("api_url", "the API's address, instead of Slack's.", DELIVERY, typing=True),
    ),
    ack_seconds=3.0,
    body_limit=512 * 1024,
    locate=locate,
    limits=LIMITS,
    indicate=indicate,
    chat=("channel",),
)
