"""What one process counts of itself, served in Prometheus' text format on a port of its own while the process lives.

A pod that lives for seconds is scraped late or never; what must not be lost rides on the events to `observer`. This
page is for looking at a pod that is there. Its port is not the traffic port, so a scrape wakes nobody and keeps nobody
awake. Imported only where METRICS_PORT is set, begun by the first event (a server forks before), and written out:
importing prometheus_client costs a cold start some 30 ms.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Final

from shared.config import Misconfigured
from shared.events.http import TYPES
from shared.logs import logger
from shared.telemetry import since_start

log = logger(__name__)

FAMILIES: Final = (
    ("parley_process_events_total", "counter", "Events that this process answered, by type and status."),
    ("parley_process_seconds_total", "counter", "Seconds that it worked on them."),
    ("parley_process_ready_seconds", "gauge", "From the start of the process until it could answer."),
    ("process_cpu_seconds_total", "counter", "User and system CPU time of the process."),
    ("process_resident_memory_bytes", "gauge", "Resident memory of the process."),
    ("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970."),
)
PATIENCE = 2.0
MOST = 8192
"""Bytes of a request that are read; a scraper sends a few hundred."""


class Meter:
    """Counts events, and serves the page from the first of them on. Safe to share between threads."""

    def __init__(self, stage: str, host: str, port: int) -> None:
        self._stage = stage
        self._address = (host, port)
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, int], tuple[int, float]] = {}
        self._ready = since_start()
        self._thread: threading.Thread | None = None

    def count(self, kind: str, status: int, seconds: float) -> None:
        key = (kind if kind in TYPES else "other", status)
        with self._lock:
            number, total = self._counted.get(key, (0, 0.0))
            self._counted[key] = (number + 1, total + seconds)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="metrics", daemon=True)
                self._thread.start()

    def page(self) -> str:
        with self._lock:
            counted = dict(self._counted)
        age, own = since_start(), f'{{stage="{self._stage}"}}'
        values: dict[str, list[tuple[str, float]]] = {
            "parley_process_events_total": [(self._labels(*key), number) for key, (number, _) in counted.items()],
            "parley_process_seconds_total": [(self._labels(*key), total) for key, (_, total) in counted.items()],
            "parley_process_ready_seconds": [(own, self._ready)] if self._ready is not None else [],
            "process_cpu_seconds_total": [(own, time.process_time())],
            "process_resident_memory_bytes": [(own, size)] if (size := _resident()) is not None else [],
            "process_start_time_seconds": [(own, time.time() - age)] if age is not None else [],
        }
        return "\n".join(_lines(values)) + "\n"

    def _labels(self, kind: str, status: int) -> str:
        return f'{{stage="{self._stage}",type="{kind}",status="{status}"}}'

    def _serve(self) -> None:
        try:
            family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
            server = socket.create_server(self._address, family=family)
        except OSError as exc:
            fields = {"stage": self._stage, "cause": f"port {self._address[1]} cannot be used: {exc.strerror}"}
            log.warning("no metrics of this process", extra={"fields": fields})
            return
        with server:
            while True:
                try:
                    connection, _ = server.accept()
                    with connection:
                        self._answer(connection)
                except OSError:
                    # A scraper that went away, or too many open files: the next one may be luckier.
                    time.sleep(0.05)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        request = b""
        while b"\r\n\r\n" not in request:
            if len(request) > MOST or time.monotonic() > deadline or not (piece := connection.recv(MOST)):
                return
            request += piece
        status, body = (
            ("200 OK", self.page()) if request.startswith((b"GET /metrics", b"GET / ")) else ("404 Not Found", "")
        )
        content = body.encode()
        head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"
        connection.sendall(f"{head}content-length: {len(content)}\r\nconnection: close\r\n\r\n".encode() + content)


def _lines(values: Mapping[str, list[tuple[str, float]]]) -> Iterator[str]:
    for name, kind, about in FAMILIES:
        yield f"# HELP {name} {about}"
        yield f"# TYPE {name} {kind}"
        for labels, value in sorted(values[name]):
            yield f"{name}{labels} {value:.6f}".rstrip("0").rstrip(".")


def _resident() -> int | None:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def meter_of(stage: str, environ: Mapping[str, str]) -> Meter:
    """The meter at METRICS_HOST and METRICS_PORT, or Misconfigured."""
    port = environ["METRICS_PORT"]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Misconfigured(f"parley: METRICS_PORT must be a port, not {port!r}")
    return Meter(stage, environ.get("METRICS_HOST") or "0.0.0.0", int(port))  # noqa: S104
