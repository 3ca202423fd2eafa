"""Platforms never wait: a webhook's messages go to the broker, and the webhook is answered once it holds them."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from functions.gateway.arrivals import Arrivals, with_key
from functions.gateway.conversations import Conversations
from functions.gateway.handoff import Operators
from functions.gateway.keys import Keys
from functions.gateway.prewarming import Prewarming
from functions.gateway.rate_limit import PersonLimit
from functions.gateway.tracing import UNTRACED, Tracing
from functions.gateway.turns import Turns
from functions.gateway.typing_signs import TypingSigns
from functions.gateway.unconfirmed import Unconfirmed
from shared.channels import webchat
from shared.channels.catalogue import find_channel
from shared.channels.port import Channel, Inbound, InboundMessage, Parsed, Recipient, Settings, WebhookResponse
from shared.errors import Failure, Rejected, Unavailable
from shared.events.catalogue import Reply, SpeechReceived
from shared.events.envelope import Envelope
from shared.events.identity import derive_conversation_id
from shared.logs import get_logger
from shared.serving import Answer

log = get_logger(__name__)

CALLBACK = "callback"
"""The channel whose messages have no ids of their own."""
ALL_STAGES = ("nlu", "dialogue", "actions", "delivery")
Record = Callable[[str, float, int, Sequence[str]], None]
"""Channel, seconds, status of a webhook that was answered, and what it told of messages that did not arrive."""


@dataclass(frozen=True, slots=True)
class ChannelReader:
    """Reads what a channel's webhook brings, after its signature was checked."""

    settings: Mapping[str, Settings]
    keys: Keys | None = None
    conversations: Conversations | None = None
    """Those of the web chat, which has no platform that signs."""
    typing: TypingSigns | None = None
    """Shows people that they were read, where a platform has a sign for it."""

    def read(self, name: str, inbound: Inbound) -> Parsed:
        """Raises Forged where the signature is wrong, Rejected where the content is."""
        found, settings = find_channel(name), self.settings.get(name, {})
        parsed = found.parse(inbound, settings) if self.keys is None else self.keys.parse(found, inbound, settings)
        if name == webchat.NAME and self.conversations is not None and not isinstance(parsed, WebhookResponse):
            for message in parsed:
                self.conversations.check(message.sender or "")
        return parsed

    def is_for_us(self, name: str, message: InboundMessage) -> bool:
        """Whether the assistant answers it: in groups only what names or answers it, unless it is to answer
        everything."""
        return message.addressed or self.settings.get(name, {}).get("groups") == "all"

    def show_typing(self, name: str, messages: Sequence[InboundMessage]) -> None:
        """At once, without waiting for the platform."""
        if self.typing is not None:
            mine = [message for message in messages if self.is_for_us(name, message)]
            self.typing.show(find_channel(name), mine, self.settings.get(name, {}))


@dataclass(frozen=True, slots=True)
class Publishing:
    """How events get to the broker."""

    publish: Callable[[Envelope], None] | None
    """None where nobody said where the broker is."""
    prewarming: Prewarming
    tracing: Tracing = UNTRACED
    seconds: float = 2.5
    """In which all messages of one webhook must be published; no platform waits for long."""
    clock: Callable[[], float] = time.monotonic
    places: threading.BoundedSemaphore | None = None
    """For webhooks that wait for the broker at once; without it as many as there are requests."""

    def publish_all(self, events: Sequence[Envelope], started: float) -> None:
        """Return once the broker holds all of them; Unavailable where it does not in the time since `started`."""
        if self.publish is None:
            raise Unavailable("this channel needs a broker: set BROKER_URL on the gateway")
        if self.places is None:
            return self._publish_all(self.publish, events, started)
        if not self.places.acquire(blocking=False):
            raise Unavailable("too many webhooks wait for the broker; send this one again in a moment")
        try:
            return self._publish_all(self.publish, events, started)
        finally:
            self.places.release()

    def _publish_all(self, publish: Callable[[Envelope], None], events: Sequence[Envelope], started: float) -> None:
        self.prewarming.prewarm(*ALL_STAGES)
        if any(event.type == SpeechReceived.TYPE for event in events):
            self.prewarming.prewarm("speech")
        for event in events:
            if self.clock() - started > self.seconds:
                raise Unavailable("the broker takes too long; the rest of this webhook is taken when it comes again")
            with self.tracing.trace_message(event, status=202) as traced:
                publish(traced)


