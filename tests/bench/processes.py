"""Stages as real processes under functions-framework, and what they cost: CPU, wall, memory of the whole tree."""

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from knative.local.ports import find_free_ports
from knative.local.stages import build_command, build_environment, find_place

DEADLINE = 60.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process tree has used so far."""

    cpu: float
    """Seconds, user and system."""
    rss: int
    pss: int
    """Bytes; the proportional set size counts a shared page once."""


def measure_cost(pid: int) -> Cost:
    """The cost of a process and all below it, now."""
    parent = psutil.Process(pid)
    cpu, rss, pss = 0.0, 0, 0
    for process in [parent, *parent.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            memory = process.memory_full_info()
            cpu += times.user + times.system
            rss += memory.rss
            pss += memory.pss
    return Cost(cpu, rss, pss)


@dataclass(frozen=True, slots=True)
class Started:
    """A stage that was just started; the clock runs from before its process existed."""

    stage: str
    port: int
    process: "subprocess.Popen[bytes]"
    since: float


@contextlib.contextmanager
def stages(
    names: Sequence[str], assistant: str, scratch: Path, extra: Mapping[str, str] | None = None
) -> Iterator[dict[str, Started]]:
    """These stages, started at once on free ports with a store of their own; stopped at the end."""
    named = [*names, *(["metrics"] if "observer" in names else [])]
    ports = dict(zip(named, find_free_ports(len(named)), strict=True))
    given = {
        "PATH": os.environ["PATH"],
        "STORE_URL": f"sqlite:{scratch / 'store.db'}",
        "REST_AUTH": "open",
        **(extra or {}),
    }
    where = find_place(assistant, 0)
    started = {}
    try:
        for name in names:
            since = time.perf_counter()
            with (scratch / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    build_command(name, ports[name]),
                    env=build_environment(name, where, ports, given),
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                )
            started[name] = Started(name, ports[name], process, since)
        yield started
    finally:
        for stage in started.values():
            os.killpg(stage.process.pid, signal.SIGTERM)
        for stage in started.values():
            try:
                stage.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(stage.process.pid, signal.SIGKILL)
                stage.process.wait()


def first_answer(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """The first answer that this port gives, asking again until it listens."""
    end = time.monotonic() + DEADLINE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        try:
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)
        finally:
            connection.close()
