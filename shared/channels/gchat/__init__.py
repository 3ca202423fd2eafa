"""Google Chat: interaction events of apps and add-ons, and Pub/Sub pushes, in; spaces.messages.create out.

Rules: developers.google.com/workspace/chat (verify requests, interaction events, messages.create, cards v2). Anybody
can have Google mint a token for our address, so the account that asked for it is compared too.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from urllib.parse import quote

from shared.channels import bearer
from shared.channels.body import read_webhook
from shared.channels.gchat.content import (
    Circumstances,
    attachments_of,
    chosen_value,
    is_direct,
    mention_spans,
    metadata_of,
    parameters_of,
    text_of,
    thread_of,
)
from shared.channels.gchat.rendering import API, LIMITS, NAME, SPACE, judge, make_grant, render
from shared.channels.locating import check_fetchable
from shared.channels.options import (
    conversation_sender,
    make_granularity_setting,
    make_groups_setting,
    make_markdown_setting,
    make_start_text_setting,
    read_start_text,
)
from shared.channels.port import (
    BOTH,
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Channel,
    Forged,
    Inbound,
    InboundMessage,
    Parsed,
    Setting,
    Settings,
    WebhookResponse,
)
from shared.channels.reading import pick, read_identifier, read_string
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

NOTHING = WebhookResponse(200, b"{}", "application/json")
CHAT = "chat@system.gserviceaccount.com"
PROJECT_KEYS = "https://www.googleapis.com/service_accounts/v1/jwk/chat@system.gserviceaccount.com"
GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
GOOGLE = ("https://accounts.google.com", "accounts.google.com")
RESOURCE = re.compile(r"[A-Za-z0-9_=+/-]{1,1000}")
ADD_ON_EVENTS = ("buttonClickedPayload", "messagePayload", "appCommandPayload", "addedToSpacePayload")


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message, command, form or pressed button, in any of the three forms in which Google sends them."""
    verify(inbound, settings)
    document = read_webhook(inbound.body)
    pushed = pick(document, "message", "data")
    if isinstance(pushed, str) and "subscription" in document:
        return _read_pushed(read_string(document, "message", "attributes", "ce-type"), pushed, settings)
    chat = pick(document, "chat")
    if chat is not None:
        kind = next((key for key in ADD_ON_EVENTS if pick(chat, key) is not None), "")
        event, user, time = pick(chat, kind), pick(chat, "user"), read_string(chat, "eventTime")
        common, clicked = pick(document, "commonEventObject"), kind == "buttonClickedPayload"
        command = read_identifier(event, "appCommandMetadata", "appCommandId") if kind == "appCommandPayload" else ""
    else:
        if document.get("type") not in ("MESSAGE", "CARD_CLICKED", "APP_COMMAND", "ADDED_TO_SPACE", "SUBMIT_FORM"):
            return NOTHING
        event, user, time = document, pick(document, "user"), read_string(document, "eventTime")
        common = pick(document, "common") or {"parameters": parameters_of(document)}
        clicked = document.get("type") in ("CARD_CLICKED", "SUBMIT_FORM")
        command = read_identifier(document, "appCommandMetadata", "appCommandId")
    return _read_message(event, user, common, settings, Circumstances(clicked, time, command))


def verify(inbound: Inbound, settings: Settings) -> None:
    """Forged where the token is not Google Chat's for this app.

    With GCHAT_PROJECT_NUMBER Chat signs it itself; with GCHAT_AUDIENCE (the app's address) it is an ordinary Google
    token, whose verified e-mail must be Chat's, or one of GCHAT_ACCOUNTS (the add-on's or the subscription's account).
    """
    keys_at, project = settings.get("keys_url"), settings.get("project_number")
    if project:
        bearer.verify_claims(inbound, keys_at or PROJECT_KEYS, project, (CHAT,))
        return
    audience = settings.get("audience")
    if not audience:
        raise Unavailable("the channel gchat is not configured: set GCHAT_PROJECT_NUMBER or GCHAT_AUDIENCE")
    found, _ = bearer.verify_claims(inbound, keys_at or GOOGLE_KEYS, audience, GOOGLE)
    accounts = {CHAT, *(account.strip() for account in settings.get("accounts", "").split(",") if account.strip())}
    if found.get("email_verified") is not True or found.get("email") not in accounts:
        raise Forged("the token was not asked for by Google Chat")


