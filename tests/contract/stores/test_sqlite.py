"""What can happen to a file: kills, damage, full disks, strangers, forks. Nothing is lost; errors say what to do."""

import contextlib
import os
import secrets
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.stores import sqlite_schema
from shared.stores.ports import Store
from shared.stores.sqlite import SqliteDeadLetters, SqliteLedger, SqliteOutbox, sqlite_store
from shared.stores.sqlite_conversations import SqliteConversations, SqliteUpkeep
from shared.stores.sqlite_database import Database
from tests.contract.stores.talking import LATER, ME, YOU, committed, letter, say
from tests.contract.stores.test_writers import ROOT, all_are_there

Opened = Callable[[str], Store]


@pytest.fixture
def url(sqlite_path: Path) -> str:
    return f"sqlite:{sqlite_path}"


def child(script: str, *arguments: str) -> str:
    """What a new Python process prints that runs this script; it must succeed."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_opening_touches_nothing_until_the_first_call(url: str, sqlite_path: Path, opened: Opened) -> None:
    store = opened(url)
    assert not sqlite_path.parent.exists()
    store.upkeep.check()
    assert sqlite_path.exists()


def test_everything_is_there_after_reopening(url: str, opened: Opened) -> None:
    store = opened(url)
    say(store, ME, "m1", due={"tea": (5.0, {"cup": 1})})
    store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)
    store.ledger.settle("e1", "a", "delivered")
    store.outbox.append(ME, "e1", [{"text": "a"}], 1.0, LATER)
    store.dead_letters.keep(letter("l1"), LATER)
    store.close()
    again = opened(url)
    assert [turn.id for turn in again.conversations.history(ME, 1.0)] == ["m1"]
    assert [due.name for due in again.conversations.due(6.0)] == ["tea"]
    assert again.ledger.claim("e1", ME, "b", 99.0, 10.0, LATER).state == "settled"
    assert [posted.number for posted in again.outbox.read_after(ME, 0, 1.0)] == [1]
    assert again.dead_letters.get("l1", 1.0) == letter("l1")


def test_a_closed_store_opens_again_at_the_next_call(url: str, opened: Opened) -> None:
    store = opened(url)
    say(store, ME, "m1")
    store.close()
    assert store.conversations.load(ME, "m1", 1.0).turn is not None


@pytest.mark.parametrize("moment", [0.05, 0.11, 0.18, 0.26, 0.35, 0.42, 0.5, 0.57])
def test_a_process_killed_while_it_commits_leaves_each_turn_whole_or_out(
    moment: float, url: str, sqlite_path: Path, opened: Opened
) -> None:
    """Everything that was acknowledged is there, and at most one turn that was not heard of."""
    command = [sys.executable, "-m", "tests.contract.stores.writer", url, "k", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(moment)
        process.kill()
        acknowledged = [first.strip(), *process.stdout.read().split()]
    store = opened(url)
    turns = [turn.id for turn in store.conversations.history(ME, 1.0, limit=100_000)]
    assert turns[: len(acknowledged)] == acknowledged
    assert len(turns) - len(acknowledged) in (0, 1)
    all_are_there(store, turns)
    store.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    say(opened(url), ME, "afterwards")


@pytest.mark.parametrize("damage", ["all", "header", "middle", "cut"])
def test_a_damaged_file_is_left_as_it_is_and_the_error_says_what_to_do(
    damage: str, url: str, sqlite_path: Path, opened: Opened
) -> None:
    store = opened(url)
    for number in range(60):
        say(store, ME, f"m{number}", document={"text": "x" * 3000})
    store.close()
    content = bytearray(sqlite_path.read_bytes())
    match damage:
        case "all":
            content[:] = b"no database at all " * 500
        case "header":
            content[:100] = os.urandom(100)
        case "middle":
            content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
        case "cut":
            del content[len(content) // 3 :]
    sqlite_path.write_bytes(content)
    damaged = opened(url)
    with pytest.raises(Unavailable, match="left as it is") as caught:
        read_and_write(damaged)
    damaged.close()
    assert str(sqlite_path) in str(caught.value)
    assert "move it away" in str(caught.value)
    assert sqlite_path.read_bytes() == content


def read_and_write(store: Store) -> None:
    """Use all of the file: one whose first pages are whole is found out where its damage is met."""
    store.conversations.history(ME, 1.0)
    for message in range(60):
        say(store, ME, f"n{message}")


DISK_FULL = """
import resource, sys
from shared.errors import Unavailable
from shared.stores.opening import open_store
from tests.contract.stores.talking import ME, say

store = open_store(sys.argv[1])
kept = 0
say(store, ME, "m0", document={"text": "x" * 1000})
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
try:
    for kept in range(1, 1000):
        say(store, ME, f"m{kept}", document={"text": "x" * 1000})
except Unavailable as exc:
    print(exc, file=sys.stderr)
    assert "disk" in str(exc), exc
else:
    raise AssertionError("the limit was never met")
