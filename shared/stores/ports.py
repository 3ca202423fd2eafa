"""What stages ask of a store, and what every adapter promises; one contract suite runs on all of them.

Documents are JSON: a store reads nothing of them but what these signatures name, and refuses one of more than a million
bytes (Rejected). Every method raises Unavailable where the store does not answer, and never a vendor's own error.
Times are seconds since the epoch, given by the caller. README.md beside this says what each adapter trades.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from shared.events.wire import JSON

Document = Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: what one message led to. Ledger, outbox and history in one document."""

    id: str
    """The id of the message that began it."""
    at: float
    """When it was first recorded; of a turn that is there already the store keeps the time that it has."""
    document: Document
    number: int = 0
    """Its place in the conversation, from 1; given by the store at the first commit."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A conversation as it stood at one moment."""

    state: Document | None = None
    """None where nothing was ever committed, or all of it expired."""
    expired: bool = False
    """Whether there was a state, which expired. It lies there still: by mistake, where a clock is wrong."""
    revision: str | None = None
    """Opaque; goes back into `commit`. Ask `state` whether there is a conversation: one that expired still has one."""
    turn: Turn | None = None
    """The turn that was asked for, where it exists."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit writes."""

    state: Document
    turn: Turn
    expire_at: float
    """From then on `load` and `history` no longer show it, whether or not it was pruned yet. That of a conversation
    never moves earlier, so a writer whose clock is behind shortens nothing; it ends no sooner than its last turn."""
    due: Mapping[str, tuple[float, Document]] = field(default_factory=dict)
    """Reminders of this conversation that are still to come, by name: when, and what. Replaces those before."""
    begins: bool = False
    """Whether the turn must not be there yet: Conflict where it is. For a writer that knows the revision from its own
    commit, and did not load this turn."""


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder whose time has come."""

    conversation: str
    name: str
    at: float
    document: Document


class Conversations(Protocol):
    """Conversations and their turns. `dialogue` is the only writer."""

    def load(self, conversation: str, message: str, now: float) -> Loaded:
        """State, revision and the turn of `message`, as of one moment, in one round trip."""
        ...

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        """Write state, turn (created, or replaced by id) and reminders, or raise Conflict and write none of them; the
        conversation's revision after that.

        Holds only where `revision` is still the conversation's (None: it does not exist). One round trip where the turn
        is that of the message which was loaded. A conversation that expired begins
        anew, and its numbers go on, as long as the store has not removed it.
        """
        ...

    def history(self, conversation: str, now: float, after: int = 0, limit: int = 100) -> Sequence[Turn]:
        """The turns whose number is above `after`, in order, at most `limit`."""
        ...

    def list_ids(self, now: float, after: str = "", limit: int = 100) -> Sequence[str]:
        """Ids of conversations in order of their id, those above `after`, at most `limit`."""
        ...

    def due(self, now: float, limit: int = 100) -> Sequence[Due]:
        """Reminders whose time has come, earliest first."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim."""

    state: Literal["claimed", "busy", "settled"]
    """claimed: it is yours until the lease ends; busy: somebody else's; settled: done before."""
    progress: int = 0
    """How far the work had come, from `advance`."""


