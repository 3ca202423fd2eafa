"""Wiring of the observer stage."""

import os
from typing import Any

from prometheus_client import CollectorRegistry, disable_created_metrics

from functions.observer.config import Config
from functions.observer.metrics import Metrics
from functions.observer.serving import serve_metrics
from functions.observer.stage import Observer
from shared.config import read
from shared.process import open_process
from shared.serving import Answer, Endpoint

PROCESS = open_process("observer", os.environ)
CONFIG = read(Config, os.environ)
# When each series began is a series of its own, which nothing here asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]
METRICS = Metrics(CollectorRegistry(), positive=CONFIG.positive_intents, negative=CONFIG.negative_intents)
ENDPOINT = Endpoint(PROCESS, Observer(METRICS))


def begin() -> None:
    """Serve the metrics, in the process that serves the events (functions/runtime/serve.py calls this)."""
    serve_metrics(METRICS, CONFIG.metrics_host, CONFIG.metrics_port, CONFIG.zero_seconds)


# functions-framework imports this file in gunicorn's master and forks; a thread that is started here would not
# exist in the worker, whose metrics these are.
os.register_at_fork(after_in_child=begin)


def handle(request: Any) -> Answer:
    return ENDPOINT(request)
