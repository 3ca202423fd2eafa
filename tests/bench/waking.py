"""A cold message end to end, all stages at zero, with and without prewarming: `task bench:waking`.

Three ways in: an event published to the broker (with the Triggers of components/prewarming, or without), a webhook at
the gateway, which sleeps too, and REST. Beside them, in the same minutes, each stage alone: its first event at zero.
Stages run as in their images. The ratio is to the slowest of the stages that the message needs.
"""

import argparse
import contextlib
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from knative.local.ports import find_free_ports
from knative.local.send import find_sample
from knative.local.stages import ROOT, STAGES, name_service
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.events.http import encode
from tests.bench.table import Table
from tests.e2e.chaos.people import SETTINGS
from tests.e2e.receiver import Receiver, receiving

SAYING = "search for a video about horror movies"
"""Needs an action, so every stage."""
NEEDED = ("nlu", "dialogue", "actions", "delivery")
EVENT = {"content-type": "application/cloudevents+json"}
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class World:
    """A broker and an activator; every stage but the observer sleeps unless asked."""

    ports: Mapping[str, int]
    activator: "subprocess.Popen[bytes]"

    def asleep(self) -> None:
        """Return when nothing runs but the observer."""
        end = time.monotonic() + PATIENCE
        while not all(asleep for stage, asleep in self.sleeping().items() if stage != "observer"):
            if time.monotonic() > end:
                raise SystemExit("the stages do not sleep")
            time.sleep(0.05)

    def cpu(self) -> float:
        """Seconds of CPU of all stages that have ended."""
        times = psutil.Process(self.activator.pid).cpu_times()
        return float(times.children_user + times.children_system)

    def sleeping(self) -> dict[str, bool]:
        """Of each stage whether it is at zero."""
        stats: dict[str, Any] = json.loads(post(self.ports["activator"], "/stats", b"", {}, "GET")[1])
        return {stage: one["asleep"] for stage, one in stats.items()}


