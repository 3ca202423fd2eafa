"""Rasa's REST contract on top of the walk: one call, one answer, or one JSON object a line as replies come."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from functions.gateway.arrival import SOURCE, received, scoped
from functions.gateway.background import Background
from functions.gateway.tracing import UNTRACED, Tracing
from functions.gateway.waking import Waking
from functions.gateway.walk import Broken, Walk
from shared.channels import rest
from shared.channels.body import Malformed
from shared.channels.port import Inbound, InboundMessage, WebhookResponse
from shared.errors import Failure, Rejected, Unavailable
from shared.events.catalogue import (
    ActionRequested,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
    TurnCompleted,
)
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.process import Process
from shared.serving import Answer, json_answer
from shared.telemetry import add_timing, read_timings

KEY_LIMIT = 200
LATER_STAGES = ("dialogue", "actions")
"""Those that the walk comes to after the first."""


class Rest:
    """Answers REST messages; needs the stages and, to count finished turns, a broker that may be down."""

    def __init__(
        self,
        walk: Walk,
        waking: Waking,
        publish: Callable[[Envelope], None] | None,
        background: Background,
        *,
        deadline: float,
        answer_within: float,
        at_once: int = 12,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.perf_counter,
        tracing: Tracing = UNTRACED,
        process: Process | None = None,
        shadow: Callable[[Envelope], object] | None = None,
    ) -> None:
        self._shadow = shadow
        """Is shown, off the response's path, what was understood, for a REST message is not in the broker."""
        self._tracing = tracing
        self._process = process or Process()
        self._reading = Background("shadow", 100)
        self._walk = walk
        self._waking = waking
        self._publish = publish
        self._background = background
        self._deadline = deadline
        self._answer_within = answer_within
        self._now = now
        self._clock = clock
        # A walk holds a thread for as long as it lasts; some must stay free, or nobody could even be refused.
        self._places = threading.BoundedSemaphore(max(at_once, 1))
        self._cold = True
        self._lock = threading.Lock()

    def __call__(self, inbound: Inbound) -> Answer:
        """The answer to one message, failures included, in Rasa's shape."""
        try:
            return self._answer(inbound)
        except Failure as exc:
            return refused(exc)

    def _answer(self, inbound: Inbound) -> Answer:
        parsed = rest.parse(inbound, {})
        if isinstance(parsed, WebhookResponse):
            return parsed.body, parsed.status, {"content-type": parsed.content_type}
        (heard,) = (_with_key(heard, inbound.headers.get("idempotency-key")) for heard in parsed)
        envelope = received(
            heard,
            rest.NAME,
            now=self._now(),
            answer_within=self._answer_within,
            traceparent=inbound.headers.get("traceparent"),
        )
        self._waking.wake(*LATER_STAGES)
        said = self._messages(envelope)
        # Rasa reads the flag so: the one word, in any case (rasa.utils.endpoints.bool_arg).
        if inbound.query.get("stream", "").lower() != "true":
            return json_answer(200, list(said))
        # The status goes out with the first message, so a turn that fails before it still has a status of its own.
        first = list(_take(said, 1))
        return self._lines(first, said), 200, {"content-type": "text/event-stream", "cache-control": "no-store"}

    def replies(self, envelope: Envelope, seconds: float) -> list[Reply]:
        """All that is said in the turn, for a platform that takes it only in the webhook's own answer."""
        started = self._clock()
        self._waking.wake(*LATER_STAGES)
        found: list[Reply] = []
        with self._tracing.message(envelope) as envelope:
            for event in self._walk(envelope, seconds):
                self._read_along(event)
                if isinstance(event.data, RepliesDecided):
                    self._completed(event, event.data, self._clock() - started)
                found += _replies(event)
        return found

    def _messages(self, envelope: Envelope) -> Iterator[dict[str, JSON]]:
        """Rasa's messages of the turn, as soon as each is decided; Unavailable at once where too many are at it."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("too many messages are being answered; send this one again in a moment")
        try:
            started = self._clock()
            recipient = _sender(envelope)
            with self._tracing.message(envelope) as envelope:
                for event in self._walk(envelope, self._deadline):
                    self._read_along(event)
                    if isinstance(event.data, RepliesDecided):
                        self._completed(event, event.data, self._clock() - started)
                    yield from rest.messages(_replies(event), recipient)
        finally:
            self._places.release()

    def _lines(self, first: list[dict[str, JSON]], rest_of: Iterator[dict[str, JSON]]) -> Iterator[str]:
        try:
            for message in first:
                yield json.dumps(message) + "\n"
            for message in rest_of:
                yield json.dumps(message) + "\n"
        except Failure as exc:
            yield json.dumps({"error": str(exc), "status": exc.status}) + "\n"
        except GeneratorExit:
            # The caller hung up; the turn goes on, or the next message would meet an action that nobody runs.
            self._background.submit(lambda: deque(rest_of, maxlen=0))
            raise

    def _read_along(self, event: Envelope) -> None:
        shadow = self._shadow
        if shadow is not None and event.type == MessageUnderstood.TYPE:
            self._reading.submit(lambda: shadow(event))

    def _completed(self, event: Envelope, decided: RepliesDecided, seconds: float) -> None:
        """Tell the broker of the finished turn, off the response's path; without a broker nobody is told."""
        publish = self._publish
        if publish is None:
            return
        with self._lock:
            cold, self._cold = self._cold, False
        own = max(0.0, seconds - sum(timing.milliseconds for timing in read_timings(event.timings)) / 1000)
        data = TurnCompleted(decided.turn, "answered", round(seconds, 6))
        start, revision = self._process.start, self._process.revision
        timings = add_timing(event.timings, "gateway", own, start, revision, cold=cold)
        completed = replace(event.answer(data, source=SOURCE, step="completed"), timings=timings)
        self._background.submit(lambda: publish(completed))
        if decided.handoff is not None:
            # The operators are told by delivery; the replies went out here.
            told = replace(event, data=replace(decided, replies=(), said=0))
            self._background.submit(lambda: publish(told))


def refused(failure: Failure) -> Answer:
    """A failure in Rasa's shape of an error, and in ours (`error`): Rasa answers most of these `200 []`."""
    from http import HTTPStatus

    message = "Failed when parsing body as json" if isinstance(failure, Malformed) else str(failure)
    body = {
        "description": HTTPStatus(failure.status).phrase,
        "status": failure.status,
        "message": message,
        "error": str(failure),
    }
    return json_answer(failure.status, body, {"retry-after": "1"} if failure.status == 503 else {})


def _with_key(heard: InboundMessage, key: str | None) -> InboundMessage:
    """The message under the id that the caller chose, so that asking again gives the same turn."""
    if key is None:
        return heard
    if not key or len(key) > KEY_LIMIT:
        raise Rejected(f"Idempotency-Key must have 1 to {KEY_LIMIT} characters")
    if heard.sender is None:
        raise Rejected("Idempotency-Key needs a sender: without one each call is a new conversation")
    return replace(heard, id=scoped(heard.sender, key))


def _sender(envelope: Envelope) -> str:
    if not isinstance(envelope.data, MessageReceived):
        raise Broken("a walk begins with a message")
    return envelope.data.sender


def _replies(event: Envelope) -> tuple[Reply, ...]:
    return event.data.replies if isinstance(event.data, RepliesDecided | ActionRequested) else ()


def _take(messages: Iterator[dict[str, JSON]], count: int) -> Iterator[dict[str, JSON]]:
    for _, message in zip(range(count), messages, strict=False):
        yield message
