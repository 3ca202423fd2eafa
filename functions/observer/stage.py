"""Counts what the events say: the metrics that survive scale to zero."""

from collections import OrderedDict

from functions.observer.metrics import Metrics
from shared.events.catalogue import EventDeadlettered, TurnCompleted
from shared.events.envelope import Envelope
from shared.telemetry import read_timings

REMEMBERED = 100_000
"""Event ids that are remembered to count no event twice: more than a broker redelivers within its retries."""


class Observer:
    """Counts each event once, by its id, and answers nothing."""

    CONSUMES = (TurnCompleted, EventDeadlettered)
    PRODUCES = ()

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen: OrderedDict[str, None] = OrderedDict()

    def __call__(self, envelope: Envelope) -> None:
        if envelope.id in self._seen:
            self._metrics.duplicate(envelope.type)
            return
        self._seen[envelope.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        match envelope.data:
            case TurnCompleted() as completed:
                self._metrics.turn(envelope.channel, completed, read_timings(envelope.timings))
            case EventDeadlettered() as deadlettered:
                self._metrics.dead_letter(deadlettered)
