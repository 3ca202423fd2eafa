"""The SQLite file: connections that survive forks and threads, transactions, and errors that say what to do.

Why WAL: readers never wait for the writer, and a process that is killed in the middle of a commit leaves the commit
out as a whole. Why synchronous=NORMAL: a killed process loses nothing with it, and no commit waits for the disk. A turn
takes 0.2 ms; with FULL, which waits, 0.5 to 0.7 where it was measured and as long as the disk takes elsewhere (4 ms on
another machine). The price: when the machine itself loses power, the last commits
before that may be gone; the file stays whole (sqlite.org/pragma.html#pragma_synchronous). Who cannot pay that price
uses Firestore. Why secure_delete: what is forgotten is overwritten with zeros, not only unlinked.
"""

import errno
import os
import sqlite3
import threading
import time
import weakref
from pathlib import Path

from shared.errors import Failure, Rejected, Unavailable
from shared.stores.sqlite_schema import prepare

WAIT = 5.0
"""Seconds to wait for another writer. A commit takes well under a millisecond, so this is thousands of them."""


class Database:
    """Connections to one file: opened when first needed, in the process that needs them, and used by one thread at
    a time. Nothing is opened before: functions-framework forks after it imported the stage, and an SQLite connection
    must not cross a fork (sqlite.org/howtocorrupt.html, section 2.6)."""

    def __init__(self, path: Path, wait: float = WAIT) -> None:
        self.path = path.absolute()
        self._wait = wait
        self._pid = os.getpid()
        self._idle: list[tuple[sqlite3.Connection, int]] = []
        self._inherited: list[list[tuple[sqlite3.Connection, int]]] = []
        self._lock = threading.Lock()
        _ALL.add(self)

    def read(self) -> "Borrowed":
        """A connection for single statements; each sees one moment."""
        return Borrowed(self)

    def write(self) -> "Transaction":
        """A transaction that nobody writes beside: all of it is kept, or on an exception none of it."""
        return Transaction(self)

    def check(self) -> None:
        """Raise Unavailable where the file cannot be written."""
        with self.write() as connection:
            # BEGIN IMMEDIATE alone turns into a read where the file is read-only; this writes nothing and needs to.
            connection.execute("DELETE FROM conversations WHERE 0")

    def shrink_log(self) -> None:
        """Move what was committed into the file and empty the log, as far as nobody reads it just now."""
        with self.read() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the connections that are not in use; the next call opens new ones."""
        if self._pid == os.getpid():
            while self._idle:
                self._idle.pop()[0].close()

    def borrow(self) -> tuple[sqlite3.Connection, int]:
        """A connection to the file that stands there now, and its inode; the caller gives both back."""
        if self._pid != os.getpid():
            self._start_over()
        try:
            file = os.stat(self.path).st_ino
        except OSError:
            file = 0
        while self._idle:
            try:
                connection, opened = self._idle.pop()
            except IndexError:
                break
            if opened == file:
                return connection, opened
            # The file was removed or replaced: what is written to the old one, nobody would ever find.
            connection.close()
        return self._open()

    def give_back(self, connection: sqlite3.Connection, file: int) -> None:
        self._idle.append((connection, file))

    def _start_over(self) -> None:
        """In a forked child: leave the parent's connections alone. Closing them would release the parent's locks."""
        with self._lock:
            if self._pid != os.getpid():
                self._inherited.append(self._idle)
                self._idle = []
                self._pid = os.getpid()

    def _open(self) -> tuple[sqlite3.Connection, int]:
        deadline = time.monotonic() + self._wait
        while True:
            try:
                return self._try_to_open()
            except sqlite3.OperationalError as exc:
                # Switching a new file to WAL does not wait for others who do the same: SQLite answers busy at once.
                if _read_code(exc) not in BUSY or time.monotonic() >= deadline:
                    raise self.explain(exc) from exc
                time.sleep(0.02)
            except (sqlite3.Error, OSError) as exc:
                raise self.explain(exc) from exc

    def _try_to_open(self) -> tuple[sqlite3.Connection, int]:
        if not self.path.exists():
            # What people wrote is for this user's eyes; SQLite gives its log and index the same rights.
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=self._wait, isolation_level=None, check_same_thread=False)
        try:
            prepare(connection, str(self.path))
            return connection, os.stat(self.path).st_ino
        except BaseException:
            connection.close()
            raise

    def explain(self, exc: BaseException) -> BaseException:
        """What to raise for `exc`: a Failure for what SQLite or the system refuses; anything else is a bug, as is."""
        if isinstance(exc, OSError):
            return Unavailable(f"{self.path}: {exc.strerror or exc}; {ADVICE.get(exc.errno or 0, CHECK)}")
        if not isinstance(exc, sqlite3.Error):
            return exc
        code = _read_code(exc)
        if code == sqlite3.SQLITE_TOOBIG:
            return Rejected(f"{self.path}: {exc}")
        if code in ADVICE_OF_SQLITE:
            return Unavailable(f"{self.path}: {exc}; {ADVICE_OF_SQLITE[code]}")
        return exc


class Borrowed:
    """A connection of the database for as long as the block lasts; after an exception it is not used again.

    Written as a class: as a generator it would cost a turn as much as one of its statements.
    """

    __slots__ = ("_database", "_file", "connection")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        self.connection, self._file = self._database.borrow()
        return self.connection

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, traceback: object) -> None:
        if exc is None:
            self._database.give_back(self.connection, self._file)
            return
        self.connection.close()
        explained = self._database.explain(exc)
        if explained is not exc:
            raise explained from exc


class Transaction(Borrowed):
    """A borrowed connection within a transaction; a Failure takes back what was written, and the connection lasts."""

    __slots__ = ()

    def __enter__(self) -> sqlite3.Connection:
        connection = super().__enter__()
        try:
            # IMMEDIATE takes the write lock before the first read: a transaction that reads first and locks later
            # fails at once with SQLITE_BUSY_SNAPSHOT, however long it was willing to wait.
            connection.execute("BEGIN IMMEDIATE")
        except BaseException as exc:
            super().__exit__(type(exc), exc, None)
            raise
        return connection

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, traceback: object) -> None:
        ends = "COMMIT" if exc is None else "ROLLBACK" if isinstance(exc, Failure) else ""
        try:
            if ends:
                self.connection.execute(ends)
                exc = None
        except BaseException as failed:
            super().__exit__(type(failed), failed, None)
            raise
        super().__exit__(kind, exc, traceback)


def _read_code(exc: sqlite3.Error) -> int:
    """SQLite's primary result code: the lowest byte of the extended one."""
    return (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF


def _close_before_fork() -> None:
    for database in list(_ALL):
        database.close()


_ALL: "weakref.WeakSet[Database]" = weakref.WeakSet()
os.register_at_fork(before=_close_before_fork)


BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

CHECK = "check STORE_URL: it needs a file in a directory that this user may write"
FULL = "free space on that disk; nothing of this turn was written, and it will be tried again"
DAMAGED = (
    "the file is damaged or no database. It was left as it is: move it away (with its -wal and -shm) to start empty, "
    "put a backup in its place, or rescue what it holds with: sqlite3 FILE .recover"
)

ADVICE = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.ENOTDIR: CHECK, errno.EACCES: CHECK, errno.EROFS: CHECK}

ADVICE_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: "another process held it for too long; try again",
    sqlite3.SQLITE_LOCKED: "another process held it for too long; try again",
    sqlite3.SQLITE_PROTOCOL: "another process held it for too long; try again",
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: "the disk refuses; check its health, its space and this user's quota",
    sqlite3.SQLITE_READONLY: CHECK,
    sqlite3.SQLITE_CANTOPEN: CHECK,
    sqlite3.SQLITE_PERM: CHECK,
    sqlite3.SQLITE_AUTH: CHECK,
    sqlite3.SQLITE_NOMEM: "the process has no memory left",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
