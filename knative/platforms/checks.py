"""What a platform's send API would say to a request: shape, token and limits, from the platforms' own references.

Written from the documentation and not from shared/channels, so that the two can disagree. A check gives the mistakes
of a request, and in words what the person would see.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came, its path without the platform's name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the platform made of it."""

    mistakes: tuple[str, ...]
    shown: tuple[str, ...]
    """Lines: texts, [buttons], <images>."""


Found = Iterator[tuple[str, str]]
"""`mistake` or `shown`, and the words."""


def inspect(platform: str, sent: Sent) -> Seen:
    """The verdict on one request."""
    found = list(CHECKS[platform](sent))
    kinds = {kind: tuple(words for sort, words in found if sort == kind) for kind in ("mistake", "shown")}
    return Seen(kinds["mistake"], kinds["shown"])


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _object(sent: Sent) -> dict[str, Any]:
    try:
        document = json.loads(sent.body)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _text(text: Any, most: int, what: str, size: Callable[[str], int] = _utf16) -> Found:
    """Where a platform does not say how it counts, it is taken to count as browsers do."""
    if not isinstance(text, str) or not text.strip():
        yield "mistake", f"{what} is empty"
    else:
        if size(text) > most:
            yield "mistake", f"{what} has {size(text)} characters; {most} are taken"
        yield "shown", text


def _label(label: Any, most: int, what: str = "a label", size: Callable[[str], int] = _utf16) -> Found:
    if not isinstance(label, str) or not 0 < size(label) <= most:
        yield "mistake", f"{what} must have 1 to {most} characters"


def _count(items: Any, most: int, what: str) -> Found:
    if not isinstance(items, list) or not 0 < len(items) <= most:
        yield "mistake", f"there must be 1 to {most} {what}"


def _buttons(labels: Any) -> Found:
    yield "shown", " ".join(f"[{label}]" for label in labels)


def _slack(sent: Sent) -> Found:
    body = _object(sent)
    if sent.path not in ("/chat.postMessage", "/hooks"):
        yield "mistake", f"there is no method {sent.path}"
    if sent.path == "/chat.postMessage" and not body.get("channel"):
        yield "mistake", "channel is missing"
    text, blocks = body.get("text"), body.get("blocks") or []
    if not blocks:
        yield from _text(text, 4000, "text")
    if len(blocks) > 50:
        yield "mistake", "more than 50 blocks"
    for block in blocks:
        match block.get("type"):
            case "section":
                yield from _text(block["text"]["text"], 3000, "a section's text")
            case "image":
                yield from _label(block.get("image_url"), 3000, "image_url")
                yield "shown", f"<image {block.get('image_url')}>"
            case "actions":
                elements = block.get("elements")
                yield from _count(elements, 25, "elements in actions")
                if len({element.get("action_id") for element in elements}) != len(elements):
                    yield "mistake", "action_id must be unique in its block"
                for element in elements:
                    yield from _label(element["text"]["text"], 75)
                    yield from _label(element.get("value"), 2000, "a value")
                yield from _buttons(element["text"]["text"] for element in elements)
            case other:
                yield "mistake", f"a block of type {other}"
    if re.search(r"<[@!]", text or ""):
        yield "mistake", "the text calls people (<@ or <!)"


def _telegram(sent: Sent) -> Found:
    body = _object(sent)
    if not body.get("chat_id"):
        yield "mistake", "chat_id is missing"
    method = sent.path.rpartition("/")[2]
    match method:
        case "sendMessage":
            yield from _text(body.get("text"), 4096, "text", _utf16)
        case "sendPhoto" | "sendDocument" | "sendAudio" | "sendVideo":
            field = method.removeprefix("send").lower()
            yield from _label(body.get(field), 4096, field)
            yield "shown", f"<{field} {body.get(field)}>"
        case _:
            yield "mistake", f"there is no method {method}"
    markup = body.get("reply_markup") or {}
    for row in markup.get("inline_keyboard") or []:
        for key in row:
            if not 1 <= len(key["callback_data"].encode()) <= 64:
                yield "mistake", "callback_data must have 1 to 64 bytes"
            yield from _label(key["text"], 64)
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if sum(map(len, rows)) > 100:
        yield "mistake", "more than 100 buttons"
    if rows:
        yield from _buttons(key["text"] for row in rows for key in row)


