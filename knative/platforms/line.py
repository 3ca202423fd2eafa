"""LINE without LINE: a made-up account, its webhooks, and what its send API takes."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

from knative.platforms.port import (
    SECRET,
    TOKEN,
    Answer,
    Found,
    Sent,
    StandIn,
    Unsigned,
    Webhook,
    as_json,
    check_count,
    check_label,
    check_text,
    json_object,
    show_buttons,
    utf16_units,
)


def account(stand_in: str) -> dict[str, str]:
    return {"channel_secret": SECRET, "access_token": TOKEN, "api_url": f"{stand_in}/line"}


def sign(unsigned: Unsigned) -> Mapping[str, str]:
    signature = base64.b64encode(hmac.new(SECRET.encode(), unsigned.body, hashlib.sha256).digest()).decode()
    return {"x-line-signature": signature}


def _line_event(event: Mapping[str, Any], number: int) -> Webhook:
    lead = {
        "webhookEventId": f"01SIMULATED{number}",
        "replyToken": f"reply{number}",
        "mode": "active",
        "timestamp": int(time.time() * 1000),
        "source": {"type": "user", "userId": "U1"},
        "deliveryContext": {"isRedelivery": False},
    }
    return as_json({"destination": "U0", "events": [{**lead, **event}]})


def text(said: str, number: int, _: str) -> Webhook:
    message = {"id": str(number), "type": "text", "text": said, "quoteToken": f"quote{number}"}
    return _line_event({"type": "message", "message": message}, number)


def pressed(payload: str, number: int, _: str) -> Webhook:
    return _line_event({"type": "postback", "postback": {"data": payload}}, number)


def authorised(sent: Sent, token: str) -> bool:
    return sent.headers.get("authorization") == f"Bearer {token}"


def check(sent: Sent) -> Found:
    body = json_object(sent)
    if sent.path not in ("/v2/bot/message/reply", "/v2/bot/message/push"):
        yield "mistake", f"there is nothing at {sent.path}"
    if sent.path.endswith("push") and not sent.headers.get("x-line-retry-key"):
        yield "mistake", "a push without X-Line-Retry-Key"
    if sent.path.endswith("reply") and sent.headers.get("x-line-retry-key"):
        yield "mistake", "a reply takes no X-Line-Retry-Key"
    yield from check_count(body.get("messages"), 5, "messages")
    for message in body.get("messages") or []:
        yield from _check_message(message)


def _check_message(message: dict[str, Any]) -> Found:
    actions: list[Any] = []
    match message.get("type"):
        case "text":
            yield from check_text(message.get("text"), 5000, "text", utf16_units)
        case "image":
            if not str(message.get("originalContentUrl")).startswith("https://"):
                yield "mistake", "an image's address must be https"
            yield "shown", f"<image {message.get('originalContentUrl')}>"
        case "template":
            yield from check_label(message.get("altText"), 400, "altText")
            template = message["template"]
            yield from check_text(template.get("text"), 160, "a template's text", utf16_units)
            actions = template.get("actions") or []
            yield from check_count(actions, 4, "actions in a template")
        case "flex":
            yield from check_label(message.get("altText"), 400, "altText")
            contents = message["contents"]
            if "hero" in contents:
                yield "shown", f"<image {contents['hero']['url']}>"
            for text in contents["body"]["contents"]:
                yield from check_text(text.get("text"), 2000, "a text in a bubble")
            actions = [button["action"] for button in contents.get("footer", {}).get("contents", [])]
        case other:
            yield "mistake", f"a message of type {other}"
    quick = [item["action"] for item in message.get("quickReply", {}).get("items", [])]
    if len(quick) > 13:
        yield "mistake", "more than 13 quick replies"
    for action in (*actions, *quick):
        yield from check_label(action.get("label"), 20)
        if action.get("type") == "postback":
            yield from check_label(action.get("data"), 300, "data")
            if len(action.get("displayText", "")) > 300:
                yield "mistake", "displayText has more than 300 characters"
    if actions or quick:
        yield from show_buttons(action.get("label") for action in (*actions, *quick))


def once(sent: Sent) -> tuple[str, Answer] | None:
    """A reply token and a retry key are taken once."""
    if sent.path.endswith("/reply"):
        return f"reply:{json_object(sent).get('replyToken')}", (400, {"message": "Invalid reply token"})
    key = sent.headers.get("x-line-retry-key")
    return (f"push:{key}", (409, {"message": "The retry key is already accepted"})) if key else None


STAND_IN = StandIn(
    account=account,
    sign=sign,
    text=text,
    pressed=pressed,
    authorised=authorised,
    check=check,
    taken=(200, {"sentMessages": [{"id": "1"}]}),
    wrong=(400, {"message": "The request body has 1 error(s)"}),
    denied=(401, {"message": "Authentication failed"}),
    once=once,
)
