"""Wiring of the dead_letter stage."""

import os
import time
from typing import Any

from functions.dead_letter.config import Config
from functions.dead_letter.stage import DeadLetterStage
from shared.config import read
from shared.outbound import Outbound
from shared.publishing import publisher
from shared.serving import Answer, Serving
from shared.stores.opening import open_store
from shared.telemetry import configure_logging

configure_logging()
CONFIG = read(Config, os.environ)
STAGE = DeadLetterStage(
    open_store(CONFIG.store_url).dead_letters,
    publisher(Outbound(), CONFIG.broker_url, CONFIG.publish_timeout),
    clock=time.time,
    keep_seconds=CONFIG.keep_days * 86400,
)
SERVING = Serving("dead_letter", STAGE)


def handle(request: Any) -> Answer:
    return SERVING(request)
