"""Slack: the Events API, slash commands and buttons in; chat.postMessage and response_url out.

Rules: docs.slack.dev (verifying requests, Events API, Block Kit). Every event that the app subscribed to is a message,
so what the assistant listens to is chosen on the app's page. In channels it answers in the thread.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import parts
from shared.channels.body import read_object
from shared.channels.fitting import chunk, join_titles, label_buttons, list_buttons, split, utf16
from shared.channels.locating import check_fetchable, own_address
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
    attachment_at,
    attachment_type,
    integer,
    is_on_hosts,
    iso_timestamp,
    objects,
    parse_form,
    pick,
    string,
)
from shared.channels.signing import check, check_time, hex_sha256, secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "slack"
OK = WebhookResponse(200)
API = "https://slack.com/api"
HOSTS = ("files.slack.com", "slack-files.com")
HOOKS = ("hooks.slack.com",)
TEXT_LIMIT, SECTION_LIMIT, LABEL_LIMIT, VALUE_LIMIT, BUTTONS = 4000, 3000, 75, 2000, 25
HOOK_USES = 5
"""How often a response_url may be used, within 30 minutes."""
PACE = 1.0
"""Seconds between messages in one channel (docs: about one message each second and channel)."""
SUBTYPES = (None, "file_share", "thread_broadcast")
"""Other subtypes are edits, deletions, joins and the like, or come from bots."""
DENIED = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "org_login_required",
    "ekm_access_denied",
    "team_access_not_granted",
)
LATER = (
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
)


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Messages of an event, a slash command or pressed buttons. A retry is taken as any other: its ids are the same."""
    verify(inbound, settings)
    if inbound.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        fields = {key: values[0] for key, values in parse_form(inbound.body).items()}
        if "payload" in fields:
            return _pressed(read_object(fields["payload"].encode())) or OK
        return _command(fields)
    document = read_object(inbound.body)
    if document.get("type") == "url_verification":
        body = json.dumps({"challenge": string(document, "challenge")}).encode()
        return WebhookResponse(200, body, "application/json")
    return _event(document) if document.get("type") == "event_callback" else OK


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where it is not signed with the signing secret, or more than five minutes old."""
    timestamp = inbound.headers.get("x-slack-request-timestamp")
    check_time(timestamp, inbound.now, "X-Slack-Request-Timestamp")
    key = secret(settings, "signing_secret", NAME)
    expected = "v0=" + hex_sha256(key, f"v0:{timestamp}:".encode() + inbound.body)
    check(expected, inbound.headers.get("x-slack-signature"), "X-Slack-Signature")


def _event(document: dict[str, JSON]) -> Parsed:
    event = pick(document, "event")
    if string(event, "type") not in ("message", "app_mention") or pick(event, "subtype") not in SUBTYPES:
        return OK
    channel, user, ts = string(event, "channel"), string(event, "user"), string(event, "ts")
    if pick(event, "bot_id") or not channel or not user:
        return OK
    team = string(document, "team_id")
    text = _readable(string(event, "text"), string(document, "authorizations", 0, "user_id"))
    attachments = tuple(_file(file) for file in objects(event, "files"))
    if not text and not attachments:
        return OK
    direct = string(event, "channel_type") == "im" or channel.startswith("D")
    thread = string(event, "thread_ts") or ("" if direct else ts)
    # Not the event_id: a mention comes as two events (message and app_mention) of one message, and is one turn.
    ident = f"{team}.{channel}.{ts}" if ts else string(document, "event_id")
    heard = InboundMessage(
        text=text,
        sender=f"{team}.{channel}.{user}",
        id=ident or None,
        sent_at=iso_timestamp(ts),
        attachments=attachments,
        address={"channel": channel, **({"thread": thread} if thread else {})},
    )
    return (heard,)


def _readable(text: str, bot: str) -> str:
    """Slack's markup as a person wrote it: the bot's own mention goes, links show what they say."""
    if bot:
        text = text.replace(f"<@{bot}>", " ")
    text = re.sub(r"<(?![@#!])[^<>|]*\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<[#!][^<>|]*\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<([^<>@#!][^<>|]*)>", r"\1", text)
    return html.unescape(text).strip()


def _file(file: dict[str, Any]) -> Attachment:
    content_type = string(file, "mimetype")
    return attachment_at(
        attachment_type(content_type),
        string(file, "url_private"),
        HOSTS,
        name=string(file, "name") or None,
        content_type=content_type or None,
        bytes=integer(file, "size"),
    )


def _command(fields: Mapping[str, str]) -> Parsed:
    """A slash command: its text, or where it has none the command itself, which is an intent's shortcut (`/help`)."""
    command, user = fields.get("command", ""), fields.get("user_id", "")
    text = fields.get("text", "").strip() or command
    if fields.get("ssl_check") or not text or not user:
        return OK
    channel, team = fields.get("channel_id", ""), fields.get("team_id", "")
    heard = InboundMessage(
        text=html.unescape(text),
        sender=f"{team}.{channel}.{user}",
        id=fields.get("trigger_id") or None,
        metadata={"command": command},
        address={"channel": channel, "hook": fields.get("response_url", "")},
    )
    return (heard,)


