"""What a message costs in the two shapes, four processes or one, and in another revision; in turns, in one run.

`--shapes four seven one`: seven are all stages that a person's message on a platform needs, observer and dead letters
with them, which a REST message only starts and keeps in memory.

`python -m tests.bench.shapes --revision 244a43b --rounds 5`. CPU is read in nanoseconds from the clocks of processes
(psutil's ticks of 10 ms lose a tenth), all processes that a message needs are counted, and a fixed loop of Python that
runs between them says how fast the machine was meanwhile: figures are worth something as ratios.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from knative.local import served
from knative.local.ports import find_free_ports
from knative.local.stages import ALL_IN_ONE, ROOT, build_environment, find_place
from tests.bench.cold import CHAIN, REST
from tests.bench.processes import first_answer
from tests.bench.table import Table
from tests.bench.warm import MESSAGES, talk

ONE = (ALL_IN_ONE,)
SEVEN = (*CHAIN, "delivery", "observer", "dead_letter")
FIRST = json.dumps({"sender": "bench", "message": "search for a video about horror movies"}).encode()
PRECOMPILERS = (Path("functions/runtime/precompiled.py"), Path("functions/precompiled.py"))
PACKER = Path("functions/runtime/packed_modules.py")


@dataclass
class Contestant:
    """A revision in one of the shapes, and what was measured of it."""

    name: str
    root: Path
    stages: Sequence[str]
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **figures: float) -> None:
        for name, figure in figures.items():
            self.figures.setdefault(name, []).append(figure)

    def middle(self, name: str) -> float:
        return statistics.median(self.figures[name])


def cpu_ns(pid: int) -> int:
    """Nanoseconds of CPU that the process has used, its ended threads included (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def reference_loop() -> float:
    """Milliseconds of CPU of a fixed loop: this machine's speed in this minute."""
    began = time.process_time_ns()
    found: dict[str, int] = {}
    for number in range(100_000):
        key = f"{number % 1000}"
        found[key] = found.get(key, 0) + number
    return (time.process_time_ns() - began) / 1e6


@contextlib.contextmanager
def running(one: Contestant, scratch: Path, assistant: str) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """The contestant's processes as its images start them; their ports and their numbers."""
    (scratch / "store.db").unlink(missing_ok=True)
    named = [*one.stages, *(["metrics"] if "observer" in one.stages else [])]
    ports = dict(zip(named, find_free_ports(len(named)), strict=True))
    given = {
        "PATH": os.environ["PATH"],
        "STORE_URL": f"sqlite:{scratch / 'store.db'}",
        "BUNDLE_HASHES": "false",
        "REST_AUTH": "open",
    }
    bundle = one.root / "model_artifacts" / "assistants" / assistant
    given |= {"BUNDLE": str(bundle / "bundle"), "ASSISTANT_ACTIONS": str(bundle / "actions")}
    started = {}
    try:
        for stage in one.stages:
            environ = served.build_environment(
                stage, build_environment(stage, find_place(assistant, 0), ports, given), scratch / one.name, one.root
            )
            environ["PORT"] = str(ports[stage])
            with (scratch / f"{one.name}-{stage}.log").open("ab") as log:
                started[stage] = subprocess.Popen(
                    served.build_command(one.root), env=environ, stdout=subprocess.DEVNULL, stderr=log, cwd=one.root
                )
        yield ports, {stage: process.pid for stage, process in started.items()}
    finally:
        for process in started.values():
            process.kill()
            process.wait()


def wait_until_listening(port: int) -> None:
    """Until the stage at this port could answer: a stage that no REST message needs is part of the price as well."""
    while True:
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), 60):
            return
        time.sleep(0.005)


def precompile(one: Contestant, scratch: Path, assistant: str) -> None:
    """What an image's build leaves beside the code, for a revision of any age."""
    (scratch / one.name).mkdir()
    tool = next(one.root / path for path in PRECOMPILERS if (one.root / path).is_file())
    path = f"{one.root}{os.pathsep}{sysconfig.get_path('purelib')}"
    tools = {tool: "bin"} | ({one.root / PACKER: "modules"} if (one.root / PACKER).is_file() else {})
    environ = {**os.environ, "PYTHONPATH": path}
    for stage in one.stages:
        for made, ending in tools.items():
            command = [sys.executable, "-S", "-P", str(made), stage, str(scratch / one.name / f"{stage}.{ending}")]
            command.append(str(one.root / "model_artifacts" / "assistants" / assistant))
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ, cwd=one.root)


