"""Wiring of the delivery stage."""

import os
import secrets
from typing import Any

from functions.delivery.attachments import Attachments
from functions.delivery.config import Config
from functions.delivery.dispatch import Dispatch
from functions.delivery.files import PREFIX as FILES_PREFIX
from functions.delivery.files import Files
from functions.delivery.handoff import Operators
from functions.delivery.media import TYPES, AttachmentReader
from functions.delivery.order import Order
from functions.delivery.outbox import PREFIX, Arrivals, OutboxReader, OutboxWriter
from functions.delivery.rate_counts import RateCounts
from functions.delivery.sending import Sender, Slots
from functions.delivery.stage import Delivery
from shared.channels.catalogue import ChannelSettings
from shared.channels.tokens import Tokens
from shared.config import read
from shared.handoff import read_operators_chat
from shared.outbound import Outbound
from shared.process import open_process
from shared.serving import Answer, Endpoint
from shared.stores.opening import open_store

PROCESS = open_process("delivery", os.environ)
CONFIG = read(Config, os.environ)
STORE = open_store(CONFIG.store_url, trace=PROCESS.tracer)
ARRIVALS = Arrivals()
OUTBOUND = Outbound(trace=PROCESS.tracer)
SETTINGS = ChannelSettings("delivery", os.environ)
TOKENS = Tokens(OUTBOUND)
OPERATORS = Operators(
    CONFIG.handoff_url, CONFIG.handoff_secret, read_operators_chat(CONFIG.handoff_to), CONFIG.public_url, SETTINGS
)
KEEP_SECONDS = CONFIG.keep_days * 86400.0


def name_claim() -> str:
    """A name for one claim."""
    return secrets.token_hex(8)


STAGE = Delivery(
    Dispatch(
        STORE.ledger,
        Sender(OUTBOUND, CONFIG.send_timeout, tokens=TOKENS, slots=Slots(CONFIG.platform_places)),
        Order(STORE.ledger, name_claim, KEEP_SECONDS),
        name_claim,
        CONFIG.lease,
        KEEP_SECONDS,
    ),
    OutboxWriter(STORE.outbox, KEEP_SECONDS, ARRIVALS.notify),
    settings=SETTINGS,
    operators=OPERATORS,
)
ATTACHMENTS = Attachments(SETTINGS, types=TYPES, timeout=CONFIG.send_timeout, tokens=TOKENS, trace=PROCESS.tracer)
FILES = Files(STORE.records, keep_seconds=KEEP_SECONDS)
ENDPOINT = Endpoint(
    PROCESS,
    STAGE,
    routes={
        "POST /rate": RateCounts(STORE.ledger, owner=name_claim),
        f"GET {PREFIX}": OutboxReader(STORE.outbox, ARRIVALS, long_polls=CONFIG.long_polls),
        "GET /attachments": AttachmentReader(ATTACHMENTS, FILES),
        f"POST {FILES_PREFIX}": FILES,
    },
)


def handle(request: Any) -> Answer:
    return ENDPOINT(request)
