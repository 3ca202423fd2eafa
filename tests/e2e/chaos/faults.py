"""What goes wrong between processes: a proxy before the stages, and a platform that takes replies unreliably."""

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FORWARDED = 70.0


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely each fault is for one request; 0 for all ends the storm."""

    refused: float = 0.03
    """503 before the stage saw it."""
    lost: float = 0.03
    """The stage did its work and its answer never arrived."""
    doubled: float = 0.05
    """The same request once more, a moment later, whatever became of the first."""
    delayed: float = 0.15
    """Up to half a second, so that events overtake each other."""


class Faults:
    """A source of faults that a seed reproduces as far as threads allow, and the count of what it did."""

    def __init__(self, seed: int, chances: Chances | None = None) -> None:
        self.chances = chances or Chances()
        self.counted: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def happens(self, name: str) -> bool:
        with self._lock:
            happens = self._random.random() < float(getattr(self.chances, name))
            self.counted[name] += happens
        return happens

    def draw_seconds(self, longest: float) -> float:
        with self._lock:
            return self._random.random() * longest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        # Who called may be killed at any moment; that is the point.
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def served(handler: type[Handler]) -> Iterator[str]:
    """The address of a server of its own thread; each request has a thread too."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def proxy(endpoints: Mapping[str, str], faults: Faults) -> Iterator[str]:
    """Hands /STAGE on to the stage's address in `endpoints` (filled later), and lets things go wrong."""

    class Proxy(Handler):
        def do_POST(self) -> None:
            endpoint = urlsplit(endpoints[self.path.strip("/")])
            address = (
                str(endpoint.hostname),
                int(endpoint.port or 0),
                f"{endpoint.path or '/'}{endpoint.query and '?'}{endpoint.query}",
            )
            headers, body = dict(self.headers.items()), self.body()
            if faults.happens("refused"):
                return self.answer(503, {}, b"")
            if faults.happens("delayed"):
                time.sleep(faults.draw_seconds(0.5))
            if faults.happens("doubled"):
                again = threading.Timer(faults.draw_seconds(2.0), forward, (*address, headers, body))
                again.daemon = True
                again.start()
            answered = forward(*address, headers, body)
            if answered is None or faults.happens("lost"):
                self.close_connection = True
                return None
            return self.answer(*answered)

    with served(Proxy) as url:
        yield url


def forward(
    host: str, port: int, path: str, headers: Mapping[str, str], body: bytes, seconds: float = FORWARDED
) -> tuple[int, Mapping[str, str], bytes] | None:
    """What the one behind answers to a POST; None where it does not."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Taken:
    """A reply that the platform took."""

    body: bytes
    at: float
    answered: bool
    """False where the platform took it and its answer was lost."""


class Platform:
    """The address of the callback channel; keeps every reply that it takes."""

    def __init__(self, faults: Faults) -> None:
        self.taken: list[Taken] = []
        self._faults = faults

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        platform = self

        class Receiver(Handler):
            def do_POST(self) -> None:
                body = self.body()
                if platform._faults.happens("refused"):
                    return self.answer(503, {}, b"")
                lost = platform._faults.happens("lost")
                platform.taken.append(Taken(body, time.time(), not lost))
                if lost:
                    self.close_connection = True
                    return None
                return self.answer(200, {}, b"")

        with served(Receiver) as url:
            yield url
