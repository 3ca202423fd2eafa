"""WhatsApp Cloud API: several messages in one webhook in; text, reply buttons, lists and media out.

Rules: developers.facebook.com/docs/whatsapp/cloud-api. Outside 24 hours after a person's last message only templates
are allowed; those go out as `custom`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from shared.channels import graph, parts
from shared.channels.body import encode_json, read_object, read_webhook
from shared.channels.fitting import count_utf16, join_titles, label_buttons, list_buttons, split_chunks
from shared.channels.locating import check_fetchable, check_own_address, check_plain_token
from shared.channels.markdown import NO_SPACE, Marks, Span, bare_address, write_marks
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
    make_groups_setting,
    make_markdown_setting,
    read_start_text,
    reads_markdown,
    start_text,
)
from shared.channels.reading import (
    cut,
    format_timestamp,
    pick,
    read_identifier,
    read_objects,
    read_string,
)
from shared.channels.signing import require_secret
from shared.channels.whatsapp.content import read_attachments, read_content
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Button, Reply
from shared.events.wire import JSON

NAME = "whatsapp"
LIMITS: Mapping[str, Limit] = {
    "text": Limit(4096, "UTF-16 units"),
    "body": Limit(1024, "UTF-16 units"),
    "buttons": Limit(3, "reply buttons"),
    "label": Limit(20, "UTF-16 units"),
    "payload": Limit(256, "UTF-16 units"),
    "rows": Limit(10, "rows of a list"),
    "row label": Limit(24, "UTF-16 units"),
    "row payload": Limit(200, "UTF-16 units"),
    "link": Limit(2048, "UTF-16 units"),
}
TEXT_LIMIT, BODY_LIMIT, ID_LIMIT = (LIMITS[key].most for key in ("text", "body", "payload"))
BUTTONS, BUTTON_LABEL, ROWS, ROW_LABEL = (LIMITS[key].most for key in ("buttons", "label", "rows", "row label"))
ROW_ID, LINK_LIMIT = (LIMITS[key].most for key in ("row payload", "link"))
CHOOSE = "☰"
"""The label of the button that opens a list; a sign, because it is the same in every language."""

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
    messages = (message for part in said for message in _render_messages(_without_buttons(part) if group else part))

    def call(message: Mapping[str, JSON]) -> Call:
        spelt = _spell_media(message)
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


def _without_buttons(part: parts.Part) -> parts.Part:
    """What a group can be shown: words and media, and buttons as words."""
    match part:
        case parts.Text(text, buttons, spans):
            return parts.Text(list_buttons(text, buttons), (), spans)
        case parts.Card():
            return replace(part, buttons=(), subtitle=list_buttons(part.subtitle, part.buttons))
        case parts.Cards(cards):
            return parts.Cards(tuple(card for card in map(_without_buttons, cards) if isinstance(card, parts.Card)))
    return part


def _render_messages(part: parts.Part) -> Iterator[dict[str, JSON]]:
    match part:
        case parts.Text(text, buttons, spans):
            yield from _render_text(text, buttons, spans)
        case parts.Image(url):
            yield from _render_medium("image", url)
        case parts.File(url, sort):
            yield from _render_medium("document" if sort == "file" else sort, url)
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            for card in cards:
                yield from _render_card(card)
        case parts.Native(content):
            yield content


def _render_medium(sort: str, url: str) -> Iterator[dict[str, JSON]]:
    if len(url) > LINK_LIMIT:
        yield from _render_plain(url)
        return
    name_of = {"filename": url.rpartition("/")[2][:240] or "file"} if sort == "document" else {}
    yield {"type": sort, sort: {"link": url, **name_of}}


def _spell_media(message: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """The message with its medium's address as words, for one that WhatsApp does not take; None without any."""
    sort = read_string(message, "type")
    if link := read_string(message, sort, "link"):
        return {"type": "text", "text": {"body": link, "preview_url": False}}
    content = pick(message, "interactive")
    if isinstance(content, dict) and "header" in content:
        return {**message, "interactive": {key: value for key, value in content.items() if key != "header"}}
    return None


MARKS = Marks(
    {"bold": ("*", "*"), "italic": ("_", "_"), "strike": ("~", "~"), "code": ("```", "```")},
    lambda words, url: words if words in (url, bare_address(url)) else f"{words} ({bare_address(url)})",
    lambda words: words,
    apart=NO_SPACE,
)


def _render_plain(text: str, spans: Sequence[Span] = ()) -> Iterator[dict[str, JSON]]:
    for piece in write_marks(text, spans, TEXT_LIMIT, count_utf16, MARKS):
        yield {"type": "text", "text": {"body": piece, "preview_url": False}}


def _render_text(text: str, buttons: Sequence[Button], spans: Sequence[Span] = ()) -> Iterator[dict[str, JSON]]:
    few = len(buttons) <= BUTTONS
    limit = ID_LIMIT if few else ROW_ID
    ids = {_read_id(button) for button in buttons}
    # Ids must differ within a message, so that buttons that do the same are words.
    if len(ids) < len(buttons) or not buttons or max(map(count_utf16, ids)) > limit:
        yield from _render_plain(list_buttons(text, buttons), spans)
        return
    text, labels = label_buttons(text, buttons, BUTTON_LABEL if few else ROW_LABEL)
    *before, last = write_marks(text or join_titles(buttons), spans, BODY_LIMIT, count_utf16, MARKS)
    for piece in before:
        yield from _render_plain(piece)
    for group in split_chunks(labels, BUTTONS if few else ROWS):
        yield {"type": "interactive", "interactive": _render_buttons(last, group) if few else _list(last, group)}
        last = "…"


def _render_card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    """Reply buttons below the picture, where they and the words are one message; else one after the other."""
    messages = list(_render_text(card.text(), card.buttons))
    content = messages[0].get("interactive")
    if len(messages) == 1 and isinstance(content, dict) and content["type"] == "button" and _is_web(card.image):
        yield {**messages[0], "interactive": {**content, "header": {"type": "image", "image": {"link": card.image}}}}
        return
    if card.image:
        yield from _render_medium("image", card.image)
    yield from messages


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= LINK_LIMIT


def _render_buttons(body: str, labels: Sequence[tuple[str, Button]]) -> Mapping[str, JSON]:
    replies = [{"type": "reply", "reply": {"id": _read_id(button), "title": label}} for label, button in labels]
    return {"type": "button", "body": {"text": body}, "action": {"buttons": replies}}


def _list(body: str, labels: Sequence[tuple[str, Button]]) -> Mapping[str, JSON]:
    rows = [{"id": _read_id(button), "title": label} for label, button in labels]
    return {"type": "list", "body": {"text": body}, "action": {"button": CHOOSE, "sections": [{"rows": rows}]}}


def _read_id(button: Button) -> str:
    return button.payload or button.title


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
        start_text("opens the chat, or only mentions the assistant"),
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
