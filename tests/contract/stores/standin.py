"""A server that answers as it is told and remembers what it was asked: for what the emulator never says."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class StandIn:
    """Answers every request with what `answers` says of it: status, headers, body."""

    answers: Callable[[Asked], tuple[int, dict[str, str], bytes]]
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def answering(status: int, body: Any, headers: dict[str, str] | None = None) -> Callable[[Asked], Any]:
    """The same answer to everything."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: (status, headers or {}, content)


def nothing_there(asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Firestore's answer where none of the documents exists."""
    missing = [{"missing": name} for name in json.loads(asked.body)["documents"]]
    return 200, {}, json.dumps(missing).encode()


@contextmanager
def stand_in(
    answers: Callable[[Asked], tuple[int, dict[str, str], bytes]], tls: ssl.SSLContext | None = None
) -> Iterator[StandIn]:
    found = StandIn(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            found.asked.append(asked)
            status, more, content = found.answers(asked)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that does not trust us hangs up in the midst of the handshake."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
