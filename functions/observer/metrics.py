"""Counting what events tell. The only module of this stage that imports prometheus_client.

Label values come from events, so each label is bounded: past its limit, new values count as `other`; and so is the
number of label sets of each metric. Histograms carry the trace of a recent turn as an exemplar, which a scraper sees
that asks for OpenMetrics.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from functions.observer import families
from functions.observer.families import Family
from functions.observer.labels import LABELS
from shared.events.catalogue import (
    AnswerRated,
    EventDeadlettered,
    MessageCompared,
    TurnCompleted,
    TurnRated,
    TurnSummary,
    WebhookAnswer,
    WebhooksAnswered,
)
from shared.telemetry import Timing, parse_traceparent

LONGEST = 100
"""Characters of a label's value; a longer one counts as `other`."""
LATE = 0.1
"""Less than this share of a platform's patience left is late: the network's part of it is not measured here."""
_ABOUT_NUMBERS = tuple(
    cls.TYPE for cls in (TurnCompleted, EventDeadlettered, WebhooksAnswered, MessageCompared, AnswerRated, TurnRated)
)
"""Events that nobody waits for: a person has the answer although one of these was given up."""
_NOBODYS = ("observer", "shadow")
"""Destinations that answer nobody."""
LOW_CONFIDENCE = ("nlu_fallback", "out_of_scope")
OUTCOMES = ("answered", "failed", "recovered")


