"""Discord interactions: commands, buttons, choices and forms in; the deferred answer and its follow-ups out.

Rules: docs.discord.com (interactions). Discord sends wrong signatures on purpose and removes an address that takes
them. An interaction is answered `deferred` at once; the assistant's first message then replaces that answer.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import parts
from shared.channels.body import read_object, read_webhook
from shared.channels.fitting import chunk, join_titles, label_buttons, list_buttons, split
from shared.channels.locating import check_fetchable, own_address
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
    by_status,
    conversation_sender,
    granularity,
)
from shared.channels.reading import (
    attachment_at,
    attachment_type,
    cut,
    identifier,
    integer,
    number,
    objects,
    pick,
    string,
    values_of,
)
from shared.channels.signing import check_ed25519, check_time, secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "discord"
API = "https://discord.com/api/v10"
HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
LIMITS: Mapping[str, Limit] = {
    "text": Limit(2000, "characters"),
    "label": Limit(80, "characters"),
    "payload": Limit(100, "characters"),
    "row": Limit(5, "buttons"),
    "rows": Limit(5, "rows"),
    "card title": Limit(256, "characters"),
    "card text": Limit(4096, "characters"),
    "cards": Limit(10, "embeds"),
    "all cards": Limit(6000, "characters"),
}
TEXT_LIMIT, LABEL_LIMIT, ID_LIMIT = (LIMITS[key].most for key in ("text", "label", "payload"))
ROW, ROWS, CARDS = (LIMITS[key].most for key in ("row", "rows", "cards"))
TITLE_LIMIT, DESCRIPTION_LIMIT = LIMITS["card title"].most, LIMITS["card text"].most
"""In code points, as Discord's developers say (discord-api-docs, issue 1315)."""
THREADS = (10, 11, 12)
"""Types of channels that are threads."""
PING, COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 1, 2, 3, 4, 5
PONG, DEFERRED, CHOICES = 1, 5, 8
UNREACHABLE = (50007, 50278, 340015)
"""The person takes no messages of this bot."""
NOT_YET = (10008, 10015)
"""Unknown message, unknown webhook: so answers Discord while our deferred answer is still on its way to it."""
REPEATED = re.compile(r"^p[0-9]{1,2}\|(?=.)", re.DOTALL)
"""Before a payload that another button of the message has too: custom ids must differ."""


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message; PING is answered PONG, a webhook event's PING with 204."""
    verify(inbound, settings)
    check_time(inbound.headers.get("x-signature-timestamp"), inbound.now, "X-Signature-Timestamp")
    interaction = read_webhook(inbound.body)
    sort = interaction.get("type")
    if not string(interaction, "token"):
        # A webhook event (PING 0, EVENT 1 with `event`): nothing that a person says to the assistant.
        event = sort == 0 or pick(interaction, "event") is not None
        return WebhookResponse(204) if event else _json(PONG) if sort == PING else WebhookResponse(204)
    if sort == PING:
        return _json(PONG)
    if sort == AUTOCOMPLETE:
        return _json(CHOICES, {"choices": []})
    person = identifier(interaction, "member", "user", "id") or identifier(interaction, "user", "id")
    channel, data = identifier(interaction, "channel_id"), pick(interaction, "data")
    application, form = identifier(interaction, "application_id"), _form(sort, data)
    text, attachments = _text_of(sort, data), tuple(_attachments(data))
    text = cut(text, [mention.span() for mention in re.finditer(rf"<@!?{re.escape(application)}>", text)])
    if not person or not (text or attachments):
        raise Rejected("this interaction is of a type that the assistant does not take")
    heard = InboundMessage(
        text=text,
        sender=conversation_sender(settings, person, *_place(interaction, channel)),
        id=identifier(interaction, "id") or None,
        locale=string(interaction, "locale") or None,
        metadata={
            **({"command": string(data, "name")} if sort == COMMAND else {}),
            **({"form": form} if form else {}),
        },
        attachments=attachments,
        address={"application": application, "token": string(interaction, "token"), "channel": channel},
    )
    return (heard,)


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where the Ed25519 signature is not Discord's."""
    timestamp = inbound.headers.get("x-signature-timestamp", "").encode("utf-8", "surrogatepass")
    public_key = secret(settings, "public_key", NAME)
    signature = inbound.headers.get("x-signature-ed25519")
    check_ed25519(public_key, signature, timestamp + inbound.body, "X-Signature-Ed25519")


