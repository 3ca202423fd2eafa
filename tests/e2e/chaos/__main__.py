"""Runs the storm: python -m tests.e2e.chaos --conversations 2000 --turns 5 --seed 1 (task chaos)."""

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from knative.local.letters import every, replay
from shared.outbound import Outbound
from shared.stores.opening import open_store
from tests.e2e.chaos.faults import Chances, Faults, Platform, proxy
from tests.e2e.chaos.people import Talk, talks
from tests.e2e.chaos.verdict import Verdict, judge
from tests.e2e.chaos.world import World

PROXIED = ("nlu", "dialogue", "actions", "delivery")
TARGETS = ("gateway", "nlu", "dialogue", "actions", "delivery", "delivery", "broker", "broker", "dead_letter")
EVERYTHING = ("broker", "gateway", "nlu", "dialogue", "actions", "delivery", "dead_letter", "observer")


@dataclass(frozen=True, slots=True)
class Storm:
    conversations: int
    turns: int
    seed: int
    at_once: int = 24
    calm: float = 1.5
    """Seconds between two kills, on average."""
    locks: float = 20.0
    """Seconds between two times that the store is locked, on average."""
    locked: float = 5.5
    """For how long; above the 5 s for which a stage waits, so that it answers 503."""
    seconds: float = 1800.0


@dataclass(slots=True)
class Report:
    verdict: Verdict
    left: list[str]
    seconds: float
    killed: Counter[str]
    counted: Counter[str]
    locks: int
    replayed: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        found = list(self.verdict.faults)
        if self.verdict.unexplained:
            found.append(f"{self.verdict.unexplained} replies were doubled outside the documented window")
        return found + [f"a process is left: {command}" for command in self.left]


def run(storm: Storm, home: Path) -> Report:
    started = time.monotonic()
    faults = Faults(storm.seed)
    platform = Platform(faults)
    ports: dict[str, int] = {}
    settings = {"PERSON_RATE": "0", "SEND_TIMEOUT": "3", "PUBLISH_TIMEOUT": "2.5"}
    with proxy(ports, faults) as address, platform.serving() as platform_url:
        world = World(
            home, {stage: f"{address}/{stage}" for stage in PROXIED}, {**settings, "CALLBACK_URL": platform_url}
        )
        ports.update(world.ports)
        try:
            world.start(*EVERYTHING)
            world.ready(*EVERYTHING)
            crashes, told, replayed = _weather(storm, world, faults)
        finally:
            left = world.stop()
    store = open_store(f"sqlite:{world.store}")
    try:
        kills = [at for name, at in world.kills if name == "delivery"]
        verdict = judge(told, store, platform.taken, [*kills, *crashes], home / "logs")
    finally:
        store.close()
    return Report(verdict, left, time.monotonic() - started, world.killed, faults.counted, len(crashes) // 2, replayed)


def _weather(storm: Storm, world: World, faults: Faults) -> tuple[list[float], list[Talk], list[str]]:
    """The storm, then calm until everything has come to its end; when the store was locked, and who said what."""
    over = threading.Event()
    crashes: list[float] = []
    threads = [
        threading.Thread(target=_monkey, args=(storm, world, over)),
        threading.Thread(target=_locks, args=(storm, world, over, crashes)),
    ]
    for thread in threads:
        thread.start()
    try:
        told = talks(world.ports["gateway"], storm.conversations, storm.turns, storm.seed, storm.seconds, storm.at_once)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    faults.chances = Chances(0, 0, 0, 0)
    world.ready(*EVERYTHING)
    _settle(world, storm.seconds)
    replayed = _replay(world)
    _settle(world, storm.seconds)
    return crashes, told, replayed


def _monkey(storm: Storm, world: World, over: threading.Event) -> None:
    chance = random.Random(storm.seed)
    while not over.wait(chance.expovariate(1 / storm.calm)):
        name = chance.choice(TARGETS)
        world.kill(name)
        over.wait(chance.random() * 1.0)
        world.start(name)
        if chance.random() < 0.7:
            world.ready(name)


def _locks(storm: Storm, world: World, over: threading.Event, crashes: list[float]) -> None:
    """Hold SQLite's write lock for longer than stages wait for it."""
    chance = random.Random(storm.seed + 1)
    while not over.wait(chance.expovariate(1 / storm.locks)):
        with closing(sqlite3.connect(world.store, timeout=20, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            crashes.append(time.time())
            over.wait(storm.locked)
            db.execute("ROLLBACK")
            crashes.append(time.time())


def _settle(world: World, seconds: float) -> None:
    end = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        queued = {name: counts["queued"] for name, counts in world.stats()["triggers"].items() if counts["queued"]}
        quiet = 0 if queued else quiet + 1
        if time.monotonic() > end:
            raise SystemExit(f"deliveries still wait after the storm: {queued}")
        time.sleep(0.2)


def _replay(world: World) -> list[str]:
    """Send again what was given up, as `task replay -- --all` does."""
    store, outbound = open_store(f"sqlite:{world.store}"), Outbound()
    broker = f"{world.url('broker')}/parley/default"
    letters = list(every(store, time.time()))
    said = [
        f"{letter.type} {letter.cause[:120]!r}: " + replay(letter, store, broker, outbound, wait=30, now=time.time())
        for letter in letters
    ]
    outbound.close()
    store.close()
    return said


def shown(report: Report) -> str:
    verdict = report.verdict
    lines = [
        f"{report.seconds:.0f} s; kill -9: {sum(report.killed.values())} ({_counts(report.killed)}); "
        f"store locked: {report.locks}; faults: {_counts(report.counted)}",
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
    parser.add_argument("--at-once", type=int, default=24, help="conversations at a time")
    parser.add_argument("--keep", type=Path, help="keep logs, store and journal in this new directory")
    options = parser.parse_args(arguments)
    storm = Storm(options.conversations, options.turns, options.seed, options.at_once)
    print(f"seed {storm.seed}: {storm.conversations} conversations of {storm.turns} messages", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = options.keep or Path(scratch)
        os.makedirs(home, exist_ok=True)
        report = run(storm, home)
        print(shown(report))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
