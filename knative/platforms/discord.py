"""Discord without Discord: a made-up account, its webhooks, and what its send API takes."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from knative.platforms.port import (
    SECRET,
    TOKEN,
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
    read_json_object,
    show_buttons,
)
from shared.channels.discord.rendering import LIMITS


@cache
def derive_signing_key() -> ed25519.Ed25519PrivateKey:
    """Derived from the secret, because Discord's public key is a setting and not fetched."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(SECRET.encode()).digest())


def list_settings(stand_in: str) -> dict[str, str]:
    return {"public_key": derive_signing_key().public_key().public_bytes_raw().hex(), "api_url": f"{stand_in}/discord"}


def sign(unsigned: Unsigned) -> Mapping[str, str]:
    stamp = str(int(unsigned.now))
    return {
        "x-signature-timestamp": stamp,
        "x-signature-ed25519": derive_signing_key().sign(stamp.encode() + unsigned.body).hex(),
    }


def _discord_interaction(sort: int, data: Mapping[str, Any], number: int) -> Webhook:
    return as_json(
        {
            "type": sort,
            "id": str(10**17 + number),
            "application_id": "1457469483726668048",
            "channel_id": "645027906669510667",
            "token": f"simulated{number}",
            "locale": "en-US",
            "member": {"user": {"id": "53908232506183680", "username": "somebody"}},
            "data": data,
        }
    )


def write_text(said: str, number: int, _: str) -> Webhook:
    option = {"type": 3, "name": "text", "value": said}
    return _discord_interaction(2, {"id": "1", "name": "ask", "type": 1, "options": [option]}, number)


def press_button(payload: str, number: int, _: str) -> Webhook:
    return _discord_interaction(3, {"component_type": 2, "custom_id": payload}, number)


def check_authorisation(_: Sent, token: str) -> bool:
    """Discord's webhooks carry their token in the address."""
    return token == TOKEN


def check(sent: Sent) -> Found:
    """What Discord would refuse of a call, and what of it a person would see."""
    if not re.fullmatch(r"/webhooks/\d+/[^/]+(/messages/@original)?|/channels/\d+/messages", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    original = sent.path.endswith("@original")
    if sent.method == "DELETE":
        yield "shown", "(the deferred answer goes away)"
        return
    if sent.method != ("PATCH" if original else "POST"):
        yield "mistake", f"{sent.method} is not taken here"
    body = read_json_object(sent)
    content, embeds, rows = body.get("content"), body.get("embeds") or [], body.get("components") or []
    if content or not embeds:
        yield from check_text(content, LIMITS["text"], "content")
    for embed in embeds:
        for key, limit in (("title", LIMITS["card title"]), ("description", LIMITS["card text"])):
            if key in embed:
                yield from check_text(embed[key], limit, f"an embed's {key}")
        if "image" in embed:
            yield "shown", f"<image {embed['image'].get('url')}>"
    if embeds:
        yield from check_count(embeds, LIMITS["cards"])
        size = sum(len(embed.get("title", "")) + len(embed.get("description", "")) for embed in embeds)
        if size > LIMITS["all cards"].most:
            yield "mistake", f"the embeds have {size} characters together"
    if rows:
        yield from check_count(rows, LIMITS["rows"])
    buttons = [button for row in rows for button in row["components"]]
    for row in rows:
        yield from check_count(row["components"], LIMITS["row"])
    yield from check_distinct([button.get("custom_id") for button in buttons], "custom_ids of a message")
    yield from check_distinct([button.get("label") for button in buttons], "labels")
    for button in buttons:
        yield from check_label(button.get("label"), LIMITS["label"])
        yield from check_label(button.get("custom_id"), LIMITS["payload"], "custom_id")
    if buttons:
        yield from show_buttons(button.get("label") for button in buttons)


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=check_authorisation,
    check=check,
    taken=(200, {"id": "1"}),
    wrong=(400, {"code": 50035}),
    denied=(401, {"code": 0, "message": "401: Unauthorized"}),
    too_fast={"message": "You are being rate limited.", "retry_after": 0.5, "global": False},
)
