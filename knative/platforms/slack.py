"""Slack without Slack: a made-up account, its webhooks, and what its send API takes."""

import hashlib
import hmac
import json
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
    Unsigned,
    Webhook,
    as_form,
    as_json,
    check_count,
    check_distinct,
    check_label,
    check_text,
    read_json_object,
    show_buttons,
)
from shared.channels.slack.rendering import LIMITS


def list_settings(stand_in: str) -> dict[str, str]:
    return {"signing_secret": SECRET, "bot_token": TOKEN, "api_url": f"{stand_in}/slack"}


def sign(unsigned: Unsigned) -> Mapping[str, str]:
    stamp = str(int(unsigned.now))
    signature = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + unsigned.body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signature}"}


def write_text(said: str, number: int, _: str) -> Webhook:
    event = {
        "type": "message",
        "channel": "D0SIMULATED",
        "channel_type": "im",
        "user": "U0SIMULATED",
        "text": said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "ts": f"{int(time.time())}.{number:06d}",
    }
    return as_json({"type": "event_callback", "team_id": "T0", "event_id": f"Ev{number}", "event": event})


def press_button(payload: str, number: int, _: str) -> Webhook:
    document = {
        "type": "block_actions",
        "user": {"id": "U0SIMULATED"},
        "team": {"id": "T0"},
        "channel": {"id": "D0SIMULATED"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "D0SIMULATED"},
        "trigger_id": f"trigger.{number}",
        "actions": [{"type": "button", "action_id": "choice_0", "value": payload}],
    }
    return as_form({"payload": json.dumps(document)})


def check_authorisation(sent: Sent, token: str) -> bool:
    return sent.path == "/hooks" or sent.headers.get("authorization") == f"Bearer {token}"


def check(sent: Sent) -> Found:
    """What Slack would refuse of a call, and what of it a person would see."""
    body = read_json_object(sent)
    if sent.path == "/assistant.threads.setSuggestedPrompts":
        yield from _check_prompts(body)
        return
    if sent.path not in ("/chat.postMessage", "/hooks"):
        yield "mistake", f"there is no method {sent.path}"
    if sent.path == "/chat.postMessage" and not body.get("channel"):
        yield "mistake", "channel is missing"
    text, blocks = body.get("text"), body.get("blocks") or []
    if not blocks:
        yield from check_text(text, LIMITS["text"], "text")
    if blocks:
        yield from check_count(blocks, LIMITS["blocks"])
    for block in blocks:
        match block.get("type"):
            case "divider":
                pass
            case "section":
                yield from check_text(block["text"]["text"], LIMITS["section"], "a section's text")
                if picture := block.get("accessory"):
                    yield from check_label(picture.get("image_url"), LIMITS["link"], "image_url")
                    yield "shown", f"<image {picture.get('image_url')}>"
            case "image":
                yield from check_label(block.get("image_url"), LIMITS["link"], "image_url")
                yield "shown", f"<image {block.get('image_url')}>"
            case "actions":
                elements = block.get("elements")
                yield from check_count(elements, LIMITS["buttons"])
                yield from check_distinct([element.get("action_id") for element in elements], "action_ids of a block")
                yield from check_distinct([element["text"]["text"] for element in elements], "labels")
                for element in elements:
                    yield from check_label(element["text"]["text"], LIMITS["label"])
                    target = ("url", "link") if "url" in element else ("value", "payload")
                    yield from check_label(element.get(target[0]), LIMITS[target[1]], target[0])
                yield from show_buttons(element["text"]["text"] for element in elements)
            case other:
                yield "mistake", f"a block of type {other}"
    if re.search(r"<[@!]", text or ""):
        yield "mistake", "the text calls people (<@ or <!)"


def _check_prompts(body: Mapping[str, Any]) -> Found:
    for name in ("channel_id", "thread_ts"):
        if not body.get(name):
            yield "mistake", f"{name} is missing"
    prompts = body.get("prompts") or []
    yield from check_count(prompts, LIMITS["prompts"])
    if not all(prompt.get("title") and prompt.get("message") for prompt in prompts):
        yield "mistake", "a prompt has no title or no message"
    yield from show_buttons(prompt.get("title") for prompt in prompts)


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=check_authorisation,
    check=check,
    is_sign=lambda sent: sent.path == "/assistant.threads.setStatus",
    taken=(200, {"ok": True, "ts": "1.1"}),
    wrong=(200, {"ok": False, "error": "invalid_blocks"}),
    denied=(200, {"ok": False, "error": "invalid_auth"}),
)
