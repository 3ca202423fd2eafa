"""The embedded store: one SQLite file that several processes of one machine share."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from shared.stores import claims
from shared.stores.claims import Entry
from shared.stores.documents import check_size, decode, encode
from shared.stores.ports import Claim, DeadLetter, Document, Posted, Review, Store
from shared.stores.sqlite_conversations import SqliteConversations, SqliteUpkeep
from shared.stores.sqlite_database import WAIT, Database


def open_sqlite_store(path: Path, wait: float = WAIT, *, compressed: bool = True) -> Store:
    """The store in this file; opened, and made where it is missing, at the first call."""
    database = Database(path, wait)
    return Store(
        SqliteConversations(database, compressed),
        SqliteLedger(database),
        SqliteOutbox(database),
        SqliteDeadLetters(database),
        SqliteReviews(database),
        SqliteRecords(database),
        SqliteUpkeep(database),
    )


class SqliteLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, key: str, conversation: str, owner: str, now: float, lease: float, expire_at: float) -> Claim:
        with self._database.write() as db:
            claim, entry = claims.claim(_read_entry(db, key), conversation, owner, now, lease, expire_at)
            _write_entry(db, key, entry)
        return claim

    def advance(self, key: str, owner: str, progress: int) -> None:
        with self._database.write() as db:
            _write_entry(db, key, claims.advance(_read_entry(db, key), owner, progress))

    def settle(self, key: str, owner: str, outcome: str) -> None:
        with self._database.write() as db:
            _write_entry(db, key, claims.settle(_read_entry(db, key), owner, outcome))

    def release(self, key: str, owner: str) -> None:
        with self._database.write() as db:
            _write_entry(db, key, claims.release(_read_entry(db, key), owner))


class SqliteOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, conversation: str, key: str, documents: Sequence[Document], now: float, expire_at: float) -> None:
        texts = [encode(document) for document in documents]
        check_size(texts)
        if not texts:
            return
        with self._database.write() as db:
            head = db.execute("SELECT last, expire_at FROM outboxes WHERE conversation = ?", (conversation,)).fetchone()
            last, expires = head or (0, expire_at)
            if expires <= now:
                # It begins anew, as it would if it had been pruned already.
                db.execute("DELETE FROM posts WHERE conversation = ?", (conversation,))
                last, expires = 0, expire_at
            if db.execute("SELECT 1 FROM posts WHERE conversation = ? AND key = ?", (conversation, key)).fetchone():
                return
            db.executemany(
                "INSERT INTO posts (conversation, number, key, at, document, expire_at) VALUES (?, ?, ?, ?, ?, ?)",
                [(conversation, place, key, now, text, expire_at) for place, text in enumerate(texts, start=last + 1)],
            )
            db.execute(
                "INSERT OR REPLACE INTO outboxes (conversation, last, expire_at) VALUES (?, ?, ?)",
                (conversation, last + len(texts), max(expires, expire_at)),
            )

    def read_after(self, conversation: str, number: int, now: float, limit: int = 100) -> Sequence[Posted]:
        with self._database.read() as db:
            rows = db.execute(
                "SELECT p.number, p.at, p.document FROM outboxes o JOIN posts p ON p.conversation = o.conversation "
                "WHERE o.conversation = ? AND p.number > CASE WHEN ? > o.last THEN 0 ELSE ? END AND p.expire_at > ? "
                "ORDER BY p.number LIMIT ?",
                (conversation, number, number, now, max(limit, 0)),
            ).fetchall()
        return [Posted(place, at, decode(document)) for place, at, document in rows]


DEAD_LETTER = "SELECT id, type, conversation, cause, kept_at, event, replayed_at FROM dead_letters WHERE expire_at > ?"


class SqliteDeadLetters:
    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, dead_letter: DeadLetter, expire_at: float) -> bool:
        event = encode(dead_letter.event)
        check_size([event, dead_letter.cause])
        with self._database.write() as db:
            kept = db.execute(
                "SELECT 1 FROM dead_letters WHERE id = ? AND replayed_at IS NULL AND expire_at > ?",
                (dead_letter.id, dead_letter.kept_at),
            ).fetchone()
            if kept is not None:
                return False
            db.execute(
                "INSERT OR REPLACE INTO dead_letters "
                "(id, type, conversation, cause, kept_at, event, replayed_at, expire_at) VALUES (?,?,?,?,?,?,NULL,?)",
                (
                    dead_letter.id,
                    dead_letter.type,
                    dead_letter.conversation,
                    dead_letter.cause,
                    dead_letter.kept_at,
                    event,
                    expire_at,
                ),
            )
        return True

    def list_kept(self, now: float, after: float = 0.0, limit: int = 100) -> Sequence[DeadLetter]:
        with self._database.read() as db:
            rows = db.execute(
                f"{DEAD_LETTER} AND kept_at > ? ORDER BY kept_at, id LIMIT ?", (now, after, max(limit, 0))
            )
            page = [_dead_letter(row) for row in rows.fetchall()]
            if page:
                last = page[-1]
                rows = db.execute(f"{DEAD_LETTER} AND kept_at = ? AND id > ? ORDER BY id", (now, last.kept_at, last.id))
                page += [_dead_letter(row) for row in rows.fetchall()]
        return page

    def get(self, ident: str, now: float) -> DeadLetter | None:
        with self._database.read() as db:
            row = db.execute(f"{DEAD_LETTER} AND id = ?", (now, ident)).fetchone()
        return None if row is None else _dead_letter(row)

    def mark_replayed(self, ident: str, at: float | None) -> None:
        with self._database.write() as db:
            db.execute("UPDATE dead_letters SET replayed_at = ? WHERE id = ?", (at, ident))


class SqliteReviews:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, review: Review, expire_at: float) -> None:
        text = encode(review.document)
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO reviews (conversation, message, at, document, expire_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (review.conversation, review.message, review.at, text, expire_at),
            )

    def withdraw(self, conversation: str, message: str) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM reviews WHERE conversation = ? AND message = ?", (conversation, message))

    def list_all(self, now: float, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[Review]:
        rows = f"{REVIEW} AND (conversation, message) > (?, ?) ORDER BY conversation, message LIMIT ?"
        with self._database.read() as db:
            return [_review(row) for row in db.execute(rows, (now, *after, max(limit, 0))).fetchall()]

    def list_of(self, conversation: str, now: float) -> Sequence[Review]:
        rows = f"{REVIEW} AND conversation = ? ORDER BY message"
        with self._database.read() as db:
            return [_review(row) for row in db.execute(rows, (now, conversation)).fetchall()]


class SqliteRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, conversation: str, key: str, document: Document, expire_at: float) -> None:
        text = encode(document)
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO records (conversation, key, document, expire_at) VALUES (?, ?, ?, ?)",
                (conversation, key, text, expire_at),
            )

    def get(self, conversation: str, keys: Sequence[str], now: float) -> Mapping[str, Document]:
        found = {}
        row = "SELECT document FROM records WHERE conversation = ? AND key = ? AND expire_at > ?"
        with self._database.read() as db:
            for key in keys:
                if (kept := db.execute(row, (conversation, key, now)).fetchone()) is not None:
                    found[key] = decode(kept[0])
        return found


REVIEW = "SELECT conversation, message, at, document FROM reviews WHERE expire_at > ?"


def _review(row: tuple[Any, ...]) -> Review:
    conversation, message, at, document = row
    return Review(conversation, message, at, decode(document))


def _dead_letter(row: tuple[Any, ...]) -> DeadLetter:
    ident, kind, conversation, cause, kept_at, event, replayed_at = row
    return DeadLetter(ident, kind, conversation, cause, kept_at, decode(event), replayed_at)


def _read_entry(db: sqlite3.Connection, key: str) -> Entry | None:
    row = db.execute(
        "SELECT conversation, owner, lease_until, progress, outcome, expire_at FROM ledger WHERE key = ?", (key,)
    ).fetchone()
    return None if row is None else Entry(*row)


def _write_entry(db: sqlite3.Connection, key: str, entry: Entry | None) -> None:
    if entry is not None:
        db.execute(
            "INSERT OR REPLACE INTO ledger (key, conversation, owner, lease_until, progress, outcome, expire_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key, *astuple(entry)),
        )
