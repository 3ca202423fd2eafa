"""The dialogue stage: takes what was understood, or what an action answered, and records what comes of it.

One read, one pure decision, one guarded write. Whatever event caused something is kept in the turn with what it
caused, so that a redelivered event is answered the same, and nothing is decided twice.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from functions.dialogue.attached import as_declared, is_unknown
from functions.dialogue.beside import answer_beside
from functions.dialogue.decide import begin, repeat_request, resume
from functions.dialogue.decision import Decision
from functions.dialogue.due import make_reminder_message
from functions.dialogue.effects import data_of, effect_of, event_of, without_what_was_shown
from functions.dialogue.handoff import TRANSCRIPT, take_operator_reply
from functions.dialogue.incoming import Incoming, make_incoming
from functions.dialogue.joining import Joining
from functions.dialogue.lateness import apologise
from functions.dialogue.outgoing import format_deadline, has_no_answer, keep_for_next_answer, make_outgoing
from functions.dialogue.overdue import bring_to_rest, clear_up
from functions.dialogue.rating import Rating
from functions.dialogue.recent import Recent, RecentConversations, write
from functions.dialogue.record import read_turn, write_turn
from functions.dialogue.remembering import extend_state
from functions.dialogue.remote import Answer
from functions.dialogue.requested import make_requested
from functions.dialogue.state import FORM, PLAIN, State, document_of, state_of, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Forgotten
from functions.dialogue.untranscribed import asked_last
from shared.errors import Conflict, Rejected
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    AnswerRated,
    HandoffAnswered,
    MessageArrived,
    MessageReceived,
    MessageUnderstood,
    ReminderDue,
    RepliesDecided,
    TurnRated,
    TurnRequested,
)
from shared.events.envelope import Envelope
from shared.events.wire import JSON, to_wire
from shared.logs import get_logger
from shared.serving import describe_event
from shared.stores.ports import Committed, Conversations, Document, Turn

log = get_logger(__name__)

TRIES = 3
"""Decisions on a conversation that someone else keeps changing, before the event has to come again."""
REMEMBERED = (40, 400, 4000)
"""Turns that are read where somebody goes back further than the state reaches; more of them if that was not enough."""


class Dialogue:
    """What the assistant says and does next; the only writer of conversations."""

    CONSUMES = (
        MessageUnderstood,
        ActionCompleted,
        ReminderDue,
        HandoffAnswered,
        MessageArrived,
        AnswerRated,
        TurnRequested,
    )
    PRODUCES = (ActionRequested, RepliesDecided, ReminderDue, MessageReceived, TurnRated)

    def __init__(
        self,
        table: Table,
        conversations: Conversations,
        *,
        clock: Callable[[], float],
        action_seconds: float = 30.0,
        keep_seconds: float = 30 * 86400.0,
        state_format: int = FORM,
        joining: Joining | None = None,
    ) -> None:
        self._table = table
        self._conversations = conversations
        self._clock = clock
        self._action_seconds = action_seconds
        self._keep_seconds = keep_seconds
        self._format = state_format
        self._joining = joining
        self._recent = RecentConversations()
        self._rating = Rating(conversations, clock=clock, keep_seconds=keep_seconds)

    def __call__(self, envelope: Envelope) -> Envelope | None:
        if isinstance(envelope.data, MessageArrived) and self._joining is not None:
            return self._joining(envelope)
        if isinstance(envelope.data, AnswerRated):
            return self._rating(envelope)
        now = self._clock()
        recent = self._recent.take(envelope.subject)
        if recent is not None and now < recent.expire_at:
            before = recent.turn(envelope.message)
            with suppress(Conflict):
                answered = self._go_on(envelope, recent, before, now)
                if answered is not None:
                    return answered[0]
        for _ in range(TRIES):
            now = self._clock()
            loaded = self._conversations.load(envelope.subject, envelope.message, now)
            state = state_of(loaded.state) if loaded.state is not None else State()
            if loaded.expired:
                # Not in silence: it may be this clock that is wrong.
                log.warning("a conversation begins anew: it expired", extra={"fields": describe_event(envelope)})
            turn = loaded.turn
            before = read_turn(turn.document, turn.id) if turn is not None else {}
            recorded = before.get("effects", {}).get(envelope.id)
            if turn is not None and recorded is not None:
                return event_of(envelope, data_of(self._again(envelope, state, recorded, turn)))
            decision = self._decided(envelope, state, now)
            if decision is None:
                return None
            event, committed, written = self._outcome(envelope, decision, state, before, None, now)
            try:
                self._commit(envelope, loaded.revision, committed, written, now)
            except Conflict:
                continue
            return event
        raise Conflict("the conversation changed three times while this event was decided; send it again")

    def _go_on(self, envelope: Envelope, recent: Recent, before: Document, now: float) -> tuple[Envelope | None] | None:
        """What comes of the event if the conversation is still as it was written here, which the store says at the
        commit: Conflict where it is not. None where only what the store has can tell."""
        if envelope.id in before.get("effects", {}):
            return None
        state = recent.state(self._table.domain)
        decision = self._decided(envelope, state, now)
        if decision is None:
            # Perhaps somebody else has written what this event belongs to.
            return None
        event, committed, written = self._outcome(envelope, decision, state, before, recent, now)
        self._commit(envelope, recent.revision, committed, written, now)
        return (event,)

    def _commit(
        self, envelope: Envelope, revision: str | None, committed: Committed, written: Recent | None, now: float
    ) -> None:
        revision = self._conversations.commit(envelope.subject, revision, committed, now)
        if written is not None:
            written.revision, written.expire_at = revision, committed.expire_at
            self._recent.keep(envelope.subject, written)

    def _again(self, envelope: Envelope, state: State, recorded: Mapping[str, JSON], turn: Turn) -> Mapping[str, JSON]:
        """What this event caused when it came first, as far as anybody still needs it.

        A turn keeps of a requested action what became of it, not what it was shown. While the action is waited for,
        the state says that; after that nobody may run it again, and it goes out with a deadline that has passed.
        """
        if recorded["type"] != ActionRequested.TYPE or "latest_message" in recorded["data"]:
            return recorded
        data: dict[str, JSON] = dict(recorded["data"])
        pending = state.pending
        if pending is None or pending.message != envelope.message or pending.action != data["action"]:
            return {**recorded, "data": {**data, "deadline": format_deadline(turn.at)}}
        request = repeat_request(self._table, state, turn.at)
        return {**recorded, "data": {**data, **to_wire(request)}}

    def _decided(self, envelope: Envelope, state: State, now: float) -> Decision | None:
        try:
            return self._decide(envelope, state, now)
        except Forgotten:
            pass
        # Somebody goes back behind what the state keeps: the turns have it all.
        for turns in REMEMBERED:
            after = max(0, state.turns - turns - 1)
            history = self._history(envelope.subject, now, after)
            try:
                return self._decide(envelope, extend_state(state, history, self._table.domain), now)
            except Forgotten:
                continue
        return self._decide(envelope, replace(state, base=None), now)

    def _history(self, conversation: str, now: float, after: int) -> list[Turn]:
        found: list[Turn] = []
        while page := self._conversations.history(conversation, now, after):
            found += page
            after = page[-1].number
        return found

    def _list_latest(self, envelope: Envelope, before: State, now: float) -> Iterator[Document]:
        """The latest turns, as far as a person who takes over is shown them."""
        latest = self._history(envelope.subject, now, max(0, before.turns - TRANSCRIPT))
        return (read_turn(turn.document, turn.id) for turn in latest)

    def _decide(self, envelope: Envelope, state: State, now: float) -> Decision | None:
        match envelope.data:
            case MessageUnderstood() as message:
                heard = make_incoming(message, envelope.message, envelope.channel)
                wanted = envelope.wanted_until
                if wanted is not None and wanted < now:
                    heard = replace(heard, late=True)
                return self._message(heard, state, now)
            case ReminderDue() as due:
                reminder = state.reminders.get(due.name)
                if reminder is None or reminder.at != due.at:
                    # It was cancelled, moved, or has been told.
                    return None
                return self._message(make_reminder_message(due.name, reminder, envelope.message), state, now)
            case ActionCompleted() as completed:
                pending = state.pending
                if pending is None or pending.message != envelope.message or pending.action != completed.action:
                    # The turn went on without it, or never waited for it.
                    return None
                answer = Answer(completed.outcome, completed.events, completed.responses, completed.error)
                return resume(self._table, state, answer, now, self._action_seconds)
            case TurnRequested() as wanted:
                latest = self._history(envelope.subject, now, max(0, state.turns - 1))
                return self._message(make_requested(wanted, envelope, latest, self._table.domain), state, now)
            case HandoffAnswered() as said:
                state, _, happened = bring_to_rest(self._table, state, now, self._action_seconds)
                decision = take_operator_reply(self._table, state, said, envelope.message, now)
                return replace(decision, events=(*happened, *decision.events))
        raise Rejected(f"dialogue takes messages, reminders and completed actions, not {envelope.type}")

    def _message(self, message: Incoming, state: State, now: float) -> Decision:
        state, said, happened = clear_up(self._table, message, state, now, self._action_seconds)
        message = as_declared(message, self._table.domain)
        if self._table.domain.languages and not message.external:
            # Imported here: an assistant of one language pays for none of it.
            from functions.dialogue.speaking import settle_language

            message = settle_language(message, tracker_of(state, self._table.domain))
        state, apology, told = apologise(self._table, state, message, now)
        said, happened = (*said, *apology), (*happened, *told)
        if message.heard or asked_last(state):
            # Imported here: what is written, and what was heard well, pays for none of it.
            from functions.dialogue.misheard import settle_heard

            message = settle_heard(self._table, state, message)
        if message.heard or message.transcription_failure is not None or is_unknown(message, self._table.domain, state):
            decision = answer_beside(self._table, state, message, now, self._action_seconds)
        else:
            decision = begin(self._table, state, message, now, self._action_seconds)
        if not said and not happened:
            return decision
        progress = replace(decision.progress, replies=decision.progress.replies + len(said))
        pending = decision.state.pending
        if pending is not None:
            decision = replace(decision, state=replace(decision.state, pending=replace(pending, progress=progress)))
        return replace(
            decision,
            replies=(*said, *decision.replies),
            events=(*happened, *decision.events),
            progress=progress,
        )

    def _outcome(
        self,
        envelope: Envelope,
        decision: Decision,
        was: State,
        before: Document,
        recent: Recent | None,
        now: float,
    ) -> tuple[Envelope | None, Committed, Recent | None]:
        """The event that goes out, what is written, and what is kept of that for the next event."""
        if has_no_answer(decision.incoming):
            decision = keep_for_next_answer(decision)
        data = make_outgoing(self._table, decision, was, lambda: self._list_latest(envelope, was, now))
        effect = effect_of(data)
        kept: Document
        state, text, begins = decision.state, None, recent is not None and not before
        plain = self._format == PLAIN
        document = write_turn(decision, before, envelope, effect if plain else without_what_was_shown(effect))
        if plain:
            kept, recent = document_of(state, PLAIN), None
        else:
            kept, document, text, recent = write(state, document, envelope.message, effect, recent)
        committed = Committed(
            state=kept,
            turn=Turn(
                id=envelope.message,
                at=now,
                document=document,
            ),
            expire_at=max([now, *(reminder.at for reminder in state.reminders.values())]) + self._keep_seconds,
            due={name: (reminder.at, to_wire(reminder)) for name, reminder in state.reminders.items()},
            begins=begins,
        )
        return event_of(envelope, data, text), committed, recent
