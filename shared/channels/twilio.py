"""Twilio: SMS, MMS and WhatsApp in and out (twilio.com/docs/messaging, twilio.com/docs/usage/security)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

from shared.channels import parts
from shared.channels.body import read_object, read_webhook, repair_text
from shared.channels.fitting import count_utf8, list_buttons, split
from shared.channels.locating import check_fetchable, check_own_address
from shared.channels.port import (
    BOTH,
    DELIVERY,
    AttachmentLocation,
    Call,
    Channel,
    Forged,
    Inbound,
    InboundMessage,
    Limit,
    Outgoing,
    Parsed,
    Recipient,
    Setting,
    Settings,
    Verdict,
    WebhookResponse,
)
from shared.channels.port import by_status as _by_status
from shared.channels.reading import (
    choose_attachment_type,
    describe_location,
    parse_form,
    pick,
    read_number,
    read_string,
    refer_to_attachment,
    values_of,
)
from shared.channels.signing import require_secret, sign_base64_sha1
from shared.errors import Rejected
from shared.events.catalogue import Attachment, Reply
from shared.events.wire import JSON

NAME = "twilio"
API = "https://api.twilio.com"
HOSTS = ("api.twilio.com", "*.twilio.com", "*.twiliocdn.com")
OK = WebhookResponse(200, b"<Response/>", "text/xml")
LIMITS: Mapping[str, Limit] = {"text": Limit(1600, "bytes"), "media": Limit(10, "media")}
"""Bytes, because what has more than one is counted as several characters (error 21617)."""
TEXT_LIMIT, MOST_MEDIA = LIMITS["text"].most, LIMITS["media"].most
WORDS = ("ButtonPayload", "ListId", "Body", "ButtonText", "Address", "Label")
"""Where the words of a message are, the surest first; the last two are those of a place."""
STOP = ("stop", "stopall", "stop all", "unsubscribe", "unstop")
STOP_IN_NORTH_AMERICA = ("cancel", "end", "quit", "optout", "revoke")
UNREACHABLE = (
    *(21211, 21214, 21217, 21265, 21407, 21408, 21610, 21612, 21614),
    *(30003, 30004, 30005, 30006, 63003, 63013, 63024),
)
"""Opted out, no such number, not a mobile one, unreachable, blocked (twilio.com/docs/api/errors)."""
ESCAPES = ["+" if chr(byte) == " " else quote(bytes([byte]), safe="") for byte in range(256)]
PORTS = {"https": 443, "http": 80}
MEDIA = re.compile(r"/2010-04-01/Accounts/[A-Za-z0-9.]+/Messages/[A-Za-z0-9.]+/Media/[A-Za-z0-9.]+")


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """The message in the form. The answer is empty TwiML; what the assistant says goes out as messages of its own."""
    verify(inbound, settings)
    fields = {key: repair_text(values[0]) for key, values in parse_form(inbound.body).items()}
    person, line = fields.get("From", ""), fields.get("To", "")
    if is_carrier_word(fields):
        return OK
    text = next((fields[key].strip() for key in WORDS if fields.get(key, "").strip()), "")
    metadata: dict[str, JSON] = {}
    if fields.get("InteractiveData"):
        filled_in = _read_interactive(fields["InteractiveData"])
        text, metadata = text or values_of(filled_in), {"form": filled_in}
    attachments = tuple(_list_attachments(fields))
    if not person or not (text or attachments):
        return OK
    heard = InboundMessage(
        text=text,
        sender=f"{line}.{person}" if line else person,
        id=fields.get("MessageSid") or fields.get("SmsMessageSid") or None,
        metadata=metadata,
        attachments=attachments,
        address={"to": person, "from": line},
    )
    return (heard,)


def is_carrier_word(fields: Mapping[str, str]) -> bool:
    """Whether Twilio, or the carrier, has dealt with the message itself: STOP, HELP, START and the like by SMS.

    What would be answered to STOP is refused (error 21610). With Advanced Opt-Out Twilio says so (OptOutType); without
    it the words themselves count, those that people also say to an assistant only in North America, whose carriers ask
    for all of them.
    """
    if fields.get("OptOutType", "").strip():
        return True
    person, word = fields.get("From", ""), fields.get("Body", "").strip().casefold()
    if not person.startswith("+"):
        return False
    return word in STOP or (person.startswith("+1") and word in STOP_IN_NORTH_AMERICA)


def _read_interactive(text: str) -> JSON:
    """What was filled in in a WhatsApp Flow."""
    try:
        return read_webhook(text.encode())
    except Rejected:
        return text


def verify(inbound: Inbound, settings: Settings, channel: str = NAME) -> None:
    """Forged where it is not signed with the auth token for the address that Twilio called.

    Proxies add and remove ports, so the address counts with the default port and without any, as Twilio's own
    validators have it. Twilio signs no time; the MessageSid is what makes a repetition harmless.
    """
    token = require_secret(settings, "auth_token", channel)
    found = inbound.headers.get("x-twilio-signature", "").encode("utf-8", "surrogatepass")
    parameters = _read_parameters(inbound)
    valid = False
    for address in _list_addresses(inbound.url):
        expected = sign_base64_sha1(token, (address + parameters).encode("utf-8", "surrogateescape")).encode()
        valid |= hmac.compare_digest(expected, found)
    if not valid:
        raise Forged("X-Twilio-Signature is missing or wrong; is PUBLIC_URL the address that Twilio calls?")


def _read_parameters(inbound: Inbound) -> str:
    """What is signed behind the address: the form, sorted; a JSON body is in the address as its hash."""
    digest = dict(parse_qsl(inbound.url.partition("?")[2])).get("bodySHA256")
    if digest is not None:
        actual = hashlib.sha256(inbound.body).hexdigest()
        if not hmac.compare_digest(actual.encode(), digest.encode("utf-8", "surrogatepass")):
            raise Forged("the body is not the one that the address names in bodySHA256")
        return ""
    fields = parse_form(inbound.body)
    return "".join(key + value for key in sorted(fields) for value in sorted(set(fields[key])))


def _list_addresses(url: str) -> Iterator[str]:
    """The address as it is, without a port, and with the scheme's default port."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return
    bare = re.sub(r":[0-9]*$", "", parts.netloc) if port is not None else parts.netloc
    yield url
    if port is not None:
        yield parts._replace(netloc=bare).geturl()
    elif host and parts.scheme in PORTS:
        yield parts._replace(netloc=f"{bare}:{PORTS[parts.scheme]}").geturl()


