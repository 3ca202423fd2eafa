"""Webhooks in the form in which each platform sends them: a text, a pressed button, an image; unsigned.

The forms are those of the platforms' documentation, with made-up people. Ids count up, so that each is a new message.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
PERSON = "4242"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook's body."""

    body: bytes
    content_type: str = "application/json"


def text(platform: str, said: str, number: int, stand_in: str = "") -> Webhook:
    """A person wrote `said`; the same number is the same message."""
    return _TEXTS[platform](said, number, stand_in)


def pressed(platform: str, payload: str, number: int, stand_in: str = "") -> Webhook:
    """A person pressed a button that carries this payload."""
    return _BUTTONS[platform](payload, number, stand_in)


def _json(document: Mapping[str, Any]) -> Webhook:
    return Webhook(json.dumps(document, ensure_ascii=False).encode())


def _form(fields: Mapping[str, str]) -> Webhook:
    return Webhook(urlencode(fields).encode(), FORM)


def _slack(said: str, number: int, _: str) -> Webhook:
    event = {
        "type": "message",
        "channel": "D0SIMULATED",
        "channel_type": "im",
        "user": "U0SIMULATED",
        "text": said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "ts": f"{int(time.time())}.{number:06d}",
    }
    return _json({"type": "event_callback", "team_id": "T0", "event_id": f"Ev{number}", "event": event})


def _slack_button(payload: str, number: int, _: str) -> Webhook:
    document = {
        "type": "block_actions",
        "user": {"id": "U0SIMULATED"},
        "team": {"id": "T0"},
        "channel": {"id": "D0SIMULATED"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "D0SIMULATED"},
        "trigger_id": f"trigger.{number}",
        "actions": [{"type": "button", "action_id": "choice_0", "value": payload}],
    }
    return _form({"payload": json.dumps(document)})


