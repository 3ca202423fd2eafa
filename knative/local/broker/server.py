"""The broker's HTTP side: takes events at /{namespace}/{broker}, tells its health and its counts."""

from aiohttp import web

from knative.local.broker.dispatch import Dispatcher
from knative.local.broker.events import parse
from shared.errors import Failure

OPTIONS = {"Allow": "POST, OPTIONS", "WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}


def application(dispatcher: Dispatcher, paths: dict[str, str], max_bytes: int) -> web.Application:
    """`paths` names the broker behind each path."""

    async def handle(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(headers=OPTIONS)
        if request.method == "GET" and request.path == "/healthz":
            return web.Response(text="ok")
        if request.method == "GET" and request.path == "/stats":
            counts = {name: dict(counter) for name, counter in dispatcher.counts.items()}
            return web.json_response({"events": counts.pop(""), "triggers": counts})
        if request.method != "POST":
            return _refused(405, "send events with POST")
        path = request.path.removesuffix("/")
        if path not in paths:
            return _refused(404 if path.count("/") == 2 else 400, f"no broker is here; events go to {', '.join(paths)}")
        try:
            dispatcher.take(parse(request.headers, await request.read()), paths[path])
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, f"the body has more than the {max_bytes} bytes that are taken here")
        except Failure as exc:
            return _refused(exc.status, str(exc), {"Retry-After": "1"} if exc.status == 503 else None)
        return web.Response(status=202)

    app = web.Application(client_max_size=max_bytes)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


def _refused(status: int, cause: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": cause}, status=status, headers=OPTIONS if status == 405 else headers)
