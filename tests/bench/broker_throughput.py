"""Events per second through the local broker to a trivial subscriber: `python -m tests.bench.broker_throughput`."""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.processes import cost
from tests.bench.table import Table
from tests.contract.broker.running import API, ROOT, event_headers, free_port, running, until

BODY = b'{"text":"' + b"x" * 500 + b'"}'
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def throughput(events: int) -> Table:
    """`events` in all for each number of publishers; each waits for its 202 before it sends the next."""
    table = Table(
        f"Local broker ({events} events of 0.5 kB a row, one trigger, trivial subscriber)",
        (
            "publishers",
            "accepted/s",
            "delivered/s",
            "202 p50 ms",
            "202 p99 ms",
            "broker CPU ms an event",
            "broker RSS MB",
        ),
    )
    port = free_port()
    subscriber = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.broker_throughput", "--subscribe", str(port)], cwd=ROOT
    )
    spec = {"broker": "default", "subscriber": {"uri": f"http://127.0.0.1:{port}"}}
    triggers = [{"apiVersion": API, "kind": "Trigger", "metadata": {"name": "t"}, "spec": spec}]
    try:
        for publishers in (1, 8, 32):
            options = ["--max-bytes", "100000"]
            with tempfile.TemporaryDirectory() as scratch, running(Path(scratch), triggers, None, options) as broker:
                until(lambda broker=broker: broker.publish() == 202, "an event is taken")  # type: ignore[misc]
                broker.settled()
                before = cost(broker.process.pid).cpu
                since = time.perf_counter()
                times = asyncio.run(_publish(broker.port, publishers, events // publishers))
                accepted = time.perf_counter() - since
                while broker.stats()["triggers"]["t"]["delivered"] <= len(times):
                    time.sleep(0.02)
                delivered = time.perf_counter() - since
                used = cost(broker.process.pid)
            table.add(
                str(publishers),
                f"{len(times) / accepted:.0f}",
                f"{len(times) / delivered:.0f}",
                f"{statistics.median(times) * 1000:.2f}",
                f"{statistics.quantiles(times, n=100)[98] * 1000:.1f}",
                f"{(used.cpu - before) / len(times) * 1000:.2f}",
                f"{used.rss / 1e6:.0f}",
            )
    finally:
        subscriber.terminate()
        subscriber.wait(10)
    return table


async def _publish(port: int, publishers: int, each: int) -> list[float]:
    """The seconds that each event took until its 202."""
    times: list[float] = []

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for count in range(each):
            headers = {**event_headers(id=f"{number}-{count}"), "host": "b", "content-length": str(len(BODY))}
            lines = ["POST /parley/default HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
            since = time.perf_counter()
            writer.write("\r\n".join(lines).encode() + BODY)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202"), head
            times.append(time.perf_counter() - since)
        writer.close()

    await asyncio.gather(*(one(number) for number in range(publishers)))
    return times


async def _subscribe(port: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    await (await asyncio.start_server(serve, "127.0.0.1", port)).serve_forever()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4000, help="events of each row")
    parser.add_argument("--subscribe", type=int, metavar="PORT", help="be the subscriber")
    options = parser.parse_args()
    if options.subscribe:
        asyncio.run(_subscribe(options.subscribe))
    else:
        print(throughput(options.events))
    return 0


if __name__ == "__main__":
    sys.exit(main())
