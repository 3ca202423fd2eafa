"""The observer's metrics page, on a port of its own."""

import threading
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from functions.observer.first_values import page_registry
from functions.observer.metrics import Metrics


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""


def serve_metrics(metrics: Metrics, host: str, port: int, zero_seconds: float) -> None:
    """Serve the page from a thread of its own, as text or OpenMetrics, whichever the scraper asks for."""
    server = make_server(
        host,
        port,
        make_wsgi_app(page_registry(metrics.registry, zero_seconds)),
        ThreadingWSGIServer,
        handler_class=_Silent,
    )
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