def _whatsapp(sent: Sent) -> Found:
    body = _object(sent)
    if body.get("messaging_product") != "whatsapp" or not body.get("to"):
        yield "mistake", "messaging_product or to is missing"
    if not re.fullmatch(r"/\d+/messages", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    sort = body.get("type")
    content = body.get(sort) if isinstance(sort, str) else None
    if not isinstance(content, dict):
        yield "mistake", f"the object {sort} is missing"
    elif sort == "text":
        yield from _text(content.get("body"), 4096, "text.body")
    elif sort == "interactive":
        yield from _whatsapp_interactive(content)
    elif sort in ("image", "document", "audio", "video"):
        yield from _label(content.get("link"), 2048, "link")
        yield "shown", f"<{sort} {content.get('link')}>"
    else:
        yield "mistake", f"type {sort}"


def _whatsapp_interactive(content: dict[str, Any]) -> Found:
    yield from _text(content.get("body", {}).get("text"), 1024, "the body of an interactive message")
    action = content.get("action", {})
    if content.get("type") == "button":
        buttons = [button["reply"] for button in action.get("buttons", [])]
        yield from _count(buttons, 3, "reply buttons")
        for button in buttons:
            yield from _label(button.get("title"), 20)
            yield from _label(button.get("id"), 256, "an id")
    else:
        yield from _label(action.get("button"), 20, "the list's button")
        buttons = [row for section in action.get("sections", []) for row in section["rows"]]
        yield from _count(buttons, 10, "rows")
        for row in buttons:
            yield from _label(row.get("title"), 24)
            yield from _label(row.get("id"), 200, "an id")
    if len({button.get("id") for button in buttons}) != len(buttons):
        yield "mistake", "ids of buttons and rows must differ"
    yield from _buttons(button.get("title") for button in buttons)


def _messenger(sent: Sent) -> Found:
    body = _object(sent)
    if not body.get("recipient", {}).get("id") or body.get("messaging_type") != "RESPONSE":
        yield "mistake", "recipient.id or messaging_type is missing"
    message = body.get("message") or {}
    attachment = message.get("attachment")
    if attachment is None:
        yield from _text(message.get("text"), 2000, "text")
    elif attachment.get("type") == "template":
        yield from _messenger_template(attachment["payload"])
    else:
        yield "shown", f"<{attachment.get('type')} {attachment['payload'].get('url')}>"
    quick = message.get("quick_replies")
    if quick is not None:
        yield from _count(quick, 13, "quick replies")
        for choice in quick:
            yield from _label(choice.get("title"), 20)
            yield from _label(choice.get("payload"), 1000, "a payload")
        yield from _buttons(choice.get("title") for choice in quick)


def _messenger_template(payload: dict[str, Any]) -> Found:
    buttons = payload.get("buttons") or []
    if payload.get("template_type") == "button":
        yield from _text(payload.get("text"), 640, "a button template's text")
        yield from _count(buttons, 3, "buttons")
    else:
        yield from _count(payload.get("elements"), 10, "elements")
        for element in payload.get("elements", []):
            yield from _text(element.get("title"), 80, "a card's title")
            if "subtitle" in element:
                yield from _text(element["subtitle"], 80, "a card's subtitle")
            if "image_url" in element:
                yield "shown", f"<image {element['image_url']}>"
            buttons = element.get("buttons") or []
            if len(buttons) > 3:
                yield "mistake", "more than 3 buttons on a card"
    for button in buttons:
        yield from _label(button.get("title"), 20)
        if button.get("type") == "postback":
            yield from _label(button.get("payload"), 1000, "a payload")
    if buttons:
        yield from _buttons(button.get("title") for button in buttons)


def _twilio(sent: Sent) -> Found:
    fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
    if not re.fullmatch(r"/2010-04-01/Accounts/[^/]+/Messages\.json", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    if not fields.get("To") or not fields.get("From"):
        yield "mistake", "To or From is missing"
    if not fields.get("MediaUrl") or "Body" in fields:
        yield from _text(fields.get("Body"), 1600, "Body", _bytes)
    if fields.get("MediaUrl"):
        yield "shown", f"<media {fields['MediaUrl']}>"


def _discord(sent: Sent) -> Found:
    if not re.fullmatch(r"/webhooks/\d+/[^/]+(/messages/@original)?|/channels/\d+/messages", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    original = sent.path.endswith("@original")
    if sent.method == "DELETE":
        yield "shown", "(the deferred answer goes away)"
        return
    if sent.method != ("PATCH" if original else "POST"):
        yield "mistake", f"{sent.method} is not taken here"
    body = _object(sent)
    content, embeds, rows = body.get("content"), body.get("embeds") or [], body.get("components") or []
    if content or not embeds:
        yield from _text(content, 2000, "content", len)
    for embed in embeds:
        for key, most in (("title", 256), ("description", 4096)):
            if key in embed:
                yield from _text(embed[key], most, f"an embed's {key}", len)
        if "image" in embed:
            yield "shown", f"<image {embed['image'].get('url')}>"
    if len(rows) > 5:
        yield "mistake", "more than 5 rows of buttons"
    buttons = [button for row in rows for button in row["components"]]
    for row in rows:
        yield from _count(row["components"], 5, "buttons in a row")
    if len({button.get("custom_id") for button in buttons}) != len(buttons):
        yield "mistake", "custom_id must be unique in a message"
    for button in buttons:
        yield from _label(button.get("label"), 80, size=len)
        yield from _label(button.get("custom_id"), 100, "custom_id", len)
    if buttons:
        yield from _buttons(button.get("label") for button in buttons)


def _teams(sent: Sent) -> Found:
    body = _object(sent)
    if not re.fullmatch(r"/v3/conversations/[^/]+/activities(/[^/]+)?", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    if body.get("type") != "message":
        yield "mistake", "type must be message"
    if len(json.dumps(body, ensure_ascii=False).encode("utf-16-le", "surrogatepass")) > 28 * 1024:
        yield "mistake", "the message has more than 28 KB"
    attachments = body.get("attachments") or []
    if not attachments:
        yield from _text(body.get("text"), 28 * 1024, "text")
    for attachment in attachments:
        content = attachment.get("content") or {}
        buttons = content.get("buttons") or []
        if len(buttons) > 6:
            yield "mistake", "more than 6 buttons on a card"
        for key in ("title", "subtitle", "text"):
            if content.get(key):
                yield "shown", content[key]
        for image in (*(content.get("images") or []), *([attachment] if "contentUrl" in attachment else [])):
            yield "shown", f"<image {image.get('url') or image.get('contentUrl')}>"
        if buttons:
            yield from _buttons(button.get("title") for button in buttons)


def _gchat(sent: Sent) -> Found:
    body = _object(sent)
    if not re.fullmatch(r"/v1/spaces/[^/]+/messages", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    if len(sent.body) > 32_000:
        yield "mistake", "the message has more than 32,000 bytes"
    cards = body.get("cardsV2") or []
    if not cards or "text" in body:
        yield from _text(body.get("text"), 4096, "text")
    if "<users/" in body.get("text", ""):
        yield "mistake", "the text calls people (<users/)"
    for card in cards:
        for widget in [widget for section in card["card"]["sections"] for widget in section["widgets"]]:
            if "textParagraph" in widget:
                yield "shown", widget["textParagraph"]["text"]
            if "image" in widget:
                yield "shown", f"<image {widget['image']['imageUrl']}>"
            if "buttonList" in widget:
                yield from _buttons(button["text"] for button in widget["buttonList"]["buttons"])


def _line(sent: Sent) -> Found:
    body = _object(sent)
    if sent.path not in ("/v2/bot/message/reply", "/v2/bot/message/push"):
        yield "mistake", f"there is nothing at {sent.path}"
    if sent.path.endswith("push") and not sent.headers.get("x-line-retry-key"):
        yield "mistake", "a push without X-Line-Retry-Key"
    if sent.path.endswith("reply") and sent.headers.get("x-line-retry-key"):
        yield "mistake", "a reply takes no X-Line-Retry-Key"
    yield from _count(body.get("messages"), 5, "messages")
    for message in body.get("messages") or []:
        yield from _line_message(message)


def _line_message(message: dict[str, Any]) -> Found:
    actions: list[Any] = []
    match message.get("type"):
        case "text":
            yield from _text(message.get("text"), 5000, "text", _utf16)
        case "image":
            if not str(message.get("originalContentUrl")).startswith("https://"):
                yield "mistake", "an image's address must be https"
            yield "shown", f"<image {message.get('originalContentUrl')}>"
        case "template":
            yield from _label(message.get("altText"), 400, "altText")
            template = message["template"]
            yield from _text(template.get("text"), 160, "a template's text", _utf16)
            actions = template.get("actions") or []
            yield from _count(actions, 4, "actions in a template")
        case "flex":
            yield from _label(message.get("altText"), 400, "altText")
            contents = message["contents"]
            if "hero" in contents:
                yield "shown", f"<image {contents['hero']['url']}>"
            for text in contents["body"]["contents"]:
                yield from _text(text.get("text"), 2000, "a text in a bubble")
            actions = [button["action"] for button in contents.get("footer", {}).get("contents", [])]
        case other:
            yield "mistake", f"a message of type {other}"
    quick = [item["action"] for item in message.get("quickReply", {}).get("items", [])]
    if len(quick) > 13:
        yield "mistake", "more than 13 quick replies"
    for action in (*actions, *quick):
        yield from _label(action.get("label"), 20)
        if action.get("type") == "postback":
            yield from _label(action.get("data"), 300, "data")
            if len(action.get("displayText", "")) > 300:
                yield "mistake", "displayText has more than 300 characters"
    if actions or quick:
        yield from _buttons(action.get("label") for action in (*actions, *quick))


CHECKS: Mapping[str, Callable[[Sent], Found]] = {
    "slack": _slack,
    "telegram": _telegram,
    "whatsapp": _whatsapp,
    "messenger": _messenger,
    "twilio": _twilio,
    "discord": _discord,
    "teams": _teams,
    "gchat": _gchat,
    "line": _line,
}
