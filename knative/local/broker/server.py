"""The broker's HTTP side: takes events at /{namespace}/{broker}, tells its health and its counts."""

import asyncio

from aiohttp import web

from knative.local.broker.dispatch import Dispatcher
from knative.local.broker.events import parse
from shared.errors import Failure

FORGET = "/forget"
OPTIONS = {"Allow": "POST, OPTIONS", "WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}


def build_application(dispatcher: Dispatcher, paths: dict[str, str], max_bytes: int) -> web.Application:
    """`paths` names the broker behind each path."""

    async def handle(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(headers=OPTIONS)
        if request.method == "GET" and request.path == "/healthz":
            return web.Response(text="ok")
        if request.method == "GET" and request.path == "/stats":
            counts = {name: dict(counter) for name, counter in dispatcher.counts.items()}
            told = {"events": counts.pop(""), "triggers": counts, "waiting": dispatcher.waiting}
            return web.json_response(told)
        if request.method == "GET" and request.path == "/metrics":
            return web.Response(text=render_metrics(dispatcher), content_type="text/plain", charset="utf-8")
        if request.method != "POST":
            return _refuse(405, "send events with POST")
        if request.path == FORGET:
            return await _forget(request, dispatcher)
        path = request.path.removesuffix("/")
        if path not in paths:
            return _refuse(404 if path.count("/") == 2 else 400, f"no broker is here; events go to {', '.join(paths)}")
        try:
            begun = dispatcher.take(parse(request.headers, await request.read()), paths[path])
            if dispatcher.in_memory:
                # Where the publisher hangs up, this is cancelled, and with it everything that it waits for.
                await asyncio.gather(*begun)
        except web.HTTPRequestEntityTooLarge:
            return _refuse(413, f"the body has more than the {max_bytes} bytes that are taken here")
        except Failure as exc:
            return _refuse(exc.status, str(exc), {"Retry-After": "1"} if exc.status == 503 else None)
        return web.Response(status=202)

    app = web.Application(client_max_size=max_bytes)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


async def _forget(request: web.Request, dispatcher: Dispatcher) -> web.Response:
    """`{"subject": ...}`: every event of a conversation goes, delivered or not."""
    try:
        subject = (await request.json())["subject"]
    except (ValueError, KeyError, TypeError):
        return _refuse(400, 'send {"subject": CONVERSATION}')
    if not isinstance(subject, str) or not subject:
        return _refuse(400, "the subject is the id of a conversation")
    try:
        return web.json_response({"removed": dispatcher.forget(subject)})
    except Failure as exc:
        return _refuse(exc.status, str(exc))


def render_metrics(dispatcher: Dispatcher) -> str:
    """The counts in Prometheus' text format. `dropped` is what is lost for good: never more than 0 in silence."""
    lines = [
        "# HELP parley_broker_events_total Events that were published to the local broker, by what became of them.",
        "# TYPE parley_broker_events_total counter",
        *(f'parley_broker_events_total{{outcome="{name}"}} {n}' for name, n in dispatcher.counts[""].items()),
        "# HELP parley_broker_deliveries_total Deliveries of the local broker, by trigger and outcome.",
        "# TYPE parley_broker_deliveries_total counter",
    ]
    for trigger, counter in dispatcher.counts.items():
        if trigger:
            lines += [
                f'parley_broker_deliveries_total{{trigger="{trigger}",outcome="{name}"}} {number}'
                for name, number in counter.items()
                if name != "queued"
            ]
    lines += [
        "# HELP parley_broker_waiting Deliveries that wait for another attempt, or for the one before them.",
        "# TYPE parley_broker_waiting gauge",
        f"parley_broker_waiting {dispatcher.waiting}",
    ]
    return "\n".join(lines) + "\n"


def _refuse(status: int, cause: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": cause}, status=status, headers=OPTIONS if status == 405 else headers)
