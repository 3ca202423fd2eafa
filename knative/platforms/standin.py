"""A stand-in for every platform's send API: checks token, shape and limits, keeps what was shown, fails on demand.

PLATFORM/...        the platform's own paths, below its name
POST /login/...     access tokens (Teams, Google Chat)
GET  /keys          the public key of port.py, as Microsoft and Google publish theirs
GET  /seen?after=N  what was sent so far
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from knative.platforms.catalogue import find_stand_in, inspect
from knative.platforms.port import GRANTED, SECRET, TOKEN, Answer, Sent, encode_jwks, read_json_object
from shared.channels.names import PLATFORMS

RATE = 20
"""Messages a second to one platform; more are answered 429, as every platform does at some rate."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next request instead of an answer."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang: float = 0.0
    """Seconds without a word."""
    reset: bool = False
    """The connection ends."""
    drip: float = 0.0
    """Seconds between the bytes of the answer."""


@dataclass
class Standin:
    """What was sent, and what shall go wrong."""

    faults: list[Fault] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    """The platforms on which the assistant was shown to be typing, in order."""
    token: str = TOKEN
    """What is accepted; another makes every token wrong."""
    granted: int = 0
    """How many access tokens were handed out."""
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    once: dict[str, int] = field(default_factory=dict)
    """Reply tokens, retry keys and request ids that were used."""
    times: dict[str, list[float]] = field(default_factory=dict)

    def list_texts(self, platform: str) -> list[str]:
        """What the person saw on this platform, in order."""
        return [line for sent in self.seen if sent["platform"] == platform for line in sent["shown"]]

    def list_mistakes(self) -> list[str]:
        return [f"{sent['platform']}: {mistake}" for sent in self.seen for mistake in sent["mistakes"]]


def answer(standin: Standin, platform: str, sent: Sent) -> Answer:
    """The platform's answer; what it takes is remembered."""
    rules = find_stand_in(platform)
    if not rules.authorised(sent, standin.token):
        return rules.denied
    if rules.is_sign(sent):
        standin.signs.append(platform)
        return rules.taken
    now = time.monotonic()
    with standin.lock:
        lately = [at for at in standin.times.get(platform, []) if now - at < 1] + [now]
        standin.times[platform] = lately
        if len(lately) > RATE:
            return 429, rules.too_fast or {"error": "rate limited"}
        if (once := rules.once(sent)) and standin.once.setdefault(once[0], len(standin.seen)) != len(standin.seen):
            return once[1]
        found = inspect(platform, sent)
        entry: dict[str, Any] = {
            "platform": platform,
            "path": sent.path,
            "shown": found.shown,
            "mistakes": found.mistakes,
        }
        entry["body"] = read_json_object(sent)
        standin.seen.append({"number": len(standin.seen) + 1, **entry})
    if found.mistakes:
        return rules.wrong
    if sent.path == "/hooks":
        return 200, "ok"
    return (204, None) if sent.method == "DELETE" else rules.taken


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin: ClassVar[Standin]

    def handle(self) -> None:
        # Whoever tests a timeout hangs up in the middle.
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing; what was sent is in `seen`."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/keys":
            return self._write(200, encode_jwks())
        after = int(dict(parse_qsl(parts.query)).get("after", "0"))
        return self._write(200, {"seen": self.standin.seen[after:]})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        _, platform, path = [*parts.path.split("/", 2), "", ""][:3]
        if platform == "login":
            return self._grant_token(dict(parse_qsl(body.decode())))
        if platform not in PLATFORMS:
            return self._write(404, {"error": "there is no such platform"})
        with self.standin.lock:
            fault = self.standin.faults.pop(0) if self.standin.faults else None
        if fault is not None:
            return self._fail(fault)
        status, content = answer(
            self.standin, platform, Sent(self.command, f"/{path}", headers, body, dict(parse_qsl(parts.query)))
        )
        return self._write(status, content)

    do_PATCH = do_DELETE = do_POST

    def _grant_token(self, form: dict[str, str]) -> None:
        """An access token for who knows the secret, or signed an assertion."""
        if form.get("client_secret") != SECRET and form.get("assertion", "").count(".") != 2:
            return self._write(400, {"error": "invalid_client"})
        self.standin.granted += 1
        return self._write(200, {"access_token": GRANTED, "expires_in": 3600, "token_type": "Bearer"})

    def _fail(self, fault: Fault) -> None:
        time.sleep(fault.hang)
        if fault.reset:
            self.close_connection = True
            return
        if fault.drip:
            self.close_connection = True
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                for _ in range(1000):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(fault.drip)
            return
        if fault.status:
            self._send_raw(fault.status, fault.body, fault.headers)

    def _write(self, status: int, content: Any) -> None:
        if status == 204:
            return self._send_raw(status, b"", {})
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        return self._send_raw(status, body, {"content-type": "application/json"})

    def _send_raw(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


@contextmanager
def run_stand_in(port: int = 0) -> Iterator[Standin]:
    """A stand-in on the loopback address."""
    standin = Standin()
    handler = type("Bound", (Handler,), {"standin": standin})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    standin.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
