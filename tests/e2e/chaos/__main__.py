"""Runs the storm: python -m tests.e2e.chaos --conversations 2000 --turns 5 --seed 1 --store sqlite (task chaos)."""

import argparse
import http.client
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from knative.local.stages import ALL_IN_ONE
from monitoring.conversations.dead_letters import iterate_dead_letters, replay_all
from shared.outbound import Outbound
from tests.e2e.chaos.faults import Chances, Faults, Platform, proxy
from tests.e2e.chaos.people import SETTINGS, Talk, talks
from tests.e2e.chaos.stores import Crash, Disturbed, Firestore, Sqlite
from tests.e2e.chaos.verdict import Verdict, judge
from tests.e2e.chaos.world import World

STORE = Chances(refused=0.01, lost=0.01, doubled=0.0, delayed=0.05)
"""What befalls calls to Firestore, besides its outages."""
PROXIED = ("nlu", "dialogue", "actions", "delivery")
"""Between broker and stage."""
TARGETS = ("gateway", "nlu", "dialogue", "actions", "delivery", "delivery", "broker", "broker", "dead_letter")
EVERYTHING = ("broker", "gateway", "nlu", "dialogue", "actions", "delivery", "dead_letter", "observer")
SMALL_TARGETS = (*[ALL_IN_ONE] * 6, "broker", "broker", "dead_letter")
SMALL = ("broker", ALL_IN_ONE, "dead_letter", "observer")
"""The same where five stages share a process."""


@dataclass(frozen=True, slots=True)
class Storm:
    conversations: int
    turns: int
    seed: int
    at_once: int = 24
    calm: float = 1.5
    """Seconds between two kills, on average."""
    outages: float = 20.0
    """Seconds between two failures of the store, on average."""
    longer: float = 10.0
    """Seconds for which it goes on after the last message was accepted, where deliveries still wait."""
    seconds: float = 1300.0
    """In which people write; who has not begun by then does not, and that is a fault of its own."""
    settling: float = 300.0
    """In which all that was accepted must come to its end, after the storm and again after what was replayed."""
    store: str = "sqlite"
    """Or firestore: the emulator, which is killed too."""
    small: bool = False
    """Whether five stages share a process."""

    @property
    def everything(self) -> Sequence[str]:
        return SMALL if self.small else EVERYTHING


@dataclass(slots=True)
class Report:
    verdict: Verdict
    left: list[str]
    seconds: float
    killed: Counter[str]
    counted: Counter[str]
    outages: int
    replayed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What went wrong with the storm itself."""

    @property
    def faults(self) -> list[str]:
        found = [*self.broken, *self.verdict.faults]
        if self.verdict.unexplained:
            found.append(f"{self.verdict.unexplained} replies were doubled outside the documented window")
        return found + [f"a process is left: {command}" for command in self.left]


def run(storm: Storm, home: Path) -> Report:
    started = time.monotonic()
    faults = Faults(storm.seed)
    platform = Platform(faults)
    endpoints: dict[str, str] = {}
    settings = {**SETTINGS, "SEND_TIMEOUT": "3", "PUBLISH_TIMEOUT": "2.5"}
    with ExitStack() as stack:
        disturbed = _store(storm, home, faults, stack)
        address, platform_url = stack.enter_context(proxy(endpoints, faults)), stack.enter_context(platform.serving())
        settings |= {"CALLBACK_URL": platform_url, **disturbed.settings}
        world = World(home, {stage: f"{address}/{stage}" for stage in PROXIED}, settings, small=storm.small)
        endpoints.update({stage: world.endpoint(stage) for stage in PROXIED})
        try:
            world.start(*storm.everything)
            world.ready(*storm.everything)
            told, replayed, broken = _weather(storm, world, disturbed, faults)
        finally:
            left = world.stop()
        with closing(disturbed.open_store()) as store:
            kills = [Crash(at, at) for name, at in world.kills if name in ("delivery", ALL_IN_ONE)]
            verdict = judge(told, store, platform.taken, [*kills, *disturbed.crashes], home / "logs")
    counted = faults.counted + disturbed.count_faults()
    seconds = time.monotonic() - started
    return Report(verdict, left, seconds, world.killed, counted, disturbed.outages, replayed, broken)


def _store(storm: Storm, home: Path, faults: Faults, stack: ExitStack) -> Disturbed:
    if storm.store == "sqlite":
        return Sqlite(home)
    firestore = Firestore(home, Faults(storm.seed + 2, STORE))
    stack.enter_context(firestore.running())
    return firestore


class Watched(threading.Thread):
    """A thread whose end by an exception is a fault of the run, and no line among others."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self.fault = ""
        self._work = work

    def run(self) -> None:
        try:
            self._work()
        except BaseException as exc:  # noqa: BLE001 - told in the verdict
            self.fault = f"the thread {self.name} died: {type(exc).__name__}: {exc}"


