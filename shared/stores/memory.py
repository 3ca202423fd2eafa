"""Everything in the memory of one process: for tests, and for trying Parley without keeping anything.

Thread-safe by one lock. Nothing is shared between processes and nothing survives them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.stores import claims
from shared.stores.documents import check_size, decode, encode
from shared.stores.memory_conversations import Kept, KeptOutbox, MemoryConversations
from shared.stores.ports import Claim, DeadLetter, Document, Posted, Review, Store


def memory_store() -> Store:
    """A store that is empty, and gone with the process."""
    kept = Kept()
    return Store(
        MemoryConversations(kept),
        MemoryLedger(kept),
        MemoryOutbox(kept),
        MemoryDeadLetters(kept),
        MemoryReviews(kept),
        MemoryRecords(kept),
        MemoryUpkeep(kept),
    )


class MemoryLedger:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def claim(self, key: str, conversation: str, owner: str, now: float, lease: float, expire_at: float) -> Claim:
        with self._kept.lock:
            claim, entry = claims.claim(self._kept.ledger.get(key), conversation, owner, now, lease, expire_at)
            if entry is not None:
                self._kept.ledger[key] = entry
            return claim

    def advance(self, key: str, owner: str, progress: int) -> None:
        with self._kept.lock:
            self._kept.ledger[key] = claims.advance(self._kept.ledger.get(key), owner, progress)

    def settle(self, key: str, owner: str, outcome: str) -> None:
        with self._kept.lock:
            if (entry := claims.settle(self._kept.ledger.get(key), owner, outcome)) is not None:
                self._kept.ledger[key] = entry

    def release(self, key: str, owner: str) -> None:
        with self._kept.lock:
            if (entry := claims.release(self._kept.ledger.get(key), owner)) is not None:
                self._kept.ledger[key] = entry


class MemoryOutbox:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def append(self, conversation: str, key: str, documents: Sequence[Document], now: float, expire_at: float) -> None:
        texts = [encode(document) for document in documents]
        check_size(texts)
        if not texts:
            return
        with self._kept.lock:
            outbox = self._kept.outboxes.get(conversation)
            if outbox is None or outbox.expire_at <= now:
                outbox = self._kept.outboxes[conversation] = KeptOutbox(expire_at)
            if key in outbox.keys:
                return
            outbox.posts += [(outbox.last + place, now, text, expire_at) for place, text in enumerate(texts, start=1)]
            outbox.keys.add(key)
            outbox.last += len(texts)
            outbox.expire_at = max(outbox.expire_at, expire_at)

    def read_after(self, conversation: str, number: int, now: float, limit: int = 100) -> Sequence[Posted]:
        with self._kept.lock:
            outbox = self._kept.outboxes.get(conversation)
            if outbox is None:
                return []
            number = number if number <= outbox.last else 0
            found = [post for post in outbox.posts if post[0] > number and post[3] > now][: max(limit, 0)]
        return [Posted(place, at, decode(text)) for place, at, text, _ in found]


class MemoryDeadLetters:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def keep(self, dead_letter: DeadLetter, expire_at: float) -> bool:
        text = encode(dead_letter.event)
        check_size([text, dead_letter.cause])
        with self._kept.lock:
            kept = self._kept.dead_letters.get(dead_letter.id)
            if kept is not None and kept[0].replayed_at is None and kept[2] > dead_letter.kept_at:
                return False
            self._kept.dead_letters[dead_letter.id] = (
                replace(dead_letter, event={}, replayed_at=None),
                text,
                expire_at,
            )
            return True

    def list_kept(self, now: float, after: float = 0.0, limit: int = 100) -> Sequence[DeadLetter]:
        with self._kept.lock:
            found = [kept for kept in self._kept.dead_letters.values() if kept[2] > now and kept[0].kept_at > after]
        found.sort(key=lambda kept: (kept[0].kept_at, kept[0].id))
        page = found[: max(limit, 0)]
        page += [kept for kept in found[len(page) :] if page and kept[0].kept_at == page[-1][0].kept_at]
        return [replace(dead_letter, event=decode(text)) for dead_letter, text, _ in page]

    def get(self, ident: str, now: float) -> DeadLetter | None:
        with self._kept.lock:
            kept = self._kept.dead_letters.get(ident)
        return replace(kept[0], event=decode(kept[1])) if kept is not None and kept[2] > now else None

    def mark_replayed(self, ident: str, at: float | None) -> None:
        with self._kept.lock:
            if (kept := self._kept.dead_letters.get(ident)) is not None:
                self._kept.dead_letters[ident] = (replace(kept[0], replayed_at=at), *kept[1:])


class MemoryReviews:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def put(self, review: Review, expire_at: float) -> None:
        text = encode(review.document)
        with self._kept.lock:
            self._kept.reviews[review.conversation, review.message] = (review.at, text, expire_at)

    def withdraw(self, conversation: str, message: str) -> None:
        with self._kept.lock:
            self._kept.reviews.pop((conversation, message), None)

    def list_all(self, now: float, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[Review]:
        with self._kept.lock:
            found = sorted((key, kept) for key, kept in self._kept.reviews.items() if kept[2] > now and key > after)
        return [Review(*key, at, decode(text)) for key, (at, text, _) in found[: max(limit, 0)]]

    def list_of(self, conversation: str, now: float) -> Sequence[Review]:
        with self._kept.lock:
            found = sorted(
                (key, kept) for key, kept in self._kept.reviews.items() if kept[2] > now and key[0] == conversation
            )
        return [Review(*key, at, decode(text)) for key, (at, text, _) in found]


class MemoryRecords:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def put(self, conversation: str, key: str, document: Document, expire_at: float) -> None:
        text = encode(document)
        with self._kept.lock:
            self._kept.records[conversation, key] = (text, expire_at)

    def get(self, conversation: str, keys: Sequence[str], now: float) -> Mapping[str, Document]:
        with self._kept.lock:
            found = {key: self._kept.records.get((conversation, key)) for key in keys}
        return {key: decode(kept[0]) for key, kept in found.items() if kept is not None and kept[1] > now}


class MemoryUpkeep:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def forget(self, conversation: str) -> int:
        with self._kept.lock:
            found, outbox = (
                self._kept.conversations.pop(conversation, None),
                self._kept.outboxes.pop(conversation, None),
            )
            entries = [key for key, entry in self._kept.ledger.items() if entry.conversation == conversation]
            dead_letters = [
                ident for ident, kept in self._kept.dead_letters.items() if kept[0].conversation == conversation
            ]
            for key in entries:
                del self._kept.ledger[key]
            for ident in dead_letters:
                del self._kept.dead_letters[ident]
            beside = 0
            for kept_beside in (self._kept.reviews, self._kept.records):
                of_it = [key for key in kept_beside if key[0] == conversation]
                for key_beside in of_it:
                    kept_beside.pop(key_beside)
                beside += len(of_it)
        of_conversation = 1 + len(found.turns) if found else 0
        of_outbox = 1 + len(outbox.posts) if outbox else 0
        return of_conversation + of_outbox + len(entries) + len(dead_letters) + beside

    def prune(self, now: float, limit: int = 1000) -> int:
        with self._kept.lock:
            removed = 0
            for conversation in self._kept.conversations.values():
                over = [ident for ident, turn in conversation.turns.items() if turn.expire_at <= now]
                for ident in over[: limit - removed]:
                    del conversation.turns[ident]
                    removed += 1
            for outbox in self._kept.outboxes.values():
                over_posts = sum(post[3] <= now for post in outbox.posts[: limit - removed])
                outbox.posts = [post for post in outbox.posts[:over_posts] if post[3] > now] + outbox.posts[over_posts:]
                removed += over_posts
            expiries: tuple[tuple[dict[Any, Any], dict[Any, float]], ...] = (
                (self._kept.conversations, {key: item.expire_at for key, item in self._kept.conversations.items()}),
                (self._kept.ledger, {key: item.expire_at for key, item in self._kept.ledger.items()}),
                (self._kept.outboxes, {key: item.expire_at for key, item in self._kept.outboxes.items()}),
                (self._kept.dead_letters, {key: item[2] for key, item in self._kept.dead_letters.items()}),
                (self._kept.reviews, {key: item[2] for key, item in self._kept.reviews.items()}),
                (self._kept.records, {key: item[1] for key, item in self._kept.records.items()}),
            )
            for kept, expire in expiries:
                for key in [key for key, expire_at in expire.items() if expire_at <= now][: max(limit - removed, 0)]:
                    del kept[key]
                    removed += 1
            return removed

    def check(self) -> None:
        """Memory is always there."""

    def close(self) -> None:
        """There is nothing to close."""
