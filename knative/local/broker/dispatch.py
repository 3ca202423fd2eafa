"""Carries pending deliveries to their subscribers: one task each, a bounded number of requests to each place."""

import asyncio
import contextlib
import logging
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from knative.local.broker.delivery import (
    LONGEST,
    Answer,
    Delivery,
    admit,
    inherit_hops,
    list_sent_attributes,
    read_answer,
    take_step,
)
from knative.local.broker.events import Event, to_headers
from knative.local.broker.journal import Journal
from knative.local.routes import Routes, Trigger
from shared.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

COUNTED = ("queued", "delivered", "retried", "failed", "dead_lettered", "parked", "dropped")
AGAIN_EACH_SECOND = 50
"""Attempts that are made again in each second, about: where more wait, they wait longer."""
STUMBLED = 1.0
"""Seconds until a step is taken again that the journal refused."""

Send = Callable[[str, Mapping[str, str], bytes, float], Awaitable[tuple[int, Mapping[str, str], bytes]]]
"""POST to an address within so many seconds: status, headers and body, or OSError."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there may be at once."""

    in_flight: int = 32
    """Requests to one place."""
    backlog: int = 500
    """Deliveries that are to be attempted now; more new events are refused."""
    waiting: int = 10_000
    """Deliveries that wait for another attempt, or for the one before them; beyond it new events are refused."""
    partitions: int = 0
    """Where not 0, an ordered Trigger keeps the order of so many partitions, as Kafka does, and not of each key."""
    in_memory: bool = False
    """Whether a publisher is held until the whole chain has ended, and its hanging up ends the chain: retries, replies
    and dead letters, as with Knative's in-memory channel, whose parts share the publisher's request."""


