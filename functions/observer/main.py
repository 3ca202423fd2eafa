"""Wiring of the observer stage."""

import os
import threading
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, disable_created_metrics

from functions.observer.config import Config, check_probe
from functions.observer.first_values import build_page_registry
from functions.observer.keeping import Continued, Kept, save_for_ever
from functions.observer.metrics import Metrics
from functions.observer.serving import serve_metrics
from functions.observer.stage import Observer
from shared.config import read
from shared.outbound import Outbound
from shared.process import open_process
from shared.serving import Answer, Endpoint

PROCESS = open_process("observer", os.environ)
CONFIG = read(Config, os.environ)
check_probe(CONFIG)
# When each series began is a series of its own, which nothing here asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]
KEPT = Kept(Path(CONFIG.metrics_file)) if CONFIG.metrics_file else None
METRICS = Metrics(CollectorRegistry(), positive=CONFIG.positive_intents, negative=CONFIG.negative_intents)
OBSERVER = Observer(METRICS, KEPT.seen if KEPT is not None else ())
COUNTED = Continued(METRICS.registry, KEPT.before if KEPT is not None else {})
ENDPOINT = Endpoint(PROCESS, OBSERVER)


def begin() -> None:
    """Serve the metrics, in the process that serves the events (functions/runtime/serve.py calls this)."""
    known = [(name, dict(labels)) for name, labels in COUNTED.before]
    serve_metrics(build_page_registry(COUNTED, CONFIG.zero_seconds, known), CONFIG.metrics_host, CONFIG.metrics_port)
    if KEPT is not None:
        _run_job("keeping", lambda: save_for_ever(KEPT, COUNTED, OBSERVER.list_seen))
    if CONFIG.probe_url and CONFIG.probe_seconds > 0:
        from functions.observer.probing import Prober, probe_for_ever

        outbound = Outbound()
        prober = Prober(CONFIG.probe_url, CONFIG.probe_token, CONFIG.probe_text, outbound, OBSERVER.count_probe)
        _run_job("probing", lambda: probe_for_ever(prober, CONFIG.probe_channels, CONFIG.probe_seconds))


def _run_job(name: str, job: Any) -> None:
    threading.Thread(target=job, name=name, daemon=True).start()


# functions-framework imports this file in gunicorn's master and forks; a thread that is started here would not
# exist in the worker, whose metrics these are.
os.register_at_fork(after_in_child=begin)


def handle(request: Any) -> Answer:
    return ENDPOINT(request)


def finish() -> None:
    """What was counted since the file was last written is written before the process ends."""
    if KEPT is not None:
        KEPT.save(COUNTED, OBSERVER.list_seen)
