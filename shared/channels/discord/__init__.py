"""Discord interactions: commands, buttons, choices and forms in; the deferred answer and its follow-ups out.

Rules: docs.discord.com (interactions). Discord sends wrong signatures on purpose and removes an address that takes
them. An interaction is answered `deferred` at once; the assistant's first message then replaces that answer.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from shared.channels.body import read_webhook, write_json
from shared.channels.discord.rendering import LIMITS, NAME, REPEATED, judge, render
from shared.channels.locating import check_fetchable, check_own_address
from shared.channels.options import (
    conversation_sender,
    make_granularity_setting,
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
from shared.channels.reading import (
    choose_attachment_type,
    cut,
    pick,
    read_identifier,
    read_integer,
    read_objects,
    read_string,
    refer_to_attachment,
    values_of,
)
from shared.channels.signing import check_ed25519, check_time, require_secret
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
THREADS = (10, 11, 12)
"""Types of channels that are threads."""
PING, COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 1, 2, 3, 4, 5
PONG, DEFERRED, CHOICES = 1, 5, 8


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message; PING is answered PONG, a webhook event's PING with 204.

    Rejected where an interaction has no words, file or person.
    """
    verify(inbound, settings)
    check_time(inbound.headers.get("x-signature-timestamp"), inbound.now, "X-Signature-Timestamp")
    interaction = read_webhook(inbound.body)
    sort = interaction.get("type")
    if not read_string(interaction, "token"):
        # A webhook event (PING 0, EVENT 1 with `event`): nothing that a person says to the assistant.
        event = sort == 0 or pick(interaction, "event") is not None
        return WebhookResponse(204) if event else _make_json(PONG) if sort == PING else WebhookResponse(204)
    if sort == PING:
        return _make_json(PONG)
    if sort == AUTOCOMPLETE:
        return _make_json(CHOICES, {"choices": []})
    person = read_identifier(interaction, "member", "user", "id") or read_identifier(interaction, "user", "id")
    channel, data = read_identifier(interaction, "channel_id"), pick(interaction, "data")
    application, form = read_identifier(interaction, "application_id"), _read_form(sort, data)
    text, attachments = _text_of(sort, data), tuple(_list_attachments(data))
    if mentions := [mention.span() for mention in re.finditer(rf"<@!?{re.escape(application)}>", text)]:
        text = cut(text, mentions) or read_start_text(settings)
    if not person or not (text or attachments):
        raise Rejected("this interaction is of a type that the assistant does not take")
    heard = InboundMessage(
        text=text,
        sender=conversation_sender(settings, person, _read_place(interaction, channel, settings), ""),
        id=read_identifier(interaction, "id") or None,
        locale=read_string(interaction, "locale") or None,
        metadata={
            **({"command": read_string(data, "name")} if sort == COMMAND else {}),
            **({"form": form} if form else {}),
            **({"target": target} if (target := _find_target(data)) is not None else {}),
        },
        attachments=attachments,
        address={"application": application, "token": read_string(interaction, "token"), "channel": channel},
    )
    return (heard,)


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where the Ed25519 signature is not Discord's."""
    timestamp = inbound.headers.get("x-signature-timestamp", "").encode("utf-8", "surrogatepass")
    public_key = require_secret(settings, "public_key", NAME)
    signature = inbound.headers.get("x-signature-ed25519")
    check_ed25519(public_key, signature, timestamp + inbound.body, "X-Signature-Ed25519")


def _read_place(interaction: dict[str, JSON], channel: str, settings: Settings) -> str:
    """The channel; a thread has an id as channels have, and the channel that it belongs to beside it."""
    whole_channel = settings.get("conversation_granularity") == "channel"
    if whole_channel and pick(interaction, "channel", "type") in THREADS:
        return read_identifier(interaction, "channel", "parent_id") or channel
    return channel


def _text_of(sort: JSON, data: JSON) -> str:
    match sort:
        case 2:
            return _read_command(data)
        case 3:
            return values_of(pick(data, "values")) or REPEATED.sub("", read_string(data, "custom_id")).strip()
        case 5:
            return values_of(_named_files(_read_form(sort, data), data)) or read_string(data, "custom_id")
    return ""