def _place(interaction: dict[str, JSON], channel: str) -> tuple[str, str]:
    """The channel and, where it is one of its threads, that."""
    if pick(interaction, "channel", "type") in THREADS and (parent := identifier(interaction, "channel", "parent_id")):
        return parent, channel
    return channel, ""


def _text_of(sort: JSON, data: JSON) -> str:
    match sort:
        case 2:
            return _command(data)
        case 3:
            return values_of(pick(data, "values")) or REPEATED.sub("", string(data, "custom_id")).strip()
        case 5:
            return values_of(_form(sort, data)) or string(data, "custom_id")
    return ""


def _form(sort: JSON, data: JSON) -> dict[str, JSON]:
    """What was chosen or filled in, by the custom id of each field: a text, or a list of them."""
    if sort == COMPONENT:
        values = pick(data, "values")
        return {string(data, "custom_id"): values} if isinstance(values, list) and values else {}
    rows = objects(data, "components") if sort == FORM else []
    found: dict[str, JSON] = {}
    for field in (field for row in rows for field in (*objects(row, "components"), pick(row, "component"))):
        value = string(field, "value").strip() or pick(field, "values")
        if value:
            found[string(field, "custom_id")] = value
    return found


def _command(data: JSON) -> str:
    """A command with one text is that text; any other is an intent's shortcut, its options the entities."""
    names, options = [string(data, "name")], objects(data, "options")
    while len(options) == 1 and options[0].get("type") in (1, 2) and len(names) < 3:
        names.append(string(options[0], "name"))
        options = objects(options[0], "options")
    values = {
        string(option, "name"): option.get("value")
        for option in options
        if isinstance(option.get("value"), str | int | float | bool) and option.get("type") != 11
    }
    only = next(iter(values.values()), None)
    if len(values) == 1 and isinstance(only, str) and only.strip():
        return only.strip()
    command = "_".join(part for part in names if part)
    return f"/{command}{json.dumps(values, ensure_ascii=False) if values else ''}" if command else ""


def _attachments(data: JSON) -> Iterator[Attachment]:
    resolved = pick(data, "resolved", "attachments")
    for file in list(resolved.values()) if isinstance(resolved, dict) else []:
        if url := string(file, "url"):
            content_type = string(file, "content_type")
            named, size = string(file, "filename") or None, integer(file, "size")
            yield attachment_at(
                attachment_type(content_type), url, HOSTS, name=named, content_type=content_type or None, bytes=size
            )


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """The assistant is thinking; Discord waits 3 seconds for this and 15 minutes for the message."""
    return _json(DEFERRED)


def _json(sort: int, data: Mapping[str, JSON] | None = None) -> WebhookResponse:
    body = {"type": sort, **({"data": data} if data is not None else {})}
    return WebhookResponse(200, json.dumps(body).encode(), "application/json")


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """The first message of the turn replaces the deferred answer; where the assistant says nothing, that goes away."""
    base = settings.get("api_url") or API
    application, token, channel = (string(to.address, key) for key in ("application", "token", "channel"))
    application = application or settings.get("application_id", "")
    if not re.fullmatch(r"[0-9]{1,25}", application) or not re.fullmatch(r"[A-Za-z0-9_.~-]{1,500}", token):
        raise Rejected("the address of this Discord interaction has no application id or no token")
    hook = f"{base}/webhooks/{application}/{token}"
    headers = {"content-type": "application/json"}
    found: list[Outgoing] = []
    for count, message in enumerate(message for part in parts.of_replies(replies, NAME) for message in _messages(part)):
        # Whom a text calls with @everyone is a person's words, not the assistant's.
        body = json.dumps({"allowed_mentions": {"parse": []}, **message}, ensure_ascii=False).encode()
        first = not to.sent and not count
        call = Call(f"{hook}/messages/@original" if first else hook, body, headers, "PATCH" if first else "POST")
        found.append(_with_fallback(call, base, channel, settings))
    if not found and to.last and not to.sent:
        found.append(Call(f"{hook}/messages/@original", b"", {}, "DELETE"))
    return found


