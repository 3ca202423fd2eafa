"""The REST chain on the image's server: cold CPU, memory, warm CPU and throughput, and how fast it stops when idle.

`python -m tests.bench.served --python python3.11`, with the server, flags and precompiled methods of an image. Compared
with `task bench`, which measures the same under functions-framework.
"""

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from knative.local.ports import find_free_ports
from knative.local.served import choose_allocator
from knative.local.stages import ROOT, build_environment, find_place
from tests.bench.cold import CHAIN, REST
from tests.bench.coldstart import write_compiled
from tests.bench.processes import Started, first_answer, measure_cost
from tests.bench.table import Table
from tests.bench.warm import talk, talk_together

PACKAGES = f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"
BODY = json.dumps({"sender": "bench", "message": "search for a video about horror movies"}).encode()


@contextlib.contextmanager
def served(assistant: str, python: str, scratch: Path) -> Iterator[dict[str, Started]]:
    """The four stages of the REST chain, started at once as their images start them."""
    ports = dict(zip(CHAIN, find_free_ports(len(CHAIN)), strict=True))
    given = {
        "PATH": os.environ["PATH"],
        "STORE_URL": f"sqlite:{scratch / 'store.db'}",
        "BUNDLE_HASHES": "false",
        "REST_AUTH": "open",
    }
    started = {}
    try:
        for stage in CHAIN:
            environ = build_environment(stage, find_place(assistant, 0), ports, given)
            environ |= {"PYTHONPATH": PACKAGES, "STAGE": stage, "PORT": str(ports[stage]), "HOST": "127.0.0.1"}
            environ |= {**choose_allocator(stage), "COMPILED": str(scratch / f"{stage}.bin")}
            environ["MODULES"] = str(scratch / f"{stage}.modules")
            since = time.perf_counter()
            with (scratch / f"{stage}.log").open("wb") as log:
                process = subprocess.Popen(
                    [python, "-S", "-P", str(ROOT / "functions" / "runtime" / "serve.py")],
                    env=environ,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                )
            started[stage] = Started(stage, ports[stage], process, since)
        yield started
    finally:
        for one in started.values():
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()


def precompile(python: str, scratch: Path, assistant: str) -> None:
    """What knative/images/seal.sh puts into the images besides code."""
    for stage in CHAIN:
        write_compiled(python, stage, scratch, assistant)


def cold(assistant: str, python: str, runs: int, scratch: Path) -> Table:
    table = Table(
        f"REST chain from zero on the image's server (four stages at once, one message, median of {runs})",
        ("CPU s", "min", "wall s", "RSS MB", "PSS MB", "stop after SIGTERM, idle, ms (slowest stage)"),
    )
    rows = []
    for number in range(runs):
        (scratch / "store.db").unlink(missing_ok=True)
        with served(assistant, python, scratch) as started:
            status, answer = first_answer(started["gateway"].port, "/webhooks/rest/webhook", BODY, REST)
            wall = time.perf_counter() - started["gateway"].since
            if status != 200 or not json.loads(answer):
                raise SystemExit(f"run {number} was answered {status}: {answer.decode(errors='replace')}")
            used = [measure_cost(one.process.pid) for one in started.values()]
            rows.append((sum(one.cpu for one in used), wall, *_memory(started), max(_stops(started))))
    cpu, wall, rss, pss, stop = (statistics.median(column) for column in zip(*rows, strict=True))
    least = min(row[0] for row in rows)
    table.add(f"{cpu:.2f}", f"{least:.2f}", f"{wall:.2f}", f"{rss:.0f}", f"{pss:.0f}", f"{stop * 1000:.0f}")
    return table


def _memory(started: dict[str, Started]) -> tuple[float, float]:
    used = [measure_cost(one.process.pid) for one in started.values()]
    return sum(one.rss for one in used) / 1e6, sum(one.pss for one in used) / 1e6


def _stops(started: dict[str, Started]) -> Iterator[float]:
    """Seconds from SIGTERM to the end, one stage after the other."""
    for one in started.values():
        since = time.perf_counter()
        one.process.send_signal(signal.SIGTERM)
        status = one.process.wait(10)
        yield time.perf_counter() - since
        if status != 0:
            raise SystemExit(f"{one.stage} left with {status}")


def warm(assistant: str, python: str, messages: int, scratch: Path) -> Table:
    table = Table(
        f"REST, warm, on the image's server ({messages} messages a row; CPU of all four stages)",
        ("senders", "p50 ms", "p99 ms", "messages/s", "CPU ms a message", "PSS MB"),
    )
    with served(assistant, python, scratch) as started:
        port = started["gateway"].port
        first_answer(port, "/webhooks/rest/webhook", BODY, REST)
        talk(port, "warm-up", 60, [])
        for senders in (1, 8):
            before = sum(measure_cost(one.process.pid).cpu for one in started.values())
            times, wall = talk_together(port, senders, messages)
            cpu = (sum(measure_cost(one.process.pid).cpu for one in started.values()) - before) / len(times) * 1000
            low, high = statistics.median(times) * 1000, statistics.quantiles(times, n=100)[98] * 1000
            rate = f"{len(times) / wall:.0f}"
            table.add(str(senders), f"{low:.1f}", f"{high:.1f}", rate, f"{cpu:.1f}", f"{_memory(started)[1]:.0f}")
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.served", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default=os.environ.get("ASSISTANT") or "default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--messages", type=int, default=960)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args(arguments)
    print(f"load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        precompile(options.python, Path(folder), options.assistant)
        print(cold(options.assistant, options.python, options.runs, Path(folder)))
        print(warm(options.assistant, options.python, options.messages, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
