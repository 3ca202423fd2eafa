"""The Prometheus metrics of the pipeline. The only module of this stage that imports prometheus_client.

Label values come from events, so each label is bounded: past its limit, new values count as `other`.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from shared.events.catalogue import EventDeadlettered, TurnCompleted
from shared.telemetry import Timing

TURN_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 120.0)
STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONFIDENCE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
LABEL_VALUES = 200


class Metrics:
    """Counters and histograms in a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._known: dict[str, set[str]] = {}
        self._turns = Counter(
            "parley_turns", "Turns, by what became of them.", ["channel", "delivery", "bundle"], registry=registry
        )
        self._intents = Counter(
            "parley_intents", "Turns by intent.", ["intent", "fallback", "bundle"], registry=registry
        )
        self._confidence = Histogram(
            "parley_intent_confidence",
            "Confidence of the intent of a turn.",
            ["bundle"],
            buckets=CONFIDENCE,
            registry=registry,
        )
        self._seconds = Histogram(
            "parley_turn_seconds",
            "From the message to the end of delivery.",
            ["channel"],
            buckets=TURN_SECONDS,
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "parley_stage_seconds",
            "A stage's share of a turn, cold and warm.",
            ["stage", "cold"],
            buckets=STAGE_SECONDS,
            registry=registry,
        )
        self._actions = Counter("parley_actions", "Actions run.", ["action"], registry=registry)
        self._forms = Counter(
            "parley_forms", "Forms started, completed and abandoned.", ["form", "outcome"], registry=registry
        )
        self._handoffs = Counter("parley_handoffs", "Conversations handed to a person.", ["channel"], registry=registry)
        self._dead_letters = Counter(
            "parley_dead_letters",
            "Events that nobody took, by type and cause.",
            ["type", "destination", "code"],
            registry=registry,
        )
        self._duplicates = Counter(
            "parley_duplicates", "Events that came again and were not counted.", ["type"], registry=registry
        )

    def turn(self, channel: str, completed: TurnCompleted, timings: Sequence[Timing]) -> None:
        turn = completed.turn
        channel = self._bounded("channel", channel)
        bundle = self._bounded("bundle", turn.bundle)
        self._turns.labels(channel, completed.delivery, bundle).inc()
        if turn.intent is not None:
            fallback = "true" if turn.fallback else "false"
            self._intents.labels(self._bounded("intent", turn.intent), fallback, bundle).inc()
        if turn.confidence is not None:
            self._confidence.labels(bundle).observe(turn.confidence)
        if completed.seconds is not None:
            self._seconds.labels(channel).observe(completed.seconds)
        for timing in timings:
            cold = "true" if timing.cold else "false"
            self._stage_seconds.labels(self._bounded("stage", timing.stage), cold).observe(timing.milliseconds / 1000)
        for action in turn.actions:
            self._actions.labels(self._bounded("action", action)).inc()
        outcomes = {
            "started": turn.form_started,
            "completed": turn.form_completed,
            "abandoned": turn.form_abandoned,
        }
        for outcome, form in outcomes.items():
            if form is not None:
                self._forms.labels(self._bounded("form", form), outcome).inc()
        if turn.handoff:
            self._handoffs.labels(channel).inc()

    def dead_letter(self, letter: EventDeadlettered) -> None:
        self._dead_letters.labels(
            self._bounded("type", letter.type),
            self._bounded("destination", letter.destination),
            self._bounded("code", letter.code),
        ).inc()

    def duplicate(self, kind: str) -> None:
        self._duplicates.labels(self._bounded("type", kind)).inc()

    def _bounded(self, label: str, value: str | None) -> str:
        if not value:
            return "none"
        known = self._known.setdefault(label, set())
        if value in known:
            return value
        if len(known) >= LABEL_VALUES:
            return "other"
        known.add(value)
        return value
