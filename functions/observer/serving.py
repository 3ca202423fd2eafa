"""The observer's metrics page, on a port of its own."""

import threading
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""


def serve_metrics(page: CollectorRegistry, host: str, port: int) -> None:
    """Serve the page from a thread of its own, as text or OpenMetrics, whichever the scraper asks for."""
    server = make_server(
        host,
        port,
        make_wsgi_app(page),
        ThreadingWSGIServer,
        handler_class=_Silent,
    )
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
