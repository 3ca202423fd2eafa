"""What a turn costs as a conversation grows, as they grow many, and as an assistant has more intents; drawn.

The dialogue stage on SQLite, in process. Early and late, few and many take turns, so that other work on the machine
hits them alike; beside the time stands the CPU time, which it hits less.
"""

import argparse
import json
import math
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from functions.dialogue.stage import Dialogue
from functions.dialogue.table import read_table
from functions.nlu.intent import recognise
from functions.nlu.model import Specification, specify
from knative.local.stages import ASSISTANTS
from model_artifacts.training.dialogue.compilation import dump_dialogue
from shared.bundle.manifest import read_bundle
from shared.events.catalogue import Entity, Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Store
from tests.bench.chart import Line, Panel, svg
from tests.bench.table import Table
from tests.unit.dialogue.talking import compiled

SAMPLES = 5
"""Long conversations, and as many short ones beside each."""
AROUND = 20
"""Turns up to a place over which a cost is taken."""
INTENTS = ("greet", "help", "thanks", "goodbye", "bot_challenge", "out_of_scope")
WIDTH = 384
"""Of the encoder that the intent head reads."""

Timed = tuple[float, float]
"""Milliseconds on the clock, and of the CPU."""


def understood(conversation: str, number: int, name: str = "") -> Envelope:
    name = name or INTENTS[number % len(INTENTS)]
    data = MessageUnderstood(
        MessageReceived(f"message {number}", "s"),
        Intent(name, 0.99),
        entities=(Entity("genre", "jazz"),) if number % 5 == 0 else (),
    )
    ident = f"rest:{conversation}-{number}"
    return Envelope(f"{ident}.understood", "/t", f"rest:{conversation}", data, MessageUnderstood.TYPE, ident, "rest")


def dialogue_on(path: Path) -> tuple[Dialogue, Store]:
    bundle = read_bundle(ASSISTANTS / "default" / "bundle")
    store = open_store(f"sqlite:{path}")
    table = read_table(bundle.find_file("dialogue.json").read_bytes(), bundle.id, bundle.read_verified)
    return Dialogue(table, store.conversations, clock=time.time), store


