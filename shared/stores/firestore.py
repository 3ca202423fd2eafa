"""The store in Firestore: conversations and the other ports on one database of one project.

ledger/{key}                              conversation, owner, lease_until, progress, outcome, expire_at
outboxes/{conversation}                   last, expire_at
outboxes/{conversation}/posts/{key}       last, at, documents, expire_at
reviews/{conversation+message}            conversation, message, at, document, expire_at
records/{conversation+key}                conversation, document, expire_at
dead_letters/{id}                         type, conversation, cause, kept_at, event, replayed_at, expire_at
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, TypeVar

from shared.errors import Conflict
from shared.stores import claims
from shared.stores.claims import Entry
from shared.stores.documents import check_size, decode, encode
from shared.stores.firestore_conversations import FirestoreConversations, FirestoreUpkeep
from shared.stores.firestore_database import (
    Database,
    Found,
    Path,
    Query,
    Write,
    change,
    create,
    delete,
    encode_id,
    has_expired,
    is_alive,
    put,
    query_first,
    stamp,
    to_datetime,
)
from shared.stores.ports import Claim, DeadLetter, Document, Posted, Review, Store

HELD = 1000
"""Claims whose last update_time is remembered, so that `advance` and `settle` need not read first."""
PATIENCE = 5.0
"""Seconds to try again where others write the same document."""
MANY = 1000

T = TypeVar("T")


def open_firestore_store(database: Database, *, compressed: bool = True) -> Store:
    """The store in this database, whichever client it is reached with; connects at the first call."""
    return Store(
        FirestoreConversations(database, compressed),
        FirestoreLedger(database),
        FirestoreOutbox(database),
        FirestoreDeadLetters(database),
        FirestoreReviews(database),
        FirestoreRecords(database),
        FirestoreUpkeep(database),
    )


class FirestoreLedger:
    """A new claim is one round trip, and so is each step of the one who holds it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[tuple[str, str], tuple[str, Entry]] = {}

    def claim(self, key: str, conversation: str, owner: str, now: float, lease: float, expire_at: float) -> Claim:
        claim, entry = claims.claim(None, conversation, owner, now, lease, expire_at)
        try:
            self._write(key, owner, "", entry)
        except _Overtaken:
            # There is an entry already, which is rare: most work is claimed once.
            pass
        else:
            return claim

        def again() -> Claim:
            update_time, kept = self._read(key)
            claim, entry = claims.claim(kept, conversation, owner, now, lease, expire_at)
            self._write(key, owner, update_time, entry)
            return claim

        return _until_first(again)

    def advance(self, key: str, owner: str, progress: int) -> None:
        self._change(key, owner, lambda entry: claims.advance(entry, owner, progress))

    def settle(self, key: str, owner: str, outcome: str) -> None:
        self._change(key, owner, lambda entry: claims.settle(entry, owner, outcome))
        self._held.pop((key, owner), None)

    def release(self, key: str, owner: str) -> None:
        self._change(key, owner, lambda entry: claims.release(entry, owner))
        self._held.pop((key, owner), None)

    def _change(self, key: str, owner: str, decide: Callable[[Entry | None], Entry | None]) -> None:
        """Write what is decided on the entry as this owner left it; where somebody changed it since, read it."""
        if (held := self._held.pop((key, owner), None)) is not None:
            try:
                self._write(key, owner, held[0], decide(held[1]))
            except _Overtaken:
                pass
            else:
                return

        def again() -> None:
            update_time, kept = self._read(key)
            self._write(key, owner, update_time, decide(kept))

        _until_first(again)

    def _read(self, key: str) -> tuple[str, Entry | None]:
        (found,) = self._database.get(("ledger", encode_id(key)))
        if found.fields is None:
            return "", None
        fields = {"outcome": None, **found.fields, "expire_at": found.fields["expire_at"].timestamp()}
        return found.update_time, Entry(**fields)

    def _write(self, key: str, owner: str, update_time: str, entry: Entry | None) -> None:
        if entry is None:
            return
        fields = {**asdict(entry), "expire_at": to_datetime(entry.expire_at)}
        written = _write_guarded(self._database, ("ledger", encode_id(key)), update_time, fields)
        if len(self._held) >= HELD:
            self._held.clear()
        self._held[key, owner] = (written[0], entry)


