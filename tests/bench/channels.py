"""Channels: verify and parse, the answer while the rest stands still, cold start (`python -m tests.bench.channels`)."""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from knative.local.stages import ROOT
from knative.platforms import catalogue as platforms
from knative.platforms import port
from shared.channels.catalogue import PLATFORMS, channel
from shared.channels.port import Inbound
from tests.bench.processes import cost, first_answer, stages
from tests.bench.table import Table
from tests.contract.broker.running import API, running

NOW = time.time()
SENDERS = 50
FIRST = """
import json, sys, time
from shared.channels.port import Inbound
asked = json.load(sys.stdin)
inbound = Inbound(asked["body"].encode(), asked["headers"], url=asked["url"], now=asked["now"], keys=asked["keys"])
started = time.process_time()
from shared.channels.catalogue import channel
channel(sys.argv[1]).parse(inbound, asked["settings"])
print((time.process_time() - started) * 1000)
"""


def inbound(name: str) -> Inbound:
    """A signed text of about 100 characters."""
    webhook = platforms.text(name, "I would like something scary with Sigourney Weaver, not older than 1995. " * 2, 1)
    url = "https://bot.example.com/webhook"
    headers = platforms.signed(name, webhook.body, url, NOW, content_type=webhook.content_type)
    keys = {"https://stand-in.example/keys": port.jwks()}
    return Inbound(webhook.body, headers, url=url, now=NOW, keys=keys)


def parsing(rounds: int) -> Table:
    table = Table(f"Verify and parse one webhook ({rounds} rounds, one thread)", ("channel", "p50 ms", "p99 ms"))
    for name in PLATFORMS:
        module, asked, settings = channel(name), inbound(name), platforms.settings(name)
        module.parse(asked, settings)
        times = []
        for _ in range(rounds):
            since = time.perf_counter()
            module.parse(asked, settings)
            times.append((time.perf_counter() - since) * 1000)
        table.add(name, f"{statistics.median(times):.3f}", f"{statistics.quantiles(times, n=100)[98]:.3f}")
    return table


def acknowledging(messages: int) -> Table:
    """The gateway and the broker only; what the broker holds goes nowhere."""
    table = Table(
        f"A signed webhook's answer, {SENDERS} senders at once, every other stage stopped ({messages} messages)",
        ("channel", "answers/s", "p50 ms", "p99 ms", "worst ms", "gateway CPU ms each"),
    )
    spec = {"broker": "default", "subscriber": {"uri": "http://127.0.0.1:9"}}
    triggers = [{"apiVersion": API, "kind": "Trigger", "metadata": {"name": "t"}, "spec": spec}]
    for name in ("slack", "discord"):
        with tempfile.TemporaryDirectory() as scratch, running(Path(scratch), triggers, None, []) as broker:
            extra = {
                **platforms.environment("http://127.0.0.1:9"),
                "BROKER_URL": f"http://127.0.0.1:{broker.port}/parley/default",
                "PERSON_RATE": "0",
                "WAKE_AHEAD": "false",
            }
            with stages(["gateway"], "default", Path(scratch), extra) as started:
                gateway = started["gateway"]
                first_answer(gateway.port, "/wake", b"", {})
                asyncio.run(_send(name, gateway.port, SENDERS))
                before, since = cost(gateway.process.pid).cpu, time.perf_counter()
                times = asyncio.run(_send(name, gateway.port, messages))
                seconds, used = time.perf_counter() - since, cost(gateway.process.pid).cpu - before
        table.add(
            name,
            f"{len(times) / seconds:.0f}",
            f"{statistics.median(times) * 1000:.0f}",
            f"{statistics.quantiles(times, n=100)[98] * 1000:.0f}",
            f"{max(times) * 1000:.0f}",
            f"{used / len(times) * 1000:.1f}",
        )
    return table


async def _send(name: str, port: int, messages: int) -> list[float]:
    """The seconds that each webhook took until its 200."""
    times: list[float] = []
    path = f"/webhooks/{name}/webhook"

    async def one(sender: int) -> None:
        for count in range(messages // SENDERS):
            webhook = platforms.text(name, "hi", sender * 10_000 + count)
            url = f"http://127.0.0.1:{port}{path}"
            signed = platforms.signed(name, webhook.body, url, time.time(), content_type=webhook.content_type)
            lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"content-length: {len(webhook.body)}"]
            lines += [f"{key}: {value}" for key, value in signed.items()]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            since = time.perf_counter()
            writer.write("\r\n".join([*lines, "connection: close", "", ""]).encode() + webhook.body)
            answer = await reader.read()
            times.append(time.perf_counter() - since)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
            writer.close()

    await asyncio.gather(*(one(sender) for sender in range(SENDERS)))
    return times


def starting(runs: int) -> Table:
    table = Table(
        f"Cold start of the gateway, process start to first answer (median of {runs})",
        ("", "CPU ms", "wall ms", "RSS MB"),
    )
    for title, extra, path in (
        ("no channel configured", {}, "/wake"),
        ("all channels configured", platforms.environment("http://127.0.0.1:9"), "/wake"),
    ):
        rows = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as scratch, stages(["gateway"], "default", Path(scratch), extra) as all_:
                one = all_["gateway"]
                first_answer(one.port, path, b"", {})
                wall, used = time.perf_counter() - one.since, cost(one.process.pid)
                rows.append((used.cpu * 1000, wall * 1000, used.rss / 1e6))
        table.add(title, *(f"{statistics.median(column):.0f}" for column in zip(*rows, strict=True)))
    return table


def first_calls() -> Table:
    table = Table("What the first webhook of a channel costs besides (its imports)", ("channel", "CPU ms"))
    for name in PLATFORMS:
        asked = inbound(name)
        given = {
            "body": asked.body.decode(),
            "headers": dict(asked.headers),
            "url": asked.url,
            "now": asked.now,
            "keys": asked.keys,
            "settings": platforms.settings(name),
        }
        command = [sys.executable, "-c", FIRST, name]
        spent = [
            float(subprocess.check_output(command, input=json.dumps(given), cwd=ROOT, text=True)) for _ in range(5)
        ]
        table.add(name, f"{statistics.median(spent):.0f}")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    # With those that warm it up fewer than the 500 deliveries with which the broker takes no more.
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for table in (
        parsing(options.rounds),
        first_calls(),
        acknowledging(options.messages),
        starting(options.runs),
    ):
        print(table, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
