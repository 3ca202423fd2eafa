"""Messenger without Messenger: a made-up account, its webhooks, and what its send API takes."""

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
from shared.channels.messenger.rendering import LIMITS


def list_settings(stand_in: str) -> dict[str, str]:
    return {
        "app_secret": SECRET,
        "verify_token": SECRET,
        "page_token": TOKEN,
        "api_url": f"{stand_in}/messenger",
    }


def _messenger_event(event: Mapping[str, Any]) -> Webhook:
    people = {"sender": {"id": "200000000000001"}, "recipient": {"id": "100000000000001"}}
    messaging = {**people, "timestamp": int(time.time() * 1000), **event}
    return as_json({"object": "page", "entry": [{"id": "100000000000001", "time": 1, "messaging": [messaging]}]})


def write_text(said: str, number: int, _: str) -> Webhook:
    return _messenger_event({"message": {"mid": f"m_{number}", "text": said}})


def press_button(payload: str, number: int, _: str) -> Webhook:
    return _messenger_event({"postback": {"mid": f"m_{number}", "title": "A button", "payload": payload}})


def check(sent: Sent) -> Found:
    """What Messenger would refuse of a call, and what of it a person would see."""
    body = read_json_object(sent)
    if not body.get("recipient", {}).get("id") or body.get("messaging_type") != "RESPONSE":
        yield "mistake", "recipient.id or messaging_type is missing"
    message = body.get("message") or {}
    attachment = message.get("attachment")
    if attachment is None:
        yield from check_text(message.get("text"), LIMITS["text"], "text")
    elif attachment.get("type") == "template":
        yield from _check_template(attachment["payload"])
    else:
        yield "shown", f"<{attachment.get('type')} {attachment['payload'].get('url')}>"
    quick = message.get("quick_replies")
    if quick is not None:
        yield from check_count(quick, LIMITS["quick replies"])
        yield from check_distinct([choice.get("title") for choice in quick], "titles of quick replies")
        for choice in quick:
            yield from check_label(choice.get("title"), LIMITS["label"])
            yield from check_label(choice.get("payload"), LIMITS["payload"], "a payload")
        yield from show_buttons(choice.get("title") for choice in quick)


def _check_template(payload: dict[str, Any]) -> Found:
    if payload.get("template_type") == "button":
        yield from check_text(payload.get("text"), LIMITS["text with buttons"], "a button template's text")
        yield from check_count(payload.get("buttons"), LIMITS["buttons"])
        yield from _check_buttons(payload.get("buttons") or [])
        return
    yield from check_count(payload.get("elements"), LIMITS["cards"])
    for element in payload.get("elements", []):
        yield from check_text(element.get("title"), LIMITS["card title"], "a card's title")
        if len(element) < 2:
            yield "mistake", "a card must have something besides its title"
        if "subtitle" in element:
            yield from check_text(element["subtitle"], LIMITS["card title"], "a card's subtitle")
        if "image_url" in element:
            yield "shown", f"<image {element['image_url']}>"
        if buttons := element.get("buttons"):
            yield from check_count(buttons, LIMITS["buttons"])
            yield from _check_buttons(buttons)


def _check_buttons(buttons: list[Any]) -> Found:
    yield from check_distinct([button.get("title") for button in buttons], "titles of buttons")
    for button in buttons:
        yield from check_label(button.get("title"), LIMITS["label"])
        if button.get("type") == "postback":
            yield from check_label(button.get("payload"), LIMITS["payload"], "a payload")
    yield from show_buttons(button.get("title") for button in buttons)


STAND_IN = StandIn(
    account=list_settings,
    sign=sign_as_meta,
    text=write_text,
    pressed=press_button,
    authorised=has_bearer_token,
    check=check,
    is_sign=lambda sent: read_json_object(sent).get("sender_action") == "typing_on",
    taken=(200, {"recipient_id": "1", "message_id": "m_1"}),
    wrong=(400, {"error": {"code": 100}}),
    denied=(401, {"error": {"code": 190, "type": "OAuthException"}}),
)
