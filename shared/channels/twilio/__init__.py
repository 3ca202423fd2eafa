"""Twilio: SMS, MMS and WhatsApp in and out (twilio.com/docs/messaging, twilio.com/docs/usage/security)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from shared.channels.body import read_webhook, repair_text
from shared.channels.locating import check_fetchable, check_own_address
from shared.channels.port import (
    BOTH,
    DELIVERY,
    AttachmentLocation,
    Channel,
    Inbound,
    InboundMessage,
    Parsed,
    Setting,
    Settings,
    WebhookResponse,
)
from shared.channels.reading import (
    choose_attachment_type,
    describe_location,
    parse_form,
    read_number,
    refer_to_attachment,
    values_of,
)
from shared.channels.twilio.sending import LIMITS, MOST_MEDIA, authorise, judge, render
from shared.channels.twilio.signature import NAME, verify
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

HOSTS = ("api.twilio.com", "*.twilio.com", "*.twiliocdn.com")
OK = WebhookResponse(200, b"<Response/>", "text/xml")
WORDS = ("ButtonPayload", "ListId", "Body", "ButtonText", "Address", "Label")
"""Where the words of a message are, the surest first; the last two are those of a place."""
STOP = ("stop", "stopall", "stop all", "unsubscribe", "unstop")
STOP_IN_NORTH_AMERICA = ("cancel", "end", "quit", "optout", "revoke")
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


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """A medium of a message, read with the account's token. Rejected where the address is none of Twilio's."""
    check_fetchable(attachment)
    also = settings.get("api_url", "")
    url = check_own_address(attachment.reference, ("api.twilio.com",), also)
    if not MEDIA.fullmatch(urlsplit(url).path.removeprefix(urlsplit(also).path)):
        raise Rejected("this address is none of Twilio's for media")
    return AttachmentLocation(url, HOSTS, also, {"authorization": authorise(settings, NAME)})


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
