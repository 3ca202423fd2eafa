"""Runs an assistant's stages with scale to zero: python -m knative.local.activator --at nlu=8081 --at dialogue=8082 ...

Each stage is started by the first request that comes to its address: forked from a process that has imported everything
(forking.py), where a pod starts an interpreter.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from knative.local import served
from knative.local.activator.forked import CannotFork, Forker
from knative.local.activator.ingress import Ingress, Revision, open_ingress
from knative.local.activator.instance import Command
from knative.local.routes import read_manifests
from knative.local.stages import ROOT, STAGES, build_environment, find_place, name_service, running_stages

MIN_SCALE = "autoscaling.knative.dev/min-scale"


def find_always_on(manifests: Path) -> set[str]:
    """The names of the Services that are not scaled to zero."""
    found = set()
    for item in read_manifests(manifests):
        if str(item.get("apiVersion", "")).startswith("serving.knative.dev/"):
            annotations = item["spec"]["template"]["metadata"].get("annotations") or {}
            if int(annotations.get(MIN_SCALE, "0")) > 0:
                found.add(str(item["metadata"]["name"]))
    return found


def build_doors(
    assistant: str,
    ports: Mapping[str, int],
    idle: float,
    canary: Path | None = None,
    percent: int = 0,
    forker: Forker | None = None,
) -> dict[str, Ingress]:
    """An ingress for each stage that has a port, with one revision behind it.

    With a canary's bundle there are two behind the stage that understands, `live` and `canary`, which share its
    traffic as a Knative Service's revisions do.
    """
    where = find_place(assistant, ports["gateway"])
    kept = find_always_on(ROOT / "knative" / "base")
    # Where the gateway believes a stage awake for longer than it is, it would not wake it.
    relay_token = secrets.token_urlsafe(32)
    given = {"AWAKE_SECONDS": str(min(20.0, idle)), "BUNDLE_HASHES": "false", **os.environ}
    given["LOCAL_RELAY_TOKEN"] = relay_token
    made = {}
    for stage in running_stages():
        environ = served.build_environment(stage, build_environment(stage, where, ports, given))
        revision = Revision(
            stage,
            Command(served.build_command(), environ, forker),
            idle=idle,
            kept=name_service(stage) in kept,
            tell=_tell,
            relay_token=relay_token if stage == "gateway" else "",
        )
        made[stage] = Ingress({"now": revision})
        if canary is not None and stage == "nlu":
            named = {"K_CONFIGURATION": name_service(stage)}
            changes = {"live": {}, "canary": {"BUNDLE": str(canary.resolve())}}
            revisions = {
                name: Revision(
                    f"{stage}-{name}",
                    Command(
                        served.build_command(),
                        {**environ, **change, **named, "K_REVISION": f"{name_service(stage)}-{name}"},
                        forker,
                    ),
                    idle=idle,
                    tell=_tell,
                )
                for name, change in changes.items()
            }
            made[stage] = Ingress(revisions, {"live": 100 - percent, "canary": percent})
    return made


async def serve(
    opened: Mapping[str, Ingress], ports: Mapping[str, int], control: int, forker: Forker | None = None
) -> None:
    """Keep the ingresses until a signal. At `control` /healthz answers when they are open, /stats tells what runs, and
    /split gives a canary another share."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    async def stats(_: web.Request) -> web.Response:
        return web.json_response(
            {
                stage: {"asleep": revision.asleep, "process": revision.pid, **revision.counts}
                for stage, ingress in opened.items()
                for revision in ingress.revisions.values()
            }
        )

    async def split(request: web.Request) -> web.Response:
        """Another share for a canary, from now on."""
        ingress, percent = opened["nlu"], int(request.query["percent"])
        if "canary" not in ingress.revisions or not 0 <= percent <= 100:
            return web.json_response({"error": "there is no canary here, or this is no share"}, status=400)
        ingress.traffic = {"live": 100 - percent, "canary": percent}
        return web.json_response(ingress.traffic)

    async def healthy(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async with contextlib.AsyncExitStack() as stack:
        if forker is not None:
            await forker.start()
            stack.push_async_callback(forker.stop)
        for stage, ingress in opened.items():
            await stack.enter_async_context(open_ingress(ingress, ports[stage]))
        app = web.Application()
        app.router.add_get("/healthz", healthy)
        app.router.add_get("/stats", stats)
        app.router.add_post("/split", split)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", control).start()
        await stopped.wait()
        # The gateway first, so that nothing new begins; then all others at once.
        await opened["gateway"].stop()
        await asyncio.gather(*(ingress.stop() for ingress in opened.values()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m knative.local.activator", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--at", action="append", default=[], metavar="NAME=PORT", help="where a stage is asked")
    parser.add_argument("--port", type=int, required=True, help="of /healthz and /stats")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds without a request before a stage is stopped")
    parser.add_argument("--canary", type=Path, help="a candidate bundle that understands a share of the messages")
    parser.add_argument("--percent", type=int, default=10, help="the canary's share")
    options = parser.parse_args()
    if options.idle <= 0:
        parser.error("--idle must be more than 0 seconds")
    ports = {name: int(number) for name, _, number in (pair.partition("=") for pair in options.at)}
    if missing := [stage for stage in STAGES if stage not in ports]:
        parser.error(f"--at says not where {', '.join(missing)} are asked")
    # One interpreter that has imported everything, from which stages are forked.
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", **served.build_environment("gateway", {})}
    forker = Forker(running_stages(), environ)
    opened = build_doors(options.assistant, ports, options.idle, options.canary, options.percent, forker)
    try:
        asyncio.run(serve(opened, ports, options.port, forker))
    except CannotFork as exc:
        sys.exit(f"activator: {exc}")


def _tell(line: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
