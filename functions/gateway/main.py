"""Wiring of the gateway stage."""

import os
from typing import Any

from functions.gateway.config import Config
from functions.gateway.limits import find_body_limit as path_limit
from functions.gateway.wiring import neighbours_over_http, open_gateway
from shared.config import read
from shared.outbound import Outbound
from shared.process import open_process
from shared.serving import Answer

PROCESS = open_process("gateway", os.environ)
CONFIG = read(Config, os.environ)
OUTBOUND = Outbound(trace=PROCESS.tracer)
STAGE, JOIN_REPORTS = open_gateway(CONFIG, PROCESS, os.environ, neighbours_over_http(CONFIG, OUTBOUND))


def handle(request: Any) -> Answer:
    return STAGE(request)


def body_limit(request: Any) -> int:
    """Bytes that the body may have; the image's server asks before it keeps one of them."""
    return path_limit(request)


def finish() -> None:
    """Turns that were answered and are not counted yet are reported to the broker before the process ends."""
    JOIN_REPORTS(5.0)
