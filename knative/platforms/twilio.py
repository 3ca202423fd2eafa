"""Twilio without Twilio: a made-up account, its webhooks, and what its send API takes."""

import base64
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from knative.platforms.port import SECRET, TOKEN, Found, Sent, StandIn, Unsigned, Webhook, as_form, check_text
from shared.channels.twilio.sending import LIMITS

ACCOUNT = "AC00000000000000000000000000000000"


def list_settings(stand_in: str) -> dict[str, str]:
    return {"auth_token": SECRET, "account_sid": ACCOUNT, "api_url": f"{stand_in}/twilio"}


def sign(unsigned: Unsigned) -> Mapping[str, str]:
    pairs = sorted(set(parse_qsl(unsigned.body.decode(errors="replace"), True, errors="surrogateescape")))
    whole = (unsigned.url + "".join(key + value for key, value in pairs)).encode(errors="surrogateescape")
    return {"x-twilio-signature": base64.b64encode(hmac.new(SECRET.encode(), whole, "sha1").digest()).decode()}


def write_text(said: str, number: int, _: str) -> Webhook:
    return as_form({"MessageSid": f"SM{number:032d}", "From": "+14017122661", "To": "+15558675310", "Body": said})


def press_button(payload: str, number: int, _: str) -> Webhook:
    people = {"From": "whatsapp:+14017122661", "To": "whatsapp:+15558675310"}
    return as_form({"MessageSid": f"SM{number:032d}", **people, "Body": "A button", "ButtonPayload": payload})


def check_authorisation(sent: Sent, token: str) -> bool:
    basic = base64.b64encode(f"{ACCOUNT}:{SECRET}".encode()).decode()
    return token == TOKEN and sent.headers.get("authorization") == "Basic " + basic


def check(sent: Sent) -> Found:
    fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
    if not re.fullmatch(r"/2010-04-01/Accounts/[^/]+/Messages\.json", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    if not fields.get("To") or not fields.get("From"):
        yield "mistake", "To or From is missing"
    if not fields.get("MediaUrl") or "Body" in fields:
        yield from check_text(fields.get("Body"), LIMITS["text"], "Body")
    if fields.get("MediaUrl"):
        yield "shown", f"<media {fields['MediaUrl']}>"


STAND_IN = StandIn(
    account=list_settings,
    sign=sign,
    text=write_text,
    pressed=press_button,
    authorised=check_authorisation,
    check=check,
    taken=(201, {"sid": "SM1", "status": "queued"}),
    wrong=(400, {"code": 21617, "status": 400}),
    denied=(401, {"code": 20003, "status": 401}),
)