class FirestoreOutbox:
    """The head counts, each post holds what one `append` added. A reader who has everything reads the head only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, conversation: str, key: str, documents: Sequence[Document], now: float, expire_at: float) -> None:
        text = encode(list(documents))
        if not documents:
            return
        path = ("outboxes", encode_id(conversation))

        def again() -> None:
            head, post = self._database.get(path, (*path, "posts", encode_id(key)))
            last, expires = 0, expire_at
            if head.fields is not None and not has_expired(head.fields, now):
                if post.fields is not None:
                    return
                last, expires = head.fields["last"], max(expire_at, head.fields["expire_at"].timestamp())
            posted = {
                "last": last + len(documents),
                "at": now,
                "documents": text,
                "expire_at": to_datetime(expire_at),
            }
            fields = {"last": posted["last"], "expire_at": to_datetime(expires), "stamp": stamp()}
            _write_guarded(
                self._database, path, head.update_time, fields, put((*path, "posts", encode_id(key)), posted)
            )

        _until_first(again)

    def read_after(self, conversation: str, number: int, now: float, limit: int = 100) -> Sequence[Posted]:
        path = ("outboxes", encode_id(conversation))
        (head,) = self._database.get(path)
        if head.fields is None or head.fields["last"] == number:
            return []
        after = number if number < head.fields["last"] else 0
        posts = Query((*path, "posts"), order="last", where=("last", ">", after))
        found = query_first(self._database, posts, max(limit, 0), lambda post: is_alive(post, now))
        posted = [message for post in found for message in _read_posted(post.fields or {})]
        return [message for message in posted if message.number > after][: max(limit, 0)]


class FirestoreDeadLetters:
    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, dead_letter: DeadLetter, expire_at: float) -> bool:
        path, event = ("dead_letters", encode_id(dead_letter.id)), encode(dead_letter.event)
        check_size([event, dead_letter.cause])
        fields = {
            "type": dead_letter.type,
            "conversation": dead_letter.conversation,
            "cause": dead_letter.cause,
            "kept_at": dead_letter.kept_at,
            "event": event,
            "replayed_at": None,
            "expire_at": to_datetime(expire_at),
        }

        def again() -> bool:
            (kept,) = self._database.get(path)
            if (
                kept.fields
                and not has_expired(kept.fields, dead_letter.kept_at)
                and kept.fields.get("replayed_at") is None
            ):
                return False
            _write_guarded(self._database, path, kept.update_time, fields)
            return True

        return _until_first(again)

    def list_kept(self, now: float, after: float = 0.0, limit: int = 100) -> Sequence[DeadLetter]:
        page = self._query(">", after, now, limit)
        if page:
            last = page[-1]
            same = self._query("==", last.kept_at, now, MANY)
            page += [one for one in same if one.id > last.id]
        return page

    def get(self, ident: str, now: float) -> DeadLetter | None:
        (found,) = self._database.get(("dead_letters", encode_id(ident)))
        return _dead_letter(found) if is_alive(found, now) else None

    def mark_replayed(self, ident: str, at: float | None) -> None:
        path = ("dead_letters", encode_id(ident))

        def again() -> None:
            (found,) = self._database.get(path)
            if found.fields is not None:
                _write_guarded(self._database, path, found.update_time, {"replayed_at": at})

        _until_first(again)

    def _query(self, operator: Literal["==", ">"], at: float, now: float, limit: int) -> list[DeadLetter]:
        kept = Query(("dead_letters",), order="kept_at", where=("kept_at", operator, at))
        return [_dead_letter(one) for one in query_first(self._database, kept, limit, lambda one: is_alive(one, now))]


class FirestoreReviews:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, review: Review, expire_at: float) -> None:
        fields = {
            "conversation": review.conversation,
            "message": review.message,
            "at": review.at,
            "document": encode(review.document),
            "expire_at": to_datetime(expire_at),
        }
        self._database.write(put(_name_beside("reviews", review.conversation, review.message), fields))

    def withdraw(self, conversation: str, message: str) -> None:
        self._database.write(delete(_name_beside("reviews", conversation, message)))

    def list_all(self, now: float, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[Review]:
        # In the order of conversations; what remains of the one that was begun comes first.
        found: list[Review] = []
        query = Query(("reviews",), order="conversation", where=("conversation", ">", after[0]))
        if after[0]:
            found += [one for one in self.list_of(after[0], now) if one.message > after[1]]
        page = query_first(self._database, query, max(limit - len(found), 0) + MANY, lambda one: is_alive(one, now))
        found += sorted(map(_review, page), key=lambda one: (one.conversation, one.message))
        return found[: max(limit, 0)]

    def list_of(self, conversation: str, now: float) -> Sequence[Review]:
        query = Query(("reviews",), where=("conversation", "==", conversation))
        found = query_first(self._database, query, 10_000, lambda one: is_alive(one, now))
        return sorted(map(_review, found), key=lambda one: one.message)


class FirestoreRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, conversation: str, key: str, document: Document, expire_at: float) -> None:
        fields = {"conversation": conversation, "document": encode(document), "expire_at": to_datetime(expire_at)}
        self._database.write(put(_name_beside("records", conversation, key), fields))

    def get(self, conversation: str, keys: Sequence[str], now: float) -> Mapping[str, Document]:
        found = self._database.get(*(_name_beside("records", conversation, key) for key in keys)) if keys else []
        kept = zip(keys, found, strict=True)
        return {key: decode((one.fields or {})["document"]) for key, one in kept if is_alive(one, now)}


class _Overtaken(Conflict):
    """Somebody wrote the document since it was read; read it again."""


def _write_guarded(
    database: Database, path: Path, update_time: str, fields: Mapping[str, Any], *others: Write
) -> Sequence[str]:
    """Write a document that is as it was read (absent where it has no update_time), and others with it."""
    present = {name: value for name, value in fields.items() if value is not None}
    guarded = change(path, update_time, fields) if update_time else create(path, present)
    try:
        return database.write(guarded, *others)
    except Conflict as exc:
        raise _Overtaken(str(exc)) from exc


def _until_first(attempt: Callable[[], T]) -> T:
    """The answer of the first attempt in which nobody was faster; Conflict where that takes too long."""
    deadline, pause = time.monotonic() + PATIENCE, 0.01
    while True:
        try:
            return attempt()
        except _Overtaken:
            if time.monotonic() > deadline:
                raise
        # Random, so that those who met once do not meet again.
        time.sleep(pause * int.from_bytes(os.urandom(2), "big") / 65536)
        pause = min(pause * 2, 0.2)


def _read_posted(fields: Mapping[str, Any]) -> list[Posted]:
    documents = decode(fields["documents"])
    first = fields["last"] - len(documents) + 1
    return [Posted(number, fields["at"], document) for number, document in enumerate(documents, start=first)]


def _name_beside(collection: str, conversation: str, key: str) -> Path:
    # One document for a pair: neither holds a line break.
    return (collection, encode_id(f"{conversation}\n{key}"))


def _review(found: Found) -> Review:
    fields: Mapping[str, Any] = found.fields or {}
    return Review(fields["conversation"], fields["message"], fields["at"], decode(fields["document"]))


def _dead_letter(found: Found) -> DeadLetter:
    fields: Mapping[str, Any] = found.fields or {}
    return DeadLetter(
        found.ident,
        fields["type"],
        fields["conversation"],
        fields["cause"],
        fields["kept_at"],
        decode(fields["event"]),
        fields.get("replayed_at"),
    )
