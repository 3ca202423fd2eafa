"""The observer's page: in the form that the server asks for, text or protobuf."""

import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from functions.observer import native
from functions.observer.metrics import Metrics

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""


def application(metrics: Metrics) -> Callable[[Environ, Start], Iterable[bytes]]:
    text = make_wsgi_app(metrics.registry)

    def answer(environ: Environ, start: Start) -> Iterable[bytes]:
        # A server that takes native histograms asks for protobuf before everything else.
        if environ.get("HTTP_ACCEPT", "").startswith("application/vnd.google.protobuf"):
            content = native.page(metrics.registry, metrics.natives)
            start("200 OK", [("Content-Type", native.CONTENT_TYPE), ("Content-Length", str(len(content)))])
            return [content]
        answered: Iterable[bytes] = text(environ, start)
        return answered

    return answer


def serve(metrics: Metrics, host: str, port: int) -> None:
    """Serve the page from a thread of its own."""
    server = make_server(host, port, application(metrics), ThreadingWSGIServer, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
