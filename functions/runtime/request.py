"""A request as stages see it."""

import io

SIDECARS = ("127.0.0.1", "::1")
"""Who may say how the client reached us; Knative's queue-proxy calls from the pod's own address."""

_EMPTY = io.BytesIO()


class Request:
    """The attributes of a Flask request that stages use, with the same meaning. Header names are in lower case."""

    __slots__ = (
        "chunks",
        "content_length",
        "headers",
        "keep",
        "method",
        "path",
        "query_string",
        "remote_addr",
        "remote_port",
        "size",
        "stream",
        "target",
    )

    def __init__(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        remote_addr: str | None = None,
        *,
        keep: bool = True,
        chunks: bool = True,
    ) -> None:
        self.method = method
        self.target = target
        """Path and query as they went over the wire."""
        self.headers = headers
        self.remote_addr = remote_addr
        self.remote_port: int | None = None
        """Of the client's end of the connection; the server knows it."""
        self.keep = keep
        """Whether the client lets the connection go on."""
        self.chunks = chunks
        """Whether the client takes an answer in chunks."""
        path, _, query = target.partition("?")
        if "%" in path or not path.isascii():
            from urllib.parse import unquote_to_bytes

            path = unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "replace")
        self.path = path or "/"
        self.query_string = query.encode("latin-1")
        self.stream: io.BytesIO = _EMPTY
        self.content_length: int | None = None
        self.size = 0
        """Bytes of the body."""

    @property
    def url(self) -> str:
        """The URL that the client asked for; TLS ends before us, so a sidecar's word for the scheme counts."""
        scheme = "http"
        if self.remote_addr in SIDECARS and self.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https":
            scheme = "https"
        from urllib.parse import quote

        query = self.query_string.decode("latin-1")
        path = quote(self.path, safe="!$&'()*+,/:;=@%")
        return f"{scheme}://{self.headers.get('host', 'localhost')}{path}" + (f"?{query}" if query else "")
