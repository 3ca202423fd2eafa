"""Wiring of the nlu stage."""

import atexit
import os
import sys
from pathlib import Path
from typing import Any

from functions.nlu.config import Config
from functions.nlu.model import FILES
from functions.nlu.reading import open_reader
from functions.nlu.stage import Nlu
from shared.bundle.manifest import read_bundle
from shared.config import read
from shared.process import open_process
from shared.serving import Answer, Endpoint

CONFIG = read(Config, os.environ)
PROCESS = open_process("shadow" if CONFIG.shadow_broker else "nlu", os.environ)
BUNDLE = read_bundle(Path(CONFIG.bundle), needs=FILES, hashes=CONFIG.hashes)
READER = open_reader(
    BUNDLE,
    package=CONFIG.onnx_package,
    tokenizers=CONFIG.tokenizers_package,
    component_seconds=CONFIG.component_seconds,
)
if CONFIG.shadow_broker:
    # Imported here, because the stage that people wait for calls nobody and needs none of it.
    from functions.nlu.shadow import Shadow
    from shared.outbound import Outbound
    from shared.publishing import make_publisher

    PUBLISH = make_publisher(Outbound(trace=PROCESS.tracer), CONFIG.shadow_broker, 5.0)
    ENDPOINT = Endpoint(PROCESS, Shadow(READER, BUNDLE.id, PUBLISH), nothing=202)
else:
    ENDPOINT = Endpoint(PROCESS, Nlu(READER, BUNDLE.id))


def handle(request: Any) -> Answer:
    return ENDPOINT(request)


def leave() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


# Importing onnxruntime 1.32 starts a thread. gunicorn's worker is a fork of the process that imported it, so there the
# thread does not exist, and onnxruntime's clean-up at the end waits for it or aborts: the worker leaves without it.
os.register_at_fork(after_in_child=lambda: atexit.register(leave))
