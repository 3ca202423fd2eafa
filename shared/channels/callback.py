"""Rasa's callback channel: the REST channel's JSON in, each message POSTed to one configured address out.

Rasa 3.6.21, core/channels/callback.py: the webhook is answered `success`, and every message goes out as the object
that the REST channel would have answered. The address comes from the configuration, never from a message.
"""

import json
from collections.abc import Sequence

from shared.channels import rest
from shared.channels.port import (
    DELIVERY,
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
from shared.channels.verdicts import judge_by_status
from shared.errors import Unavailable
from shared.events.catalogue import Reply

NAME = "callback"
SUCCESS = WebhookResponse(200, b"success")

judge = judge_by_status


def parse(inbound: Inbound, settings: Settings) -> Parsed:
    """One message; where it says nothing, the answer is the same and nothing happens, as with Rasa."""
    parsed = rest.parse(inbound, settings)
    return SUCCESS if isinstance(parsed, WebhookResponse) else parsed


def acknowledge(heard: Sequence[InboundMessage]) -> WebhookResponse:  # noqa: ARG001 - the channel's signature
    return SUCCESS


def render(replies: Sequence[Reply], to: Recipient, settings: Settings) -> Sequence[Outgoing]:
    """One POST for each message, in order. Unavailable without CALLBACK_URL."""
    url = settings.get("url")
    if not url:
        raise Unavailable("the callback channel has no address: set CALLBACK_URL on delivery to where replies go")
    headers = {"content-type": "application/json"}
    return [Call(url, json.dumps(message).encode(), headers) for message in rest.render_messages(replies, to.sender)]


CHANNEL = Channel(
    name=NAME,
    title="Callback",
    parse=parse,
    acknowledge=acknowledge,
    render=render,
    judge=judge,
    settings=(Setting("url", "where replies to the callback channel are POSTed.", DELIVERY, secret=True, needed=True),),
)