def _read_form(sort: JSON, data: JSON) -> dict[str, JSON]:
    """What was chosen or filled in, by the custom id of each field: a text, or a list of them."""
    if sort == COMPONENT:
        values = pick(data, "values")
        return {read_string(data, "custom_id"): values} if isinstance(values, list) and values else {}
    rows = read_objects(data, "components") if sort == FORM else []
    found: dict[str, JSON] = {}
    for field in (field for row in rows for field in (*read_objects(row, "components"), pick(row, "component"))):
        # A text, what was chosen or ticked, or whether a box was.
        value = read_string(field, "value").strip() or pick(field, "values") or pick(field, "value") is True
        if value:
            found[read_string(field, "custom_id")] = value
    return found


def _named_files(form: dict[str, JSON], data: JSON) -> dict[str, JSON]:
    """The form with uploaded files by their names, as people know them."""
    return {
        key: [read_string(data, "resolved", "attachments", str(item), "filename") or item for item in value]
        if isinstance(value, list)
        else value
        for key, value in form.items()
    }


def _find_target(data: JSON) -> JSON:
    """The message, or the person, whose menu a command was chosen from; None for one that was typed."""
    target = read_identifier(data, "target_id")
    if not target:
        return None
    if pick(data, "resolved", "messages", target) is not None:
        return {"message": target, "text": read_string(data, "resolved", "messages", target, "content")}
    return {"user": target, "name": read_string(data, "resolved", "users", target, "username")}


def _read_command(data: JSON) -> str:
    """A command with one text is that text; any other is an intent's shortcut, its options the entities."""
    names, options = [read_string(data, "name")], read_objects(data, "options")
    while len(options) == 1 and options[0].get("type") in (1, 2) and len(names) < 3:
        names.append(read_string(options[0], "name"))
        options = read_objects(options[0], "options")
    values = {
        read_string(option, "name"): option.get("value")
        for option in options
        if isinstance(option.get("value"), str | int | float | bool) and option.get("type") != 11
    }
    only = next(iter(values.values()), None)
    if len(values) == 1 and isinstance(only, str) and only.strip():
        return only.strip()
    command = "_".join(part for part in names if part)
    return f"/{command}{write_json(values) if values else ''}" if command else ""


def _list_attachments(data: JSON) -> Iterator[Attachment]:
    resolved = pick(data, "resolved", "attachments")
    for file in list(resolved.values()) if isinstance(resolved, dict) else []:
        if url := read_string(file, "url"):
            content_type = read_string(file, "content_type")
            named, size = read_string(file, "filename") or None, read_integer(file, "size")
            yield refer_to_attachment(
                choose_attachment_type(content_type),
                url,
                HOSTS,
                name=named,
                content_type=content_type or None,
                bytes=size,
            )


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    """The assistant is thinking; Discord waits 3 seconds for this and 15 minutes for the message."""
    return _make_json(DEFERRED)


def _make_json(sort: int, data: Mapping[str, JSON] | None = None) -> WebhookResponse:
    body = {"type": sort, **({"data": data} if data is not None else {})}
    return WebhookResponse(200, json.dumps(body).encode(), "application/json")


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """An address of Discord's own, which needs no token."""
    check_fetchable(attachment)
    return AttachmentLocation(check_own_address(attachment.reference, HOSTS), HOSTS)


CHANNEL = Channel(
    name=NAME,
    title="Discord",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("public_key", "the application's public key.", GATEWAY, needed=True),
        make_granularity_setting("of a channel"),
        make_start_text_setting("only mentions the assistant"),
        Setting("application_id", "the application, where an interaction does not name it.", DELIVERY),
        Setting("bot_token", "lets answers go out that come later than 15 minutes.", DELIVERY, secret=True),
        Setting("api_url", "the API's address, instead of Discord's.", DELIVERY),
    ),
    ack_seconds=3.0,
    body_limit=512 * 1024,
    locate=locate,
    limits=LIMITS,
)
