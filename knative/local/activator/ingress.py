"""Where a stage is asked: each request goes to one of its revisions, which is started for it where nobody asked lately.

As Knative has it: a revision holds requests until its process is ready, is stopped when it was idle for a while, and
several revisions may share a stage's traffic. Unlike Knative, a revision has one process at most.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from functions.gateway.access import RELAY_HEADER
from functions.gateway.local_peer import LocalPeers
from functions.gateway.marks import is_in_canary
from knative.local.activator.instance import Command, Instance, NotStarted

HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"),
    "upgrade",
}
"""RFC 9110, section 7.6.1: what concerns one connection, and is not passed on."""
TRIES = 3
"""Processes that are started for one request, where each ends before it took the request."""

AGAIN_SECONDS = 2.0


class Revision:
    """One version of a stage: a process while somebody asks, and none otherwise."""

    def __init__(
        self,
        name: str,
        command: Command,
        *,
        idle: float,
        kept: bool = False,
        tell: Callable[[str], None] = print,
        relay_token: str = "",
    ) -> None:
        self.name = name
        self.counts = Counter(requests=0, held=0, starts=0, stops=0)
        """`held` requests waited for a process to start."""
        self._command = command
        self._idle = idle
        self._kept = kept
        """Whether it is never stopped, as with `min-scale: "1"`."""
        self._tell = tell
        self._relay_token = relay_token
        """Shown to the stage for callers that are programs on this machine; the stage would see this process alone."""
        self._peers = LocalPeers()
        self._instance: Instance | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def awake(self) -> bool:
        return self._instance is not None and self._instance.ready

    @property
    def asleep(self) -> bool:
        """Whether nothing of it runs any more."""
        return self._instance is None and not self._leaving

    @property
    def pid(self) -> int | None:
        return self._instance.pid if self._instance is not None else None

    def wake(self) -> Instance:
        """The process to ask, started where there is none."""
        if self._instance is None or self._instance.ended:
            if self._instance is not None:
                self._tell(f"{self.name} had ended and is started again")
                self._leave(self._instance)
            self._instance = Instance(self.name, self._command, self._tell)
            self.counts["starts"] += 1
        return self._instance

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the stage answers."""
        self.counts["requests"] += 1
        headers = await self._headers(request)
        for _ in range(TRIES):
            instance = self.wake()
            self.counts["held"] += not instance.ready
            instance.requests += 1
            try:
                return await forward(request, headers, await instance.open_session(), instance.port)
            except NotStarted as exc:
                return web.json_response({"error": str(exc)}, status=503)
            except aiohttp.ClientConnectorError:
                # Nothing of the request was read yet, so another process may have it.
                if not instance.ended:
                    await asyncio.sleep(0.05)
            except (aiohttp.ClientError, OSError) as exc:
                await instance.notice_end()
                return web.json_response({"error": f"{self.name} broke off: {type(exc).__name__}"}, status=502)
            finally:
                instance.requests -= 1
                instance.used = time.monotonic()
        return web.json_response({"error": f"{self.name} takes no connections"}, status=503)

    async def _headers(self, request: web.Request) -> "CIMultiDict[str]":
        """What is handed on of the request's headers, and who may call themselves local."""
        headers = _end_to_end(request.headers)
        headers.popall(RELAY_HEADER, None)
        peer = request.transport.get_extra_info("peername") if self._relay_token and request.transport else None
        if peer is not None and await asyncio.to_thread(self._peers, *peer[:2]):
            headers[RELAY_HEADER] = self._relay_token
        return headers

    def look(self) -> None:
        """Stop the process where nobody asked it lately; start one that is to be kept."""
        instance = self._instance
        if instance is None or instance.ended:
            # What ends at once, again and again, is not started again at once.
            if self._kept and (instance is None or time.monotonic() - instance.used > AGAIN_SECONDS):
                self.wake()
            return
        idle = instance.ready and not instance.requests and time.monotonic() - instance.used >= self._idle
        if idle and not self._kept:
            self._instance = None
            self._leave(instance)

    async def stop(self) -> None:
        """End the process in order; who asks meanwhile gets a new one."""
        instance, self._instance = self._instance, None
        if instance is not None:
            self._leave(instance)
        await asyncio.gather(*self._leaving)

    def _leave(self, instance: Instance) -> None:
        task = asyncio.create_task(self._end(instance))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _end(self, instance: Instance) -> None:
        since, ended = time.monotonic(), instance.ended
        await instance.stop()
        self.counts["stops"] += 1
        if not ended:
            self._tell(f"{self.name} sleeps (ended in {time.monotonic() - since:.2f} s)")


class Ingress:
    """A stage's address. Its traffic goes to its revisions by their weights.

    A conversation stays with one revision as long as the weights are what they are, and whoever is with the last one
    stays there while it grows: as the gateway splits a canary in a cluster (functions.gateway.marks).
    """

    def __init__(self, revisions: Mapping[str, Revision], traffic: Mapping[str, int] | None = None) -> None:
        self.revisions = dict(revisions)
        self.traffic = dict(traffic) if traffic else dict.fromkeys(revisions, 1)
        self._choice = random.Random(1)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the revision answers that the request went to."""
        return await self.revisions[self._choose(request.headers.get("ce-subject", ""))].answer(request)

    def _choose(self, conversation: str) -> str:
        weights = {name: weight for name, weight in reversed(self.traffic.items()) if weight > 0}
        if not conversation:
            return self._choice.choices([*weights], [*weights.values()])[0]
        whole, upto = sum(weights.values()), 0
        for name, weight in weights.items():
            upto += weight
            if is_in_canary(conversation, 100 * upto / whole):
                return name
        return name

    async def watch(self) -> None:
        """Look after the revisions until cancelled."""
        while True:
            for revision in self.revisions.values():
                revision.look()
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        await asyncio.gather(*(revision.stop() for revision in self.revisions.values()))


@contextlib.asynccontextmanager
async def open_ingress(ingress: Ingress, port: int) -> AsyncIterator[None]:
    """The ingress at its port, while the body runs; then its processes are stopped."""
    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/{path:.*}", ingress.answer)
    # Who gives up waiting frees the stage too.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    watching = asyncio.create_task(ingress.watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await runner.cleanup()
        await ingress.stop()


async def forward(
    request: web.Request, headers: "CIMultiDict[str]", session: aiohttp.ClientSession, port: int
) -> web.StreamResponse:
    """The answer of the server at `port`, handed on as it comes."""
    url = URL(f"http://127.0.0.1:{port}{request.raw_path}", encoded=True)
    body = request.content if request.body_exists else None
    asking = session.request(request.method, url, headers=headers, data=body, allow_redirects=False)
    async with asking as upstream:
        answer = web.StreamResponse(
            status=upstream.status, reason=upstream.reason, headers=_end_to_end(upstream.headers)
        )
        await answer.prepare(request)
        async for part in upstream.content.iter_any():
            await answer.write(part)
        await answer.write_eof()
        return answer


def _end_to_end(headers: Mapping[str, str]) -> "CIMultiDict[str]":
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP)