def _weather(
    storm: Storm, world: World, disturbed: Disturbed, faults: Faults
) -> tuple[list[Talk], list[str], list[str]]:
    """The storm, then calm until everything has come to its end: who said what, what was sent again, and what went
    wrong with the storm itself."""
    over = threading.Event()
    threads = [
        Watched("that kills", lambda: _monkey(storm, world, over)),
        Watched("that disturbs the store", lambda: disturbed.disturb(over, storm.outages, storm.seed + 1)),
    ]
    for thread in threads:
        thread.start()
    try:
        told = talks(world.ports["gateway"], storm.conversations, storm.turns, storm.seed, storm.seconds, storm.at_once)
        _linger(world, storm.longer)
    finally:
        over.set()
        for thread in threads:
            thread.join(storm.settling)
    broken = [thread.fault for thread in threads if thread.fault]
    broken += [f"the thread {thread.name} does not end" for thread in threads if thread.is_alive()]
    broken += [talk.fault for talk in told if talk.fault]
    faults.chances = Chances(0, 0, 0, 0)
    disturbed.calm()
    world.start(*(name for name in storm.everything if not world.runs(name)))
    world.ready(*storm.everything)
    broken += _settle(world, storm.settling)
    replayed = _replay(world, disturbed)
    broken += _settle(world, storm.settling) if replayed else []
    return told, replayed, broken


def _monkey(storm: Storm, world: World, over: threading.Event) -> None:
    chance = random.Random(storm.seed)
    while not over.wait(chance.expovariate(1 / storm.calm)):
        name = chance.choice(SMALL_TARGETS if storm.small else TARGETS)
        world.kill(name)
        over.wait(chance.random() * 1.0)
        world.start(name)
        if chance.random() < 0.7:
            world.ready(name, seconds=storm.settling)


def _linger(world: World, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, ValueError, http.client.HTTPException):
            if not _queued(world):
                return
        time.sleep(0.2)


def _settle(world: World, seconds: float) -> list[str]:
    """Wait until nothing is to be delivered any more; what still is after so many seconds is a fault."""
    end = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        queued = _queued(world)
        quiet = 0 if queued else quiet + 1
        if time.monotonic() > end:
            return [f"deliveries still wait {seconds:g} s after the storm: {queued}"]
        time.sleep(0.2)
    return []


def _queued(world: World) -> dict[str, int]:
    """How many deliveries wait, by trigger."""
    return {name: counts["queued"] for name, counts in world.stats()["triggers"].items() if counts["queued"]}


def _replay(world: World, disturbed: Disturbed) -> list[str]:
    """Send again what was given up, as `task replay -- --all` does."""
    store, outbound = disturbed.open_store(), Outbound()
    broker = f"{world.url('broker')}/parley/default"
    letters = [letter for letter in iterate_dead_letters(store, time.time()) if letter.replayed_at is None]
    said = [
        f"{letter.type} {letter.cause[:120]!r}: {outcome}"
        for letter, outcome, _ in replay_all(letters, store, broker, outbound, wait=30)
    ]
    outbound.close()
    store.close()
    return said


def render_report(report: Report) -> str:
    verdict = report.verdict
    lines = [
        f"{report.seconds:.0f} s; kill -9: {sum(report.killed.values())} ({_counts(report.killed)}); "
        f"outages of the store: {report.outages}; faults: {_counts(report.counted)}",
        f"{verdict.accepted} messages accepted, {verdict.turns} turns ({verdict.unsure} of messages whose acceptance "
        f"nobody confirmed), {verdict.replies} replies, {verdict.doubles} doubled "
        f"({verdict.unexplained} outside the window), "
        f"{verdict.overtaken} overtaken, {verdict.overdue} overdue, {verdict.letters} dead letters",
        *(f"replayed: {line}" for line in report.replayed[:20]),
        *(f"WRONG: {fault}" for fault in report.faults[:20]),
        f"{len(report.faults)} faults" if report.faults else "nothing lost, nothing out of order, nothing left behind",
    ]
    return "\n".join(lines)


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task chaos", description=__doc__)
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many storms, from --seed on")
    parser.add_argument("--store", choices=("sqlite", "firestore"), default="sqlite")
    parser.add_argument("--small", action="store_true", help="five of the stages in one process")
    parser.add_argument("--outages", type=float, default=20.0, help="seconds between two failures of the store")
    parser.add_argument("--at-once", type=int, default=24, help="conversations at a time")
    parser.add_argument("--keep", type=Path, help="keep logs, store and journal in this new directory")
    options = parser.parse_args(arguments)
    # Ended from outside it ends as at its end: every process that it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = []
    for seed in range(options.seed, options.seed + options.seeds):
        storm = Storm(
            options.conversations,
            options.turns,
            seed,
            options.at_once,
            outages=options.outages,
            store=options.store,
            small=options.small,
        )
        what = f"{storm.conversations} conversations of {storm.turns} messages on {storm.store}"
        print(f"seed {seed}: {what}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            home = options.keep / str(seed) if options.keep else Path(scratch)
            os.makedirs(home, exist_ok=True)
            report = run(storm, home)
            print(render_report(report), flush=True)
        failed += [seed] * bool(report.faults)
    if options.seeds > 1:
        print(f"{options.seeds} seeds, {f'with faults: {failed}' if failed else 'none with a fault'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
