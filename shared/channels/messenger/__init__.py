"""Facebook Messenger, and Instagram's messages, which come and go in the same form.

Rules: developers.facebook.com/docs/messenger-platform (webhooks, send API, templates, quick replies).
"""

import json
from collections.abc import Mapping, Sequence

from shared.channels import graph, parts
from shared.channels.body import encode_json, read_webhook
from shared.channels.locating import check_fetchable, check_own_address
from shared.channels.messenger.content import read_message
from shared.channels.messenger.rendering import LIMITS, NAME, render_part, spell_media
from shared.channels.options import make_start_text_setting
from shared.channels.port import (
    DELIVERY,
    GATEWAY,
    AttachmentLocation,
    Call,
    Channel,
    Inbound,
    InboundMessage,
    Outgoing,
    Parsed,
    Recipient,
    Setting,
    Settings,
    WebhookResponse,
)
from shared.channels.reading import read_objects, read_string
from shared.channels.signing import require_secret
from shared.events.catalogue import Attachment, Reply
from shared.events.wire import JSON

judge = graph.judge


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """Every message, quick reply and postback in the webhook, each once; echoes, receipts and reactions are none."""
    if inbound.method == "GET":
        return graph.answer_handshake(inbound, settings, NAME)
    verify(inbound, settings)
    document = read_webhook(inbound.body)
    if document.get("object") not in ("page", "instagram"):
        return graph.OK
    found: dict[str, InboundMessage] = {}
    for entry in read_objects(document, "entry"):
        for event in read_objects(entry, "messaging"):
            heard = read_message(event, read_string(document, "object"), settings.get("start_text") or "/start")
            if heard is not None:
                found.setdefault(heard.id or "", heard)
    return tuple(found.values()) or graph.OK


def verify(inbound: Inbound, settings: Settings) -> None:
    graph.verify(inbound, settings, NAME)


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return graph.OK


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One call for each message."""
    url = f"{settings.get('api_url') or graph.API}/me/messages"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {require_secret(settings, 'page_token', NAME)}",
    }
    lead = {"recipient": {"id": read_string(to.address, "to")}, "messaging_type": "RESPONSE"}
    instagram = read_string(to.address, "platform") == "instagram"
    messages = (
        message for part in parts.split_replies(replies, NAME, "plain") for message in render_part(part, instagram)
    )

    def call(message: Mapping[str, JSON]) -> Call:
        spelt = spell_media(message)
        return Call(
            url, encode_json({**lead, "message": message}), headers, fallback=call(spelt) if spelt is not None else None
        )

    return [call(message) for message in messages]


def indicate(message: InboundMessage, settings: Settings) -> Sequence[Call]:
    """The assistant is typing until it answers, for 20 seconds at most."""
    token = settings.get("page_token")
    if not token:
        return ()
    body = {"recipient": {"id": read_string(message.address, "to")}, "sender_action": "typing_on"}
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    return (Call(f"{settings.get('api_url') or graph.API}/me/messages", json.dumps(body).encode(), headers),)


def locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the channel's signature
    """An address of Meta's own, which needs no token."""
    check_fetchable(attachment)
    return AttachmentLocation(check_own_address(attachment.reference, graph.HOSTS), graph.HOSTS)


CHANNEL = Channel(
    name=NAME,
    title="Messenger and Instagram",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(
        Setting("app_secret", "the Meta app's secret.", GATEWAY, secret=True, needed=True),
        Setting("verify_token", "the verify token.", GATEWAY, secret=True, needed=True),
        make_start_text_setting("comes by a link"),
        Setting("page_token", "the page's access token.", DELIVERY, secret=True, needed=True, typing=True),
        Setting("api_url", "the Graph API's address with its version, instead of Meta's.", DELIVERY, typing=True),
    ),
    ack_seconds=5.0,
    body_limit=3 * 1024 * 1024,
    handshake=True,
    locate=locate,
    limits=LIMITS,
    indicate=indicate,
    chat=("to",),
)