class Metrics:
    """The metrics of `families`, in a registry of their own. Not safe for threads: the stage calls one at a time."""

    def __init__(
        self, registry: CollectorRegistry, *, positive: Collection[str] = (), negative: Collection[str] = ()
    ) -> None:
        self.registry = registry
        ProcessCollector(registry=registry)
        self._signs = {**dict.fromkeys(negative, "negative"), **dict.fromkeys(positive, "positive")}
        self._known: dict[str, set[str]] = {}
        self._sets: dict[str, set[tuple[str, ...]]] = {family.name: set() for family in families.FAMILIES}
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._gauges: dict[str, Gauge] = {}
        for family in families.FAMILIES:
            if family.kind == "counter":
                self._counters[family.name] = Counter(family.name, family.doc, family.labels, registry=registry)
            elif family.kind == "gauge":
                self._gauges[family.name] = Gauge(family.name, family.doc, family.labels, registry=registry)
            else:
                self._histograms[family.name] = Histogram(
                    family.name, family.doc, family.labels, buckets=family.buckets, registry=registry
                )
        for outcome in OUTCOMES:
            self._count(families.OUTCOMES, "", outcome, amount=0)

    def count_turn(
        self,
        channel: str,
        completed: TurnCompleted,
        timings: Sequence[Timing],
        traceparent: str | None = None,
        asked_before: str | None = None,
        *,
        replayed: bool = False,
    ) -> None:
        """Count one turn. `asked_before` is the slot that the conversation was last asked for.

        One that was `replayed` says nothing of how fast turns are: it waited for whoever sent it again.
        """
        turn = completed.turn
        decided = (turn.bundle, _find_revision(timings, "dialogue"))
        self._count(families.TURNS, channel, completed.delivery, *decided)
        ended = "recovered" if replayed else "answered"
        self._count_outcome(channel, "failed" if completed.delivery == "refused" else ended)
        self._count(families.REPLIES, channel, amount=max(0, turn.replies))
        self._observe_timings(
            channel, None if replayed else completed.seconds, timings, decided, _make_exemplar(traceparent)
        )
        understood = (turn.model or turn.bundle, _find_revision(timings, "nlu"))
        self._count_understanding(turn, understood)
        self._count_form(turn, asked_before, decided)
        if turn.speech is not None:
            self._count(families.TRANSCRIPTION_FAILURES, channel, turn.speech)
        if turn.knowledge is not None:
            self._count(families.KNOWLEDGE, turn.knowledge, *decided)
        for action in turn.actions:
            self._count(families.ACTIONS, action, *decided)
        self._count_calls(turn, timings, decided)
        if turn.handoff:
            # Once a conversation is in a person's hands, a turn runs no action any more.
            self._count(families.HANDOFFS, channel, "begun" if turn.actions else "message", *decided)
        if turn.disambiguation:
            self._count(families.DISAMBIGUATIONS, *decided)
        for answer, number in completed.calls.items():
            self._count(families.DELIVERIES, channel, answer, amount=max(0, number))
        if completed.retries > 0:
            self._count(families.RETRIES, channel, amount=completed.retries)
        sign = "negative" if turn.form_abandoned else self._signs.get(turn.intent or "")
        if sign is not None:
            self._count(families.SATISFACTION, sign, *decided)
        for trouble in _find_troubles(turn, sign):
            self._count(families.TROUBLES, trouble, *understood)

    def count_rating(self, rated: TurnRated, timings: Sequence[Timing]) -> None:
        """Count what a person thought of an answer."""
        sign = "positive" if rated.helpful else "negative"
        self._count(families.SATISFACTION, sign, rated.bundle, _find_revision(timings, "dialogue"))

    def count_starts(self, timings: Sequence[Timing]) -> None:
        """Count the processes that had just started."""
        for timing in timings:
            if timing.start is not None:
                self._observe(families.START_TIME, timing.start / 1000, timing.stage, timing.revision)

    def count_webhook(self, answer: WebhookAnswer) -> None:
        """Count how a platform's webhook was answered."""
        for cause in answer.undelivered:
            self._count(families.DELIVERIES, answer.channel, f"undelivered:{cause}")
        if not math.isfinite(answer.seconds) or not answer.budget > 0:
            return
        left = max(0.0, 1 - answer.seconds / answer.budget)
        outcome = "failed" if answer.status >= 400 else "late" if left < LATE else "in_time"
        self._count(families.ACKS, answer.channel, outcome)
        self._observe(families.ACK_TIME, answer.seconds, answer.channel, _render_flag(answer.cold))
        self._observe(families.ACK_LEFT, left, answer.channel)

    def count_comparison(self, pair: MessageCompared) -> None:
        """Count how a candidate understood a message, beside the live bundle."""
        if pair.failed:
            self._count(families.COMPARED_FAILED, pair.candidate)
            return
        same = pair.live_intent == pair.candidate_intent
        intents, entities = ("same" if equal else "other" for equal in (same, pair.same_entities))
        self._count(families.COMPARED, pair.live, pair.candidate, intents, entities)
        if pair.same_answer is not None:
            answers = "same" if pair.same_answer else "other"
            self._count(families.COMPARED_ANSWERS, pair.live, pair.candidate, answers)
        low_confidence = (pair.live_intent in LOW_CONFIDENCE, pair.candidate_intent in LOW_CONFIDENCE)
        who = {(True, True): "both", (True, False): "live", (False, True): "candidate"}.get(low_confidence, "neither")
        self._count(families.COMPARED_LOW_CONFIDENCE, pair.live, pair.candidate, who)
        if not same:
            self._count(families.COMPARED_INTENTS, pair.candidate, pair.live_intent, pair.candidate_intent)
        elif pair.live_confidence is not None and pair.candidate_confidence is not None:
            difference = pair.candidate_confidence - pair.live_confidence
            self._observe(families.COMPARED_CONFIDENCE, difference, pair.live, pair.candidate)
        if pair.live_milliseconds is not None and pair.candidate_milliseconds is not None:
            for model, took in (
                ("live", pair.live_milliseconds),
                ("candidate", pair.candidate_milliseconds),
            ):
                self._observe(families.COMPARED_TIME, took / 1000, model, pair.candidate)

    def count_dead_letter(self, channel: str, deadlettered: EventDeadlettered, *, replayed: bool = False) -> None:
        """Count an event that was given up; one that was sent again in vain had failed before."""
        self._count(families.DEAD_LETTERS, channel, deadlettered.type, deadlettered.destination, deadlettered.code)
        if deadlettered.type not in _ABOUT_NUMBERS and deadlettered.destination not in _NOBODYS and not replayed:
            self._count_outcome(channel, "failed")

    def count_probe(self, channel: str, seconds: float | None, failures: int) -> None:
        """A probe was answered within so many seconds, or not: None. `failures`: in a row, up to this one."""
        for outcome in ("answered", "failed"):
            self._count(
                families.PROBES, channel, outcome, amount=float((outcome == "answered") == (seconds is not None))
            )
        if seconds is not None:
            self._observe(families.PROBE_TIME, seconds, channel)
        self._gauges[families.PROBE_FAILURES.name].labels(channel).set(failures)

    def _count_outcome(self, channel: str, outcome: str) -> None:
        for known in OUTCOMES:
            self._count(families.OUTCOMES, channel, known, amount=float(known == outcome))

    def count_duplicate(self, kind: str) -> None:
        self._count(families.DUPLICATES, kind)

    def _observe_timings(
        self,
        channel: str,
        seconds: float | None,
        timings: Sequence[Timing],
        decided: tuple[str | None, str],
        exemplar: Mapping[str, str] | None,
    ) -> None:
        self.count_starts(timings)
        for timing in timings:
            labels = (timing.stage, _render_flag(timing.cold), timing.revision)
            self._observe(families.STAGE_TIME, timing.milliseconds / 1000, *labels, exemplar=exemplar)
            if timing.store_calls:
                self._count(families.STORE_CALLS, timing.stage, amount=timing.store_calls)
            if timing.spans_dropped:
                self._count(families.SPANS_DROPPED, timing.stage, amount=timing.spans_dropped)
        if seconds is not None:
            cold = _render_flag(any(timing.cold for timing in timings))
            between = max(0.0, seconds - sum(timing.milliseconds for timing in timings) / 1000)
            self._observe(families.TURN_TIME, seconds, channel, cold, *decided, exemplar=exemplar)
            self._observe(families.BETWEEN_TIME, between, channel, cold, exemplar=exemplar)

    def _count_understanding(self, turn: TurnSummary, understood: tuple[str | None, str]) -> None:
        if turn.intent is not None:
            self._count(families.INTENTS, turn.intent, _render_flag(turn.fallback), *understood)
        if turn.confidence is not None:
            self._observe(families.CONFIDENCES, turn.confidence, *understood)
        if turn.fallback or turn.intent == "out_of_scope":
            kinds = {"nlu_fallback": "low_confidence", "out_of_scope": "out_of_scope"}
            self._count(families.UNRECOGNISED, kinds.get(turn.intent or "", "unhandled"), *understood)

    def _count_form(self, turn: TurnSummary, asked_before: str | None, decided: tuple[str | None, str]) -> None:
        outcomes = (
            ("started", turn.form_started),
            ("completed", turn.form_completed),
            ("abandoned", turn.form_abandoned),
        )
        for outcome, form in outcomes:
            if form is not None:
                self._count(families.FORMS, form, outcome, *decided)
        if turn.form_abandoned is not None:
            self._count(families.FORM_SLOTS, turn.form_abandoned, asked_before or "unknown", "abandoned", *decided)
        if turn.slot_asked is not None:
            self._count(families.FORM_SLOTS, turn.active_loop, turn.slot_asked, "asked", *decided)

    def _count_calls(self, turn: TurnSummary, timings: Sequence[Timing], decided: tuple[str | None, str]) -> None:
        for called in turn.called:
            self._count(families.ACTION_CALLS, called.action, called.outcome, *decided)
        times = [timing for timing in timings if timing.stage == "actions"]
        # The stage tells its times in order and without names; where one is missing, nobody knows whose.
        for called, timing in zip(turn.called, times, strict=True) if len(times) == len(turn.called) else ():
            self._observe(families.ACTION_TIME, timing.milliseconds / 1000, called.action, timing.revision)

    def _count(self, family: Family, *values: str | None, amount: float = 1) -> None:
        self._counters[family.name].labels(*self._bound_labels(family, values)).inc(amount)

    def _observe(
        self, family: Family, value: float, *values: str | None, exemplar: Mapping[str, str] | None = None
    ) -> None:
        if not math.isfinite(value):
            # A sum that has met one of these never is a number again.
            return
        histogram = self._histograms[family.name].labels(*self._bound_labels(family, values))
        histogram.observe(value, dict(exemplar) if exemplar else None)

    def _bound_labels(self, family: Family, values: Sequence[str | None]) -> tuple[str, ...]:
        """The values as labels: each label has at most so many values, and the metric at most so many sets of them."""
        labels = tuple([self._bound_value(label, value) for label, value in zip(family.labels, values, strict=True)])
        sets = self._sets[family.name]
        if labels in sets:
            return labels
        if len(sets) >= (families.HISTOGRAM_SERIES if family.kind == "histogram" else families.SERIES):
            self._count(families.OVERFLOWS, "series")
            return ("other",) * len(labels)
        sets.add(labels)
        return labels

    def _bound_value(self, label: str, value: str | None) -> str:
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


def _render_flag(value: bool) -> str:
    return "true" if value else "false"


def _find_troubles(turn: TurnSummary, sign: str | None) -> Iterator[str]:
    """What the person of a turn met, as `parley_troubles_total` names it."""
    if turn.handoff and turn.actions:
        yield "handed_over"
    if turn.form_abandoned:
        yield "form_abandoned"
    if any(called.outcome == "failed" for called in turn.called):
        yield "action_failed"
    if turn.disambiguation:
        yield "asked_again"
    if sign == "negative":
        yield "displeased"


def _find_revision(timings: Sequence[Timing], stage: str) -> str:
    """The revision of the stage that the turn went through last."""
    return next((timing.revision for timing in reversed(timings) if timing.stage == stage), "")


def _make_exemplar(traceparent: str | None) -> Mapping[str, str] | None:
    """The trace of a W3C traceparent; whatever else came is left out, for it comes from outside."""
    parsed = parse_traceparent(traceparent)
    return {"trace_id": parsed[0]} if parsed is not None else None
