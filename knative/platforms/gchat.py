"""Google Chat without Google Chat: a made-up account, its webhooks, and what its send API takes."""

import json
import re
from collections.abc import Mapping

from knative.platforms.port import (
    GRANTED,
    TOKEN,
    Answer,
    Found,
    Sent,
    StandIn,
    Unsigned,
    Webhook,
    as_json,
    check_distinct,
    check_text,
    encode_private_key,
    read_json_object,
    show_buttons,
    sign_token,
)
from shared.channels.gchat.rendering import LIMITS

PROJECT = "1234567890"
CHAT = "chat@system.gserviceaccount.com"
_SPACE = {"name": "spaces/simulated", "type": "DM"}
_USER = {"name": "users/1", "type": "HUMAN"}
_THREAD = {"name": "spaces/simulated/threads/t"}


def list_settings(stand_in: str) -> dict[str, str]:
    return {
        "project_number": PROJECT,
        "service_account": json.dumps({"client_email": "bot@simulated.example", "private_key": encode_private_key()}),
        "api_url": f"{stand_in}/gchat",
        "token_url": f"{stand_in}/login/token",
        "keys_url": f"{stand_in}/keys",
    }


def sign(unsigned: Unsigned) -> Mapping[str, str]:
    return {"authorization": f"Bearer {sign_token({'iss': CHAT, 'aud': PROJECT}, unsigned.now)}"}


def write_text(said: str, number: int, _: str) -> Webhook:
    named = f"spaces/simulated/messages/{number}"
    message = {"name": named, "sender": _USER, "text": said, "argumentText": said, "space": _SPACE, "thread": _THREAD}
    return as_json({"type": "MESSAGE", "user": _USER, "space": _SPACE, "message": message})


def press_button(payload: str, number: int, _: str) -> Webhook:
    message = {"name": "spaces/simulated/messages/0", "space": _SPACE, "thread": _THREAD}
    event = {"type": "CARD_CLICKED", "eventTime": f"2026-01-01T00:00:00.{number:06d}Z", "user": _USER}
    common = {"parameters": {"payload": payload}, "userLocale": "en"}
    return as_json({**event, "space": _SPACE, "message": message, "common": common})


def check_authorisation(sent: Sent, token: str) -> bool:
    return token == TOKEN and sent.headers.get("authorization") == f"Bearer {GRANTED}"


def check(sent: Sent) -> Found:
    """What Google Chat would refuse of a call, and what of it a person would see."""
    body = read_json_object(sent)
    if not re.fullmatch(r"/v1/spaces/[^/]+/messages", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    if len(sent.body) > LIMITS["message"].most:
        yield "mistake", "the message has more than 32,000 bytes"
    cards = body.get("cardsV2") or []
    if not cards or "text" in body:
        yield from check_text(body.get("text"), LIMITS["text"], "text")
    if "<users/" in body.get("text", ""):
        yield "mistake", "the text calls people (<users/)"
    yield from check_distinct([card.get("cardId") for card in cards], "ids of cards")
    for card in cards:
        for widget in [widget for section in card["card"]["sections"] for widget in section["widgets"]]:
            if "textParagraph" in widget:
                yield "shown", widget["textParagraph"]["text"]
            if "image" in widget:
                yield "shown", f"<image {widget['image']['imageUrl']}>"
            if "buttonList" in widget:
                yield from check_distinct([button["text"] for button in widget["buttonList"]["buttons"]], "labels")
                yield from show_buttons(button["text"] for button in widget["buttonList"]["buttons"])


def answer_once(sent: Sent) -> tuple[str, Answer] | None:
    """A request id is taken once, and answered as the first time."""
    request = sent.query.get("requestId")
    return (f"request:{request}", STAND_IN.taken) if request else None


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=check_authorisation,
    check=check,
    taken=(200, {"name": "spaces/simulated/messages/1"}),
    wrong=(400, {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}),
    denied=(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}),
    once=answer_once,
)
