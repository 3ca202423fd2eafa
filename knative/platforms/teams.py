"""Teams without Teams: a made-up account, its webhooks, and what its send API takes."""

import json
import re
from collections.abc import Mapping
from typing import Any

from knative.platforms.port import (
    GRANTED,
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
    check_text,
    read_json_object,
    show_buttons,
    sign_token,
)
from shared.channels.port import Limit
from shared.channels.teams.rendering import LIMITS

APP = "11111111-2222-3333-4444-555555555555"


def list_settings(stand_in: str) -> dict[str, str]:
    return {
        "app_id": APP,
        "app_password": SECRET,
        "api_url": f"{stand_in}/teams",
        "login_url": f"{stand_in}/login",
        "keys_url": f"{stand_in}/keys",
    }


def sign(unsigned: Unsigned) -> Mapping[str, str]:
    issuer = {"iss": "https://api.botframework.com", "aud": APP, "serviceurl": _read_service(unsigned.body)}
    return {"authorization": f"Bearer {sign_token(issuer, unsigned.now)}"}


def _read_service(body: bytes) -> str:
    found = re.search(rb'"serviceUrl": ?"([^"]*)"', body)
    return found[1].decode("utf-8", "replace") if found else ""


def write_text(said: str, number: int, stand_in: str, **more: Any) -> Webhook:
    """The activity of a person who writes this; `stand_in` is where the answers go instead of Microsoft."""
    return as_json(
        {
            "type": "message",
            "id": str(number),
            "text": said,
            "textFormat": "plain",
            "channelId": "msteams",
            "serviceUrl": f"{stand_in}/teams/" if stand_in else "https://smba.trafficmanager.net/amer/t/",
            "from": {"id": "29:somebody", "name": "Somebody"},
            "recipient": {"id": "28:bot", "name": "Parley"},
            "conversation": {"id": "a:simulated", "conversationType": "personal"},
            **more,
        }
    )


def press_button(payload: str, number: int, stand_in: str) -> Webhook:
    return write_text("A button", number, stand_in, value={"payload": payload})


def check_authorisation(sent: Sent, token: str) -> bool:
    return token == TOKEN and sent.headers.get("authorization") == f"Bearer {GRANTED}"


def check(sent: Sent) -> Found:
    """What Teams would refuse of a call, and what of it a person would see."""
    body = read_json_object(sent)
    if not re.fullmatch(r"/v3/conversations/[^/]+/activities(/[^/]+)?", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    if body.get("type") != "message":
        yield "mistake", "type must be message"
    if len(json.dumps(body, ensure_ascii=False).encode("utf-16-le", "surrogatepass")) > LIMITS["message"].most:
        yield "mistake", "the message has more than 28 KB"
    attachments = body.get("attachments") or []
    if not attachments:
        yield from check_text(body.get("text"), Limit(LIMITS["message"].most, "UTF-16 units"), "text")
    if attachments:
        yield from check_count(attachments, LIMITS["cards"])
    for attachment in attachments:
        content = attachment.get("content") or {}
        buttons = content.get("buttons") or []
        if buttons:
            yield from check_count(buttons, LIMITS["buttons"])
            yield from check_distinct([button.get("title") for button in buttons], "titles of buttons")
        for key in ("title", "subtitle", "text"):
            if content.get(key):
                yield "shown", content[key]
        for image in (*(content.get("images") or []), *([attachment] if "contentUrl" in attachment else [])):
            yield "shown", f"<image {image.get('url') or image.get('contentUrl')}>"
        if buttons:
            yield from show_buttons(button.get("title") for button in buttons)


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=check_authorisation,
    check=check,
    is_sign=lambda sent: read_json_object(sent).get("type") == "typing",
    taken=(201, {"id": "1"}),
    wrong=(400, {"error": {"code": "BadSyntax"}}),
    denied=(401, {"message": "Authorization has been denied for this request."}),
)