class Webhooks:
    """Takes the webhooks of every channel but REST."""

    def __init__(
        self,
        reader: ChannelReader,
        arrivals: Arrivals,
        publishing: Publishing,
        *,
        turns: Turns | None = None,
        person_limit: PersonLimit | None = None,
        operators: Operators | None = None,
        record: Record = lambda _channel, _seconds, _status, _undelivered: None,
    ) -> None:
        self._reader = reader
        self._arrivals = arrivals
        self._publishing = publishing
        self._turns = turns
        """For the few webhooks that take the replies only in their own answer."""
        self._person_limit = person_limit
        self._operators = operators
        self._record = record
        self._unconfirmed = Unconfirmed(lambda: secrets.token_hex(16))

    def __call__(self, name: str, inbound: Inbound) -> Answer:
        """The channel's answer; Unavailable where the broker does not hold all of it, so that the platform repeats it.

        A repeated webhook carries the same ids, so what was published before is the same event and nothing doubles.
        """
        started = self._publishing.clock()
        status, undelivered = 500, ()  # type: int, Sequence[str]
        try:
            answer = self._answer(name, inbound, started)
            status, undelivered = answer[1], find_channel(name).read_failures(inbound)
        except Failure as exc:
            status = exc.status
            raise
        finally:
            self._record(name, self._publishing.clock() - started, status, undelivered)
            for cause in undelivered:
                log.warning("undelivered", extra={"fields": {"stage": "gateway", "channel": name, "cause": cause}})
        return answer

    def _answer(self, name: str, inbound: Inbound, started: float) -> Answer:
        parsed = self._reader.read(name, inbound)
        if isinstance(parsed, WebhookResponse):
            return _make_response(parsed)
        if not self._arrivals.transcribes and any(message.audio is not None for message in parsed):
            raise Rejected("nobody transcribes recordings here: set SPEECH_URL on the gateway")
        self._count(name, parsed)
        if name == CALLBACK:
            return self._take_unsigned(name, parsed, inbound, started)
        return self._take(name, parsed, inbound, started)

    def _take_unsigned(self, name: str, parsed: Sequence[InboundMessage], inbound: Inbound, started: float) -> Answer:
        """Messages of a channel that gives them no ids: the caller does (Idempotency-Key), or the same words again are
        the same message for as long as nobody could say that the broker has it."""
        if (key := inbound.headers.get("idempotency-key")) is not None:
            return self._take(name, [with_key(message, key) for message in parsed], inbound, started)
        named = [self._unconfirmed.assign_id(message) if message.id is None else message for message in parsed]
        try:
            answer = self._take(name, named, inbound, started)
        except Unavailable as exc:
            for message in named:
                self._unconfirmed.note(message, confirmed=False)
            raise Unavailable(f"{exc}; send it again, best with an Idempotency-Key, and it is answered once") from exc
        for message in named:
            self._unconfirmed.note(message, confirmed=True)
        return answer

    def _take(self, name: str, parsed: Sequence[InboundMessage], inbound: Inbound, started: float) -> Answer:
        events = list(self._make_events(name, parsed, inbound.headers))
        found = find_channel(name)
        if not events:
            return _make_response(found.acknowledge(parsed))
        if len(parsed) == len(events) == 1 and parsed[0].synchronous and self._turns and found.answer_synchronously:
            decided = self._decide(found, self._turns, parsed[0], events[0])
            if isinstance(decided, WebhookResponse):
                return _make_response(decided)
            replies, to = decided
            return _make_response(found.answer_synchronously(replies, to, self._reader.settings.get(name, {})))
        self._reader.show_typing(name, parsed)
        self._publishing.publish_all(events, started)
        return _make_response(found.acknowledge(parsed))

    def _decide(
        self, found: Channel, turns: Turns, message: InboundMessage, event: Envelope
    ) -> tuple[list[Reply], Recipient] | WebhookResponse:
        """What is said in the turn and to whom; an apology where the turn failed and the channel has one."""
        to = Recipient(message.sender or "", message.address, event.id, last=True)
        try:
            replies, with_operator = turns.answer(event, found.answer_seconds)
        except Failure as exc:
            if found.apologise is None:
                raise
            log.warning("no answer in time", extra={"fields": {"event": event.id, "cause": type(exc).__name__}})
            return found.apologise(to, self._reader.settings.get(found.name, {}))
        return replies, replace(to, with_operator=with_operator)

    def _count(self, name: str, messages: Sequence[InboundMessage]) -> None:
        """Raise TooFast where one of these people writes faster than they may."""
        if self._person_limit is None:
            return
        people = Counter(
            derive_conversation_id(name, message.sender)
            for message in messages
            if message.sender is not None and self._reader.is_for_us(name, message)
        )
        for conversation, number in people.items():
            self._person_limit.take(conversation, number)

    def _make_events(
        self, name: str, messages: Sequence[InboundMessage], headers: Mapping[str, str]
    ) -> Iterator[Envelope]:
        """What is published of each message: one event, or none where operators, or a group, talk among themselves."""
        for message in messages:
            command = self._operators.read_command(name, message) if self._operators is not None else False
            if isinstance(command, Envelope):
                yield command
            elif not command and self._reader.is_for_us(name, message):
                yield self._arrivals.event_in_order(message, name, headers.get("traceparent"), headers)


def _make_response(response: WebhookResponse) -> Answer:
    return response.body, response.status, {"content-type": response.content_type, "cache-control": "no-store"}
