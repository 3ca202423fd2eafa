"""How many turns the observer counts in a second, and how it grows: `python -m tests.bench.observer [--turns N]`."""

import argparse
import random
import sys
import time
from collections.abc import Sequence

import psutil
from prometheus_client import CollectorRegistry, generate_latest

from functions.observer.metrics import Metrics
from functions.observer.stage import Observer
from shared.events.catalogue import TurnCompleted, TurnSummary
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from tests.bench.table import Table

CHANNELS = ("rest", "webchat", "slack", "telegram", "whatsapp", "messenger", "twilio", "discord", "teams", "line")
STAGES = ("gateway", "nlu", "dialogue", "actions", "dialogue", "delivery")


def turn(number: int, chance: random.Random, *, hostile: bool) -> Envelope:
    """A turn of a large assistant; a hostile one says something new in every label that comes from an event."""
    fresh = f"-{number}" if hostile else ""
    timings = ",".join(f"{stage}={chance.expovariate(0.1):.1f}{'c' * (chance.random() < 0.05)}" for stage in STAGES)
    form = f"form{chance.randrange(10)}{fresh}"
    summary = TurnSummary(
        message=f"web:{number}",
        intent=f"intent{chance.randrange(100)}{fresh}",
        confidence=chance.random(),
        fallback=chance.random() < 0.1,
        actions=(f"action{chance.randrange(100)}{fresh}", f"utter{chance.randrange(80)}{fresh}"),
        active_loop=form,
        form_started=form,
        form_completed=form if chance.random() < 0.5 else None,
        form_abandoned=form if chance.random() < 0.1 else None,
        slot_asked=f"slot{chance.randrange(30)}{fresh}",
        replies=2,
        bundle=f"bundle{chance.randrange(3)}{fresh}",
    )
    data = TurnCompleted(summary, seconds=chance.expovariate(2))
    channel = f"{chance.choice(CHANNELS)}{fresh}"
    return Envelope(
        id=f"web:{number}.completed",
        source="/bench",
        subject=f"web:{chance.randrange(20_000)}",
        data=data,
        type=data.TYPE,
        message=summary.message,
        channel=channel,
        timings=timings,
        traceparent=f"00-{number + 1:032x}-{number + 1:016x}-01",
    )


def measure(name: str, turns: int, *, hostile: bool) -> tuple[str, ...]:
    """One row: throughput of counting, with and without reading the event off the wire; size of what comes of it."""
    chance = random.Random(7)
    process = psutil.Process()
    before = process.memory_info().rss
    registry = CollectorRegistry()
    observer = Observer(Metrics(registry))
    counting = wire = 0.0
    done = 0
    while done < turns:
        messages = [encode(turn(number, chance, hostile=hostile)) for number in range(done, min(done + 5000, turns))]
        started = time.process_time()
        envelopes = [decode(headers, body, Observer.CONSUMES) for headers, body in messages]
        decoded = time.process_time()
        for envelope in envelopes:
            observer(envelope)
        counting += time.process_time() - decoded
        wire += time.process_time() - started
        done += len(messages)
    started = time.process_time()
    page = generate_latest(registry)
    scrape = time.process_time() - started
    series = sum(1 for line in page.splitlines() if not line.startswith(b"#"))
    grown = (process.memory_info().rss - before) / 2**20
    return (
        name,
        f"{turns:,}",
        f"{turns / counting:,.0f}",
        f"{turns / wire:,.0f}",
        f"{series:,}",
        f"{len(page) / 1024:,.0f}",
        f"{scrape * 1000:,.0f}",
        f"{grown:,.0f}",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.observer", description=__doc__)
    parser.add_argument("--turns", type=int, default=100_000)
    options = parser.parse_args(arguments)
    heads = ("events", "turns", "counted/s of CPU", "with decoding", "series", "page KB", "scrape ms", "grown MB")
    rows = [
        measure("a large assistant", options.turns, hostile=False),
        measure("every value is new", options.turns, hostile=True),
    ]
    print(Table("The observer", heads, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
