"""Warm latency, CPU per message and throughput over REST, with one sender and with eight."""

import http.client
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.cold import CHAIN, REST
from tests.bench.processes import cost, first_answer, stages
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
        _talk(port, "warm-up", 60, [])
        for senders in (1, 8):
            before = sum(cost(one.process.pid).cpu for one in started.values())
            times: list[float] = []
            since = time.perf_counter()
            threads = [
                threading.Thread(target=_talk, args=(port, f"bench-{senders}-{number}", messages // senders, times))
                for number in range(senders)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wall = time.perf_counter() - since
            used = [cost(one.process.pid) for one in started.values()]
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


def _talk(port: int, sender: str, messages: int, times: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(messages):
        body = json.dumps({"sender": sender, "message": MESSAGES[number % len(MESSAGES)]})
        since = time.perf_counter()
        connection.request("POST", "/webhooks/rest/webhook", body, REST)
        answer = connection.getresponse()
        content = answer.read()
        times.append(time.perf_counter() - since)
        if answer.status != 200 or content == b"[]":
            raise SystemExit(f"message {number} of {sender} was answered {answer.status} {content[:200]!r}")
    connection.close()
