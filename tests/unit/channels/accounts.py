"""Made-up accounts on every platform, and addresses of people there."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.channels.port import Call, Recipient

PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\n(the tests sign nothing with it)\n-----END PRIVATE KEY-----"
SETTINGS: dict[str, dict[str, str]] = {
    "slack": {"signing_secret": "s", "bot_token": "xoxb-test"},
    "telegram": {"secret_token": "s", "bot_token": "123:test"},
    "whatsapp": {"app_secret": "s", "verify_token": "v", "access_token": "test"},
    "messenger": {"app_secret": "s", "verify_token": "v", "page_token": "test"},
    "twilio": {"auth_token": "s", "account_sid": "AC1"},
    "twilio_voice": {"auth_token": "s", "account_sid": "AC1"},
    "discord": {"public_key": "00" * 32},
    "teams": {"app_id": "app", "app_password": "p"},
    "gchat": {
        "project_number": "1",
        "service_account": json.dumps({"client_email": "bot@example.com", "private_key": PRIVATE_KEY}),
    },
    "line": {"channel_secret": "s", "access_token": "test"},
}
ADDRESSES: dict[str, dict[str, Any]] = {
    "slack": {"channel": "C1", "thread": "1.2"},
    "telegram": {"chat": "42"},
    "whatsapp": {"to": "15550001111", "line": "100"},
    "messenger": {"to": "200", "platform": "page"},
    "twilio": {"to": "+14017122661", "from": "+15558675310"},
    "twilio_voice": {
        "call": "CA00000000000000000000000000000001",
        "to": "+14017122661",
        "url": "https://parley.example/webhooks/twilio_voice/webhook",
    },
    "discord": {"application": "145", "token": "aW50", "channel": "645"},
    "teams": {"service": "https://smba.trafficmanager.net/amer/t/", "conversation": "19:a@b;m=1", "activity": "1"},
    "gchat": {"space": "spaces/AAQ", "thread": "spaces/AAQ/threads/k"},
    "line": {"to": "U1", "reply": "token"},
}
ROOTS = {
    "slack": "https://slack.com/api",
    "telegram": "https://api.telegram.org",
    "whatsapp": "https://graph.facebook.com/v23.0",
    "messenger": "https://graph.facebook.com/v23.0",
    "twilio": "https://api.twilio.com",
    "twilio_voice": "https://api.twilio.com",
    "discord": "https://discord.com/api/v10",
    "teams": "https://smba.trafficmanager.net/amer/t",
    "gchat": "https://chat.googleapis.com",
    "line": "https://api.line.me",
}


def to(channel: str, **more: Any) -> Recipient:
    return Recipient("person", ADDRESSES[channel], more.pop("message", f"{channel}:m1"), more.pop("last", True), **more)


def path_and_query(channel: str, call: Call) -> tuple[str, dict[str, str]]:
    """Where a call goes, without the platform's root."""
    assert call.url.startswith(ROOTS[channel]), call.url
    parts = urlsplit(call.url.removeprefix(ROOTS[channel]))
    return parts.path, dict(parse_qsl(parts.query))