def measure(one: Contestant, scratch: Path, assistant: str, messages: int) -> None:
    """One round: the first answer from nothing, then messages of one sender, then of eight."""
    with running(one, scratch, assistant) as (ports, pids):
        port = ports[one.stages[0]]
        status, answer = first_answer(port, "/webhooks/rest/webhook", FIRST, REST)
        if status != 200 or not json.loads(answer):
            raise SystemExit(f"{one.name}: the first message was answered {status} {answer[:200]!r}")
        for stage in one.stages[1:]:
            wait_until_listening(ports[stage])
        one.note(cold=sum(map(cpu_ns, pids.values())) / 1e6)
        talk(port, "warm-up", 60, [])
        one.note(memory=sum(psutil.Process(pid).memory_full_info().pss for pid in pids.values()) / 1e6)
        for senders in (1, 8):
            before = {stage: cpu_ns(pid) for stage, pid in pids.items()}
            threads = [
                threading.Thread(target=talk, args=(port, f"bench-{senders}-{number}", messages // senders, []))
                for number in range(senders)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            count = messages // senders * senders
            used = {stage: (cpu_ns(pid) - before[stage]) / 1e6 / count for stage, pid in pids.items()}
            one.note(**{f"warm{senders}": sum(used.values())})
            one.note(**{f"{stage}{senders}": cpu for stage, cpu in used.items()})


def contestants(revision: str | None, scratch: Path, shapes: Sequence[str]) -> Iterator[Contestant]:
    if "four" in shapes:
        yield Contestant("four", ROOT, CHAIN)
    if "seven" in shapes:
        yield Contestant("seven", ROOT, SEVEN)
    if "one" in shapes:
        yield Contestant("one", ROOT, ONE)
    if revision:
        root = scratch / "revision"
        subprocess.run(
            ["git", "worktree", "add", "--detach", root, revision], cwd=ROOT, check=True, capture_output=True
        )
        yield Contestant(revision, root, CHAIN)


def show(measured: Sequence[Contestant], loop: float) -> str:
    """The tables: what each costs, in milliseconds of CPU and as a ratio to the first."""
    first = measured[0]
    table = Table(
        f"A message through all its processes; the loop took {loop:.1f} ms of CPU (medians; ratio to `{first.name}`)",
        ("", "cold ms", "ratio", "warm ms, 1 sender", "ratio", "warm ms, 8 senders", "ratio", "PSS MB", "ratio"),
    )
    for one in measured:
        cells = []
        for name in ("cold", "warm1", "warm8", "memory"):
            cells += [f"{one.middle(name):.2f}", f"{one.middle(name) / first.middle(name):.2f}"]
        table.add(one.name, *cells)
    stages = Table("Warm ms of CPU by process (1 sender / 8)", ("", *CHAIN))
    for one in measured:
        if len(one.stages) > 1:
            stages.add(one.name, *(f"{one.middle(f'{stage}1'):.2f} / {one.middle(f'{stage}8'):.2f}" for stage in CHAIN))
    return f"{table}\n{stages}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.shapes", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--revision", help="another revision, in four processes, with its own bundle")
    parser.add_argument("--shapes", nargs="+", choices=("four", "seven", "one"), default=["four", "one"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=240)
    options = parser.parse_args(arguments)
    print(f"load {os.getloadavg()[0]:.1f}; the messages: {', '.join(MESSAGES)}\n")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        measured = list(contestants(options.revision, scratch, options.shapes))
        try:
            loops = []
            for one in measured:
                precompile(one, scratch, options.assistant)
            for _ in range(options.rounds):
                for one in measured:
                    loops.append(reference_loop())
                    measure(one, scratch, options.assistant, options.messages)
            print(show(measured, statistics.median(loops)))
        finally:
            if options.revision:
                gone = ["git", "worktree", "remove", "--force", str(scratch / "revision")]
                subprocess.run(gone, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
