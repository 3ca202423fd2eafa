"""Wiring of the actions stage."""

import os
from pathlib import Path
from typing import Any

from functions.actions.config import Config
from functions.actions.domain_view import domain_view
from functions.actions.endpoint import Endpoint
from functions.actions.loading import load_functions
from functions.actions.sdk import mount, uses_sdk
from functions.actions.stage import Actions
from shared.bundle.manifest import read_bundle
from shared.config import read
from shared.outbound import Outbound
from shared.serving import Answer, Serving
from shared.telemetry import configure_logging

configure_logging()
CONFIG = read(Config, os.environ)
FUNCTIONS = load_functions(Path(CONFIG.functions), os.environ)
FOLDER = Path(CONFIG.functions)
SDK = uses_sdk(FOLDER)
NEEDS = ("dialogue.json",) if CONFIG.endpoint or SDK else ()
BUNDLE = read_bundle(Path(CONFIG.bundle), needs=(*FUNCTIONS.assets, *NEEDS))
DOMAIN = domain_view(BUNDLE.json("dialogue.json")) if NEEDS else {}
STAGE = Actions(
    FUNCTIONS.actions,
    Endpoint(CONFIG.endpoint, DOMAIN, Outbound()) if CONFIG.endpoint else None,
    mounted=mount(FOLDER, DOMAIN) if SDK else None,
    assets=BUNDLE.path,
    settings=FUNCTIONS.settings,
    timeout=CONFIG.timeout,
)
SERVING = Serving("actions", STAGE)


def handle(request: Any) -> Answer:
    return SERVING(request)
