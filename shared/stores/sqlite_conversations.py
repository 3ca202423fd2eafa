"""Conversations, their turns and reminders in SQLite; forgetting and pruning over all tables."""

import os
import sqlite3
from collections.abc import Callable, Sequence

from shared.errors import Conflict
from shared.events.wire import JSON
from shared.stores.documents import check_size, compress, decode, encode
from shared.stores.ports import Committed, Due, Loaded, Turn
from shared.stores.sqlite_database import Database
from shared.stores.sqlite_schema import OF_CONVERSATION

LOAD = """
SELECT c.revision, CASE WHEN c.expire_at > :now THEN c.state END, t.at, t.document, t.number
FROM conversations c LEFT JOIN turns t ON t.conversation = c.id AND t.id = :message AND t.expire_at > :now
WHERE c.id = :conversation
"""
FOUND = """
SELECT c.revision, c.last, c.expire_at, t.number, EXISTS (SELECT 1 FROM reminders r WHERE r.conversation = c.id)
FROM conversations c LEFT JOIN turns t ON t.conversation = c.id AND t.id = ? AND t.expire_at > ?
WHERE c.id = ?
"""
UPDATE = "UPDATE conversations SET revision = ?, state = ?, last = ?, expire_at = ? WHERE id = ?"
INSERT = "INSERT INTO conversations (revision, state, last, expire_at, id) VALUES (?, ?, ?, ?, ?)"


class SqliteConversations:
    def __init__(self, database: Database, compressed: bool = True) -> None:
        self._database = database
        self._encode: Callable[[JSON], str | bytes] = compress if compressed else encode

    def load(self, conversation: str, message: str, now: float) -> Loaded:
        asked = {"now": now, "message": message, "conversation": conversation}
        with self._database.read() as db:
            row = db.execute(LOAD, asked).fetchone()
        if row is None:
            return Loaded()
        revision, state, at, document, number = row
        turn = None if document is None else Turn(message, at, decode(document), number)
        return Loaded(None if state is None else decode(state), state is None, revision, turn)

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        """As the port says, in one transaction; raises Conflict where the conversation moved on."""
        state, document = self._encode(committed.state), self._encode(committed.turn.document)
        reminders = [(conversation, name, at, encode(what)) for name, (at, what) in committed.due.items()]
        check_size([state, *(reminder[3] for reminder in reminders)])
        with self._database.write() as db:
            found = db.execute(FOUND, (committed.turn.id, now, conversation)).fetchone()
            there, last, expire_at, number, reminded = found or (None, 0, committed.expire_at, None, True)
            if there != revision:
                raise Conflict("the conversation moved on since it was loaded")
            if committed.begins and number is not None:
                raise Conflict("the turn is there already")
            # One that expired begins anew, and its numbers go on: a clock that was wrong for a while gives none twice.
            expire_at = max(expire_at, committed.expire_at)
            if number is None:
                last += 1
            _write_turn(db, conversation, committed, document, number, last, expire_at)
            written = os.urandom(8).hex()
            db.execute(UPDATE if found else INSERT, (written, state, last, expire_at, conversation))
            if reminded:
                db.execute("DELETE FROM reminders WHERE conversation = ?", (conversation,))
            if reminders:
                db.executemany("INSERT INTO reminders VALUES (?, ?, ?, ?)", reminders)
        return written

    def history(self, conversation: str, now: float, after: int = 0, limit: int = 100) -> Sequence[Turn]:
        with self._database.read() as db:
            rows = db.execute(
                "SELECT id, at, document, number FROM turns WHERE conversation = ? AND number > ? AND expire_at > ? "
                "ORDER BY number LIMIT ?",
                (conversation, after, now, max(limit, 0)),
            ).fetchall()
        return [Turn(ident, at, decode(document), number) for ident, at, document, number in rows]

    def list_ids(self, now: float, after: str = "", limit: int = 100) -> Sequence[str]:
        with self._database.read() as db:
            rows = db.execute(
                "SELECT id FROM conversations WHERE id > ? AND expire_at > ? ORDER BY id LIMIT ?",
                (after, now, max(limit, 0)),
            ).fetchall()
        return [row[0] for row in rows]

    def due(self, now: float, limit: int = 100) -> Sequence[Due]:
        with self._database.read() as db:
            rows = db.execute(
                "SELECT r.conversation, r.name, r.at, r.document FROM reminders r "
                "CROSS JOIN conversations c ON c.id = r.conversation AND c.expire_at > ? "
                "WHERE r.at <= ? ORDER BY r.at, r.conversation, r.name LIMIT ?",
                (now, now, max(limit, 0)),
            ).fetchall()
        return [Due(conversation, name, at, decode(document)) for conversation, name, at, document in rows]


class SqliteUpkeep:
    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, conversation: str) -> int:
        with self._database.write() as db:
            removed = sum(
                db.execute(f"DELETE FROM {table} WHERE {column} = ?", (conversation,)).rowcount  # noqa: S608
                for table, column in OF_CONVERSATION.items()
            )
        # The log still holds older pages, with the words of the forgotten.
        self._database.shrink_log()
        return removed

    def prune(self, now: float, limit: int = 1000) -> int:
        removed = 0
        with self._database.write() as db:
            for table in ("turns", "posts", "ledger", "dead_letters", "outboxes", "reviews", "records"):
                removed += _prune(db, table, now, limit - removed)
            over = db.execute(
                "SELECT id FROM conversations WHERE expire_at <= ? ORDER BY expire_at LIMIT ?",
                (now, max(limit - removed, 0)),
            ).fetchall()
            db.executemany("DELETE FROM reminders WHERE conversation = ?", over)
            db.executemany("DELETE FROM conversations WHERE id = ?", over)
        return removed + len(over)

    def check(self) -> None:
        self._database.check()

    def close(self) -> None:
        self._database.close()


def _write_turn(
    db: sqlite3.Connection,
    conversation: str,
    committed: Committed,
    document: str | bytes,
    number: int | None,
    last: int,
    expire_at: float,
) -> None:
    """Replace the turn of this number, or add it as the last one where it has none."""
    turn = committed.turn
    if number is not None:
        db.execute(
            "UPDATE turns SET document = ?, expire_at = ? WHERE conversation = ? AND id = ?",
            (document, expire_at, conversation, turn.id),
        )
        return
    db.execute(
        "INSERT OR REPLACE INTO turns (conversation, id, number, at, document, expire_at) VALUES (?, ?, ?, ?, ?, ?)",
        (conversation, turn.id, last, turn.at, document, expire_at),
    )


def _prune(db: sqlite3.Connection, table: str, now: float, limit: int) -> int:
    rows = f"SELECT rowid FROM {table} WHERE expire_at <= ? ORDER BY expire_at LIMIT ?"  # noqa: S608
    return db.execute(f"DELETE FROM {table} WHERE rowid IN ({rows})", (now, max(limit, 0))).rowcount  # noqa: S608