@contextlib.contextmanager
def world(assistant: str, home: Path, callback: str, idle: float, *, ahead: bool) -> Iterator[World]:
    names = (*STAGES, "broker", "metrics", "activator")
    ports = dict(zip(names, find_free_ports(len(names)), strict=True))
    broker = [sys.executable, "-m", "knative.local.broker", "--port", str(ports["broker"])]
    broker += ["--manifests", str(ROOT / "knative" / "base"), "--journal", str(home / "journal.db")]
    broker += ["--also", str(ROOT / "knative" / "components" / "prewarming")] if ahead else []
    for stage in STAGES:
        broker += ["--service", f"{name_service(stage)}=http://127.0.0.1:{ports[stage]}"]
    activator = [sys.executable, "-m", "knative.local.activator", "--assistant", assistant]
    activator += ["--port", str(ports["activator"]), "--idle", str(idle)]
    for name in names:
        activator += ["--at", f"{name}={ports[name]}"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PARLEY_HOME": str(home), "LOG_LEVEL": "warning"}
    environ |= {"CALLBACK_URL": callback, "PREWARM": "1" if ahead else "0", **SETTINGS}
    with (home / "log").open("wb") as log:
        running = [subprocess.Popen(words, env=environ, stdout=log, stderr=log) for words in (activator, broker)]
    try:
        for name in ("activator", "broker"):
            first(ports[name], "/healthz", b"", {}, "GET")
        yield World(ports, running[0])
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(40)


def post(port: int, path: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def first(port: int, path: str, body: bytes, headers: Mapping[str, str], method: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            post(port, path, body, headers, method)
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def through_broker(one: World, receiver: Receiver) -> None:
    sender = uuid.uuid4().hex
    ident = f"callback:{sender}"
    data = MessageReceived(SAYING, sender)
    event = Envelope(ident, "/bench", ident, data, MessageReceived.TYPE, ident, channel="callback")
    headers, body = encode(event)
    expect(post(one.ports["broker"], "/parley/default", body, headers), 202)
    receiver.wait_for(sender, PATIENCE)


def through_gateway(one: World, receiver: Receiver) -> None:
    sender = uuid.uuid4().hex
    body = json.dumps({"sender": sender, "message": SAYING}).encode()
    expect(post(one.ports["gateway"], "/webhooks/callback/webhook", body, {}), 200)
    receiver.wait_for(sender, PATIENCE)


def over_rest(one: World, _: Receiver) -> None:
    body = json.dumps({"sender": uuid.uuid4().hex, "message": SAYING}).encode()
    answered = post(one.ports["gateway"], "/webhooks/rest/webhook", body, {})
    expect(answered, 200)
    assert json.loads(answered[1]), answered


WAYS = {"event to the broker": through_broker, "webhook at the gateway": through_gateway, "REST": over_rest}


def expect(answered: tuple[int, bytes], status: int) -> None:
    if answered[0] != status:
        raise SystemExit(f"answered {answered[0]} {answered[1][:300]!r}")


def alone(one: World, stage: str) -> float:
    """Milliseconds to a stage's answer to its sample event, at zero."""
    one.asleep()
    body = find_sample(stage).read_bytes()
    since = time.perf_counter()
    status, answer = post(one.ports[stage], "/", body, EVENT)
    taken = (time.perf_counter() - since) * 1000
    if status not in (200, 204):
        raise SystemExit(f"{stage} answered {status} {answer[:300]!r}")
    return taken


def measure(assistant: str, runs: int, idle: float) -> tuple[Table, Table]:
    stages: dict[str, list[float]] = {stage: [] for stage in NEEDED}
    found: dict[tuple[str, bool], list[tuple[float, float]]] = {(way, a): [] for way in WAYS for a in (True, False)}
    with tempfile.TemporaryDirectory() as scratch, receiving() as receiver, contextlib.ExitStack() as stack:
        worlds = {}
        for ahead in (True, False):
            home = Path(scratch) / f"ahead-{ahead}"
            home.mkdir()
            worlds[ahead] = stack.enter_context(world(assistant, home, receiver.url, idle, ahead=ahead))
        for number in range(runs + 1):
            for stage in NEEDED:
                taken = alone(worlds[False], stage)
                # The first round finds files that were never read.
                stages[stage] += [taken] if number else []
            for way, send in WAYS.items():
                for ahead, one in worlds.items():
                    one.asleep()
                    before, since = one.cpu(), time.perf_counter()
                    send(one, receiver)
                    taken = (time.perf_counter() - since) * 1000
                    one.asleep()
                    found[way, ahead] += [(taken, (one.cpu() - before) * 1000)] if number else []
    single = Table(f"Each stage alone, its first event at zero (median of {runs})", ("stage", "wall ms", "least"))
    for stage, values in stages.items():
        single.add(stage, f"{statistics.median(values):.0f}", f"{min(values):.0f}")
    slowest = max(statistics.median(values) for values in stages.values())
    table = Table(
        f"A cold message, all stages at zero (median of {runs}; the slowest stage alone: {slowest:.0f} ms)",
        ("way in", "prewarming", "wall ms", "least", "times the slowest stage", "CPU ms of all stages"),
    )
    for (way, ahead), rows in found.items():
        wall = statistics.median(row[0] for row in rows)
        cpu = statistics.median(row[1] for row in rows)
        least = min(row[0] for row in rows)
        table.add(way, "on" if ahead else "off", f"{wall:.0f}", f"{least:.0f}", f"{wall / slowest:.2f}", f"{cpu:.0f}")
    return single, table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task bench:waking", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default=os.environ.get("ASSISTANT") or "default")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--idle", type=float, default=0.6, help="seconds without a request before a stage is stopped")
    options = parser.parse_args(arguments)
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} CPUs, "
          f"load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    for table in measure(options.assistant, options.runs, options.idle):
        print(table)
    print(f"load after: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
