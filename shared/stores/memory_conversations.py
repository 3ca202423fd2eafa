"""What one process keeps in its memory, and its conversations with their turns and reminders."""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.errors import Conflict
from shared.stores.claims import Entry
from shared.stores.documents import check_size, decode, encode
from shared.stores.ports import Committed, DeadLetter, Due, Loaded, Turn


@dataclass(frozen=True, slots=True)
class KeptTurn:
    number: int
    at: float
    text: str
    expire_at: float


@dataclass(slots=True)
class KeptConversation:
    revision: str
    state: str
    expire_at: float
    last: int = 0
    due: dict[str, tuple[float, str]] = field(default_factory=dict)
    turns: dict[str, KeptTurn] = field(default_factory=dict)


@dataclass(slots=True)
class KeptOutbox:
    expire_at: float
    last: int = 0
    keys: set[str] = field(default_factory=set)
    posts: list[tuple[int, float, str, float]] = field(default_factory=list)
    """Number, at, text, expire_at."""


@dataclass(slots=True)
class Kept:
    """All that is kept. Documents are kept as text, so nobody can change them from outside."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    conversations: dict[str, KeptConversation] = field(default_factory=dict)
    ledger: dict[str, Entry] = field(default_factory=dict)
    outboxes: dict[str, KeptOutbox] = field(default_factory=dict)
    dead_letters: dict[str, tuple[DeadLetter, str, float]] = field(default_factory=dict)
    reviews: dict[tuple[str, str], tuple[float, str, float]] = field(default_factory=dict)
    """At, text, expire_at."""
    records: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    """Text, expire_at."""


class MemoryConversations:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def load(self, conversation: str, message: str, now: float) -> Loaded:
        with self._kept.lock:
            found = self._kept.conversations.get(conversation)
            if found is None:
                return Loaded()
            state = found.state if found.expire_at > now else None
            revision, turn = found.revision, found.turns.get(message)
        shown = _show_turn(message, turn) if turn is not None and turn.expire_at > now else None
        return Loaded(None if state is None else decode(state), state is None, revision, shown)

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        """As the port says; raises Conflict where the conversation moved on."""
        state, text = encode(committed.state), encode(committed.turn.document)
        due = {name: (at, encode(document)) for name, (at, document) in committed.due.items()}
        check_size([state, *(text for _, text in due.values())])
        with self._kept.lock:
            found = self._kept.conversations.get(conversation)
            if (found.revision if found else None) != revision:
                raise Conflict("the conversation moved on since it was loaded")
            if found is None:
                found = self._kept.conversations[conversation] = KeptConversation("", "", committed.expire_at)
            turn = found.turns.get(committed.turn.id)
            if committed.begins and turn is not None and turn.expire_at > now:
                raise Conflict("the turn is there already")
            if turn is None or turn.expire_at <= now:
                found.last += 1
                turn = KeptTurn(found.last, committed.turn.at, "", 0.0)
            found.expire_at = max(found.expire_at, committed.expire_at)
            found.turns[committed.turn.id] = replace(turn, text=text, expire_at=found.expire_at)
            found.revision, found.state, found.due = secrets.token_hex(8), state, due
            return found.revision

    def history(self, conversation: str, now: float, after: int = 0, limit: int = 100) -> Sequence[Turn]:
        with self._kept.lock:
            found = self._kept.conversations.get(conversation)
            turns = list(found.turns.items()) if found else []
        shown = [(ident, turn) for ident, turn in turns if turn.number > after and turn.expire_at > now]
        shown.sort(key=lambda item: item[1].number)
        return [_show_turn(ident, turn) for ident, turn in shown[: max(limit, 0)]]

    def list_ids(self, now: float, after: str = "", limit: int = 100) -> Sequence[str]:
        with self._kept.lock:
            found = [
                ident for ident, item in self._kept.conversations.items() if item.expire_at > now and ident > after
            ]
        return sorted(found)[: max(limit, 0)]

    def due(self, now: float, limit: int = 100) -> Sequence[Due]:
        with self._kept.lock:
            found = [
                (at, conversation, name, text)
                for conversation, item in self._kept.conversations.items()
                if item.expire_at > now
                for name, (at, text) in item.due.items()
                if at <= now
            ]
        return [
            Due(conversation, name, at, decode(text)) for at, conversation, name, text in sorted(found)[: max(limit, 0)]
        ]


def _show_turn(ident: str, turn: KeptTurn) -> Turn:
    return Turn(ident, turn.at, decode(turn.text), turn.number)