def _list_attachments(fields: Mapping[str, str]) -> Iterator[Attachment]:
    for count in range(MOST_MEDIA):
        url, content_type = fields.get(f"MediaUrl{count}"), fields.get(f"MediaContentType{count}", "")
        if url:
            yield refer_to_attachment(
                choose_attachment_type(content_type), url, HOSTS, content_type=content_type or None
            )
    names = fields.get("Label", ""), fields.get("Address", "")
    if fields.get("Latitude") or fields.get("Longitude"):
        place = {key: _read_coordinate(fields, key) for key in ("Latitude", "Longitude")}
        yield from describe_location(place, *names, keys=("Latitude", "Longitude"))


def _read_coordinate(fields: Mapping[str, str], key: str) -> float | None:
    text = fields.get(key, "")
    return read_number(float(text)) if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,12})?", text) else None


def read_failures(inbound: Inbound) -> list[str]:
    """A status callback (where one leads here): Twilio takes messages to any number, and tells afterwards."""
    if not re.search(rb"(?:Message|Sms)Status=(?:failed|undelivered)", inbound.body):
        return []
    code = parse_form(inbound.body).get("ErrorCode", [""])[0]
    return [code if re.fullmatch(r"[0-9]{1,9}", code) else "failed"]


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One call for each message. Buttons are lines of text, which people answer by typing."""
    person, line = read_string(to.address, "to"), read_string(to.address, "from")
    # MMS exists in the United States and Canada only; elsewhere an SMS carries the address.
    media = person.startswith(("whatsapp:", "+1"))
    messages = (
        message for part in parts.split_replies(replies, NAME, "plain") for message in _render_messages(part, media)
    )
    bodies = ({"To": person, "From": line, **message} for message in messages)
    return [_send_message(body, settings) for body in bodies]


def _send_message(body: Mapping[str, str], settings: Settings) -> Call:
    """Where Twilio does not take a medium's address, people get that address."""
    call = call_api("Messages.json", body, settings)
    if not (url := body.get("MediaUrl")):
        return call
    words = "\n".join(filter(None, (body.get("Body"), url)))
    if count_utf8(words) > TEXT_LIMIT:
        words = body.get("Body") or url
    plain = {**{key: value for key, value in body.items() if key != "MediaUrl"}, "Body": words}
    return replace(call, fallback=call_api("Messages.json", plain, settings))


