"""Twilio Voice without Twilio: calls to a made-up number, and what is said on them in answers and changed calls.

The rules are those of twilio.com/docs/voice/twiml: which verbs stand where, and how long a document may be.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from knative.platforms import twilio
from knative.platforms.port import SECRET, Found, Sent, StandIn, Webhook, as_form
from shared.channels.twilio_voice.twiml import LIMITS

PEOPLE = {"From": "+14017122661", "To": "+15558675310", "CallStatus": "in-progress", "Direction": "inbound"}
VERBS = {"Say", "Gather", "Pause", "Play", "Dial", "Hangup", "Redirect"}
WITHIN = {"Gather": {"Say", "Play", "Pause"}, "Dial": {"Number", "Sip"}}
MARKUP = {"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}


def list_settings(stand_in: str) -> dict[str, str]:
    return {"auth_token": SECRET, "account_sid": twilio.ACCOUNT, "api_url": f"{stand_in}/twilio_voice"}


def write_text(said: str, number: int, _: str) -> Webhook:
    return as_form({"CallSid": f"CA{number:032d}", **PEOPLE, "SpeechResult": said, "Confidence": "0.91"})


def press_button(payload: str, number: int, _: str) -> Webhook:
    """What a key's choice says; which key it was only the answer's address knows."""
    return as_form({"CallSid": f"CA{number:032d}", **PEOPLE, "SpeechResult": payload, "Confidence": "0.99"})


def check(sent: Sent) -> Found:
    if not re.fullmatch(r"/2010-04-01/Accounts/[^/]+/Calls/CA[0-9a-f]{32}\.json", sent.path):
        yield "mistake", f"there is nothing at {sent.path}"
    written = dict(parse_qsl(sent.body.decode(), keep_blank_values=True)).get("Twiml", "")
    if len(written) > LIMITS["twiml"].most:
        yield "mistake", f"Twiml has {len(written)} characters; {LIMITS['twiml'].most} are taken"
    yield from listen(written.encode())


def listen(written: bytes) -> Found:
    """What a caller hears of a document."""
    try:
        # Our own gateway wrote it, on this machine.
        root = ElementTree.fromstring(written)  # noqa: S314
    except ElementTree.ParseError:
        yield "mistake", "the TwiML is no XML"
        return
    if root.tag != "Response":
        yield "mistake", "the TwiML has no Response"
    for verb in root:
        if verb.tag not in VERBS:
            yield "mistake", f"there is no verb {verb.tag}"
        yield from _read_verb(verb)


def _read_verb(verb: ElementTree.Element) -> Iterator[tuple[str, str]]:
    if verb.tag == "Say":
        if not (said := " ".join("".join(verb.itertext()).split())):
            yield "mistake", "Say is empty"
        for element in verb.iter():
            if element is not verb and element.tag not in MARKUP:
                yield "mistake", f"Say has no {element.tag}"
        yield "shown", said
    for inner in verb if verb.tag in WITHIN else ():
        if inner.tag not in WITHIN[verb.tag]:
            yield "mistake", f"{verb.tag} has no {inner.tag}"
        yield from _read_verb(inner)
    if verb.tag == "Gather" and not verb.get("action"):
        yield "mistake", "Gather has no action"
    elif verb.tag == "Gather" and len(verb.get("action", "")) > LIMITS["address"].most:
        yield "mistake", "the address of Gather is too long"
    if verb.tag in ("Hangup", "Dial"):
        yield "shown", f"<{verb.tag.lower()}{' ' + ''.join(verb.itertext()) if verb.tag == 'Dial' else ''}>"


STAND_IN = StandIn(
    account=list_settings,
    sign=twilio.sign,
    text=write_text,
    pressed=press_button,
    authorised=twilio.check_authorisation,
    check=check,
    answered=listen,
    taken=(200, {"sid": "CA1", "status": "in-progress"}),
    wrong=(400, {"code": 21218, "status": 400}),
    denied=(401, {"code": 20003, "status": 401}),
)
