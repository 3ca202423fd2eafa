"""Counting turns and dead letters. The only module of this stage that imports prometheus_client.

Label values come from events, so each label is bounded: past its limit, new values count as `other`. Histograms carry
the trace of a recent turn as an exemplar, which a scraper sees that asks for OpenMetrics.
"""

import math
import re
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from functions.observer import families
from functions.observer.families import LABELS, Family
from shared.events.catalogue import EventDeadlettered, TurnCompleted, TurnSummary
from shared.telemetry import Timing

LONGEST = 100
"""Characters of a label's value; a longer one counts as `other`."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_ABOUT_NUMBERS = (TurnCompleted.TYPE, EventDeadlettered.TYPE)
"""Events that nobody waits for: a person has the answer although one of these was given up."""


class Metrics:
    """The metrics of `families`, in a registry of their own. Not safe for threads: the stage calls one at a time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        ProcessCollector(registry=registry)
        self._known: dict[str, set[str]] = {}
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        for family in families.FAMILIES:
            if family.kind == "counter":
                self._counters[family.name] = Counter(family.name, family.doc, family.labels, registry=registry)
            else:
                self._histograms[family.name] = Histogram(
                    family.name, family.doc, family.labels, buckets=family.buckets, registry=registry
                )
        for outcome in ("answered", "failed"):
            self._count(families.OUTCOMES, outcome, amount=0)

    def turn(
        self,
        channel: str,
        completed: TurnCompleted,
        timings: Sequence[Timing],
        traceparent: str | None = None,
        asked_before: str | None = None,
    ) -> None:
        """Count one turn. `asked_before` is the slot that the conversation was last asked for."""
        turn = completed.turn
        self._count(families.TURNS, channel, completed.delivery, turn.bundle)
        self._count(families.OUTCOMES, "failed" if completed.delivery == "refused" else "answered")
        self._count(families.REPLIES, channel, amount=max(0, turn.replies))
        self._times(channel, completed.seconds, timings, _exemplar(traceparent))
        self._understanding(turn)
        self._form(turn, asked_before)
        for action in turn.actions:
            self._count(families.ACTIONS, action, turn.bundle)
        if turn.handoff:
            # Once a conversation is in a person's hands, a turn runs no action any more.
            self._count(families.HANDOFFS, channel, "begun" if turn.actions else "message")

    def dead_letter(self, channel: str, letter: EventDeadlettered) -> None:
        self._count(families.DEAD_LETTERS, channel, letter.type, letter.destination, letter.code)
        if letter.type not in _ABOUT_NUMBERS:
            self._count(families.OUTCOMES, "failed")

    def duplicate(self, kind: str) -> None:
        self._count(families.DUPLICATES, kind)

    def _times(
        self, channel: str, seconds: float | None, timings: Sequence[Timing], exemplar: Mapping[str, str] | None
    ) -> None:
        for timing in timings:
            labels = (timing.stage, _flag(timing.cold))
            self._observe(families.STAGE_TIME, timing.milliseconds / 1000, *labels, exemplar=exemplar)
        if seconds is not None:
            cold = _flag(any(timing.cold for timing in timings))
            between = max(0.0, seconds - sum(timing.milliseconds for timing in timings) / 1000)
            self._observe(families.TURN_TIME, seconds, channel, cold, exemplar=exemplar)
            self._observe(families.BETWEEN_TIME, between, channel, cold, exemplar=exemplar)

    def _understanding(self, turn: TurnSummary) -> None:
        if turn.intent is not None:
            self._count(families.INTENTS, turn.intent, _flag(turn.fallback), turn.bundle)
        if turn.confidence is not None:
            self._observe(families.CONFIDENCES, turn.confidence, turn.bundle)
        if turn.fallback or turn.intent == "out_of_scope":
            kinds = {"nlu_fallback": "unsure", "out_of_scope": "out_of_scope"}
            self._count(families.UNRECOGNISED, kinds.get(turn.intent or "", "unhandled"), turn.bundle)
        if turn.disambiguation:
            self._count(families.DISAMBIGUATIONS, turn.bundle)

    def _form(self, turn: TurnSummary, asked_before: str | None) -> None:
        outcomes = (
            ("started", turn.form_started),
            ("completed", turn.form_completed),
            ("abandoned", turn.form_abandoned),
        )
        for outcome, form in outcomes:
            if form is not None:
                self._count(families.FORMS, form, outcome, turn.bundle)
        if turn.form_abandoned is not None:
            self._count(families.FORM_SLOTS, turn.form_abandoned, asked_before or "unknown", "abandoned")
        if turn.slot_asked is not None:
            self._count(families.FORM_SLOTS, turn.active_loop, turn.slot_asked, "asked")

    def _count(self, family: Family, *values: str | None, amount: float = 1) -> None:
        self._counters[family.name].labels(*self._bounded(family, values)).inc(amount)

    def _observe(
        self, family: Family, value: float, *values: str | None, exemplar: Mapping[str, str] | None = None
    ) -> None:
        if not math.isfinite(value):
            # A sum that has met one of these never is a number again.
            return
        labels = self._bounded(family, values)
        self._histograms[family.name].labels(*labels).observe(value, dict(exemplar) if exemplar else None)

    def _bounded(self, family: Family, values: Sequence[str | None]) -> list[str]:
        return [self._value(label, value) for label, value in zip(family.labels, values, strict=True)]

    def _value(self, label: str, value: str | None) -> str:
        if not value:
            return "none"
        known = self._known.setdefault(label, set())
        if value in known:
            return value
        # A lone surrogate, which JSON may hold, would make the whole page impossible to encode.
        if len(known) >= LABELS[label].limit or len(value) > LONGEST or not value.isprintable():
            self._count(families.OVERFLOWS, label)
            return "other"
        known.add(value)
        return value


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _exemplar(traceparent: str | None) -> Mapping[str, str] | None:
    """The trace of a W3C traceparent; whatever else came is left out, for it comes from outside."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    return {"trace_id": found.group(1)} if found else None
