"""The page of what one process counts of itself, in Prometheus' text format, on a port of its own while it lives.

A pod that lives for seconds is scraped late or never; what must not be lost rides on the events to `observer`. This
page is for looking at a pod that is there. Its port is not the traffic port, so a scrape wakes nobody and keeps nobody
awake. Imported a moment after the first event (shared.telemetry), so that no first answer waits for it, and written
out: importing prometheus_client costs some 30 ms.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Final

from shared.events.http import TYPES
from shared.logs import logger
from shared.telemetry import Meter, since_start

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


def page(meter: Meter) -> str:
    """The page of numbers."""
    found: dict[tuple[str, int], tuple[int, float]] = {}
    for (kind, status), (number, total) in meter.counted().items():
        key = (kind if kind in TYPES else "other", status)
        before = found.get(key, (0, 0.0))
        found[key] = (before[0] + number, before[1] + total)
    age, own = since_start(), f'{{stage="{meter.stage}"}}'
    values: dict[str, list[tuple[str, float]]] = {
        "parley_process_events_total": [(_labels(meter, *key), number) for key, (number, _) in found.items()],
        "parley_process_seconds_total": [(_labels(meter, *key), total) for key, (_, total) in found.items()],
        "parley_process_ready_seconds": [(own, meter.ready)] if meter.ready is not None else [],
        "process_cpu_seconds_total": [(own, time.process_time())],
        "process_resident_memory_bytes": [(own, size)] if (size := _resident()) is not None else [],
        "process_start_time_seconds": [(own, time.time() - age)] if age is not None else [],
    }
    return "\n".join(_lines(values)) + "\n"


def serve(meter: Meter) -> None:
    """Answer scrapers, one after the other, for as long as the process lives."""
    host, port = meter.address
    try:
        server = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as exc:
        fields = {"stage": meter.stage, "cause": f"port {port} cannot be used: {exc.strerror}"}
        log.warning("no metrics of this process", extra={"fields": fields})
        return
    with server:
        while True:
            try:
                connection, _ = server.accept()
                with connection:
                    _answer(connection, meter)
            except OSError:
                # A scraper that went away, or too many open files: the next one may be luckier.
                time.sleep(0.05)


def _answer(connection: socket.socket, meter: Meter) -> None:
    connection.settimeout(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    request = b""
    while b"\r\n\r\n" not in request:
        if len(request) > MOST or time.monotonic() > deadline or not (piece := connection.recv(MOST)):
            return
        request += piece
    known = request.startswith((b"GET /metrics", b"GET / "))
    status, body = ("200 OK", page(meter)) if known else ("404 Not Found", "")
    content = body.encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"
    connection.sendall(f"{head}content-length: {len(content)}\r\nconnection: close\r\n\r\n".encode() + content)


def _labels(meter: Meter, kind: str, status: int) -> str:
    return f'{{stage="{meter.stage}",type="{kind}",status="{status}"}}'


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
