"""Wiring of the nlu stage."""

import os
from pathlib import Path
from typing import Any

# numpy reads this when it is imported; one thread wakes faster and survives a fork (facts: cold start).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from functions.nlu.config import Config
from functions.nlu.model import FILES, load_model
from functions.nlu.stage import Nlu
from shared.bundle.manifest import read_bundle
from shared.config import read
from shared.serving import Answer, Serving
from shared.telemetry import configure_logging

configure_logging()
CONFIG = read(Config, os.environ)
BUNDLE = read_bundle(Path(CONFIG.bundle), needs=FILES)
SERVING = Serving("nlu", Nlu(load_model(BUNDLE.path), BUNDLE.id))


def handle(request: Any) -> Answer:
    return SERVING(request)
