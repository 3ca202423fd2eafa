"""The SQLite store as a file: opened late, reopened, forked, used by many threads, without what was forgotten."""

import contextlib
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.stores.ports import Store
from shared.stores.sqlite import SqliteDeadLetters, SqliteLedger, SqliteOutbox, open_sqlite_store
from shared.stores.sqlite_conversations import SqliteConversations, SqliteUpkeep
from shared.stores.sqlite_database import Database
from tests.contract.stores.sqlite_files import Opened, child
from tests.contract.stores.talking import LATER, ME, YOU, committed, letter, say
from tests.contract.stores.test_writers import all_are_there


@pytest.fixture
def url(sqlite_path: Path) -> str:
    return f"sqlite:{sqlite_path}"


def test_opening_touches_nothing_until_the_first_call(url: str, sqlite_path: Path, open_url: Opened) -> None:
    store = open_url(url)
    assert not sqlite_path.parent.exists()
    store.upkeep.check()
    assert sqlite_path.exists()


def test_everything_is_there_after_reopening(url: str, open_url: Opened) -> None:
    store = open_url(url)
    say(store, ME, "m1", due={"tea": (5.0, {"cup": 1})})
    store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)
    store.ledger.settle("e1", "a", "delivered")
    store.outbox.append(ME, "e1", [{"text": "a"}], 1.0, LATER)
    store.dead_letters.keep(letter("l1"), LATER)
    store.close()
    again = open_url(url)
    assert [turn.id for turn in again.conversations.history(ME, 1.0)] == ["m1"]
    assert [due.name for due in again.conversations.due(6.0)] == ["tea"]
    assert again.ledger.claim("e1", ME, "b", 99.0, 10.0, LATER).state == "settled"
    assert [posted.number for posted in again.outbox.read_after(ME, 0, 1.0)] == [1]
    assert again.dead_letters.get("l1", 1.0) == letter("l1")


def test_a_closed_store_opens_again_at_the_next_call(url: str, open_url: Opened) -> None:
    store = open_url(url)
    say(store, ME, "m1")
    store.close()
    assert store.conversations.load(ME, "m1", 1.0).turn is not None


def test_a_writer_that_holds_the_file_for_too_long_is_an_error_that_says_so(sqlite_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        store = open_sqlite_store(sqlite_path, wait=0.1)
        stack.callback(store.close)
        say(store, ME, "m1")
        holder = stack.enter_context(closing(sqlite3.connect(sqlite_path, isolation_level=None)))
        holder.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="another process"):
            say(store, ME, "m2")
        assert time.monotonic() - begun < 2
        # Reading goes on beside a writer.
        assert store.conversations.load(ME, "m1", 1.0).turn is not None
        holder.execute("ROLLBACK")
        say(store, ME, "m2")


def test_a_file_that_was_removed_begins_anew_instead_of_swallowing_turns(
    url: str, sqlite_path: Path, open_url: Opened
) -> None:
    store = open_url(url)
    say(store, ME, "m1")
    for path in sqlite_path.parent.iterdir():
        path.unlink()
    say(store, ME, "m2")
    assert [turn.id for turn in open_url(url).conversations.history(ME, 1.0)] == ["m2"]


def test_forgotten_words_are_in_no_byte_of_the_files(url: str, sqlite_path: Path, open_url: Opened) -> None:
    store, word = open_url(url), "my-secret-street-17"
    for number in range(50):
        say(store, ME, f"m{number}", document={"text": word * 200}, due={word: (5.0, {"at": word})})
        say(store, YOU, f"m{number}", document={"text": "innocent"})
    store.outbox.append(ME, "e1", [{"text": word}], 1.0, LATER)
    store.dead_letters.keep(letter("l1", cause=word), LATER)
    assert any(word.encode() in path.read_bytes() for path in sqlite_path.parent.iterdir())
    store.upkeep.forget(ME)
    assert not any(word.encode() in path.read_bytes() for path in sqlite_path.parent.iterdir())
    assert len(store.conversations.history(YOU, 1.0)) == 50


FORKING = """
import os, sys
from shared.stores.opening import open_store
from tests.contract.stores.talking import ME, insist

store = open_store(sys.argv[1])
insist(store, ME, "before")
children = []
for number in range(4):
    pid = os.fork()
    if pid == 0:
        for turn in range(5):
            insist(store, ME, f"c{number}.{turn}")
        store.close()
        os._exit(0)
    children.append(pid)
for turn in range(5):
    insist(store, ME, f"parent.{turn}")
print([os.waitpid(pid, 0)[1] for pid in children])
store.close()
"""


def test_a_store_that_was_used_before_a_fork_works_on_both_sides(url: str, open_url: Opened) -> None:
    """As functions-framework does it: it imports the stage, and forks its worker after that."""
    assert child(FORKING, url).strip() == "[0, 0, 0, 0]"
    expected = [f"{who}.{turn}" for who in ("c0", "c1", "c2", "c3", "parent") for turn in range(5)]
    all_are_there(open_url(url), ["before", *expected])


def test_no_statement_reads_more_rows_than_it_needs(sqlite_path: Path) -> None:
    """So a turn late in a long conversation costs no more than an early one, and a store may hold millions."""
    database = Database(sqlite_path)
    statements: list[str] = []
    with database.read() as connection:
        connection.set_trace_callback(statements.append)
    conversations, ledger, upkeep = SqliteConversations(database), SqliteLedger(database), SqliteUpkeep(database)
    outbox, dead_letters = SqliteOutbox(database), SqliteDeadLetters(database)
    for number in range(3):
        revision = conversations.load(ME, f"m{number}", 1.0).revision
        conversations.commit(ME, revision, committed(f"m{number}", due={"tea": (5.0, {})}), 1.0)
        outbox.append(ME, f"e{number}", [{}], 1.0, LATER)
        ledger.claim(f"e{number}", ME, "a", 1.0, 10.0, LATER)
        dead_letters.keep(letter(f"l{number}"), LATER)
    conversations.history(ME, 1.0, 1)
    conversations.list_ids(1.0, "web:")
    conversations.due(6.0)
    outbox.read_after(ME, 1, 1.0)
    dead_letters.list_kept(1.0)
    dead_letters.get("l1", 1.0)
    dead_letters.mark_replayed("l1", 1.0)
    upkeep.prune(2 * LATER)
    upkeep.forget(ME)
    with database.read() as connection:
        connection.set_trace_callback(None)
        explained = [one for one in set(statements) if one.split()[0] in ("SELECT", "UPDATE", "INSERT", "DELETE")]
        plans = {one: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")] for one in explained}
    database.close()
    assert len(plans) > 20
    assert [one for one, steps in plans.items() if any("SCAN" in step or "TEMP B-TREE" in step for step in steps)] == []


def test_threads_that_make_the_file_at_once_all_find_it_theirs(tmp_path: Path) -> None:
    """What one of them reads of the file belongs to one moment; else half of a new file looks like a stranger's."""
    failures: list[BaseException] = []
    for attempt in range(30):
        barrier = threading.Barrier(8)
        stores = [open_sqlite_store(tmp_path / f"{attempt}.db") for _ in range(8)]

        def open_it(store: Store, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                store.upkeep.check()
            except Unavailable as exc:
                failures.append(exc)

        threads = [threading.Thread(target=open_it, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for store in stores:
            store.close()
    assert failures == []
