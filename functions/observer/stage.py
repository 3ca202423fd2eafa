"""Counts what the events say: the metrics that survive scale to zero."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from functions.observer.metrics import Metrics
from shared.events.catalogue import EventDeadlettered, MessageCompared, TurnCompleted, TurnRated, WebhooksAnswered
from shared.events.envelope import PROBE, Envelope
from shared.telemetry import read_timings

REMEMBERED = 100_000
"""Event ids that are remembered to count no event twice: more than a broker redelivers within its retries."""
ASKING = 10_000
"""Conversations whose form has asked for something; the oldest is forgotten first."""


class Observer:
    """Counts each event once, by its id, and answers nothing. One event at a time, whatever threads bring them."""

    CONSUMES = (TurnCompleted, EventDeadlettered, WebhooksAnswered, MessageCompared, TurnRated)
    PRODUCES = ()

    def __init__(self, metrics: Metrics, seen: Iterable[str] = ()) -> None:
        """`seen`: ids of events that were counted before this process."""
        self._metrics = metrics
        self._seen: OrderedDict[str, None] = OrderedDict.fromkeys(seen)
        self._asked: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def list_seen(self) -> list[str]:
        """The ids of the events that were counted, the latest last."""
        with self._lock:
            return list(self._seen)

    def count_probe(self, channel: str, seconds: float | None, failures: int) -> None:
        """Count what came of a probe, as Metrics says."""
        with self._lock:
            self._metrics.count_probe(channel, seconds, failures)

    def __call__(self, envelope: Envelope) -> None:
        with self._lock:
            if envelope.id in self._seen:
                self._metrics.count_duplicate(envelope.type)
                return
            self._count(envelope)
            self._seen[envelope.id] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)

    def _count(self, envelope: Envelope) -> None:
        if envelope.purpose == PROBE:
            # Told by the probe itself; even a lost one is none of people's. A process that it woke did start.
            self._metrics.count_starts(read_timings(envelope.timings))
            return
        match envelope.data:
            case TurnCompleted() as completed:
                asked_before = self._asked.get(envelope.subject)
                if completed.turn.speech is None:
                    # A form goes on waiting where a recording was not heard.
                    self._asked.pop(envelope.subject, None)
                timings = read_timings(envelope.timings)
                self._metrics.count_turn(
                    envelope.channel,
                    completed,
                    timings,
                    envelope.traceparent,
                    asked_before,
                    replayed=envelope.purpose == "replay",
                )
                if completed.turn.slot_asked is not None:
                    self._asked[envelope.subject] = completed.turn.slot_asked
                    if len(self._asked) > ASKING:
                        self._asked.popitem(last=False)
            case WebhooksAnswered(answers=answers):
                for answer in answers:
                    self._metrics.count_webhook(answer)
            case MessageCompared() as compared:
                self._metrics.count_comparison(compared)
            case TurnRated() as rated:
                self._metrics.count_rating(rated, read_timings(envelope.timings))
            case EventDeadlettered() as deadlettered:
                again = envelope.purpose == "replay"
                self._metrics.count_dead_letter(envelope.channel, deadlettered, replayed=again)
