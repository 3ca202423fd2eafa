"""The broker's memory: accepted events and their deliveries, in one SQLite file."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from knative.local.broker.delivery import Delivery
from knative.local.broker.events import Event
from shared.errors import Unavailable

# NORMAL: what is committed survives the death of this process, however sudden, and a commit takes some 0.05 ms, less
# than handing it to a thread; so writes are made in place. Only a crash of the whole machine takes the last moments.
SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, attributes TEXT, headers TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, event INTEGER, trigger TEXT, attempts INTEGER,
  due REAL, failure TEXT, outcome TEXT, finished REAL);
CREATE INDEX IF NOT EXISTS by_event ON deliveries (event);
CREATE INDEX IF NOT EXISTS by_finished ON deliveries (finished);
"""
PENDING = """SELECT d.id, attributes, body, headers, trigger, attempts, due, failure
FROM deliveries d JOIN events e ON e.id = d.event WHERE finished IS NULL ORDER BY d.id"""


class Journal:
    """What a method wrote is durable when it returns; each raises Unavailable, and writes nothing, where it cannot."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file; one that cannot be used is left as it is."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # It holds what people wrote; SQLite gives its log and index the same rights.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, timeout=1)
            self._db.executescript(SCHEMA)
            if self._db.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("its pages contradict each other")
        except (sqlite3.Error, OSError) as exc:
            advice = "end the broker that has it open, or, if it is damaged, move it away"
            raise Unavailable(f"the journal {path} cannot be used ({exc}): {advice}") from exc

    def list_pending(self) -> list[Delivery]:
        """The deliveries that were not finished when the last broker ended."""
        return [
            Delivery(row, Event(json.loads(names), body, json.loads(passed)), trigger, tries, due, json.loads(failure))
            for row, names, body, passed, trigger, tries, due, failure in self._db.execute(PENDING)
        ]

    def accept(self, event: Event, triggers: Sequence[str], now: float) -> list[Delivery]:
        """Keep an event with a delivery to each of these Triggers."""
        with self._begin_transaction() as db:
            return _insert(db, event, triggers, now)

    def go_on(self, later: Delivery) -> None:
        """Keep how far a delivery has come."""
        values = (later.attempts, later.due, json.dumps(later.failure), later.id)
        with self._begin_transaction() as db:
            db.execute("UPDATE deliveries SET attempts = ?, due = ?, failure = ? WHERE id = ?", values)

    def finish(
        self, done: Delivery, outcome: str, now: float, reply: Event | None, triggers: Sequence[str]
    ) -> list[Delivery]:
        """End a delivery and keep its reply with a delivery to each of these Triggers, both or neither."""
        with self._begin_transaction() as db:
            db.execute("UPDATE deliveries SET outcome = ?, finished = ? WHERE id = ?", (outcome, now, done.id))
            return _insert(db, reply, triggers, now) if reply else []

    def prune(self, before: float) -> None:
        """Forget the deliveries that were finished before that time, and the events that have none left."""
        with self._begin_transaction() as db:
            db.execute("DELETE FROM deliveries WHERE finished < ?", (before,))
            db.execute("DELETE FROM events WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.id)")
        self._shrink_log()

    def forget(self, subject: str) -> int:
        """Remove every event of this subject, whatever its deliveries have come to; how many there were."""
        mine = "SELECT id FROM events WHERE json_extract(attributes, '$.subject') = ?"
        with self._begin_transaction() as db:
            db.execute(f"DELETE FROM deliveries WHERE event IN ({mine})", (subject,))  # noqa: S608
            removed = db.execute(f"DELETE FROM events WHERE id IN ({mine})", (subject,)).rowcount  # noqa: S608
        self._shrink_log()
        return removed

    def _shrink_log(self) -> None:
        """Empty the log, whose older pages still hold what was removed."""
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as exc:
            raise Unavailable(f"the broker cannot write its journal: {exc}") from exc

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _begin_transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._db:
                yield self._db
        except sqlite3.Error as exc:
            raise Unavailable(f"the broker cannot write its journal: {exc}") from exc


def _insert(db: sqlite3.Connection, event: Event, triggers: Sequence[str], now: float) -> list[Delivery]:
    values = (json.dumps(event.attributes), json.dumps(event.headers), event.body)
    row = db.execute("INSERT INTO events (attributes, headers, body) VALUES (?, ?, ?)", values).lastrowid
    insert = "INSERT INTO deliveries (event, trigger, attempts, due, failure) VALUES (?, ?, 0, ?, 'null')"
    return [Delivery(db.execute(insert, (row, name, now)).lastrowid or 0, event, name, due=now) for name in triggers]
