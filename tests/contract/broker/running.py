"""A real broker process with real HTTP subscribers, as tests need them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
API = "eventing.knative.dev/v1"
DEADLINE = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as a subscriber saw it; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("ce-id", "")


class Subscriber:
    """An HTTP server on a free port that records what it gets and answers as `answer` says."""

    def __init__(self, answer: Callable[[Received], Answer] | None = None, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answer = answer or (lambda _: Answer())
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                got = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                subscriber.received.append(got)
                answer = subscriber.answer(got)
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def handle(self) -> None:
                # A broker that is killed leaves its connections broken, which is no news here.
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def ids(self) -> list[str]:
        return [received.id for received in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def subscribers(*answers: Callable[[Received], Answer] | None) -> Iterator[list[Subscriber]]:
    servers = [Subscriber(answer) for answer in answers]
    try:
        yield servers
    finally:
        for server in servers:
            server.close()


def failing(times: int, answer: Answer = Answer(), failure: Answer = Answer(500)) -> Callable[[Received], Answer]:
    """Fails this often, then answers."""
    left = iter([failure] * times)
    return lambda _: next(left, answer)


def event_headers(**attributes: str) -> dict[str, str]:
    given = {"specversion": "1.0", "id": "1", "source": "/test", "type": "t", **attributes}
    return {f"ce-{name}": value for name, value in given.items()}


def quick(retry: int = 0, sink: Subscriber | None = None) -> dict[str, Any]:
    """A delivery spec with hardly any backoff."""
    spec: dict[str, Any] = {"retry": retry, "backoffPolicy": "linear", "backoffDelay": "PT0.01S"}
    return spec | ({"deadLetterSink": {"uri": sink.url}} if sink else {})


def trigger(name: str, subscriber: Subscriber, /, **spec: Any) -> dict[str, Any]:
    spec = {"broker": "default", "subscriber": {"uri": subscriber.url}, **spec}
    return {"apiVersion": API, "kind": "Trigger", "metadata": {"name": name}, "spec": spec}


def typed(kind: str) -> dict[str, Any]:
    return {"attributes": {"type": kind}}


class RunningBroker:
    """A broker process; `directory` keeps its manifests and its journal, so that another can resume it."""

    def __init__(
        self,
        directory: Path,
        triggers: Sequence[Mapping[str, Any]],
        delivery: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        spec = {"spec": {"delivery": dict(delivery)}} if delivery is not None else {}
        broker = {"apiVersion": API, "kind": "Broker", "metadata": {"name": "default"}, **spec}
        (directory / "manifests.yaml").write_text(yaml.safe_dump_all([broker, *map(dict, triggers)]))
        self.port = free_port()
        self._log = (directory / "broker.log").open("ab")
        command = [sys.executable, "-W", "error", "-m", "knative.local.broker", "--port", str(self.port)]
        command += ["--manifests", str(directory / "manifests.yaml"), "--journal", str(directory / "journal.db")]
        self.process = subprocess.Popen([*command, *options], cwd=ROOT, stderr=self._log, stdout=self._log)
        until(lambda: self.process.poll() is not None or self._answers(), "the broker answers")

    def request(
        self,
        method: str = "POST",
        path: str = "/parley/default",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def publish(self, body: bytes = b"", **attributes: str) -> int:
        return self.request(headers=event_headers(**attributes), body=body)[0]

    def stats(self) -> Any:
        return json.loads(self.request("GET", "/stats")[2])

    def settled(self) -> Any:
        """The counts that are not 0, once nothing is queued any more."""
        until(
            lambda: not any(counts.get("queued") for counts in self.stats()["triggers"].values()), "nothing is queued"
        )
        return drop_zeros(self.stats())

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE)
        self._log.close()
        return code

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/healthz")[0] == 200
        except OSError:
            return False


@contextmanager
def running(
    directory: Path,
    triggers: Sequence[Mapping[str, Any]],
    delivery: Mapping[str, Any] | None = None,
    options: Sequence[str] = (),
) -> Iterator[RunningBroker]:
    broker = RunningBroker(directory, triggers, delivery, options)
    try:
        yield broker
    finally:
        if broker.process.poll() is None:
            broker.stop()


def until(holds: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.02)


def drop_zeros(stats: Any) -> Any:
    if isinstance(stats, dict):
        return {name: drop_zeros(value) for name, value in stats.items() if value != 0}
    return stats


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **more}
