"""Load on the whole assistant over REST and through the broker: steady, rising and too much; drawn over time.

Arrivals are open: a new message comes when its time is there, whether or not the ones before were answered, as people
are. The loopback address only. Whatever was accepted must be answered; what is shed must be told when to come back.
"""

import argparse
import http.client
import json
import os
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knative.local.ports import find_free_ports
from knative.local.runs import wait_for
from knative.local.stages import ROOT
from shared.stores.opening import open_store
from tests.bench.chart import Line, Panel, svg
from tests.bench.table import Table
from tests.bench.warm import MESSAGES
from tests.e2e.chaos.people import CONVERSATIONS, SETTINGS

JSON = {"content-type": "application/json"}
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One message and what became of it."""

    at: float
    """Seconds since the beginning of the phase, when it was due."""
    seconds: float
    """Until its answer; until it was refused."""
    status: int
    retry_after: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    channel: str
    rate: Callable[[float], float]
    """Messages a second at a moment, as a share of the phase from 0 to 1."""
    conversations: int = 200


class Assistant:
    """`task up` on free ports, with a store of its own."""

    def __init__(self, home: Path) -> None:
        self.port = find_free_ports(1)[0]
        self.home = home
        environ = {**os.environ, "PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT), **SETTINGS}
        command = [sys.executable, "-m", "knative.local.up", "--port", str(self.port)]
        self._log = (home / "log.txt").open("wb")
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=self._log, stderr=self._log, start_new_session=True
        )
        run = home / "default" / str(self.port) / "run.json"
        if wait_for(lambda: "yes" if run.exists() else None, PATIENCE) is None:
            self.stop()
            raise SystemExit(f"the assistant did not start: {(home / 'log.txt').read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def post(self, path: str, body: Any) -> tuple[int, bytes, bool]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, json.dumps(body), JSON)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, content, answer.getheader("retry-after") is not None
        except (OSError, http.client.HTTPException):
            return 0, b"", False
        finally:
            connection.close()


def hold(assistant: Assistant, phase: Phase, seconds: float, workers: int = 64) -> list[Asked]:
    """Send at the phase's rate; every message with its outcome. Through the broker the answer is seen in the store."""
    due: queue.Queue[tuple[float, int] | None] = queue.Queue()
    asked: list[Asked] = []
    accepted: dict[str, tuple[str, float]] = {}
    names = [CONVERSATIONS.issue() for _ in range(phase.conversations)]
    started = time.monotonic()

    def work() -> None:
        while (item := due.get()) is not None:
            at, number = item
            sender = names[number % phase.conversations]
            text = MESSAGES[number // phase.conversations % len(MESSAGES)]
            if phase.channel == "rest":
                status, _, later = assistant.post("/webhooks/rest/webhook", {"sender": sender, "message": text})
                asked.append(Asked(at, time.monotonic() - started - at, status, later))
                continue
            body = {"conversation": sender, "id": f"message{number:08d}", "text": text}
            status, content, later = assistant.post("/webhooks/webchat/webhook", body)
            if status == 202:
                accepted[json.loads(content)["message"]] = (f"webchat:{sender}", at)
            else:
                asked.append(Asked(at, time.monotonic() - started - at, status, later))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    number, next_ = 0, 0.0
    while next_ < seconds:
        time.sleep(max(0.0, next_ - (time.monotonic() - started)))
        due.put((next_, number))
        number += 1
        next_ += 1 / phase.rate(next_ / seconds)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    return asked + (_answers(assistant, accepted, started) if phase.channel != "rest" else [])


def _answers(assistant: Assistant, accepted: dict[str, tuple[str, float]], started: float) -> list[Asked]:
    """When the replies of each accepted message were posted for its person; status 599 where they never were."""
    store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
    offset = time.time() - time.monotonic()
    found: dict[str, float] = {}

    def all_there() -> str | None:
        for conversation in {conversation for ident, (conversation, _) in accepted.items() if ident not in found}:
            for post in store.outbox.read_after(conversation, 0, time.time(), 10_000):
                if post.document.get("end"):
                    found.setdefault(str(post.document["message"]), post.at - offset - started)
        return "all" if len(found) >= len(accepted) else None

    wait_for(all_there, 2 * PATIENCE, pause=0.5)
    store.close()
    return [
        Asked(at, found[ident] - at, 202) if ident in found else Asked(at, PATIENCE, 599)
        for ident, (_, at) in accepted.items()
    ]


def panels(name: str, asked: Sequence[Asked], seconds: float) -> list[Panel]:
    """Throughput and latency in twenty slices of the phase."""
    width = seconds / 20
    slices = [[item for item in asked if index * width <= item.at < (index + 1) * width] for index in range(20)]
    middle = [(index + 0.5) * width for index in range(20)]

    def rate(chosen: Callable[[Asked], bool]) -> list[tuple[float, float]]:
        return [(x, sum(map(chosen, items)) / width) for x, items in zip(middle, slices, strict=True)]

    def latency(share: float) -> list[tuple[float, float]]:
        answered = [sorted(item.seconds for item in items if item.status < 300) for items in slices]
        return [(x, _at(times, share) * 1000) for x, times in zip(middle, answered, strict=True) if times]

    flows = [
        Line("offered", rate(lambda item: item.at >= 0)),
        Line("shed", rate(lambda item: item.status in (429, 503))),
    ]
    times = [Line("p50", latency(0.5)), Line("p95", latency(0.95)), Line("p99", latency(0.99))]
    return [Panel(f"{name}: messages", "a second", flows), Panel(f"{name}: until the answer", "ms", times)]


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each phase; at most 300")
    parser.add_argument("--steady", type=float, default=15.0, help="messages a second; at most 500")
    parser.add_argument(
        "--peak", type=float, default=120.0, help="messages a second at the end of the rise; at most 1000"
    )
    parser.add_argument("--out", type=Path, default=Path("out/load"))
    options = parser.parse_args(arguments)
    seconds, steady, peak = min(options.seconds, 300.0), min(options.steady, 500.0), min(options.peak, 1000.0)

    def rising(share: float) -> float:
        return float(5.0 + (peak - 5.0) * share)

    phases = [
        Phase("REST steady", "rest", lambda _: steady),
        Phase("REST rising", "rest", rising),
        Phase("broker steady", "webchat", lambda _: steady),
        Phase("broker rising", "webchat", rising),
    ]
    table = Table(
        f"Load: {steady:g} messages a second, and rising from 5 to {peak:g}, {seconds:g} s each, 200 conversations",
        ("phase", "offered", "answered", "shed (503)", "lost", "answered/s", "p50 ms", "p95 ms", "p99 ms"),
    )
    options.out.mkdir(parents=True, exist_ok=True)
    drawn: list[Panel] = []
    lost = 0
    with tempfile.TemporaryDirectory() as scratch:
        assistant = Assistant(Path(scratch))
        try:
            for text in MESSAGES * 3:
                assistant.post("/webhooks/rest/webhook", {"sender": "warm", "message": text})
            for phase in phases:
                asked = hold(assistant, phase, seconds)
                answered = [item for item in asked if item.status in (200, 202)]
                shed = [item for item in asked if item.status in (429, 503) and item.retry_after]
                times = sorted(item.seconds * 1000 for item in answered) or [0.0]
                missing = len(asked) - len(answered) - len(shed)
                lost += missing
                end = max((item.at + item.seconds for item in answered), default=seconds)
                table.add(
                    phase.name,
                    *(str(len(items)) for items in (asked, answered, shed)),
                    str(missing),
                    f"{len(answered) / end:.0f}",
                    f"{statistics.median(times):.0f}",
                    f"{_at(times, 0.95):.0f}",
                    f"{_at(times, 0.99):.0f}",
                )
                drawn += panels(phase.name, asked, seconds)
        finally:
            assistant.stop()
    (options.out / "load.svg").write_text(svg(drawn), encoding="utf-8")
    print(table)
    print(f"{options.out / 'load.svg'}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
