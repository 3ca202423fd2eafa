"""Ingresses on free ports, their loop in a thread of its own, so that a test may ask them as anybody would."""

import asyncio
import contextlib
import http.client
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

from knative.local.activator.ingress import Ingress, open_ingress
from knative.local.activator.instance import Command
from knative.local.ports import find_free_ports

T = TypeVar("T")
DEADLINE = 60.0


class Hosting:
    """A running loop with open ingresses."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ports: Mapping[str, int]) -> None:
        self._loop = loop
        self.ports = ports

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns that runs in the loop of the ingresses."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(DEADLINE)


@contextlib.contextmanager
def hosted(ingresses: Mapping[str, Ingress], ports: Mapping[str, int] | None = None) -> Iterator[Hosting]:
    """The ingresses, open while the body runs; afterwards none of their processes is left."""
    chosen = ports or dict(zip(ingresses, find_free_ports(len(ingresses)), strict=True))
    opened, closing = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()
    failures: list[BaseException] = []

    async def keep() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for name, ingress in ingresses.items():
                await stack.enter_async_context(open_ingress(ingress, chosen[name]))
            opened.set()
            while not closing.is_set():
                await asyncio.sleep(0.02)

    def work() -> None:
        try:
            loop.run_until_complete(keep())
        except BaseException as exc:  # noqa: BLE001 - told to the test below
            failures.append(exc)
        finally:
            opened.set()
            loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        opened.wait(DEADLINE)
        yield Hosting(loop, chosen)
    finally:
        closing.set()
        thread.join(DEADLINE)
        assert not failures, failures
        assert not thread.is_alive()


SERVER = """
import http.server, os, signal, socketserver, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers: self.send_header(name, value)
        if status != 204: self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD": self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path.startswith("/slow/"): time.sleep(float(self.path[6:]))
        if self.path == "/die": os.kill(os.getpid(), signal.SIGKILL)
        if self.path == "/none": return self.answer(204, b"")
        if self.path == "/parts":
            self.send_response(200); self.send_header("transfer-encoding", "chunked"); self.end_headers()
            for part in (b"one", b"two"):
                self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part)); self.wfile.flush(); time.sleep(0.3)
            return self.wfile.write(b"0\\r\\n\\r\\n")
        told = (self.headers.get("host", ""), self.headers.get("x-kept", ""), self.headers.get("transfer-encoding", ""))
        name = os.environ.get("NAME", "stage")
        self.answer(201, body, [("x-name", name), ("x-pid", str(os.getpid())), ("x-told", "|".join(told)),
                                ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("location", "/elsewhere")])
    do_GET = do_HEAD = do_POST
    def log_message(self, *arguments): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = False
    request_queue_size = 128
server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler, bind_and_activate=False)
{before}
server.server_bind(); server.server_activate()
def stop(*_):
    time.sleep(float(os.environ.get("DRAIN", "0"))); os._exit(0)
signal.signal(signal.SIGTERM, stop)
print("listening as", os.environ.get("NAME"), flush=True)
server.serve_forever()
"""


def stage(before: str = "", **env: str) -> Command:
    """A small stage; `before` runs before it listens."""
    return Command([sys.executable, "-c", SERVER.replace("{before}", before)], env)


def ask(
    port: int, path: str = "/", body: bytes = b"", method: str = "POST", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, f"waited {DEADLINE:g} s in vain until {what}"
        time.sleep(0.02)
