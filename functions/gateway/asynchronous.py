"""Platforms never wait: a webhook's messages go to the broker, and the webhook is answered once it holds them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from functions.gateway.arrival import arrived, received
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.rate_limit import Pace
from functions.gateway.spoken import Spoken
from functions.gateway.tracing import UNTRACED, Tracing
from functions.gateway.typing_signs import TypingSigns
from functions.gateway.waking import Waking
from shared.channels.catalogue import PLATFORMS, channel
from shared.channels.port import Inbound, InboundMessage, Settings, WebhookResponse
from shared.errors import Failure, Rejected, Unavailable
from shared.events.catalogue import Reply, SpeechReceived
from shared.events.envelope import Envelope
from shared.events.identity import conversation_id
from shared.serving import Answer

LONGEST_JOIN = 10.0
"""Seconds; the Trigger's retries (knative/base/triggers.yaml) outlast the longest burst of these."""
ALBUM_SECONDS = 1.0
"""In which the parts of an album come, each in a webhook of its own: they are one message."""
AT_ONCE_SECONDS = 4.5
"""Teams waits 5 seconds for the answer of an outgoing webhook."""
ALL_STAGES = ("nlu", "dialogue", "actions", "delivery")


class Asynchronous:
    """Takes the webhooks of every channel but REST."""

    def __init__(
        self,
        publish: Callable[[Envelope], None] | None,
        waking: Waking,
        *,
        settings: Mapping[str, Settings],
        answer_within: float,
        keys: Keys | None = None,
        pace: Pace | None = None,
        budget: float = 2.5,
        at_once: Callable[[Envelope, float], Sequence[Reply]] | None = None,
        listening: bool = False,
        operators: Operators | None = None,
        join_seconds: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        tracing: Tracing = UNTRACED,
        typing: TypingSigns | None = None,
        answered: Callable[[str, float, int], None] = lambda _channel, _seconds, _status: None,
    ) -> None:
        self._answered = answered
        """Is told how each webhook was answered: channel, seconds, status."""
        self._tracing = tracing
        self._typing = typing
        self._publish = publish
        self._waking = waking
        self._keys = keys
        self._pace = pace
        self._settings = settings
        self._answer_within = answer_within
        self._budget = budget
        """Seconds in which all messages of one webhook must be published; no platform waits for long."""
        self._at_once = at_once
        """Walks a turn to its end, for the few webhooks that take the answer only in their own."""
        self._operators = operators
        self._join_seconds = min(join_seconds, LONGEST_JOIN)
        self._listening = listening
        """Whether somebody makes text of recordings."""
        self._spoken = Spoken()
        self._now = now
        self._clock = clock

    def __call__(self, name: str, inbound: Inbound) -> Answer:
        """The channel's answer; Unavailable where the broker does not hold all of it, so that the platform repeats it.

        A repeated webhook carries the same ids, so what was published before is the same event and nothing doubles.
        """
        started = self._clock()
        status = 500
        try:
            answer = self._taken(name, inbound, started)
            status = answer[1]
        except Failure as exc:
            status = exc.status
            raise
        finally:
            self._answered(name, self._clock() - started, status)
        return answer

    def _taken(self, name: str, inbound: Inbound, started: float) -> Answer:
        module = channel(name)
        settings = self._settings.get(name, {})
        parsed = module.parse(inbound, settings) if self._keys is None else self._keys.parse(module, inbound, settings)
        if isinstance(parsed, WebhookResponse):
            return _answer(parsed)
        if not self._listening and any(heard.audio is not None for heard in parsed):
            raise Rejected("nobody listens to recordings here: set SPEECH_URL on the gateway")
        if self._pace is not None:
            people = Counter(
                conversation_id(name, heard.sender)
                for heard in parsed
                if heard.sender is not None and _is_for_us(heard, settings)
            )
            for conversation, messages in people.items():
                self._pace.take(conversation, messages)
        events = [event for heard in parsed for event in self._events(name, heard, inbound, settings)]
        if not events:
            return _answer(module.acknowledge(parsed))
        if len(parsed) == len(events) == 1 and parsed[0].synchronous and self._at_once and module.answer_synchronously:
            replies = self._at_once(events[0], AT_ONCE_SECONDS)
            return _answer(module.answer_synchronously(replies))
        if self._publish is None:
            raise Unavailable(f"the channel {name} needs a broker: set BROKER_URL on the gateway")
        if self._typing is not None:
            self._typing.show(module, [message for message in parsed if _is_for_us(message, settings)], settings)
        self._waking.wake(*ALL_STAGES)
        if any(event.type == SpeechReceived.TYPE for event in events):
            self._waking.wake("speech")
        for event in events:
            if self._clock() - started > self._budget:
                raise Unavailable("the broker takes too long; the rest of this webhook is taken when it comes again")
            with self._tracing.message(event, status=202) as traced:
                self._publish(traced)
        return _answer(module.acknowledge(parsed))

    def _events(self, name: str, heard: InboundMessage, inbound: Inbound, settings: Settings) -> Iterator[Envelope]:
        """What is published of a message: one event, or none where operators, or a group, talk among themselves."""
        asked = self._operators.heard(name, heard) if self._operators is not None else False
        if isinstance(asked, Envelope):
            yield asked
        elif not asked and _is_for_us(heard, settings):
            event = received(
                heard,
                name,
                now=self._now(),
                answer_within=self._answer_within,
                traceparent=inbound.headers.get("traceparent"),
                # What is answered in the webhook's own answer has no time for listening.
                listening=self._listening and not heard.synchronous,
            )
            # The page of the web chat sees to its own order, and a caller of REST waits for each answer.
            quiet = max(self._join_seconds, ALBUM_SECONDS) if heard.album is not None else self._join_seconds
            yield self._placed(event, quiet) if name in PLATFORMS and not heard.synchronous else event

    def _placed(self, event: Envelope, quiet: float) -> Envelope:
        """The event, or one that waits for those after it (joining), or for what was spoken before."""
        now = self._now()
        if event.type == SpeechReceived.TYPE:
            self._spoken.note(event, now)
            return event
        before = self._spoken.before(event.subject, now)
        if before is None and quiet <= 0:
            return event
        return arrived(event, quiet, now, before)


def _is_for_us(message: InboundMessage, settings: Settings) -> bool:
    """Whether the assistant answers it: in groups only what names or answers it, unless it is to answer everything."""
    return message.addressed or settings.get("groups") == "all"


def _answer(answering: WebhookResponse) -> Answer:
    return answering.body, answering.status, {"content-type": answering.content_type, "cache-control": "no-store"}
