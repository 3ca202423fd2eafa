"""What a turn costs as a conversation grows and as they grow many: the dialogue stage on SQLite, in process."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from functions.dialogue.stage import Dialogue
from functions.dialogue.table import read_table
from knative.local.stages import ASSISTANTS
from shared.bundle.manifest import read_bundle
from shared.events.catalogue import Entity, Intent, MessageUnderstood
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Store, Turn
from tests.bench.table import Table

AROUND = 20
"""Turns before and after a place over which a cost is taken."""
INTENTS = ("greet", "help", "thanks", "goodbye", "bot_challenge", "out_of_scope")


def understood(conversation: str, number: int) -> Envelope:
    name = INTENTS[number % len(INTENTS)]
    data = MessageUnderstood(
        f"message {number}", "s", Intent(name, 0.99), entities=(Entity("genre", "jazz"),) if number % 5 == 0 else ()
    )
    ident = f"rest:{conversation}-{number}"
    return Envelope(f"{ident}.understood", "/t", f"rest:{conversation}", data, MessageUnderstood.TYPE, ident, "rest")


def dialogue_on(path: Path) -> tuple[Dialogue, Store]:
    bundle = read_bundle(ASSISTANTS / "default" / "bundle")
    store = open_store(f"sqlite:{path}")
    table = read_table(bundle.file("dialogue.json").read_bytes(), bundle.id, bundle.verified)
    return Dialogue(table, store, clock=time.time), store


def length(turns: int) -> Table:
    table = Table(
        f"A turn of a long conversation (dialogue stage on SQLite, in process; median of {2 * AROUND} turns around)",
        ("turn", "ms", "times turn 10"),
    )
    with tempfile.TemporaryDirectory() as scratch:
        dialogue, _ = dialogue_on(Path(scratch) / "store.db")
        for number in range(200):
            dialogue(understood("warm", number % 12 if number < 12 else number))
        # Turn 10 is the start of short conversations, of which several are needed for a median.
        firsts = [
            _timed(dialogue, understood(f"c{conversation}", number))
            for conversation in range(20)
            for number in range(20)
        ]
        ten = statistics.median(firsts)
        table.add("10", f"{ten:.2f}", "1.00")
        times = [_timed(dialogue, understood("long", number)) for number in range(turns + AROUND)]
        for place in (100, 1000, 5000):
            if place <= turns:
                cost = statistics.median(times[place - AROUND : place + AROUND])
                table.add(f"{place:,}", f"{cost:.2f}", f"{cost / ten:.2f}")
    return table


def number(most: int) -> Table:
    table = Table(
        "A turn among many conversations (the same; each has one turn in the file)",
        ("conversations", "ms, median of 300", "p99 ms", "file MB"),
    )
    state = {"format": 1, "events": [{"event": "slot", "name": "genre", "value": "jazz"}] * 30}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "store.db"
        dialogue, store = dialogue_on(path)
        there, goal = 0, 1000
        while goal <= most:
            for index in range(there, goal):
                turn = Turn(f"rest:m{index}", time.time(), {"text": "x" * 400, "events": [], "effects": {}})
                committed = Committed(state, turn, time.time() + 86400)
                store.commit(f"rest:filler{index:08d}", None, committed, time.time())
            there = goal
            times = sorted(_timed(dialogue, understood(f"n{goal}-{index}", 0)) for index in range(300))
            size = path.stat().st_size / 1e6
            table.add(f"{goal:,}", f"{statistics.median(times):.2f}", f"{times[296]:.2f}", f"{size:.0f}")
            goal *= 10
        store.close()
    return table


def _timed(dialogue: Dialogue, envelope: Envelope) -> float:
    since = time.perf_counter()
    dialogue(envelope)
    return (time.perf_counter() - since) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--conversations", type=int, default=100_000)
    options = parser.parse_args(arguments)
    print(length(options.turns))
    print(number(options.conversations))
    return 0


if __name__ == "__main__":
    sys.exit(main())
