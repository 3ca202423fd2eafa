"""What a person thinks of an answer, kept with its turn: authors read it there, and it goes where the turn goes."""

from collections.abc import Callable

from functions.dialogue.record import read_turn
from functions.dialogue.state import state_of
from shared.errors import Conflict, Rejected
from shared.events.catalogue import AnswerRated, TurnRated
from shared.events.envelope import Envelope
from shared.events.wire import to_wire
from shared.stores.ports import Committed, Conversations, Turn

SOURCE = "/parley/dialogue"
TRIES = 3


class Rating:
    """Records ratings; a later one takes the place of an earlier one."""

    def __init__(self, conversations: Conversations, *, clock: Callable[[], float], keep_seconds: float) -> None:
        self._conversations = conversations
        self._clock = clock
        self._keep_seconds = keep_seconds

    def __call__(self, envelope: Envelope) -> Envelope | None:
        """The rating with its turn's bundle; None where there is no such turn (any more)."""
        rated = envelope.data
        if not isinstance(rated, AnswerRated):
            raise Rejected(f"rating takes {AnswerRated.TYPE}, not {envelope.type}")
        for _ in range(TRIES):
            now = self._clock()
            loaded = self._conversations.load(envelope.subject, envelope.message, now)
            if loaded.state is None or loaded.turn is None:
                return None
            document = read_turn(loaded.turn.document, loaded.turn.id)
            reminders = state_of(loaded.state).reminders
            committed = Committed(
                loaded.state,
                Turn(loaded.turn.id, loaded.turn.at, {**document, "helpful": rated.helpful}),
                now + self._keep_seconds,
                {name: (reminder.at, to_wire(reminder)) for name, reminder in reminders.items()},
            )
            try:
                self._conversations.commit(envelope.subject, loaded.revision, committed, now)
            except Conflict:
                continue
            return envelope.answer(TurnRated(rated.helpful, document.get("bundle")), SOURCE, "rated")
        raise Conflict("the conversation changed three times while this rating was recorded; send it again")