def _pressed(payload: dict[str, JSON]) -> tuple[InboundMessage, ...]:
    """A message for each button or choice; modals and shortcuts are not the assistant's."""
    user, team = string(payload, "user", "id"), string(payload, "team", "id")
    channel = string(payload, "channel", "id") or string(payload, "container", "channel_id")
    if payload.get("type") != "block_actions" or not user or not channel:
        return ()
    container = pick(payload, "container")
    thread = string(container, "thread_ts") or ("" if channel.startswith("D") else string(container, "message_ts"))
    trigger = string(payload, "trigger_id")
    found = []
    for place, action in enumerate(objects(payload, "actions")):
        text = _chosen(action)
        if text:
            ident = f"{trigger}.{place}" if place else trigger
            address = {"channel": channel, **({"thread": thread} if thread else {})}
            sent_at = iso_timestamp(string(action, "action_ts"))
            found.append(InboundMessage(text, f"{team}.{channel}.{user}", ident or None, sent_at, address=address))
    return tuple(found)


def _chosen(action: dict[str, Any]) -> str:
    for path in (("value",), ("selected_option", "value"), ("text", "text"), ("selected_option", "text", "text")):
        if found := string(action, *path).strip():
            return found
    return ""


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """Messages in the channel or thread; a slash command's first five answers go where only its user sees them."""
    base = settings.get("api_url") or API
    hook = string(to.address, "hook")
    place = {key: value for key, value in (("channel", string(to.address, "channel")),) if value}
    if thread := string(to.address, "thread"):
        place["thread_ts"] = thread
    found: list[Outgoing] = []
    messages = (message for part in parts.of_replies(replies, NAME) for message in _messages(part))
    for number, message in enumerate(messages):
        headers = {"content-type": "application/json; charset=utf-8"}
        post = json.dumps({**place, **message}, ensure_ascii=False).encode()
        authorised = {**headers, "authorization": f"Bearer {secret(settings, 'bot_token', NAME)}"}
        pause = PACE if number else 0.0
        call = Call(f"{base}/chat.postMessage", post, authorised, pause=pause)
        if is_on_hosts(hook, HOOKS, base) and to.sent + number < HOOK_USES:
            body = json.dumps({"response_type": "ephemeral", **message}, ensure_ascii=False).encode()
            call = Call(hook, body, headers, pause=pause, fallback=call)
        found.append(call)
    return found


def _messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons):
            yield from _text(text, buttons)
        case parts.Image(url):
            yield _image(url)
        case parts.File(url):
            yield {"text": _escaped(url)}
        case parts.Card():
            yield from _card(part)
        case parts.Native(content):
            yield content


def _text(text: str, buttons: Sequence[Button]) -> Iterator[dict[str, JSON]]:
    if any(utf16(button.payload or button.title) > VALUE_LIMIT for button in buttons):
        text, buttons = list_buttons(text, buttons), ()
    if not buttons:
        yield from ({"text": piece} for piece in _pieces(text, TEXT_LIMIT))
        return
    text, labels = label_buttons(text, buttons, LABEL_LIMIT)
    *before, last = _pieces(text or join_titles(buttons), SECTION_LIMIT)
    yield from ({"text": piece} for piece in before)
    blocks: list[JSON] = [{"type": "section", "text": {"type": "mrkdwn", "text": last}}] if text else []
    yield {"text": last, "blocks": [*blocks, *_actions(labels)]}


def _actions(labels: Sequence[tuple[str, Button]]) -> list[JSON]:
    return [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": f"choice_{place}",
                    "text": {"type": "plain_text", "text": label},
                    "value": button.payload or button.title,
                }
                for place, (label, button) in enumerate(group)
            ],
        }
        for group in chunk(labels, BUTTONS)
    ]


def _card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    if card.image:
        yield _image(card.image)
    yield from _text(card.text(), card.buttons)


def _image(url: str) -> dict[str, JSON]:
    if not _public(url):
        return {"text": _escaped(url)}
    return {"text": _escaped(url), "blocks": [{"type": "image", "image_url": url, "alt_text": "image"}]}


def _public(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= 3000


def _pieces(text: str, limit: int) -> list[str]:
    return [_escaped(piece) for piece in split(text, limit, lambda piece: utf16(_escaped(piece)))]


def _escaped(text: str) -> str:
    """Slack reads <!channel> and <@U1> in a text; what a person said and the assistant repeats must not call anyone."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Slack answers 200 also where it took nothing: the body says `ok: false` and why. A hook answers `ok`."""
    verdict = by_status(status, headers, body)
    if body.strip() == b"ok" and verdict.outcome == "taken":
        return verdict
    try:
        answer = read_object(body)
    except Rejected:
        return Verdict("later") if verdict.outcome == "taken" else verdict
    error = string(answer, "error")
    if not error.replace("_", "").isalnum() or len(error) > 60:
        error = ""
    if error in DENIED:
        return Verdict("denied", cause=error)
    if error in LATER:
        return Verdict("later", verdict.retry_after, error)
    if verdict.outcome == "taken" and answer.get("ok") is not True:
        return Verdict("refused", cause=error)
    return Verdict(verdict.outcome, verdict.retry_after, error)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """A file of Slack's, read with the bot's token."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {secret(settings, 'bot_token', NAME)}"}
    return AttachmentLocation(own_address(attachment.reference, HOSTS, also), HOSTS, also, token)


CHANNEL = Channel(
    name=NAME,
    title="Slack",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("signing_secret", "Basic Information, Signing Secret.", GATEWAY, secret=True, needed=True),
        Setting("bot_token", "the bot user's token, xoxb-...", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of Slack's.", DELIVERY),
    ),
    ack_seconds=3.0,
    body_limit=512 * 1024,
    locate=locate,
    chat=("channel",),
)