def _read_message(event: JSON, user: JSON, common: JSON, settings: Settings, how: Circumstances) -> Parsed:
    message = pick(event, "message")
    person = read_string(user, "name") or read_string(message, "sender", "name")
    space = read_string(message, "space", "name") or read_string(event, "space", "name")
    if not SPACE.fullmatch(space) or not person or read_string(user, "type") == "BOT":
        return NOTHING
    named, metadata = read_string(message, "name"), metadata_of(message, common, how)
    text = chosen_value(common) if how.clicked else text_of(message)
    text = text or read_string(metadata, "command")
    attachments = () if how.clicked else tuple(attachments_of(message))
    mentioned = any(mention_spans(message))
    if not text and not attachments:
        if not mentioned or how.clicked:
            return NOTHING
        text = read_start_text(settings)
    # A pressed button has no id of its own; message, person and time are the same when it is delivered again.
    message_id = f"{named}.{person}.{how.time}" if how.clicked or not named else named
    thread = thread_of(event, message)
    found = InboundMessage(
        text=text,
        sender=conversation_sender(settings, person, space, thread.rpartition("/")[2]),
        id=message_id if message_id.strip(".") else None,
        sent_at=how.time or read_string(message, "createTime") or None,
        locale=read_string(common, "userLocale") or None,
        metadata=metadata,
        attachments=attachments,
        address={"space": space, "thread": thread},
        addressed=not how.pushed or is_direct(event, message) or mentioned,
    )
    return (found,)


def _read_pushed(sort: str, data: str, settings: Settings) -> Parsed:
    """A Workspace event that Pub/Sub pushed: a message in a space that the app listens to."""
    try:
        event = read_webhook(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise Rejected("message.data is not base64") from exc
    if sort != "google.workspace.chat.message.v1.created":
        return NOTHING
    how = Circumstances(time=read_string(event, "message", "createTime"), pushed=True)
    return _read_message(event, pick(event, "message", "sender"), None, settings, how)


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return NOTHING


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """An uploaded file, read with the service account's token; a file in Drive is for people.

    Anything else is Rejected.
    """
    check_fetchable(attachment)
    if attachment.reference.startswith("https:"):
        raise Rejected("Google gives this file to people and not to apps; only uploaded files are fetched")
    if not RESOURCE.fullmatch(attachment.reference):
        raise Rejected("the reference is none of Google Chat's")
    also = settings.get("api_url", "")
    url = f"{also or API}/v1/media/{quote(attachment.reference, safe='/')}?alt=media"
    hosts = ("chat.googleapis.com", "*.googleusercontent.com")
    return AttachmentLocation(url, hosts, also, grant=make_grant(settings))


CHANNEL = Channel(
    name=NAME,
    title="Google Chat",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting(
            "project_number",
            "the project's number, where that is the authentication audience.",
            GATEWAY,
            needed=True,
            unless="audience",
        ),
        Setting("audience", "the gateway's address, where that is the authentication audience.", BOTH),
        Setting("accounts", "accounts whose tokens count too (add-on, Pub/Sub), comma-separated.", GATEWAY),
        Setting("keys_url", "where the keys are, instead of Google's.", GATEWAY),
        make_granularity_setting("of a space"),
        make_markdown_setting(),
        make_start_text_setting("only mentions the assistant"),
        make_groups_setting("mentioned; Google sends apps nothing else, but by Pub/Sub everything"),
        Setting("service_account", "the JSON of the service account's key.", DELIVERY, secret=True, needed=True),
        Setting("api_url", "the API's address, instead of Google's.", DELIVERY),
        Setting("token_url", "where tokens come from.", DELIVERY),
    ),
    ack_seconds=30.0,
    body_limit=512 * 1024,
    locate=locate,
    limits=LIMITS,
    chat=("space",),
)
