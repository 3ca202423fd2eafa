"""WhatsApp without WhatsApp: a made-up account, its webhooks, and what its send API takes."""

import re
import time
from collections.abc import Mapping
from typing import Any

from knative.platforms.port import (
    SECRET,
    TOKEN,
    Found,
    Sent,
    StandIn,
    Webhook,
    as_json,
    check_count,
    check_distinct,
    check_label,
    check_text,
    has_bearer_token,
    read_json_object,
    show_buttons,
    sign_as_meta,
)
from shared.channels.whatsapp.rendering import LIMITS


def list_settings(stand_in: str) -> dict[str, str]:
    return {
        "app_secret": SECRET,
        "verify_token": SECRET,
        "access_token": TOKEN,
        "api_url": f"{stand_in}/whatsapp",
    }


def _whatsapp_message(message: Mapping[str, Any], number: int) -> Webhook:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": "Somebody"}, "wa_id": "15550002222"}],
        "messages": [{"from": "15550002222", "id": f"wamid.{number}", "timestamp": str(int(time.time())), **message}],
    }
    change = {"field": "messages", "value": value}
    return as_json({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})


def write_text(said: str, number: int, _: str) -> Webhook:
    return _whatsapp_message({"type": "text", "text": {"body": said}}, number)


def press_button(payload: str, number: int, _: str) -> Webhook:
    reply = {"type": "button_reply", "button_reply": {"id": payload, "title": "A button"}}
    return _whatsapp_message({"type": "interactive", "interactive": reply}, number)


def check(sent: Sent) -> Found:
    """What WhatsApp would refuse of a call, and what of it a person would see."""
    body = read_json_object(sent)
    if body.get("messaging_product") != "whatsapp" or not body.get("to"):
        yield "mistake", "messaging_product or to is missing"
    if not re.fullmatch(r"/\d+/messages", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    sort = body.get("type")
    content = body.get(sort) if isinstance(sort, str) else None
    if not isinstance(content, dict):
        yield "mistake", f"the object {sort} is missing"
    elif sort == "text":
        yield from check_text(content.get("body"), LIMITS["text"], "text.body")
    elif sort == "interactive":
        yield from _check_interactive(content)
    elif sort in ("image", "document", "audio", "video"):
        yield from check_label(content.get("link"), LIMITS["link"], "link")
        yield "shown", f"<{sort} {content.get('link')}>"
    else:
        yield "mistake", f"type {sort}"


def _check_interactive(content: dict[str, Any]) -> Found:
    yield from check_text(content.get("body", {}).get("text"), LIMITS["body"], "the body of an interactive message")
    action = content.get("action", {})
    if content.get("type") == "button":
        buttons = [button["reply"] for button in action.get("buttons", [])]
        yield from check_count(buttons, LIMITS["buttons"])
        for button in buttons:
            yield from check_label(button.get("title"), LIMITS["label"])
            yield from check_label(button.get("id"), LIMITS["payload"], "an id")
    else:
        yield from check_label(action.get("button"), LIMITS["label"], "the list's button")
        buttons = [row for section in action.get("sections", []) for row in section["rows"]]
        yield from check_count(buttons, LIMITS["rows"])
        for row in buttons:
            yield from check_label(row.get("title"), LIMITS["row label"])
            yield from check_label(row.get("id"), LIMITS["row payload"], "an id")
    yield from check_distinct([button.get("id") for button in buttons], "ids of buttons and rows")
    yield from check_distinct([button.get("title") for button in buttons], "titles of buttons and rows")
    if picture := content.get("header"):
        yield from check_label(picture["image"].get("link"), LIMITS["link"], "the header's link")
        yield "shown", f"<image {picture['image'].get('link')}>"
    yield from show_buttons(button.get("title") for button in buttons)


STAND_IN = StandIn(
    account=list_settings,
    sign=sign_as_meta,
    text=write_text,
    pressed=press_button,
    authorised=has_bearer_token,
    check=check,
    is_sign=lambda sent: read_json_object(sent).get("status") == "read",
    taken=(200, {"messages": [{"id": "wamid.1"}]}),
    wrong=(400, {"error": {"code": 100}}),
    denied=(401, {"error": {"code": 190, "type": "OAuthException"}}),
)
