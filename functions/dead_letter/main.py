"""Wiring of the dead_letter stage."""

import os
import time
from typing import Any

from functions.dead_letter.config import Config
from functions.dead_letter.replaying import Replaying
from functions.dead_letter.stage import DeadLetterStage
from shared.config import read
from shared.outbound import Outbound
from shared.process import open_process
from shared.publishing import make_publisher
from shared.serving import Answer, Endpoint, make_call_handler
from shared.stores.opening import open_store

PROCESS = open_process("dead_letter", os.environ)
CONFIG = read(Config, os.environ)
DEAD_LETTERS = open_store(CONFIG.store_url, trace=PROCESS.tracer).dead_letters
PUBLISH = make_publisher(Outbound(trace=PROCESS.tracer), CONFIG.broker_url, CONFIG.publish_timeout)
STAGE = DeadLetterStage(DEAD_LETTERS, PUBLISH, clock=time.time, keep_seconds=CONFIG.keep_days * 86400)
REPLAYING = Replaying(DEAD_LETTERS, PUBLISH, clock=time.time)
ENDPOINT = Endpoint(PROCESS, STAGE, routes={"POST /tick": make_call_handler(REPLAYING)})


def handle(request: Any) -> Answer:
    return ENDPOINT(request)
