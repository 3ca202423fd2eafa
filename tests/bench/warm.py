"""Warm latency, CPU per message and throughput over REST, with one sender and with eight."""

import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

from shared.outbound import Outbound
from tests.bench.cold import CHAIN, REST
from tests.bench.processes import first_answer, measure_cost, stages
from tests.bench.table import Table

MESSAGES = (
    "hello",
    "search for a video about horror movies",
    "something scary with Tom Hanks from the nineties",
    "play some jazz",
    "what can you do",
    "thank you",
)


def rest(assistant: str, messages: int) -> Table:
    """`messages` in all for each number of senders; each sender has a conversation of its own."""
    table = Table(
        f"REST, warm ({messages} messages a row; CPU of all four stages)",
        ("senders", "p50 ms", "p99 ms", "messages/s", "CPU ms a message", "RSS MB (sum)", "PSS MB (sum)"),
    )
    with tempfile.TemporaryDirectory() as scratch, stages(CHAIN, assistant, Path(scratch)) as started:
        port = started["gateway"].port
        first_answer(port, "/webhooks/rest/webhook", json.dumps({"sender": "w", "message": "hello"}).encode(), REST)
        talk(port, "warm-up", 60, [])
        for senders in (1, 8):
            before = sum(measure_cost(one.process.pid).cpu for one in started.values())
            times, wall = talk_together(port, senders, messages)
            used = [measure_cost(one.process.pid) for one in started.values()]
            cpu = (sum(one.cpu for one in used) - before) / len(times) * 1000
            quantiles = statistics.quantiles(times, n=100)
            table.add(
                str(senders),
                f"{statistics.median(times) * 1000:.1f}",
                f"{quantiles[98] * 1000:.1f}",
                f"{len(times) / wall:.0f}",
                f"{cpu:.1f}",
                f"{sum(one.rss for one in used) / 1e6:.0f}",
                f"{sum(one.pss for one in used) / 1e6:.0f}",
            )
    return table


def talk(port: int, sender: str, messages: int, times: list[float]) -> None:
    """One person's messages, each after the answer to the one before, over one connection.

    By the client that stages use: it runs on the same cores, and takes a third of http.client's CPU.
    """
    outbound = Outbound()
    for number in range(messages):
        body = json.dumps({"sender": sender, "message": MESSAGES[number % len(MESSAGES)]}).encode()
        since = time.perf_counter()
        answered = outbound.post(f"http://127.0.0.1:{port}/webhooks/rest/webhook", body, REST, 60)
        times.append(time.perf_counter() - since)
        if answered.status != 200 or answered.body == b"[]":
            raise SystemExit(f"message {number} of {sender} was answered {answered.status} {answered.body[:200]!r}")
    outbound.close()


def talk_together(port: int, senders: int, messages: int) -> tuple[list[float], float]:
    """So many messages of several people at once: the seconds of each answer, and of all."""
    times: list[float] = []
    since = time.perf_counter()
    threads = [
        threading.Thread(target=talk, args=(port, f"bench-{senders}-{number}", messages // senders, times))
        for number in range(senders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - since
