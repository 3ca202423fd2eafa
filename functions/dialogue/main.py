"""Wiring of the dialogue stage."""

import os
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from functions.dialogue.config import Config
from functions.dialogue.due import Ticking
from functions.dialogue.joining import Joining
from functions.dialogue.stage import Dialogue
from functions.dialogue.state import PLAIN
from functions.dialogue.table import read_table
from functions.dialogue.turns import take_in_turn
from shared.bundle.manifest import read_bundle
from shared.config import read
from shared.outbound import Outbound
from shared.process import open_process
from shared.publishing import make_publisher
from shared.serving import Answer, Endpoint, make_call_handler
from shared.stores.opening import open_store

PROCESS = open_process("dialogue", os.environ)
CONFIG = read(Config, os.environ)
BUNDLE = read_bundle(Path(CONFIG.bundle), needs=("dialogue.json",))
TABLE = read_table(BUNDLE.find_file("dialogue.json").read_bytes(), BUNDLE.id, BUNDLE.read_verified)
if CONFIG.nlg_endpoint:
    TABLE = replace(TABLE, generated=True)
STORE = open_store(CONFIG.store_url, compressed=CONFIG.state_format != PLAIN, trace=PROCESS.tracer)
STAGE = Dialogue(
    TABLE,
    STORE.conversations,
    clock=time.time,
    action_seconds=CONFIG.action_seconds,
    keep_seconds=CONFIG.keep_days * 86400,
    state_format=CONFIG.state_format,
    joining=Joining(
        STORE.ledger, STORE.outbox, STORE.conversations, owner=lambda: secrets.token_hex(8), clock=time.time
    ),
)
PUBLISH = make_publisher(Outbound(trace=PROCESS.tracer), CONFIG.broker_url, CONFIG.publish_timeout)
TICKING = Ticking(STORE.conversations, STORE.upkeep, PUBLISH, clock=time.time)


def operate(request: Any) -> Answer:
    """What Rasa's HTTP API asks, by way of the gateway."""
    from functions.dialogue.http_api.operations import Operations

    return Operations(
        TABLE,
        STORE.conversations,
        lambda: BUNDLE.read_json("dialogue.json"),
        name=str(BUNDLE.manifest.assistant),
        clock=time.time,
        keep_seconds=CONFIG.keep_days * 86400,
        state_format=CONFIG.state_format,
    )(request)


ROUTES = {"POST /tick": make_call_handler(TICKING), "POST /conversation": operate}
ENDPOINT = Endpoint(PROCESS, take_in_turn(STAGE, CONFIG.store_url), routes=ROUTES)


def handle(request: Any) -> Answer:
    return ENDPOINT(request)
