"""One turn at work, an explicit machine that stops where it has to wait for somebody:

    session -> message -> extract -> predict -> action -> predict ... -> done
                                                  `-> extract_after -> predict

The pieces session, extract, action and extract_after may need the project's own code, and all of them the server that
says the responses, where there is one. Then the decision ends with a request, the state says which piece waits, and
the answer runs that piece again (see `remote`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from functions.dialogue.actions import Actions
from functions.dialogue.choosing import awaits_choice
from functions.dialogue.context.settings import Context
from functions.dialogue.decision import Decision, Request, request_of, tell_prediction
from functions.dialogue.events import INTERRUPTED, make_action_executed, make_action_rejected
from functions.dialogue.incoming import Incoming
from functions.dialogue.marking import Mark
from functions.dialogue.names import APOLOGY, LISTEN, SESSION_START
from functions.dialogue.policies import Prediction, predict
from functions.dialogue.reminders import update_reminders
from functions.dialogue.remote import ActionFailed, ActionRejected, Answer, Remote, Suspended
from functions.dialogue.responses import reply_of, speaker_for
from functions.dialogue.state import MARGIN, Pending, Predicted, Progress, Reminder, State, bound_history, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event, Forgotten, Tracker
from shared.events.catalogue import Reply

if TYPE_CHECKING:
    from functions.dialogue.context.confirming import Held

LIMIT = 10
"""Actions in one turn; a turn that wants more is cut off."""
ALL = 3 * LIMIT
"""Actions in one turn even where actions begin new ones by listening within it."""
Phase = Literal["session", "message", "extract", "predict", "action", "extract_after", "done"]


class TurnMachine:
    """The mutable part of a decision, made and dropped within it."""

    def __init__(
        self, table: Table, state: State, message: Incoming, progress: Progress, now: float, seconds: float
    ) -> None:
        self.table = table
        self.state = state
        self.message = message
        self.progress = progress
        self.now = now
        self.seconds = seconds
        self.tracker = tracker_of(state, table.domain)
        self.decided_by = list(progress.decided_by)
        self.ran = list(progress.actions)
        self.replies: list[Reply] = []
        self.added: list[Event] = []
        self.session_started_at = state.session_started_at
        self.turns = state.turns
        self.reminders: Mapping[str, Reminder] = state.reminders
        self.speaker = speaker_for(message, self.tracker)

    def advance(self, phase: Phase, predicted: Predicted | None, answers: Sequence[Answer]) -> Decision:
        """From this phase on until the turn is done or a request has to be answered; `answers` are to the last."""
        while phase != "done":
            # Where a server says the responses, any step may have to wait for it.
            mark = Mark(self) if self.table.generated else None
            try:
                phase, predicted = self._step(phase, predicted, self._remote(answers))
            except Suspended as suspended:
                request = request_of(suspended)
                if mark is not None:
                    mark.set_back()
                return self._waits(phase, predicted, answers, request)
            answers = ()
        return self._decision(None, None, self._sum_up())

    def _remote(self, answers: Sequence[Answer]) -> Remote:
        remote = Remote(answers, self.speaker, generated=self.table.generated)
        self.speaker = remote.speaker
        return remote

    def _step(self, phase: Phase, predicted: Predicted | None, remote: Remote) -> tuple[Phase, Predicted | None]:
        match phase:
            case "session":
                self._run(predicted or Predicted(SESSION_START), remote)
                return "message", None
            case "message" if self.message.requested == "action":
                return "action", Predicted(**self.message.action)
            case "message":
                return self._take_message()
            case "extract" | "extract_after":
                self.record(self._extracted(remote))
                return ("done" if self.message.requested == "message" else "predict"), None
            case "predict":
                return self._predict()
            case "action" if predicted is not None:
                following = self._run(predicted, remote)
                if self.message.requested == "action":
                    return "done", None
                if following == "done" and predicted.action == LISTEN and self.table.domain.context is not None:
                    return self._next_request(), None
                return following, None
        return "done", None

    def _take_message(self) -> tuple[Phase, Predicted | None]:
        message, tracker = self.message, self.tracker
        if not self.table.domain.languages or message.external:
            self.record([message.event(self.table.domain, self.now)])
        else:
            from functions.dialogue.speaking import answer_language, remember_language

            self.record([*remember_language(message, tracker), message.event(self.table.domain, self.now)])
            said, ends = answer_language(message, self.tracker, self.speaker)
            self.record(said)
            if ends:
                return "action", Predicted(LISTEN, "language", 1.0)
        return self._set_aside() if self.progress.later else "extract", None

    def read(self, *, began: bool) -> None:
        """Take the message for what it is in its context."""
        from functions.dialogue.context.reading import read

        result = read(self.message, self.tracker, self.table.domain.context or Context(), began=began)
        self.message = result.message
        if result.later:
            self.progress = replace(self.progress, later=result.later, postponed=result.postponed)

    def _set_aside(self) -> Phase:
        """Keep the further requests of the message; where all of it waits, the open form asks again."""
        from functions.dialogue.context.requests import set_aside

        self.record(set_aside(self.progress.later, self.progress.postponed, self.tracker, self.speaker))
        if self.progress.postponed:
            self.record([INTERRUPTED])
            return "predict"
        return "extract"

    def _next_request(self) -> Phase:
        """The next request that waited, where nothing is open any more."""
        from functions.dialogue.context.requests import take_up_request as next_request

        events = next_request(self.tracker, self.message, self.progress, self.speaker)
        self.record(events)
        return "extract" if any(event["event"] == "user" for event in events) else "done"

    def _took_up_between(self, action: str | None) -> bool:
        from functions.dialogue.context.requests import take_up_between

        self.record(events := take_up_between(action, self.tracker, self.message, self.progress))
        return bool(events)

    def _extracted(self, remote: Remote) -> list[Event]:
        try:
            return Actions(remote.speaker).extract_slots(self.tracker, remote)
        except (ActionFailed, ActionRejected):
            return []

    def _predict(self) -> tuple[Phase, Predicted | None]:
        tracker = self.tracker
        if tracker.live.paused and tracker.intent != "restart":
            return "done", None
        if tracker.actions_since_listen() >= LIMIT or len(self.decided_by) >= ALL:
            return "done", None
        followup = tracker.live.followup
        if followup is not None and followup in self.table.domain.actions:
            self._note(Prediction("followup_action", followup, 1.0), ())
            if (held := self._confirming(followup)) is not None:
                return self._hold_action(held)
            return "action", Predicted(followup, "followup_action", 1.0)
        if tracker.rewound and tracker.base.action is not None and _count_steps(tracker) < self.table.looks_back:
            raise Forgotten
        if awaits_choice(tracker):
            self._note(Prediction("choosing", LISTEN, 1.0), ())
            return "action", Predicted(LISTEN, "choosing", 1.0)
        if (held := self._confirming(None)) is not None:
            return self._hold_action(held)
        best, others = predict(self.table.policies, tracker, self.table.learned)
        if best.unsure and self.decided_by and self.decided_by[-1].get("policy") == "confirmation":
            # It ran later than where it was predicted: nothing follows that a rule or a story would know.
            best = replace(best, action=LISTEN)
        if self.progress.later and self._took_up_between(best.action):
            return "extract", None
        self._note(best, others)
        if (held := self._confirming(best.action or LISTEN)) is not None:
            return self._hold_action(held)
        return "action", Predicted(
            best.action or LISTEN, best.policy, best.confidence, hidden=best.hidden, interrupted=best.interrupted
        )

    def _hold_action(self, held: "Held") -> tuple[Phase, Predicted | None]:
        """What comes instead of, or before, an action that asks for a clear yes."""
        self._note(Prediction("confirmation", held.action, 1.0), ())
        self.record(held.events)
        return "action", Predicted(held.action, "confirmation", 1.0)

    def _confirming(self, action: str | None) -> "Held | None":
        """The question before `action`, or what follows where the message answers one (None)."""
        context = self.table.domain.context
        if context is None or not context.confirmed:
            return None
        from functions.dialogue.context import confirming

        if action is None:
            return confirming.to_question(self.tracker, self.speaker, context)
        return confirming.hold_back(action, self.ran, self.tracker, self.speaker, context)

    def _note(self, best: Prediction, others: Sequence[Prediction]) -> None:
        self.decided_by.append(tell_prediction(best, others))

    def _run(self, predicted: Predicted, remote: Remote) -> Phase:
        """Run the action and record what came of it; which piece comes next."""
        name = predicted.action
        before = [INTERRUPTED] if predicted.interrupted else []
        tracker = self.tracker.copy().extend(before) if before else self.tracker
        failed = False
        try:
            events = Actions(remote.speaker).run(name, tracker, remote)
        except ActionRejected:
            self.record([make_action_rejected(name, predicted.policy, predicted.confidence)])
            return "done" if name in (LISTEN, SESSION_START) else "predict"
        except ActionFailed:
            events, failed = [], True
        refused = any(event["event"] == "action_execution_rejected" for event in events)
        executed = make_action_executed(name, predicted.policy, predicted.confidence, hidden=predicted.hidden)
        loop = self.tracker.live.loop_name
        self.record([*([] if refused else [*before, executed]), *events])
        if not refused:
            self._ran(name, loop)
        if failed:
            self.record([self.speaker.say_or_default(APOLOGY, self.tracker)])
        if any(event["event"] == "user" for event in events):
            return "extract_after"
        return "done" if name in (LISTEN, SESSION_START) else "predict"

    def _ran(self, name: str, loop_before: str | None) -> None:
        progress = self.progress
        if name not in (LISTEN, SESSION_START):
            self.ran.append(name)
        loop = self.tracker.live.loop_name
        if loop != loop_before:
            if loop_before is not None and name == loop_before:
                progress = replace(progress, form_completed=loop_before)
            elif loop_before is not None:
                progress = replace(progress, form_abandoned=loop_before)
            if loop is not None:
                progress = replace(progress, form_started=loop)
        elif loop is None and name in self.table.domain.forms:
            # Everything that it asks for was known already.
            progress = replace(progress, form_started=name, form_completed=name)
        self.progress = progress

    def record(self, events: Sequence[Event]) -> None:
        for event in events:
            stamped = event if event.get("timestamp") is not None else {**event, "timestamp": self.now}
            self.tracker.add(stamped)
            self.added.append(stamped)
            if event["event"] == "session_started":
                self.session_started_at = self.now
            if event["event"] == "bot" and (reply := reply_of(event)) is not None:
                self.replies.append(reply)
        if self.reminders or any(event["event"] == "reminder" for event in events):
            self.reminders = update_reminders(self.reminders, events, self.message.origin())

    def _waits(
        self, phase: Phase, predicted: Predicted | None, answers: Sequence[Answer], request: Request
    ) -> Decision:
        if phase == "done":
            raise AssertionError("a turn that is done waits for nothing")
        progress = self._sum_up()
        pending = Pending(
            message=self.message.id,
            action=request.action,
            phase=phase,
            predicted=predicted,
            answers=tuple(answers),
            deadline=self.now + self.seconds,
            incoming=self.message,
            progress=progress,
        )
        return self._decision(request, pending, progress)

    def _sum_up(self) -> Progress:
        return replace(
            self.progress,
            actions=tuple(self.ran),
            decided_by=tuple(self.decided_by),
            replies=self.progress.replies + len(self.replies),
        )

    def _decision(self, request: Request | None, pending: Pending | None, progress: Progress) -> Decision:
        # While an action is waited for nothing is let go of, so that it can be asked for again as it was.
        keep = self.table.keep if pending is None else None
        events, base = bound_history(self.tracker, keep, self.table.looks_back + MARGIN)
        live = self.tracker.live
        state = State(
            bundle=self.table.bundle,
            events=events,
            base=base,
            pending=pending,
            reminders=self.reminders,
            unsaid=self.state.unsaid,
            slots={name: value for name, value in live.slots.items() if value is not None},
            active_loop=live.loop_name,
            paused=live.paused,
            origin=self.message.origin() if live.paused else {},
            session_started_at=self.session_started_at,
            turns=self.turns,
        )
        return Decision(state, tuple(self.added), tuple(self.replies), request, progress, self.message)


def _count_steps(tracker: Tracker) -> int:
    return sum(event["event"] == "action" for event in tracker.applied)
