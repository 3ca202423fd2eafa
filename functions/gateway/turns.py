"""A whole turn in one call: the message's event through the pipeline, and a report of the finished turn."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from functions.gateway.arrivals import SOURCE
from functions.gateway.background import Background
from functions.gateway.pipeline import Pipeline
from functions.gateway.prewarming import Prewarming
from functions.gateway.tracing import Tracing
from shared.events.catalogue import ActionRequested, MessageUnderstood, RepliesDecided, Reply, TurnCompleted
from shared.events.envelope import Envelope
from shared.process import Process
from shared.telemetry import add_timing, read_timings

LATER_STAGES = ("dialogue", "actions")
"""Those that the pipeline comes to after the first."""
Publish = Callable[[Envelope], object]


class TurnReports:
    """Says to others, off the response's path, what a turn that was answered here brought; they may all be down."""

    def __init__(self, publish: Publish | None, process: Process, shadow: Publish | None = None) -> None:
        self._publish = publish
        self._process = process
        self._shadow = shadow
        """Is shown what was understood, for a message that is answered here is not in the broker."""
        self._background = Background("publish", 1000)
        self._shadowing = Background("shadow", 100)
        self._lock = threading.Lock()
        self._cold = True

    def report(self, event: Envelope, seconds: float) -> None:
        """An event of a turn that began so many seconds ago."""
        shadow, decided = self._shadow, event.data
        if shadow is not None and event.type == MessageUnderstood.TYPE:
            self._shadowing.submit(lambda: shadow(event))
        if isinstance(decided, RepliesDecided):
            self._report_completed(event, decided, seconds)

    def submit(self, job: Callable[[], object]) -> None:
        """Do this after what waits already."""
        self._background.submit(job)

    @property
    def dropped(self) -> int:
        """Reports that were lost since the process started."""
        return self._background.dropped

    def join(self, seconds: float | None = None) -> None:
        """Wait until everything is reported or lost, at most so many seconds."""
        self._background.join(seconds)

    def _report_completed(self, event: Envelope, decided: RepliesDecided, seconds: float) -> None:
        publish = self._publish
        if publish is None:
            return
        with self._lock:
            cold, self._cold = self._cold, False
        own = max(0.0, seconds - sum(timing.milliseconds for timing in read_timings(event.timings)) / 1000)
        start, revision = self._process.start, self._process.revision
        timings = add_timing(event.timings, "gateway", own, start, revision, cold=cold)
        data = TurnCompleted(decided.turn, "answered", round(seconds, 6))
        completed = replace(event.answer(data, source=SOURCE, step="completed"), timings=timings)
        self._background.submit(lambda: publish(completed))
        if decided.handoff is not None:
            # The operators are notified by delivery; the replies went out here.
            for_operators = replace(event, data=replace(decided, replies=(), said=0))
            self._background.submit(lambda: publish(for_operators))


class Turns:
    """Takes messages through the stages, one turn in each call."""

    def __init__(
        self,
        pipeline: Pipeline,
        prewarming: Prewarming,
        reports: TurnReports,
        tracing: Tracing,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._pipeline = pipeline
        self._prewarming = prewarming
        self.reports = reports
        self._tracing = tracing
        self._clock = clock

    def iterate_replies(self, envelope: Envelope, seconds: float) -> Iterator[Reply]:
        """What is said in the turn, as soon as each is decided; raises what the pipeline does."""
        for event in self._run_events(envelope, seconds):
            if isinstance(event.data, RepliesDecided | ActionRequested):
                yield from event.data.replies

    def answer(self, envelope: Envelope, seconds: float) -> tuple[list[Reply], bool]:
        """All that is said in the turn, and whether the conversation is in a person's hands behind it."""
        replies: list[Reply] = []
        with_operator = False
        for event in self._run_events(envelope, seconds):
            if isinstance(event.data, RepliesDecided | ActionRequested):
                replies += event.data.replies
            if isinstance(event.data, RepliesDecided) and event.data.handoff is not None:
                with_operator = event.data.handoff.kind != "ended"
        return replies, with_operator

    def _run_events(self, envelope: Envelope, seconds: float) -> Iterator[Envelope]:
        """The events of the turn, each reported."""
        started = self._clock()
        self._prewarming.prewarm(*LATER_STAGES)
        with self._tracing.trace_message(envelope) as traced:
            for event in self._pipeline.run(traced, seconds):
                self.reports.report(event, self._clock() - started)
                yield event