def call_api(path: str, form: Mapping[str, str], settings: Settings, channel: str = NAME) -> Call:
    """The call that sends a form to a path of the account's API."""
    account = require_secret(settings, "account_sid", channel)
    url = f"{settings.get('api_url') or API}/2010-04-01/Accounts/{quote(account, safe='')}/{path}"
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "authorization": _authorise(settings, channel),
    }
    return Call(url, encode_form(form), headers)


def encode_form(form: Mapping[str, str]) -> bytes:
    """The form as application/x-www-form-urlencoded; five times as fast as `urlencode`, which goes byte by byte."""
    pairs = (f"{_encode(key)}={_encode(value)}" for key, value in form.items())
    return "&".join(pairs).encode()


def _encode(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1").translate(ESCAPES)


def _authorise(settings: Settings, channel: str) -> str:
    account = ":".join(require_secret(settings, name, channel) for name in ("account_sid", "auth_token"))
    return f"Basic {base64.b64encode(account.encode()).decode()}"


def _render_messages(part: parts.Part, media: bool) -> Iterator[dict[str, str]]:
    match part:
        case parts.Text(text, buttons):
            yield from _render_plain(list_buttons(text, buttons))
        case parts.Image(url) | parts.File(url):
            yield {"MediaUrl": url} if media else {"Body": url}
        case parts.Cards(cards):
            for card in cards:
                yield from _render_messages(card, media)
        case parts.Card():
            lead, *rest = _render_plain(list_buttons(part.text(), part.buttons))
            if part.image and media:
                lead = {**lead, "MediaUrl": part.image}
            yield from (lead, *rest)
            if part.image and not media:
                yield {"Body": part.image}
        case parts.Native(content):
            # The API's own fields (ContentSid, ContentVariables ...); the rest of a message is not theirs to change.
            yield {key: str(value) for key, value in content.items() if key not in ("To", "From")}


def _render_plain(text: str) -> Iterator[dict[str, str]]:
    return ({"Body": piece} for piece in split(text, TEXT_LIMIT, count_utf8))


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """By status, with Twilio's error number as the cause; 401 and 20003 say that the auth token is not valid."""
    verdict = _by_status(status, headers, body)
    if verdict.outcome == "taken":
        return verdict
    try:
        code = pick(read_object(body), "code")
    except Rejected:
        code = None
    cause = str(code) if type(code) is int else verdict.cause
    if code in UNREACHABLE:
        return Verdict("unreachable", cause=cause)
    if status == 401 or code == 20003:
        return Verdict("denied", cause=cause)
    return Verdict(verdict.outcome, verdict.retry_after, cause)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """A medium of a message, read with the account's token. Rejected where the address is none of Twilio's."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    url = check_own_address(attachment.reference, ("api.twilio.com",), also)
    if not MEDIA.fullmatch(urlsplit(url).path.removeprefix(urlsplit(also).path)):
        raise Rejected("this address is none of Twilio's for media")
    return AttachmentLocation(url, HOSTS, also, {"authorization": _authorise(settings, NAME)})


ACCOUNT = (
    Setting("auth_token", "the account's auth token.", BOTH, secret=True, needed=True),
    Setting("account_sid", "the account's SID, AC...", DELIVERY, needed=True),
    Setting("api_url", "the API's address, instead of Twilio's.", DELIVERY),
)
"""Settings of every channel that is Twilio's."""

CHANNEL = Channel(
    name=NAME,
    title="Twilio",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=ACCOUNT,
    ack_seconds=15.0,
    locate=locate,
    limits=LIMITS,
    read_failures=read_failures,
    chat=("to", "from"),
)