def _with_fallback(call: Call, base: str, channel: str, settings: Settings) -> Call:
    """After 15 minutes an interaction's token ends; with a bot token the message goes to the channel then."""
    if not settings.get("bot_token") or not re.fullmatch(r"[0-9]{1,25}", channel):
        return call
    headers = {**call.headers, "authorization": f"Bot {settings['bot_token']}"}
    later = Call(f"{base}/channels/{channel}/messages", call.body, headers)
    return Call(call.url, call.body, call.headers, call.method, fallback=later)


def _messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons):
            yield from _text(text, buttons)
        case parts.Image(url):
            yield {"embeds": [{"image": {"url": url}}]} if url.startswith(("https://", "http://")) else {"content": url}
        case parts.File(url):
            yield {"content": url}
        case parts.Card():
            yield from _card(part)
        case parts.Native(content):
            yield content


def _text(text: str, buttons: Sequence[Button]) -> Iterator[dict[str, JSON]]:
    if any(len(button.payload or button.title) > ID_LIMIT - 4 for button in buttons):
        text, buttons = list_buttons(text, buttons), ()
    text, labels = label_buttons(text, buttons, LABEL_LIMIT, len)
    pieces = split(text or join_titles(buttons), TEXT_LIMIT, len)
    for piece in pieces[:-1] if labels else pieces:
        yield {"content": piece}
    last = pieces[-1]
    for group in chunk(labels, ROW * ROWS):
        yield {"content": last, "components": _rows(group)}
        last = "…"


def _rows(labels: Sequence[tuple[str, Button]]) -> list[JSON]:
    used: set[str] = set()
    buttons: list[dict[str, JSON]] = []
    for count, (label, button) in enumerate(labels):
        ident = button.payload or button.title
        ident = f"p{count}|{ident}" if ident in used or REPEATED.match(ident) else ident
        used.add(ident)
        buttons.append({"type": 2, "style": 1, "label": label, "custom_id": ident})
    return [{"type": 1, "components": list(row)} for row in chunk(buttons, ROW)]


def _card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    if len(card.title) > TITLE_LIMIT or len(card.subtitle) > DESCRIPTION_LIMIT or card.links or not card.title:
        if card.image:
            yield {"embeds": [{"image": {"url": card.image}}]}
        yield from _text(card.text(), card.buttons)
        return
    optional = {"description": card.subtitle, "image": {"url": card.image} if card.image else None}
    embed = {"title": card.title, **{key: value for key, value in optional.items() if value}}
    if not card.buttons:
        yield {"embeds": [embed]}
        return
    first, *rest = _text("", card.buttons)
    yield {**first, "content": "", "embeds": [embed]} if "components" in first else {"embeds": [embed]}
    yield from rest if "components" in first else (first, *rest)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status and Discord's code: 429 says in the body how long to wait."""
    verdict = by_status(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        answer: dict[str, Any] = read_object(body)
    except Rejected:
        return verdict
    code = integer(answer, "code")
    cause = "" if code is None else str(code)
    if code in NOT_YET:
        return Verdict("later", cause=cause)
    wait = number(answer, "retry_after")
    if verdict.outcome == "later":
        return Verdict("later", wait if wait is not None else verdict.retry_after, cause)
    if code in UNREACHABLE:
        return Verdict("unreachable", cause=cause)
    return Verdict("denied" if status == 401 and code == 0 else "refused", cause=cause)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """An address of Discord's own, which needs no token."""
    check_fetchable(attachment)
    return AttachmentLocation(own_address(attachment.reference, HOSTS), HOSTS)


CHANNEL = Channel(
    name=NAME,
    title="Discord",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("public_key", "the application's public key.", GATEWAY, needed=True),
        granularity("of a channel"),
        Setting("application_id", "the application, where an interaction does not name it.", DELIVERY),
        Setting("bot_token", "lets answers go out that come later than 15 minutes.", DELIVERY, secret=True),
        Setting("api_url", "the API's address, instead of Discord's.", DELIVERY),
    ),
    ack_seconds=3.0,
    body_limit=512 * 1024,
    locate=locate,
    limits=LIMITS,
)
