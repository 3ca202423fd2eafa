"""Wiring of the delivery stage."""

import os
import secrets
from typing import Any

from functions.delivery.attachments import Attachments
from functions.delivery.config import Config
from functions.delivery.handoff import Operators
from functions.delivery.media import PATH, TYPES, AttachmentServing
from functions.delivery.order import Order
from functions.delivery.outbox import PREFIX, Arrivals, OutboxServing
from functions.delivery.pace import PATH as PACE_PATH
from functions.delivery.pace import PaceServing
from functions.delivery.sending import Places, Sender
from functions.delivery.stage import Delivery
from functions.delivery.tokens import Tokens
from shared.channels.catalogue import ChannelSettings
from shared.config import read
from shared.handoff import operators_chat
from shared.outbound import Outbound
from shared.serving import Answer, Serving
from shared.stores.opening import open_store
from shared.telemetry import configure_logging

configure_logging()
CONFIG = read(Config, os.environ)
STORE = open_store(CONFIG.store_url)
ARRIVALS = Arrivals()
OUTBOUND = Outbound()
SETTINGS = ChannelSettings("delivery", os.environ)
TOKENS = Tokens(OUTBOUND)
OPERATORS = Operators(
    CONFIG.handoff_url, CONFIG.handoff_secret, operators_chat(CONFIG.handoff_to), CONFIG.public_url, SETTINGS
)
KEEP_SECONDS = CONFIG.keep_days * 86400.0


def owner() -> str:
    """A name for one claim."""
    return secrets.token_hex(8)


STAGE = Delivery(
    STORE.ledger,
    STORE.outbox,
    Sender(OUTBOUND, CONFIG.send_timeout, tokens=TOKENS),
    Order(STORE.ledger, owner, KEEP_SECONDS),
    owner=owner,
    settings=SETTINGS,
    lease=CONFIG.lease,
    keep_seconds=KEEP_SECONDS,
    posted=ARRIVALS.posted,
    places=Places(CONFIG.platform_places),
    operators=OPERATORS,
)
SERVING = Serving("delivery", STAGE)
PACE = PaceServing(STORE.ledger, owner=owner)
OUTBOX = OutboxServing(STORE.outbox, ARRIVALS, long_polls=CONFIG.long_polls)
ATTACHMENTS = AttachmentServing(Attachments(SETTINGS, types=TYPES, timeout=CONFIG.send_timeout, tokens=TOKENS))


def handle(request: Any) -> Answer:
    if request.path == PATH:
        return ATTACHMENTS(request)
    if request.path == PACE_PATH:
        return PACE(request)
    return OUTBOX(request) if request.path.startswith(PREFIX) else SERVING(request)
