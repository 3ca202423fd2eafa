"""WhatsApp Cloud API: several messages in one webhook in; text, reply buttons, lists and media out.

Rules: developers.facebook.com/docs/whatsapp/cloud-api. Outside 24 hours after a person's last message only templates
are allowed; those go out as `custom`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from shared.channels import graph, parts
from shared.channels.body import encode_json, read_object, read_webhook
from shared.channels.locating import check_fetchable, check_own_address, check_plain_token
from shared.channels.options import (
    make_groups_setting,
    make_markdown_setting,
    make_start_text_setting,
    read_start_text,
    reads_markdown,
)
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
)
from shared.channels.reading import cut, format_timestamp, pick, read_identifier, read_objects, read_string
from shared.channels.signing import require_secret
from shared.channels.whatsapp.content import read_attachments, read_content
from shared.channels.whatsapp.rendering import LIMITS, drop_buttons, render_part, spell_media
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Reply
from shared.events.wire import JSON

NAME = "whatsapp"

judge = graph.judge


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Every message in every entry of the webhook, each once; delivery statuses and reactions are none."""
    if inbound.method == "GET":
        return graph.answer_handshake(inbound, settings, NAME)
    verify(inbound, settings)
    document = read_webhook(inbound.body)
    found: dict[str, InboundMessage] = {}
    for entry in read_objects(document, "entry"):
        for change in read_objects(entry, "changes"):
            value = pick(change, "value")
            for message in read_objects(value, "messages") if change.get("field") == "messages" else ():
                heard = _read_message(message, value, settings)
                if heard is not None:
                    found.setdefault(heard.id or "", heard)
    return tuple(found.values()) or graph.OK


def verify(inbound: Inbound, settings: Settings) -> None:
    graph.verify(inbound, settings, NAME)


def _read_message(message: dict[str, Any], value: JSON, settings: Settings) -> InboundMessage | None:
    person, message_id = (
        read_identifier(message, "from") or read_identifier(message, "from_user_id"),
        read_identifier(message, "id"),
    )
    line, group = read_identifier(value, "metadata", "phone_number_id"), read_identifier(message, "group_id")
    number = re.sub(r"\D", "", read_string(value, "metadata", "display_phone_number"))
    text, metadata = read_content(message)
    if read_string(message, "type") == "request_welcome":
        # Somebody opened the chat for the first time; told only where the number's owner asked for it.
        text = read_start_text(settings)
    attachments = tuple(read_attachments(message))
    if not person or not message_id or not (text or attachments):
        return None
    named = bool(number) and f"@{number}" in text
    answers = bool(number) and re.sub(r"\D", "", read_identifier(message, "context", "from")) == number
    return InboundMessage(
        text=_cut_number(text, number) or read_start_text(settings) if group and named else text,
        sender=f"{line}.{group}.{person}" if group else f"{line}.{person}",
        id=message_id,
        sent_at=format_timestamp(pick(message, "timestamp")),
        metadata=metadata,
        attachments=attachments,
        # In a group the answer goes to all who are in it.
        address={"to": group or person, "line": line, **({"group": True} if group else {})},
        addressed=not group or named or answers,
    )


def _cut_number(text: str, number: str) -> str:
    return cut(text, [found.span() for found in re.finditer(rf"@{number}\b", text)])


def read_failures(inbound: Inbound) -> list[str]:
    """WhatsApp takes messages to any number, and tells afterwards where there is nobody."""
    if b'"failed"' not in inbound.body:
        return []
    found = []
    for entry in read_objects(read_webhook(inbound.body), "entry"):
        for change in read_objects(entry, "changes"):
            for status in read_objects(change, "value", "statuses"):
                if status.get("status") == "failed":
                    code = read_identifier(status, "errors", 0, "code")
                    found.append(code if re.fullmatch(r"[0-9]{1,9}", code) else "failed")
    return found


def acknowledge(heard: Sequence[InboundMessage]) -> Any:  # noqa: ARG001 - the channel's signature
    return graph.OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One call for each message. Rejected without the number that it goes out from."""
    line = read_string(to.address, "line") or settings.get("phone_number_id", "")
    if not re.fullmatch(r"[0-9]{1,32}", line):
        raise Rejected("the address of this WhatsApp message has no phone number id")
    url = f"{settings.get('api_url') or graph.API}/{line}/messages"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {require_secret(settings, 'access_token', NAME)}",
    }
    group = pick(to.address, "group") is True
    kind = "group" if group else "individual"
    lead = {"messaging_product": "whatsapp", "recipient_type": kind, "to": read_string(to.address, "to")}
    said = parts.split_replies(replies, NAME, reads_markdown(settings))
    messages = (message for part in said for message in render_part(drop_buttons(part) if group else part))

    def call(message: Mapping[str, JSON]) -> Call:
        spelt = spell_media(message)
        return Call(url, encode_json({**lead, **message}), headers, fallback=call(spelt) if spelt is not None else None)

    return [call(message) for message in messages]


def indicate(message: InboundMessage, settings: Settings) -> Sequence[Call]:
    """The message is marked as read, and the assistant is typing until it answers, for 25 seconds at most."""
    line, token = read_string(message.address, "line"), settings.get("access_token")
    if not token or not re.fullmatch(r"[0-9]{1,32}", line):
        return ()
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": message.id}
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    sign = json.dumps({**body, "typing_indicator": {"type": "text"}}).encode()
    return (Call(f"{settings.get('api_url') or graph.API}/{line}/messages", sign, headers),)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:
    """A medium, whose address the Graph API says first."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    token = {"authorization": f"Bearer {require_secret(settings, 'access_token', NAME)}"}
    if found is None:
        url = f"{also or graph.API}/{quote(check_plain_token(attachment.reference), safe='')}"
        return AttachmentLocation(url, ("graph.facebook.com",), also, token, lookup=True)
    hosts = ("lookaside.fbsbx.com",)
    return AttachmentLocation(
        check_own_address(read_string(read_object(found), "url"), hosts, also), hosts, also, token
    )


CHANNEL = Channel(
    name=NAME,
    title="WhatsApp",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("app_secret", "the Meta app's secret.", GATEWAY, secret=True, needed=True),
        Setting("verify_token", "the verify token of the webhook's page.", GATEWAY, secret=True, needed=True),
        make_markdown_setting(),
        make_groups_setting("a reply to it, or its number behind an @"),
        make_start_text_setting("opens the chat, or only mentions the assistant"),
        Setting("access_token", "a permanent token of a system user.", DELIVERY, secret=True, needed=True, typing=True),
        Setting("phone_number_id", "the number to send from where a message does not name it.", DELIVERY),
        Setting("api_url", "the Graph API's address with its version, instead of Meta's.", DELIVERY, typing=True),
    ),
    ack_seconds=5.0,
    body_limit=3 * 1024 * 1024,
    handshake=True,
    locate=locate,
    limits=LIMITS,
    indicate=indicate,
    read_failures=read_failures,
    chat=("to", "line"),
)
