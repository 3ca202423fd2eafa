"""Everything in the memory of one process: for tests, and for trying Parley without keeping anything.

Thread-safe by one lock. Nothing is shared between processes and nothing survives them.
"""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import Conflict
from shared.stores import claims
from shared.stores.claims import Entry
from shared.stores.documents import decode, encode, together
from shared.stores.ports import Claim, Committed, DeadLetter, Document, Due, Loaded, Posted, Review, Turn


@dataclass(frozen=True, slots=True)
class _Turn:
    number: int
    at: float
    text: str
    expire_at: float


@dataclass(slots=True)
class _Conversation:
    revision: str
    state: str
    expire_at: float
    last: int = 0
    due: dict[str, tuple[float, str]] = field(default_factory=dict)
    turns: dict[str, _Turn] = field(default_factory=dict)


@dataclass(slots=True)
class _Outbox:
    expire_at: float
    last: int = 0
    keys: set[str] = field(default_factory=set)
    posts: list[tuple[int, float, str, float]] = field(default_factory=list)
    """Number, at, text, expire_at."""


class MemoryStore:
    """Every port on dictionaries. Documents are kept as text, so nobody can change them from outside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._conversations: dict[str, _Conversation] = {}
        self._ledger: dict[str, Entry] = {}
        self._outboxes: dict[str, _Outbox] = {}
        self._letters: dict[str, tuple[DeadLetter, str, float]] = {}
        self._reviews: dict[tuple[str, str], tuple[float, str, float]] = {}
        """At, text, expire_at."""

    def load(self, conversation: str, message: str, now: float) -> Loaded:
        with self._lock:
            found = self._conversations.get(conversation)
            if found is None:
                return Loaded()
            state = found.state if found.expire_at > now else None
            revision, turn = found.revision, found.turns.get(message)
        shown = _turn(message, turn) if turn is not None and turn.expire_at > now else None
        return Loaded(None if state is None else decode(state), revision, shown)

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> None:
        state, text = encode(committed.state), encode(committed.turn.document)
        due = {name: (at, encode(document)) for name, (at, document) in committed.due.items()}
        together([state, *(text for _, text in due.values())])
        with self._lock:
            found = self._conversations.get(conversation)
            if (found.revision if found else None) != revision:
                raise Conflict("the conversation moved on since it was loaded")
            if found is None or found.expire_at <= now:
                found = self._conversations[conversation] = _Conversation("", "", committed.expire_at)
            turn = found.turns.get(committed.turn.id)
            if turn is None:
                found.last += 1
                turn = _Turn(found.last, committed.turn.at, "", 0.0)
            found.turns[committed.turn.id] = replace(turn, text=text, expire_at=committed.expire_at)
            found.expire_at = max(found.expire_at, committed.expire_at)
            found.revision, found.state, found.due = secrets.token_hex(8), state, due

    def history(self, conversation: str, now: float, after: int = 0, limit: int = 100) -> Sequence[Turn]:
        with self._lock:
            found = self._conversations.get(conversation)
            turns = list(found.turns.items()) if found else []
        shown = [(ident, turn) for ident, turn in turns if turn.number > after and turn.expire_at > now]
        shown.sort(key=lambda item: item[1].number)
        return [_turn(ident, turn) for ident, turn in shown[: max(limit, 0)]]

    def conversations(self, now: float, after: str = "", limit: int = 100) -> Sequence[str]:
        with self._lock:
            found = [ident for ident, item in self._conversations.items() if item.expire_at > now and ident > after]
        return sorted(found)[: max(limit, 0)]

    def due(self, now: float, limit: int = 100) -> Sequence[Due]:
        with self._lock:
            found = [
                (at, conversation, name, text)
                for conversation, item in self._conversations.items()
                if item.expire_at > now
                for name, (at, text) in item.due.items()
                if at <= now
            ]
        return [
            Due(conversation, name, at, decode(text)) for at, conversation, name, text in sorted(found)[: max(limit, 0)]
        ]

    def forget(self, conversation: str) -> int:
        with self._lock:
            found, outbox = self._conversations.pop(conversation, None), self._outboxes.pop(conversation, None)
            entries = [key for key, entry in self._ledger.items() if entry.conversation == conversation]
            letters = [ident for ident, kept in self._letters.items() if kept[0].conversation == conversation]
            for key in entries:
                del self._ledger[key]
            for ident in letters:
                del self._letters[ident]
            reviews = [key for key in self._reviews if key[0] == conversation]
            for review in reviews:
                del self._reviews[review]
        of_conversation = 1 + len(found.turns) if found else 0
        of_outbox = 1 + len(outbox.posts) if outbox else 0
        return of_conversation + of_outbox + len(entries) + len(letters) + len(reviews)

    def prune(self, now: float, limit: int = 1000) -> int:
        with self._lock:
            removed = 0
            for conversation in self._conversations.values():
                over = [ident for ident, turn in conversation.turns.items() if turn.expire_at <= now]
                for ident in over[: limit - removed]:
                    del conversation.turns[ident]
                    removed += 1
            for outbox in self._outboxes.values():
                over_posts = sum(post[3] <= now for post in outbox.posts[: limit - removed])
                outbox.posts = [post for post in outbox.posts[:over_posts] if post[3] > now] + outbox.posts[over_posts:]
                removed += over_posts
            expiries: tuple[tuple[dict[Any, Any], dict[Any, float]], ...] = (
                (self._conversations, {key: item.expire_at for key, item in self._conversations.items()}),
                (self._ledger, {key: item.expire_at for key, item in self._ledger.items()}),
                (self._outboxes, {key: item.expire_at for key, item in self._outboxes.items()}),
                (self._letters, {key: item[2] for key, item in self._letters.items()}),
                (self._reviews, {key: item[2] for key, item in self._reviews.items()}),
            )
            for kept, expire in expiries:
                for key in [key for key, expire_at in expire.items() if expire_at <= now][: max(limit - removed, 0)]:
                    del kept[key]
                    removed += 1
            return removed

    def claim(self, key: str, conversation: str, owner: str, now: float, lease: float, expire_at: float) -> Claim:
        with self._lock:
            claim, entry = claims.claimed(self._ledger.get(key), conversation, owner, now, lease, expire_at)
            if entry is not None:
                self._ledger[key] = entry
            return claim

    def advance(self, key: str, owner: str, progress: int) -> None:
        with self._lock:
            self._ledger[key] = claims.advanced(self._ledger.get(key), owner, progress)

    def settle(self, key: str, owner: str, outcome: str) -> None:
        with self._lock:
            if (entry := claims.settled(self._ledger.get(key), owner, outcome)) is not None:
                self._ledger[key] = entry

    def release(self, key: str, owner: str) -> None:
        with self._lock:
            if (entry := claims.released(self._ledger.get(key), owner)) is not None:
                self._ledger[key] = entry

    def append(self, conversation: str, key: str, documents: Sequence[Document], now: float, expire_at: float) -> None:
        texts = [encode(document) for document in documents]
        together(texts)
        if not texts:
            return
        with self._lock:
            outbox = self._outboxes.get(conversation)
            if outbox is None or outbox.expire_at <= now:
                outbox = self._outboxes[conversation] = _Outbox(expire_at)
            if key in outbox.keys:
                return
            outbox.posts += [(outbox.last + place, now, text, expire_at) for place, text in enumerate(texts, start=1)]
            outbox.keys.add(key)
            outbox.last += len(texts)
            outbox.expire_at = max(outbox.expire_at, expire_at)

    def after(self, conversation: str, number: int, now: float, limit: int = 100) -> Sequence[Posted]:
        with self._lock:
            outbox = self._outboxes.get(conversation)
            if outbox is None:
                return []
            number = number if number <= outbox.last else 0
            found = [post for post in outbox.posts if post[0] > number and post[3] > now][: max(limit, 0)]
        return [Posted(place, at, decode(text)) for place, at, text, _ in found]

    def keep(self, letter: DeadLetter, expire_at: float) -> bool:
        text = encode(letter.event)
        together([text, letter.cause])
        with self._lock:
            kept = self._letters.get(letter.id)
            if kept is not None and kept[0].replayed_at is None and kept[2] > letter.kept_at:
                return False
            self._letters[letter.id] = (replace(letter, event={}, replayed_at=None), text, expire_at)
            return True

    def letters(self, now: float, after: float = 0.0, limit: int = 100) -> Sequence[DeadLetter]:
        with self._lock:
            found = [kept for kept in self._letters.values() if kept[2] > now and kept[0].kept_at > after]
        found.sort(key=lambda kept: (kept[0].kept_at, kept[0].id))
        page = found[: max(limit, 0)]
        page += [kept for kept in found[len(page) :] if page and kept[0].kept_at == page[-1][0].kept_at]
        return [replace(letter, event=decode(text)) for letter, text, _ in page]

    def letter(self, ident: str, now: float) -> DeadLetter | None:
        with self._lock:
            kept = self._letters.get(ident)
        return replace(kept[0], event=decode(kept[1])) if kept is not None and kept[2] > now else None

    def replayed(self, ident: str, at: float | None) -> None:
        with self._lock:
            if (kept := self._letters.get(ident)) is not None:
                self._letters[ident] = (replace(kept[0], replayed_at=at), *kept[1:])

    def review(self, review: Review, expire_at: float) -> None:
        text = encode(review.document)
        with self._lock:
            self._reviews[review.conversation, review.message] = (review.at, text, expire_at)

    def withdraw(self, conversation: str, message: str) -> None:
        with self._lock:
            self._reviews.pop((conversation, message), None)

    def reviews(self, now: float, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[Review]:
        with self._lock:
            found = sorted((key, kept) for key, kept in self._reviews.items() if kept[2] > now and key > after)
        return [Review(*key, at, decode(text)) for key, (at, text, _) in found[: max(limit, 0)]]

    def reviews_of(self, conversation: str, now: float) -> Sequence[Review]:
        with self._lock:
            found = sorted(
                (key, kept) for key, kept in self._reviews.items() if kept[2] > now and key[0] == conversation
            )
        return [Review(*key, at, decode(text)) for key, (at, text, _) in found]

    def ready(self) -> None:
        """Memory is always there."""

    def close(self) -> None:
        """There is nothing to close."""


def _turn(ident: str, turn: _Turn) -> Turn:
    return Turn(ident, turn.at, decode(turn.text), turn.number)
