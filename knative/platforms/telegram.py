"""Telegram without Telegram: a made-up account, its webhooks, and what its send API takes."""

import time
from collections.abc import Mapping

from knative.platforms.port import (
    PERSON,
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
from shared.channels.telegram.rendering import LIMITS

TOPICS = (5,)
"""The only topics that a group of the stand-in has: any other thread, as those of plain replies, is not found."""


def list_settings(stand_in: str) -> dict[str, str]:
    return {"secret_token": SECRET, "bot_token": TOKEN, "api_url": f"{stand_in}/telegram"}


def sign(_: Unsigned) -> Mapping[str, str]:
    return {"x-telegram-bot-api-secret-token": SECRET}


def write_text(said: str, number: int, _: str) -> Webhook:
    person = {"id": int(PERSON), "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    message = {"message_id": number, "from": person, "chat": {"id": int(PERSON), "type": "private"}, "text": said}
    return as_json({"update_id": number, "message": {**message, "date": int(time.time())}})


def record_voice_note(number: int) -> Webhook:
    """A person on Telegram spoke; the stand-in does not have the recording."""
    person = {"id": int(PERSON), "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    message = {"message_id": number, "from": person, "chat": {"id": int(PERSON), "type": "private"}}
    voice = {"file_id": f"voice-{number}", "mime_type": "audio/ogg", "duration": 2}
    return as_json({"update_id": number, "message": {**message, "date": int(time.time()), "voice": voice}})


def press_button(payload: str, number: int, _: str) -> Webhook:
    query = {
        "id": str(number),
        "from": {"id": int(PERSON), "is_bot": False, "first_name": "Somebody"},
        "message": {"message_id": 1, "chat": {"id": int(PERSON), "type": "private"}, "date": 1},
        "data": payload,
    }
    return as_json({"update_id": number, "callback_query": query})


def check_authorisation(sent: Sent, token: str) -> bool:
    return sent.path.startswith(f"/bot{token}/")


def check(sent: Sent) -> Found:
    """What Telegram would refuse of a call, and what of it a person would see."""
    body = read_json_object(sent)
    if not body.get("chat_id"):
        yield "mistake", "chat_id is missing"
    thread = body.get("message_thread_id")
    if thread is not None and thread not in TOPICS:
        yield "mistake", "message thread not found"
    method = sent.path.rpartition("/")[2]
    match method:
        case "sendMessage":
            yield from check_text(body.get("text"), LIMITS["text"], "text")
        case "sendPhoto" | "sendDocument" | "sendAudio" | "sendVideo":
            field = method.removeprefix("send").lower()
            yield from check_label(body.get(field), LIMITS["text"], field)
            yield "shown", f"<{field} {body.get(field)}>"
            if "caption" in body:
                yield from check_text(body["caption"], LIMITS["caption"], "caption")
        case _:
            yield "mistake", f"there is no method {method}"
    markup = body.get("reply_markup") or {}
    for row in markup.get("inline_keyboard") or []:
        for key in row:
            yield from check_label(key["callback_data"], LIMITS["payload"], "callback_data")
            yield from check_label(key["text"], LIMITS["text"])
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if rows:
        yield from check_count([key for row in rows for key in row], LIMITS["buttons"])
        yield from check_distinct([key["text"] for row in rows for key in row], "labels")
        yield from show_buttons(key["text"] for row in rows for key in row)


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=check_authorisation,
    check=check,
    taken=(200, {"ok": True, "result": {"message_id": 1}}),
    wrong=(400, {"ok": False, "error_code": 400, "description": "Bad Request"}),
    denied=(401, {"ok": False, "error_code": 401, "description": "Unauthorized"}),
    too_fast={"ok": False, "error_code": 429, "parameters": {"retry_after": 1}},
)