def length(places: Sequence[int]) -> tuple[Table, list[Panel]]:
    table = Table(
        f"A turn of a long conversation (medians of {SAMPLES * AROUND} turns up to it, taken by turns)",
        ("turn", "ms", "CPU ms", "times turn 10 (CPU)", "times turn 10 (clock)"),
    )
    with tempfile.TemporaryDirectory() as scratch:
        dialogue, store = dialogue_on(Path(scratch) / "store.db")
        for number in range(200):
            dialogue(understood("warm", number))
        found: dict[int, list[Timed]] = {place: [] for place in places}
        course: dict[int, list[float]] = {}
        for sample in range(SAMPLES):
            done = dict.fromkeys(places, 0)
            for place in places:
                for number in range(max(0, place - AROUND // 2)):
                    took = _timed(dialogue, understood(f"{sample}-{place}", number))
                    if place == max(places):
                        course.setdefault(number // 20 * 20, []).append(took[0])
                    done[place] = number + 1
            for step in range(AROUND):
                for place in places:
                    number = done[place] + step
                    found[place].append(_timed(dialogue, understood(f"{sample}-{place}", number)))
        store.close()
    middle = {place: (_median(times, 0), _median(times, 1)) for place, times in found.items()}
    ten = middle[places[0]]
    for place, (clock, cpu) in middle.items():
        table.add(f"{place:,}", f"{clock:.3f}", f"{cpu:.3f}", f"{cpu / ten[1]:.2f}", f"{clock / ten[0]:.2f}")
    points = [(float(at), statistics.median(times)) for at, times in sorted(course.items())]
    return table, [Panel("A turn as its conversation grows", "ms", [Line("turn", points)], "turns before it")]


def number(most: int) -> tuple[Table, list[Panel]]:
    table = Table(
        "A turn among many conversations (SQLite; each has one turn in the file)",
        ("conversations", "ms, median of 400", "p99 ms", "CPU ms", "file MB"),
    )
    points: list[tuple[float, float]] = []
    highest: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "store.db"
        dialogue, store = dialogue_on(path)
        dialogue(understood("filler", 0))
        there, goal = 0, 1000
        while goal <= most:
            _fill(path, there, goal)
            there = goal
            times = [_timed(dialogue, understood(f"n{goal}-{i}", 0)) for i in range(400)]
            clock = sorted(took for took, _ in times)
            size = path.stat().st_size / 1e6
            cpu = _median(times, 1)
            table.add(f"{goal:,}", f"{clock[200]:.3f}", f"{clock[396]:.2f}", f"{cpu:.3f}", f"{size:,.0f}")
            points.append((math.log10(goal), clock[200]))
            highest.append((math.log10(goal), clock[396]))
            goal *= 10
        store.close()
    return table, [
        Panel("A turn among many conversations: median", "ms", [Line("median", points)], "powers of ten"),
        Panel("A turn among many conversations: slowest of a hundred", "ms", [Line("p99", highest)], "powers of ten"),
    ]


def _fill(path: Path, start: int, end: int) -> None:
    """Copy a real conversation of one turn; its names are spread, as those of people are."""
    name = "printf('rest:%08x', (i * 2654435761) & 4294967295)"
    numbers = "WITH RECURSIVE numbers(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?)"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute(
            f"INSERT INTO conversations {numbers} SELECT {name}, revision, state, last, expire_at FROM numbers, "  # noqa: S608
            "conversations WHERE id = 'rest:filler'",
            (start, end),
        )
        db.execute(
            f"INSERT INTO turns {numbers} SELECT {name}, turns.id, number, at, document, expire_at FROM numbers, turns "  # noqa: S608
            "WHERE conversation = 'rest:filler'",
            (start, end),
        )
        db.execute("COMMIT")


def intents(counts: Sequence[int]) -> tuple[Table, list[Panel]]:
    table = Table(
        "An assistant with many intents, each with a rule and a response (head: matrix product and ranking)",
        ("intents", "dialogue.json kB", "reading it, CPU ms", "intent head, CPU ms", "turn, CPU ms"),
    )
    drawn: dict[str, list[tuple[float, float]]] = {"reading the table": [], "turn": [], "intent head": []}
    specification = specify(json.loads((ASSISTANTS / "default/bundle/nlu.json").read_text(encoding="utf-8")))
    chance = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts:
            text = dump_dialogue(compiled(domain=_domain(count), rules=_rules(count)).data)
            reading = [_timed(read_table, text, "b")[1] for _ in range(15)]
            with closing(open_store(f"sqlite:{scratch}/{count}.db")) as store:
                dialogue = Dialogue(read_table(text, "b"), store.conversations, clock=time.time)
                turns = [_timed(dialogue, understood(f"c{i % 50}", i, f"intent_{i * 7 % count}")) for i in range(600)][
                    100:
                ]
            head = _head(replace(specification, intents=tuple(f"i{i}" for i in range(count))), chance)
            values = (statistics.median(reading), statistics.median(head), _median(turns, 1))
            table.add(f"{count:,}", f"{len(text) / 1000:.0f}", *(f"{value:.3f}" for value in values))
            for line, value in zip(("reading the table", "intent head", "turn"), values, strict=True):
                drawn[line].append((float(count), value))
    lines = [Line(name, points) for name, points in drawn.items()]
    return table, [Panel("An assistant with many intents", "CPU ms", lines, "intents")]


def _head(specification: Specification, chance: np.random.Generator) -> list[float]:
    weights = chance.standard_normal((WIDTH, len(specification.intents)), dtype=np.float32)
    text = chance.standard_normal(WIDTH, dtype=np.float32)

    def answer() -> None:
        recognise(specification, (text @ weights).tolist())

    return [_timed(answer)[1] for _ in range(200)]


def _domain(count: int) -> str:
    names = "".join(f"- intent_{i}\n" for i in range(count))
    responses = "".join(f"  utter_{i}:\n  - text: answer {i}\n" for i in range(count))
    return f"version: '3.1'\nintents:\n{names}responses:\n{responses}"


def _rules(count: int) -> str:
    rules = "".join(f"- rule: r{i}\n  steps:\n  - intent: intent_{i}\n  - action: utter_{i}\n" for i in range(count))
    return f"version: '3.1'\nrules:\n{rules}"


def _timed(work: Callable[..., object], *given: object) -> Timed:
    clock, cpu = time.perf_counter(), time.process_time()
    work(*given)
    return (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000


def _median(times: Sequence[Timed], which: int) -> float:
    return statistics.median(took[which] for took in times)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task growth", description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--conversations", type=int, default=1_000_000)
    parser.add_argument("--intents", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("out/growth"))
    options = parser.parse_args(arguments)
    panels: list[Panel] = []
    for table, drawn in (
        length([place for place in (10, 100, 1000, 10_000) if place <= max(options.turns, 10)]),
        number(options.conversations),
        intents([count for count in (10, 30, 100, 300, 1000) if count <= max(options.intents, 10)]),
    ):
        print(table, flush=True)
        panels += drawn
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "growth.svg").write_text(svg(panels), encoding="utf-8")
    print(options.out / "growth.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
