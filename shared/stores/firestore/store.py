"""The store in Firestore: conversations and the other ports on one database of one project.

ledger/{key}                              conversation, owner, lease_until, progress, outcome, expire_at
outboxes/{conversation}                   last, expire_at
outboxes/{conversation}/posts/{key}       last, at, documents, expire_at
reviews/{conversation+message}            conversation, message, at, document, expire_at
records/{conversation+key}                conversation, document, expire_at
dead_letters/{id}                         type, conversation, cause, kept_at, event, replayed_at, expire_at
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from shared.stores.documents import check_size, decode, encode
from shared.stores.firestore.conversations import FirestoreConversations, FirestoreUpkeep
from shared.stores.firestore.database import (
    Database,
    Found,
    Path,
    Query,
    delete,
    encode_id,
    has_expired,
    is_alive,
    put,
    query_first,
    retry_overtaken,
    stamp,
    to_datetime,
    write_guarded,
)
from shared.stores.firestore.ledger import FirestoreLedger
from shared.stores.ports import DeadLetter, Document, Posted, Review, Store

MANY = 1000


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
            write_guarded(self._database, path, head.update_time, fields, put((*path, "posts", encode_id(key)), posted))

        retry_overtaken(again)

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
            write_guarded(self._database, path, kept.update_time, fields)
            return True

        return retry_overtaken(again)

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
                write_guarded(self._database, path, found.update_time, {"replayed_at": at})

        retry_overtaken(again)

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
