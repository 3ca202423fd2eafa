"""Runs the local broker: python -m knative.local.broker --port 8079 --manifests knative/base --journal PATH ..."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from knative.local.broker.dispatch import Dispatcher, Limits, open_http_sender
from knative.local.broker.journal import Journal
from knative.local.broker.pinging import Ping, keep_pinging, read_pings
from knative.local.broker.server import build_application
from knative.local.routes import Routes, load
from shared.errors import Unavailable

log = logging.getLogger("broker")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m knative.local.broker", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8079)
    parser.add_argument("--manifests", type=Path, default="knative/base", help="YAML file, directory or kustomization")
    parser.add_argument("--also", type=Path, action="append", default=[], help="more of them, e.g. a component")
    parser.add_argument("--journal", type=Path, required=True, help="SQLite file that keeps accepted events")
    parser.add_argument("--namespace", default="parley", help="the first part of the path that events go to")
    parser.add_argument("--service", action="append", default=[], metavar="NAME=URL", help="where a Service listens")
    parser.add_argument(
        "--ping", action="append", default=[], metavar="NAME/PATH=SECONDS", help="POST there so often, as a PingSource"
    )
    parser.add_argument("--retention", type=float, default=3600, help="seconds that finished deliveries are kept")
    parser.add_argument("--backlog", type=int, default=500, help="deliveries to be made now before events get 503")
    parser.add_argument(
        "--partitions", type=int, default=0, help="order events of so many partitions, as Kafka does, not of each key"
    )
    parser.add_argument(
        "--in-memory", action="store_true", help="hold publishers until the whole chain ended, as the in-memory channel"
    )
    parser.add_argument("--max-bytes", type=int, default=1024 * 1024, help="the largest body that is taken")
    options = parser.parse_args()
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "info").upper(), format="%(message)s")
    pairs = [*os.environ.get("BROKER_SERVICES", "").split(), *options.service]
    services = {name: url for name, _, url in (pair.partition("=") for pair in pairs)}
    if wrong := [name for name, url in services.items() if not url.startswith(("http://", "https://"))]:
        parser.error(f"--service takes NAME=URL; {wrong[0]} has no URL")
    try:
        pings = read_pings([*os.environ.get("BROKER_PINGS", "").split(), *options.ping], services)
        asyncio.run(_serve(options, load(options.manifests, services, options.also), pings))
    except (ValueError, Unavailable) as exc:
        raise SystemExit(f"broker: {exc}") from exc


async def _serve(options: argparse.Namespace, routes: Routes, pings: Sequence[Ping]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    journal = Journal(options.journal)
    async with open_http_sender() as send:
        limits = Limits(backlog=options.backlog, partitions=options.partitions, in_memory=options.in_memory)
        dispatcher = Dispatcher(routes, journal, options.namespace, send, limits)
        paths = {f"/{options.namespace}/{name}": name for name in sorted(routes.brokers)}
        app = build_application(dispatcher, paths, options.max_bytes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5, handler_cancellation=options.in_memory)
        pinging: list[asyncio.Task[None]] = []
        try:
            pending = journal.list_pending()
            await runner.setup()
            await web.TCPSite(runner, options.host, options.port).start()
            dispatcher.begin(pending)
            pinging = [asyncio.create_task(keep_pinging(ping)) for ping in pings]
            places = ", ".join(f"http://{options.host}:{options.port}{path}" for path in paths)
            resumed = f"{len(routes.triggers)} triggers; {len(pending)} deliveries resumed"
            log.info("taking events at %s; %s", places, resumed)
            await _keep_pruning(journal, options.retention, stopped)
        except OSError as exc:
            cause = f"port {options.port} cannot be used ({exc.strerror}); choose another with --port"
            raise Unavailable(cause) from exc
        finally:
            for task in pinging:
                task.cancel()
            await runner.cleanup()
            await dispatcher.stop()
            journal.close()


async def _keep_pruning(journal: Journal, retention: float, stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        try:
            journal.prune(time.time() - retention)
        except Unavailable as exc:
            log.error("%s; it keeps growing until it can be written", exc)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), min(60.0, retention))


if __name__ == "__main__":
    main()
