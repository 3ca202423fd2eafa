"""Wiring of gateway, nlu, dialogue, actions and delivery in one process, behind the gateway's paths and /stages/...."""

import os
from dataclasses import replace
from typing import Any

from functions.all_in_one.calls import SCHEME, Calls, copy_events
from functions.all_in_one.config import Config
from functions.all_in_one.stage_endpoints import StageEndpoints, choose_body_limit
from functions.delivery import main as delivery
from functions.dialogue import main as dialogue
from functions.gateway.config import Config as GatewayConfig
from functions.gateway.limits import find_body_limit as path_limit
from functions.gateway.pipeline import ask_in_process
from functions.gateway.wiring import Neighbours, open_gateway
from functions.nlu import main as nlu
from shared.config import read
from shared.outbound import Outbound
from shared.process import open_process
from shared.serving import MAX_EVENT_BYTES, Answer

# isort: split
# Last: its code runs in its project's folder, which becomes the working directory; the others have read their files.
from functions.actions import main as actions

PROCESS = open_process("gateway", os.environ)
CONFIG = read(Config, os.environ)
STAGES = {"nlu": nlu.handle, "dialogue": dialogue.handle, "actions": actions.handle, "delivery": delivery.handle}
TAKING = {
    "nlu": nlu.ENDPOINT.take,
    "dialogue": dialogue.ENDPOINT.take,
    "actions": copy_events("actions", actions.ENDPOINT.take, actions.STAGE.CONSUMES),
}
NEIGHBOURS = Neighbours(
    ask_in_process(TAKING), Calls(Outbound(trace=PROCESS.tracer), STAGES), {}, max_publishing=CONFIG.webhooks_at_once
)
OF_GATEWAY = replace(
    read(GatewayConfig, os.environ), delivery_url=f"{SCHEME}delivery", dialogue_url=f"{SCHEME}dialogue"
)
GATEWAY, JOIN_REPORTS = open_gateway(OF_GATEWAY, PROCESS, os.environ, NEIGHBOURS)
ENDPOINTS = StageEndpoints(GATEWAY, STAGES, CONFIG.stages_token)
body_limit = choose_body_limit(path_limit, MAX_EVENT_BYTES)


def handle(request: Any) -> Answer:
    return ENDPOINTS(request)


def finish() -> None:
    """Turns that were answered and are not counted yet are reported to the broker before the process ends."""
    JOIN_REPORTS(5.0)
