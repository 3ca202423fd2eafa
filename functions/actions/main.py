"""Wiring of the actions stage."""

import os
from pathlib import Path
from typing import Any

from functions.actions.action_server import ActionServer
from functions.actions.config import Config
from functions.actions.loading import enter_project, load_code
from functions.actions.running import Runner
from functions.actions.stage import Actions
from shared.bundle.manifest import read_bundle
from shared.config import read
from shared.domain_view import render_domain
from shared.outbound import Outbound
from shared.process import open_process
from shared.serving import Answer, Endpoint

PROCESS = open_process("actions", os.environ)
CONFIG = read(Config, os.environ)
BUNDLE_PATH, FOLDER = Path(CONFIG.bundle).resolve(), Path(CONFIG.functions).resolve()
enter_project(FOLDER)
FUNCTIONS, MOUNT = load_code(FOLDER, os.environ, endpoint=CONFIG.endpoint, must=CONFIG.must_load)
NEEDS = ("dialogue.json",) if CONFIG.endpoint or MOUNT else ()
BUNDLE = read_bundle(BUNDLE_PATH, needs=(*FUNCTIONS.assets, *NEEDS))
DOMAIN = render_domain(BUNDLE.read_json("dialogue.json")) if NEEDS else {}
STAGE = Actions(
    FUNCTIONS.actions,
    ActionServer(CONFIG.endpoint, DOMAIN, Outbound(trace=PROCESS.tracer)) if CONFIG.endpoint else None,
    mounted=MOUNT(DOMAIN) if MOUNT else None,
    assets=BUNDLE.path,
    settings=FUNCTIONS.settings,
    runner=Runner(CONFIG.timeout, max_threads=CONFIG.max_threads, whole_errors=PROCESS.whole_errors),
)
if CONFIG.nlg_endpoint:
    # Imported here, because an assistant whose responses stand in its domain pays for none of it.
    from functions.actions.nlg_server import NlgServer

    STAGE = STAGE.use_generator(NlgServer(CONFIG.nlg_endpoint, Outbound(trace=PROCESS.tracer), CONFIG.nlg_timeout))
ENDPOINT = Endpoint(PROCESS, STAGE)


def handle(request: Any) -> Answer:
    return ENDPOINT(request)