def _telegram(said: str, number: int, _: str) -> Webhook:
    person = {"id": int(PERSON), "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    message = {"message_id": number, "from": person, "chat": {"id": int(PERSON), "type": "private"}, "text": said}
    return _json({"update_id": number, "message": {**message, "date": int(time.time())}})


def voice_note(number: int) -> Webhook:
    """A person on Telegram spoke; the stand-in does not have the recording."""
    person = {"id": int(PERSON), "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    message = {"message_id": number, "from": person, "chat": {"id": int(PERSON), "type": "private"}}
    voice = {"file_id": f"voice-{number}", "mime_type": "audio/ogg", "duration": 2}
    return _json({"update_id": number, "message": {**message, "date": int(time.time()), "voice": voice}})


def _telegram_button(payload: str, number: int, _: str) -> Webhook:
    query = {
        "id": str(number),
        "from": {"id": int(PERSON), "is_bot": False, "first_name": "Somebody"},
        "message": {"message_id": 1, "chat": {"id": int(PERSON), "type": "private"}, "date": 1},
        "data": payload,
    }
    return _json({"update_id": number, "callback_query": query})


def _whatsapp_message(message: Mapping[str, Any], number: int) -> Webhook:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": "Somebody"}, "wa_id": "15550002222"}],
        "messages": [{"from": "15550002222", "id": f"wamid.{number}", "timestamp": str(int(time.time())), **message}],
    }
    change = {"field": "messages", "value": value}
    return _json({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})


def _whatsapp(said: str, number: int, _: str) -> Webhook:
    return _whatsapp_message({"type": "text", "text": {"body": said}}, number)


def _whatsapp_button(payload: str, number: int, _: str) -> Webhook:
    reply = {"type": "button_reply", "button_reply": {"id": payload, "title": "A button"}}
    return _whatsapp_message({"type": "interactive", "interactive": reply}, number)


def _messenger_event(event: Mapping[str, Any]) -> Webhook:
    people = {"sender": {"id": "200000000000001"}, "recipient": {"id": "100000000000001"}}
    messaging = {**people, "timestamp": int(time.time() * 1000), **event}
    return _json({"object": "page", "entry": [{"id": "100000000000001", "time": 1, "messaging": [messaging]}]})


def _messenger(said: str, number: int, _: str) -> Webhook:
    return _messenger_event({"message": {"mid": f"m_{number}", "text": said}})


def _messenger_button(payload: str, number: int, _: str) -> Webhook:
    return _messenger_event({"postback": {"mid": f"m_{number}", "title": "A button", "payload": payload}})


def _twilio(said: str, number: int, _: str) -> Webhook:
    return _form({"MessageSid": f"SM{number:032d}", "From": "+14017122661", "To": "+15558675310", "Body": said})


def _twilio_button(payload: str, number: int, _: str) -> Webhook:
    people = {"From": "whatsapp:+14017122661", "To": "whatsapp:+15558675310"}
    return _form({"MessageSid": f"SM{number:032d}", **people, "Body": "A button", "ButtonPayload": payload})


def _discord_interaction(sort: int, data: Mapping[str, Any], number: int) -> Webhook:
    return _json(
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


def _discord(said: str, number: int, _: str) -> Webhook:
    option = {"type": 3, "name": "text", "value": said}
    return _discord_interaction(2, {"id": "1", "name": "ask", "type": 1, "options": [option]}, number)


def _discord_button(payload: str, number: int, _: str) -> Webhook:
    return _discord_interaction(3, {"component_type": 2, "custom_id": payload}, number)


def _teams(said: str, number: int, stand_in: str, **more: Any) -> Webhook:
    return _json(
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


def _teams_button(payload: str, number: int, stand_in: str) -> Webhook:
    return _teams("A button", number, stand_in, value={"payload": payload})


_SPACE = {"name": "spaces/simulated", "type": "DM"}
_USER = {"name": "users/1", "type": "HUMAN"}
_THREAD = {"name": "spaces/simulated/threads/t"}


def _gchat(said: str, number: int, _: str) -> Webhook:
    named = f"spaces/simulated/messages/{number}"
    message = {"name": named, "sender": _USER, "text": said, "argumentText": said, "space": _SPACE, "thread": _THREAD}
    return _json({"type": "MESSAGE", "user": _USER, "space": _SPACE, "message": message})


def _gchat_button(payload: str, number: int, _: str) -> Webhook:
    message = {"name": "spaces/simulated/messages/0", "space": _SPACE, "thread": _THREAD}
    event = {"type": "CARD_CLICKED", "eventTime": f"2026-01-01T00:00:00.{number:06d}Z", "user": _USER}
    common = {"parameters": {"payload": payload}, "userLocale": "en"}
    return _json({**event, "space": _SPACE, "message": message, "common": common})


def _line_event(event: Mapping[str, Any], number: int) -> Webhook:
    lead = {
        "webhookEventId": f"01SIMULATED{number}",
        "replyToken": f"reply{number}",
        "mode": "active",
        "timestamp": int(time.time() * 1000),
        "source": {"type": "user", "userId": "U1"},
        "deliveryContext": {"isRedelivery": False},
    }
    return _json({"destination": "U0", "events": [{**lead, **event}]})


def _line(said: str, number: int, _: str) -> Webhook:
    message = {"id": str(number), "type": "text", "text": said, "quoteToken": f"quote{number}"}
    return _line_event({"type": "message", "message": message}, number)


def _line_button(payload: str, number: int, _: str) -> Webhook:
    return _line_event({"type": "postback", "postback": {"data": payload}}, number)


_TEXTS: Mapping[str, Callable[[str, int, str], Webhook]] = {
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
_BUTTONS: Mapping[str, Callable[[str, int, str], Webhook]] = {
    "slack": _slack_button,
    "telegram": _telegram_button,
    "whatsapp": _whatsapp_button,
    "messenger": _messenger_button,
    "twilio": _twilio_button,
    "discord": _discord_button,
    "teams": _teams_button,
    "gchat": _gchat_button,
    "line": _line_button,
}
