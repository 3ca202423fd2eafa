"""Carries pending deliveries to their subscribers: one task each, a bounded number of requests to each place."""

import asyncio
import contextlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import aiohttp

from knative.local.broker.delivery import Answer, Delivery, admit, after, expired, follow, read_answer, visible
from knative.local.broker.events import Event, to_headers
from knative.local.broker.journal import Journal
from knative.local.routes import Routes, Trigger
from shared.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

COUNTED = ("queued", "delivered", "retried", "failed", "dead_lettered", "dropped")


class Dispatcher:
    def __init__(
        self, routes: Routes, journal: Journal, namespace: str, *, in_flight: int = 32, backlog: int = 500
    ) -> None:
        self.counts = {name: Counter(dict.fromkeys(COUNTED, 0)) for name in routes.triggers}
        self.counts[""] = Counter(accepted=0, unwanted=0, looped=0)
        """What happened since the start: to events under the empty name, to deliveries under their Trigger's."""
        self._routes = routes
        self._journal = journal
        self._namespace = namespace
        self._backlog = backlog
        self._gates: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(in_flight))
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[tuple[str, str], asyncio.Task[None]] = {}
        """The latest delivery of each ordered Trigger and partitionkey; the next one waits for its end."""
        self._stopping = asyncio.Event()
        self._session = aiohttp.ClientSession(
            # gunicorn closes a connection that was idle for 2 s; meeting that moment would cost the event a retry.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=1),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    def take(self, event: Event, broker: str) -> None:
        """Record an event durably for every Trigger of the broker that wants it, and begin its deliveries.

        Unavailable where so many deliveries wait that a new one might not end before its event expires. What stages
        answer to events that were taken is never refused, so everything that was taken comes to its end.
        """
        if len(self._tasks) >= self._backlog:
            raise Unavailable(f"{len(self._tasks)} deliveries wait; send the event again when there are fewer")
        now = time.time()
        names = self._routes.of(broker, event.attributes)
        if (admitted := admit(event, now)) is None:
            self.counts[""]["looped"] += 1
            raise Rejected("the event came round too often: its knativebrokerttl is used up")
        self.begin(self._journal.accept(admitted, names, now) if names else [])
        self.counts[""]["accepted" if names else "unwanted"] += 1
        log.info("accepted %r %r for %s", event.attributes["type"], event.attributes["id"], names or "no trigger")

    def begin(self, deliveries: Sequence[Delivery]) -> None:
        """Deliver these; one whose Trigger is gone from the manifests waits in the journal until it is back."""
        for delivery in deliveries:
            if (trigger := self._routes.triggers.get(delivery.trigger)) is None:
                log.warning("a delivery waits for the trigger %s, which no manifest defines", delivery.trigger)
                continue
            key = (trigger.name, delivery.event.attributes.get("partitionkey", ""))
            before = self._last.get(key) if trigger.ordered and key[1] else None
            task = asyncio.create_task(self._deliver(delivery, trigger, before))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if trigger.ordered and key[1]:
                self._last[key] = task
                task.add_done_callback(lambda done, key=key: self._ended(key, done))  # type: ignore[misc]

    async def stop(self, grace: float = 5.0) -> None:
        """Let requests in flight end, within `grace` seconds; everything unfinished stays in the journal."""
        self._stopping.set()
        for task in (await asyncio.wait(self._tasks, timeout=grace))[1] if self._tasks else ():
            task.cancel()
        await self._session.close()

    def _ended(self, key: tuple[str, str], done: asyncio.Task[None]) -> None:
        if self._last.get(key) is done:
            del self._last[key]

    async def _deliver(self, delivery: Delivery, trigger: Trigger, before: asyncio.Task[None] | None) -> None:
        self.counts[trigger.name]["queued"] += 1
        if before is not None:
            await asyncio.wait([before])
        later: Delivery | None = delivery
        while later is not None and not self._stopping.is_set():
            if (delay := later.due - time.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)
            else:
                later = await self._attempt(later, trigger)
        self.counts[trigger.name]["queued"] -= 1

    async def _attempt(self, delivery: Delivery, trigger: Trigger) -> Delivery | None:
        target = (trigger.policy.sink if delivery.failure else trigger.subscriber) or "no dead letter sink"
        async with self._gates[target]:
            if self._stopping.is_set():
                return delivery
            answer = expired(delivery, time.time()) or await self._send(delivery, target, trigger.policy.timeout)
        try:
            return self._settle(delivery, answer, trigger, target)
        except Unavailable as exc:
            log.error("%s; %r will be delivered again", exc, delivery.event.attributes["id"])
            return replace(delivery, due=time.time() + 1)

    def _settle(self, delivery: Delivery, answer: Answer, trigger: Trigger, target: str) -> Delivery | None:
        now = time.time()
        outcome, later = after(delivery, answer, trigger.policy, target, now)
        if later is not None:
            self._journal.go_on(later)
        else:
            reply = admit(follow(answer.reply, delivery.event), now) if answer.reply else None
            names = self._routes.of(trigger.broker, reply.attributes) if reply else []
            self.begin(self._journal.finish(delivery, outcome, now, reply if names else None, names))
            self.counts[""]["looped"] += answer.reply is not None and reply is None
        self.counts[trigger.name][outcome] += 1
        tell = log.info if outcome == "delivered" else log.warning
        tell("%s %s %r: %s", outcome, trigger.name, delivery.event.attributes["id"], answer.code)
        return later

    async def _send(self, delivery: Delivery, target: str, timeout: float) -> Answer:
        headers = {**delivery.event.headers, **to_headers(visible(delivery)), "kn-namespace": self._namespace}
        headers |= {} if delivery.failure else {"prefer": "reply"}
        limit = aiohttp.ClientTimeout(timeout)
        post = self._session.post(
            target, data=delivery.event.body, headers=headers, timeout=limit, allow_redirects=False
        )
        try:
            async with post as response:
                body = await response.read()
        except (aiohttp.ClientError, OSError) as exc:
            # Knative's dispatcher gives 500 where there was no answer.
            return Answer(500, f"no answer within {timeout:g} s: {type(exc).__name__} {exc}".encode())
        if delivery.failure is not None:  # The answer of a dead letter sink is never a reply.
            return Answer(response.status, body)
        return read_answer(response.status, response.headers, body)