assert store.conversations.load(ME, "m0", 1.0).state == {"last": f"m{kept - 1}"}
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
say(store, ME, "afterwards")
store.close()
print(kept)
"""


def test_a_full_disk_refuses_the_turn_as_a_whole_and_goes_on_when_there_is_room(url: str, opened: Opened) -> None:
    kept = int(child(DISK_FULL, url))
    turns = [turn.id for turn in opened(url).conversations.history(ME, 1.0, limit=10_000)]
    assert turns == [f"m{number}" for number in range(kept)] + ["afterwards"]


def test_sqlites_own_word_for_a_full_disk_is_understood(sqlite_path: Path) -> None:
    database = Database(sqlite_path)
    conversations = SqliteConversations(database)
    with database.read() as connection:
        connection.execute("PRAGMA max_page_count = 60")
    with pytest.raises(Unavailable, match="database or disk is full; free space"):
        conversations.commit(ME, None, committed("m1", document={"text": secrets.token_hex(250_000)}), 1.0)
    assert list(conversations.list_ids(1.0)) == []
    database.close()


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A directory that the process may enter and not write, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        else:
            Path(directory).chmod(0o555)
        try:
            yield Path(directory)
        finally:
            if user == 0:
                os.seteuid(0)
            else:
                Path(directory).chmod(0o755)


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with as_nobody() as directory:
        for path in (directory / "parley.db", directory / "new" / "parley.db"):
            store = sqlite_store(path)
            with pytest.raises(Unavailable, match="STORE_URL") as caught:
                store.upkeep.check()
            assert str(path) in str(caught.value)
            store.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="STORE_URL"):
        sqlite_store(tmp_path / "file" / "parley.db").upkeep.check()
    with pytest.raises(Unavailable, match="STORE_URL"):
        sqlite_store(tmp_path).upkeep.check()


def test_a_file_that_cannot_be_written_is_named_and_left_alone() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        path = Path(directory) / "parley.db"
        store = sqlite_store(path)
        say(store, ME, "m1")
        store.close()
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        before = path.read_bytes()
        with as_nobody():
            store = sqlite_store(path)
            with pytest.raises(Unavailable, match="STORE_URL"):
                store.upkeep.check()
            with pytest.raises(Unavailable, match="STORE_URL"):
                say(store, ME, "m2")
            store.close()
        assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(url: str, sqlite_path: Path, opened: Opened) -> None:
    sqlite_path.parent.mkdir()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute("CREATE TABLE conversations (id)")
        connection.commit()
    before = sqlite_path.read_bytes()
    with pytest.raises(Unavailable, match="another program"):
        opened(url).upkeep.check()
    assert sqlite_path.read_bytes() == before


def test_a_file_of_a_newer_version_is_left_alone(url: str, sqlite_path: Path, opened: Opened) -> None:
    store = opened(url)
    store.upkeep.check()
    store.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match="newer Parley"):
        opened(url).upkeep.check()


def test_an_older_file_is_brought_to_this_version_once(
    url: str, sqlite_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(url)
    say(store, ME, "m1")
    store.close()
    added = "ALTER TABLE turns ADD COLUMN mood TEXT; UPDATE turns SET mood = 'calm';"
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, added))
    for _ in range(2):
        again = opened(url)
        assert [turn.id for turn in again.conversations.history(ME, 1.0)] == ["m1"]
        again.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("SELECT mood FROM turns").fetchall() == [("calm",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_schema.MIGRATIONS),)


def test_an_added_table_is_made_once_and_an_older_parley_still_reads_the_file(
    url: str, sqlite_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(url)
    say(store, ME, "m1")
    store.close()
    with monkeypatch.context() as newer:
        script = "CREATE TABLE notes (id TEXT PRIMARY KEY); CREATE INDEX notes_id ON notes (id);"
        newer.setattr(sqlite_schema, "ADDITIONS", {**sqlite_schema.ADDITIONS, "notes": script})
        for _ in range(2):
            again = opened(url)
            say(again, ME, "m2")
            again.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    say(opened(url), ME, "m3")
    assert [turn.id for turn in opened(url).conversations.history(ME, 1.0)] == ["m1", "m2", "m3"]


def test_a_migration_that_fails_leaves_the_file_at_its_version(
    url: str, sqlite_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(url)
    say(store, ME, "m1")
    store.close()
    broken = "ALTER TABLE turns ADD COLUMN mood TEXT; UPDATE turns SET nonsense = 1;"
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, broken))
        with pytest.raises(sqlite3.OperationalError):
            opened(url).upkeep.check()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_schema.MIGRATIONS),)
    assert [turn.id for turn in opened(url).conversations.history(ME, 1.0)] == ["m1"]


def test_a_writer_that_holds_the_file_for_too_long_is_an_error_that_says_so(sqlite_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        store = sqlite_store(sqlite_path, wait=0.1)
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
    url: str, sqlite_path: Path, opened: Opened
) -> None:
    store = opened(url)
    say(store, ME, "m1")
    for path in sqlite_path.parent.iterdir():
        path.unlink()
    say(store, ME, "m2")
    assert [turn.id for turn in opened(url).conversations.history(ME, 1.0)] == ["m2"]


def test_forgotten_words_are_in_no_byte_of_the_files(url: str, sqlite_path: Path, opened: Opened) -> None:
    store, word = opened(url), "my-secret-street-17"
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


def test_a_store_that_was_used_before_a_fork_works_on_both_sides(url: str, opened: Opened) -> None:
    """As functions-framework does it: it imports the stage, and forks its worker after that."""
    assert child(FORKING, url).strip() == "[0, 0, 0, 0]"
    expected = [f"{who}.{turn}" for who in ("c0", "c1", "c2", "c3", "parent") for turn in range(5)]
    all_are_there(opened(url), ["before", *expected])


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
        stores = [sqlite_store(tmp_path / f"{attempt}.db") for _ in range(8)]

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
