"""The tables of the SQLite store, and how a file of an older version becomes one of this version."""

import sqlite3
from collections.abc import Mapping

from shared.errors import Unavailable

APPLICATION = 0x5061726C
"""Stands in the file's header ("Parl"), so that we never write into a database of something else."""

FIRST = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, revision TEXT NOT NULL, state TEXT NOT NULL, last INTEGER NOT NULL, expire_at REAL NOT NULL
);
CREATE INDEX conversations_expire ON conversations (expire_at);

CREATE TABLE turns (
    conversation TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, document TEXT NOT NULL,
    expire_at REAL NOT NULL, PRIMARY KEY (conversation, id)
);
CREATE UNIQUE INDEX turns_number ON turns (conversation, number);
CREATE INDEX turns_expire ON turns (expire_at);

CREATE TABLE reminders (
    conversation TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (conversation, name)
);
CREATE INDEX reminders_at ON reminders (at, conversation, name);

CREATE TABLE ledger (
    key TEXT PRIMARY KEY, conversation TEXT NOT NULL, owner TEXT NOT NULL, lease_until REAL NOT NULL,
    progress INTEGER NOT NULL, outcome TEXT, expire_at REAL NOT NULL
);
CREATE INDEX ledger_conversation ON ledger (conversation);
CREATE INDEX ledger_expire ON ledger (expire_at);

CREATE TABLE outboxes (conversation TEXT PRIMARY KEY, last INTEGER NOT NULL, expire_at REAL NOT NULL);
CREATE INDEX outboxes_expire ON outboxes (expire_at);

CREATE TABLE posts (
    conversation TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, at REAL NOT NULL, document TEXT NOT NULL,
    expire_at REAL NOT NULL, PRIMARY KEY (conversation, number)
);
CREATE INDEX posts_key ON posts (conversation, key);
CREATE INDEX posts_expire ON posts (expire_at);

CREATE TABLE dead_letters (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, conversation TEXT NOT NULL, cause TEXT NOT NULL, kept_at REAL NOT NULL,
    event TEXT NOT NULL, replayed_at REAL, expire_at REAL NOT NULL
);
CREATE INDEX dead_letters_kept ON dead_letters (kept_at, id);
CREATE INDEX dead_letters_conversation ON dead_letters (conversation);
CREATE INDEX dead_letters_expire ON dead_letters (expire_at);
"""

REVIEWS = """
CREATE TABLE reviews (
    conversation TEXT NOT NULL, message TEXT NOT NULL, at REAL NOT NULL, document TEXT NOT NULL,
    expire_at REAL NOT NULL, PRIMARY KEY (conversation, message)
);
CREATE INDEX reviews_expire ON reviews (expire_at);
"""

RECORDS = """
CREATE TABLE records (
    conversation TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL, expire_at REAL NOT NULL,
    PRIMARY KEY (conversation, key)
);
CREATE INDEX records_expire ON records (expire_at);
"""

MIGRATIONS = (FIRST,)
"""Entry n takes a file from version n to n + 1; a released entry never changes, a change is a new entry.

A Parley refuses a file of a newer version, so whoever goes back to it loses its conversations: a new version is for
what an older Parley would misread, and for nothing else."""

ADDITIONS: Mapping[str, str] = {"reviews": REVIEWS, "records": RECORDS}
"""Tables that an older Parley does not miss: made where they are not there, without a new version."""

OF_CONVERSATION = {
    "conversations": "id",
    "turns": "conversation",
    "reminders": "conversation",
    "ledger": "conversation",
    "outboxes": "conversation",
    "posts": "conversation",
    "dead_letters": "conversation",
    "reviews": "conversation",
    "records": "conversation",
}
"""Every table, and its column that says whose the row is: what forgetting a conversation removes."""


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Set up a new connection, and the file where it is new or of an older version.

    Raises Unavailable where the file system cannot share a log, or the file is not Parley's.
    """
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")
    # After a burst the log is cut back to this size instead of keeping its largest one for ever.
    connection.execute("PRAGMA journal_size_limit = 16777216")
    # One transaction, one moment: read one after the other, the mark may be from before another process made the
    # tables and the tables from after, and a new file would look like that of another program.
    connection.execute("BEGIN")
    current = _is_current(connection, path)
    connection.execute("COMMIT")
    if not current:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise Unavailable(f"{path}: this file system cannot share an SQLite log; use a local disk, or Firestore")
        _migrate(connection, path)


def _is_current(connection: sqlite3.Connection, path: str) -> bool:
    """Whether the file has this version's tables. Unavailable where it is not ours, or newer than this program."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = 0
    if application != APPLICATION:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables or application not in (0, APPLICATION):
        raise Unavailable(f"{path}: this SQLite file belongs to another program; set STORE_URL to a path of its own")
    if version > len(MIGRATIONS):
        raise Unavailable(
            f"{path}: a newer Parley wrote this file (version {version}; this one knows {len(MIGRATIONS)}); "
            "install that Parley, or set STORE_URL to another path"
        )
    return application == APPLICATION and version == len(MIGRATIONS) and not _list_missing(connection)


def _list_missing(connection: sqlite3.Connection) -> list[str]:
    """The additions that the file does not have yet."""
    if not ADDITIONS:
        return []
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [name for name in ADDITIONS if name not in there]


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the tables to this version, all steps or none; whoever comes second finds it done."""
    connection.execute("BEGIN IMMEDIATE")
    if not _is_current(connection, path):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for script in (*MIGRATIONS[version:], *(ADDITIONS[name] for name in _list_missing(connection))):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")
