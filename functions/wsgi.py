"""A stage's `handle` as a WSGI application: what a stage asks of a request, made of the environment of one call."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
SIDECARS = ("127.0.0.1", "::1")
"""Who may say how the client reached us; Knative's queue-proxy calls from the pod's own address."""


class Request:
    """The attributes of a Flask request that stages use, with the same meaning. Header names are in lower case."""

    def __init__(self, environ: Environ) -> None:
        self._environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        # WSGI hands bytes over as Latin-1 (PEP 3333); paths are UTF-8.
        self.path: str = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace") or "/"
        self.query_string: bytes = environ.get("QUERY_STRING", "").encode("latin-1")
        self.stream = environ["wsgi.input"]
        self.remote_addr: str | None = environ.get("REMOTE_ADDR")
        self.headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if environ.get(name):
                self.headers[name.replace("_", "-").lower()] = environ[name]

    @property
    def content_length(self) -> int | None:
        length = self._environ.get("CONTENT_LENGTH")
        return int(length) if length else None

    @property
    def url(self) -> str:
        """The URL that the client asked for; TLS ends before us, so a sidecar's word for the scheme counts."""
        scheme = self._environ.get("wsgi.url_scheme", "http")
        if self.remote_addr in SIDECARS and self.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https":
            scheme = "https"
        query = self.query_string.decode("latin-1")
        path = quote(self.path, safe="!$&'()*+,/:;=@%")
        return f"{scheme}://{self.headers.get('host', 'localhost')}{path}" + (f"?{query}" if query else "")


def application(handle: Callable[[Any], Any]) -> Application:
    """The WSGI application that answers what `handle` answers: body, status and headers."""

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body, status, headers = handle(Request(environ))
        fields = [(name, value) for name, value in headers.items() if name != "content-length"]
        if isinstance(body, str):
            body = body.encode()
        if isinstance(body, bytes):
            if status not in (204, 304):
                fields.append(("content-length", str(len(body))))
                if "content-type" not in headers:
                    fields.append(("content-type", "text/plain; charset=utf-8"))
            start_response(f"{status} {REASONS.get(status, 'Status')}", fields)
            return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]
        start_response(f"{status} {REASONS.get(status, 'Status')}", fields)
        return _encoded(body)

    return call


def _encoded(parts: Iterable[str | bytes]) -> Iterator[bytes]:
    try:
        for part in parts:
            yield part.encode() if isinstance(part, str) else part
    finally:
        # As a server closes the iterable that it was given, so that `finally` in a generator runs when people leave.
        close = getattr(parts, "close", None)
        if close is not None:
            close()