class Ledger(Protocol):
    """Which deliveries were done, so that none is done twice; keyed by event id."""

    def claim(self, key: str, conversation: str, owner: str, now: float, lease: float, expire_at: float) -> Claim:
        """Claim the work `key` for `owner` until now + lease, where nobody holds it and it is not settled."""
        ...

    def advance(self, key: str, owner: str, progress: int) -> None:
        """Remember how far it has come; Conflict where the claim is no longer the owner's."""
        ...

    def settle(self, key: str, owner: str, outcome: str) -> None:
        """It is done, for good; Conflict where the claim is no longer the owner's. Again by the same owner: nothing."""
        ...

    def release(self, key: str, owner: str) -> None:
        """Give the claim back undone, so that the next attempt need not wait for the lease; nothing where it is settled
        or somebody else's."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """One message in an outbox."""

    number: int
    """From 1, in order, without gaps within a conversation."""
    at: float
    document: Document


class Outbox(Protocol):
    """Replies that a person fetches (web chat), in order. `delivery` is the only writer."""

    def append(self, conversation: str, key: str, documents: Sequence[Document], now: float, expire_at: float) -> None:
        """Add these at the end, once: the same `key` again adds nothing. An outbox that expired begins anew, from 1."""
        ...

    def read_after(self, conversation: str, number: int, now: float, limit: int = 100) -> Sequence[Posted]:
        """The messages above `number`, in order; all of them where it is above the last one, as for a reader who knew
        an outbox that was forgotten since."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was given up, with its cause, so that it can be replayed."""

    id: str
    """Derived from the event's id and the destination: two stages may give up the same event."""
    type: str
    conversation: str
    cause: str
    """In words: status, destination, what it answered."""
    kept_at: float
    event: Document
    """The whole event in CloudEvents JSON form (structured mode)."""
    replayed_at: float | None = None


class DeadLetters(Protocol):
    """The last stop. `dead_letter` is the only writer."""

    def keep(self, dead_letter: DeadLetter, expire_at: float) -> bool:
        """Keep it, once per id; whether it was new. One that comes back after its replay is new, and open again."""
        ...

    def list_kept(self, now: float, after: float = 0.0, limit: int = 100) -> Sequence[DeadLetter]:
        """Those kept after that time, oldest first, at most `limit` and those of the same moment as the last of them,
        so that its time is where the next page begins."""
        ...

    def get(self, ident: str, now: float) -> DeadLetter | None: ...

    def mark_replayed(self, ident: str, at: float | None) -> None:
        """Note when it was sent again: before it is sent, since it may come back at once; None where it was not, after
        all."""
        ...


@dataclass(frozen=True, slots=True)
class Review:
    """What an author says of one turn: how its message should have been understood."""

    conversation: str
    message: str
    """The turn's id."""
    at: float
    document: Document


class Reviews(Protocol):
    """What authors say on the review page, which is the only writer. They go with their conversation."""

    def put(self, review: Review, expire_at: float) -> None:
        """Keep it; a later word on the same turn takes the place of an earlier one."""
        ...

    def withdraw(self, conversation: str, message: str) -> None:
        """Nothing is said of this turn any more."""
        ...

    def list_all(self, now: float, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[Review]:
        """Those after this conversation and message, in their order."""
        ...

    def list_of(self, conversation: str, now: float) -> Sequence[Review]:
        """All of one conversation."""
        ...


class Records(Protocol):
    """What is kept beside a conversation, by a key of its own: the pieces of a file that a person sent, what they
    thought of an answer. `delivery` is the only writer. They go with their conversation."""

    def put(self, conversation: str, key: str, document: Document, expire_at: float) -> None:
        """Keep it; under the same key a later one takes the place of an earlier one."""
        ...

    def get(self, conversation: str, keys: Sequence[str], now: float) -> Mapping[str, Document]:
        """Those of these keys that there are, in one round trip."""
        ...


class Upkeep(Protocol):
    """What is done with a store as a whole."""

    def forget(self, conversation: str) -> int:
        """Remove everything of this conversation in all ports of this store; how many documents that were."""
        ...

    def prune(self, now: float, limit: int = 1000) -> int:
        """Remove what has expired, at most `limit` documents; how many. Where the store does it itself, 0."""
        ...

    def check(self) -> None:
        """Raise Unavailable, saying what to do, where the store cannot be used."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """All ports on one store; what `open_store` answers. Stages are given the port that they use."""

    conversations: Conversations
    ledger: Ledger
    outbox: Outbox
    dead_letters: DeadLetters
    reviews: Reviews
    records: Records
    upkeep: Upkeep

    def close(self) -> None:
        self.upkeep.close()
