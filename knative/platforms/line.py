"""LINE without LINE: a made-up account, its webhooks, and what its send API takes."""

import base64
import hashlib
import hmac
import json
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
    check_distinct,
    check_label,
    check_text,
    has_bearer_token,
    read_json_object,
    show_buttons,
)
from shared.channels.line.rendering import LIMITS
from shared.channels.port import Limit


def list_settings(stand_in: str) -> dict[str, str]:
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


def write_text(said: str, number: int, _: str) -> Webhook:
    message = {"id": str(number), "type": "text", "text": said, "quoteToken": f"quote{number}"}
    return _line_event({"type": "message", "message": message}, number)


def press_button(payload: str, number: int, _: str) -> Webhook:
    return _line_event({"type": "postback", "postback": {"data": payload}}, number)


def check(sent: Sent) -> Found:
    body = read_json_object(sent)
    if sent.path not in ("/v2/bot/message/reply", "/v2/bot/message/push"):
        yield "mistake", f"there is nothing at {sent.path}"
    if sent.path.endswith("push") and not sent.headers.get("x-line-retry-key"):
        yield "mistake", "a push without X-Line-Retry-Key"
    if sent.path.endswith("reply") and sent.headers.get("x-line-retry-key"):
        yield "mistake", "a reply takes no X-Line-Retry-Key"
    yield from check_count(body.get("messages"), LIMITS["messages"])
    for message in body.get("messages") or []:
        yield from _check_message(message)


def _check_message(message: dict[str, Any]) -> Found:
    match message.get("type"):
        case "text":
            yield from check_text(message.get("text"), LIMITS["text"], "text")
        case "image":
            if not str(message.get("originalContentUrl")).startswith("https://"):
                yield "mistake", "an image's address must be https"
            yield "shown", f"<image {message.get('originalContentUrl')}>"
        case "template":
            yield from check_label(message.get("altText"), LIMITS["alternative text"], "altText")
            template = message["template"]
            yield from check_text(template.get("text"), LIMITS["text with buttons"], "a template's text")
            yield from check_count(template.get("actions"), LIMITS["buttons"])
            yield from _check_actions(template.get("actions") or [])
        case "flex":
            yield from check_label(message.get("altText"), LIMITS["alternative text"], "altText")
            yield from _check_flex(message["contents"])
        case other:
            yield "mistake", f"a message of type {other}"
    if quick := [item["action"] for item in message.get("quickReply", {}).get("items", [])]:
        yield from check_count(quick, LIMITS["quick replies"])
        yield from _check_actions(quick)


def _check_flex(contents: dict[str, Any]) -> Found:
    bubbles = [contents]
    if contents.get("type") == "carousel":
        bubbles = contents["contents"]
        yield from check_count(bubbles, LIMITS["cards"])
        if len(json.dumps(contents, ensure_ascii=False).encode()) > LIMITS["carousel"].most:
            yield "mistake", "a carousel of too many bytes"
    for bubble in bubbles:
        if len(json.dumps(bubble, ensure_ascii=False).encode()) > LIMITS["card"].most:
            yield "mistake", "a bubble of too many bytes"
        if "hero" in bubble:
            yield "shown", f"<image {bubble['hero']['url']}>"
        for text in bubble["body"]["contents"]:
            yield from check_text(text.get("text"), Limit(2000, "UTF-16 units"), "a text in a bubble")
        yield from _check_actions([button["action"] for button in bubble.get("footer", {}).get("contents", [])])


def _check_actions(actions: list[Any]) -> Found:
    yield from check_distinct([action.get("label") for action in actions], "labels")
    for action in actions:
        yield from check_label(action.get("label"), LIMITS["label"])
        if action.get("type") == "postback":
            yield from check_label(action.get("data"), LIMITS["payload"], "data")
            if "displayText" in action:
                yield from check_label(action["displayText"], LIMITS["payload"], "displayText")
    if actions:
        yield from show_buttons(action.get("label") for action in actions)


def answer_once(sent: Sent) -> tuple[str, Answer] | None:
    """A reply token and a retry key are taken once."""
    if sent.path.endswith("/reply"):
        return f"reply:{read_json_object(sent).get('replyToken')}", (400, {"message": "Invalid reply token"})
    key = sent.headers.get("x-line-retry-key")
    return (f"push:{key}", (409, {"message": "The retry key is already accepted"})) if key else None


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=has_bearer_token,
    check=check,
    is_sign=lambda sent: sent.path == "/v2/bot/chat/loading/start",
    taken=(200, {"sentMessages": [{"id": "1"}]}),
    wrong=(400, {"message": "The request body has 1 error(s)"}),
    denied=(401, {"message": "Authentication failed"}),
    once=answer_once,
)