class Dispatcher:
    def __init__(
        self,
        routes: Routes,
        journal: Journal,
        namespace: str,
        send: Send,
        limits: Limits = Limits(),
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counts = {name: Counter(dict.fromkeys(COUNTED, 0)) for name in routes.triggers}
        self.counts[""] = Counter(accepted=0, unwanted=0, looped=0)
        """What happened since the start: to events under the empty name, to deliveries under their Trigger's."""
        self._routes = routes
        self._journal = journal
        self._namespace = namespace
        self._send = send
        self._limits = limits
        self._clock = clock
        self._gates: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limits.in_flight))
        self._tasks: dict[asyncio.Task[None], str] = {}
        """Each delivery at work, and the subject of its event."""
        self.waiting = 0
        """Deliveries that wait for another attempt, or for the one before them."""
        self._last: dict[tuple[str, object], asyncio.Task[None]] = {}
        """The latest ordered delivery to each subscriber and of each partition; the next one waits for its end. Kafka
        keeps the order of each Trigger by itself; here those of one subscriber share it."""
        self._replies: dict[asyncio.Task[None], list[asyncio.Task[None]]] = {}
        """In memory: the deliveries of what was answered in a delivery, which ends with them."""
        self._stopping = asyncio.Event()

    @property
    def in_memory(self) -> bool:
        return self._limits.in_memory

    def take(self, event: Event, broker: str) -> Sequence[asyncio.Task[None]]:
        """Record an event durably for every Trigger of the broker that wants it, and begin its deliveries.

        Unavailable where too many deliveries are to be made now, or wait. What waits for one place does not count as
        work for another. What stages answer to events that were taken is never refused, so everything that was taken
        comes to its end. Answers the deliveries that it began.
        """
        working = len(self._tasks) - self.waiting
        if working >= self._limits.backlog or self.waiting >= self._limits.waiting:
            busy = f"{working} deliveries are to be made and {self.waiting} wait"
            raise Unavailable(f"{busy}; send the event again when there are fewer")
        now = self._clock()
        names = self._routes.find_triggers(broker, event.attributes)
        if (admitted := admit(event, now)) is None:
            self.counts[""]["looped"] += 1
            raise Rejected("the event came round too often: its knativebrokerttl is used up")
        begun = self.begin(self._journal.accept(admitted, names, now) if names else [])
        self.counts[""]["accepted" if names else "unwanted"] += 1
        log.info("accepted %r %r for %s", event.attributes["type"], event.attributes["id"], names or "no trigger")
        return begun

    def begin(self, deliveries: Sequence[Delivery]) -> Sequence[asyncio.Task[None]]:
        """Deliver these; one whose Trigger is gone from the manifests waits in the journal until it is back."""
        begun = []
        for delivery in deliveries:
            if (trigger := self._routes.triggers.get(delivery.trigger)) is None:
                log.warning("a delivery waits for the trigger %s, which no manifest defines", delivery.trigger)
                continue
            partition = self._find_partition(delivery.event)
            key = (trigger.subscriber, partition)
            ordered = trigger.ordered and partition is not None
            task = asyncio.create_task(self._deliver(delivery, trigger, self._last.get(key) if ordered else None))
            begun.append(task)
            self._tasks[task] = delivery.event.attributes.get("subject", "")
            task.add_done_callback(lambda done: self._tasks.pop(done, None))
            if ordered:
                self._last[key] = task
                task.add_done_callback(lambda done, key=key: self._end_task(key, done))  # type: ignore[misc]
        return begun

    async def stop(self, grace: float = 5.0) -> None:
        """Let requests in flight end, within `grace` seconds; everything unfinished stays in the journal."""
        self._stopping.set()
        for task in (await asyncio.wait(self._tasks, timeout=grace))[1] if self._tasks else ():
            task.cancel()

    def forget(self, subject: str) -> int:
        """End every delivery of this subject's events, and remove them; how many events there were."""
        for task in [task for task, of in self._tasks.items() if of == subject]:
            task.cancel()
        return self._journal.forget(subject)

    def _find_partition(self, event: Event) -> object:
        """What orders the event among others; None where nothing does."""
        key = event.attributes.get("partitionkey")
        return zlib.crc32(key.encode()) % self._limits.partitions if key and self._limits.partitions else key or None

    def _end_task(self, key: tuple[str, object], done: asyncio.Task[None]) -> None:
        if self._last.get(key) is done:
            del self._last[key]

    async def _deliver(self, delivery: Delivery, trigger: Trigger, before: asyncio.Task[None] | None) -> None:
        self.counts[trigger.name]["queued"] += 1
        try:
            if before is not None:
                with self._count_waiting():
                    await asyncio.wait([before])
            later: Delivery | None = delivery
            while later is not None and not self._stopping.is_set():
                if (delay := later.due - self._clock()) > 0:
                    await self._pause(delay)
                else:
                    later = await self._attempt(later, trigger)
            if (replies := self._replies.pop(asyncio.current_task(), None)) is not None:  # type: ignore[arg-type]
                await asyncio.gather(*replies)
        finally:
            self.counts[trigger.name]["queued"] -= 1

    async def _pause(self, seconds: float) -> None:
        with self._count_waiting(), contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @contextlib.contextmanager
    def _count_waiting(self) -> Iterator[None]:
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    async def _attempt(self, delivery: Delivery, trigger: Trigger) -> Delivery | None:
        target = (trigger.policy.sink if delivery.failure else trigger.subscriber) or "no dead letter sink"
        async with self._gates[target]:
            if self._stopping.is_set():
                return delivery
            answer = await self._answer(delivery, target, trigger.policy.timeout)
        # The subscriber has done its work: whatever the journal says, the event does not go there once more.
        while True:
            try:
                return self._settle(delivery, answer, trigger, target)
            except Unavailable as exc:
                if self._stopping.is_set():
                    return delivery
                log.error("%s; %s of %r is noted as soon as it can be", exc, trigger.name, delivery.event["id"])
                await self._pause(STUMBLED)

    def _settle(self, delivery: Delivery, answer: Answer, trigger: Trigger, target: str) -> Delivery | None:
        now = self._clock()
        longest = max(LONGEST, self.waiting / AGAIN_EACH_SECOND)
        outcome, later = take_step(delivery, answer, trigger.policy, target, now, longest)
        if later is not None:
            self._journal.go_on(later)
        else:
            reply = admit(inherit_hops(answer.reply, delivery.event), now) if answer.reply else None
            names = self._routes.find_triggers(trigger.broker, reply.attributes) if reply else []
            begun = self.begin(self._journal.finish(delivery, outcome, now, reply if names else None, names))
            if self._limits.in_memory and (task := asyncio.current_task()) is not None:
                self._replies[task] = list(begun)
            self.counts[""]["looped"] += answer.reply is not None and reply is None
        self.counts[trigger.name][outcome] += 1
        tell = {"delivered": log.info, "dropped": log.error}.get(outcome, log.warning)
        tell("%s %s %r: %s", outcome, trigger.name, delivery.event.attributes["id"], answer.code)
        return later

    async def _answer(self, delivery: Delivery, target: str, timeout: float) -> Answer:
        headers = {
            **delivery.event.headers,
            **to_headers(list_sent_attributes(delivery)),
            "kn-namespace": self._namespace,
        }
        headers |= {} if delivery.failure else {"prefer": "reply"}
        try:
            status, answered, body = await self._send(target, headers, delivery.event.body, timeout)
        except OSError as exc:
            # Knative's dispatcher gives 500 where there was no answer.
            return Answer(500, f"no answer within {timeout:g} s: {exc}".encode())
        except Exception as exc:
            # A bug here must not end the delivery in silence.
            log.exception("sending to %s raised %s", target.partition("?")[0], type(exc).__name__)
            return Answer(500, f"the broker has a bug: {type(exc).__name__}".encode())
        if delivery.failure is not None:  # The answer of a dead letter sink is never a reply.
            return Answer(status, body)
        return read_answer(status, answered, body)


@contextlib.asynccontextmanager
async def open_http_sender() -> AsyncIterator[Send]:
    """Sends over HTTP, as long as the block lasts."""
    session = aiohttp.ClientSession(
        # gunicorn closes a connection that was idle for 2 s; meeting that moment would cost the event a retry.
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=1),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )

    async def send(
        target: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        limit = aiohttp.ClientTimeout(timeout)
        try:
            async with session.post(
                target, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                return response.status, response.headers, await response.read()
        except aiohttp.ClientError as exc:
            raise OSError(f"{type(exc).__name__} {exc}") from exc

    async with session:
        yield send
