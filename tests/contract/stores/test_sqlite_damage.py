"""What the SQLite store does where the file, the disk or its rights are the matter."""

import os
import secrets
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.stores.ports import Store
from shared.stores.sqlite import open_sqlite_store
from shared.stores.sqlite_conversations import SqliteConversations
from shared.stores.sqlite_database import Database
from tests.contract.stores.sqlite_files import Opened, child
from tests.contract.stores.talking import ME, committed, say
from tests.contract.stores.test_writers import ROOT, all_are_there


@pytest.fixture
def url(sqlite_path: Path) -> str:
    return f"sqlite:{sqlite_path}"


@pytest.mark.parametrize("moment", [0.05, 0.11, 0.18, 0.26, 0.35, 0.42, 0.5, 0.57])
def test_a_process_killed_while_it_commits_leaves_each_turn_whole_or_out(
    moment: float, url: str, sqlite_path: Path, open_url: Opened
) -> None:
    """Everything that was acknowledged is there, and at most one turn that was not heard of."""
    command = [sys.executable, "-m", "tests.contract.stores.writer", url, "k", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(moment)
        process.kill()
        acknowledged = [first.strip(), *process.stdout.read().split()]
    store = open_url(url)
    turns = [turn.id for turn in store.conversations.history(ME, 1.0, limit=100_000)]
    assert turns[: len(acknowledged)] == acknowledged
    assert len(turns) - len(acknowledged) in (0, 1)
    all_are_there(store, turns)
    store.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    say(open_url(url), ME, "afterwards")


@pytest.mark.parametrize("damage", ["all", "header", "middle", "cut"])
def test_a_damaged_file_is_left_as_it_is_and_the_error_says_what_to_do(
    damage: str, url: str, sqlite_path: Path, open_url: Opened
) -> None:
    store = open_url(url)
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
    damaged = open_url(url)
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


def test_a_full_disk_refuses_the_turn_as_a_whole_and_goes_on_when_there_is_room(url: str, open_url: Opened) -> None:
    kept = int(child(DISK_FULL, url))
    turns = [turn.id for turn in open_url(url).conversations.history(ME, 1.0, limit=10_000)]
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
            store = open_sqlite_store(path)
            with pytest.raises(Unavailable, match="STORE_URL") as caught:
                store.upkeep.check()
            assert str(path) in str(caught.value)
            store.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="STORE_URL"):
        open_sqlite_store(tmp_path / "file" / "parley.db").upkeep.check()
    with pytest.raises(Unavailable, match="STORE_URL"):
        open_sqlite_store(tmp_path).upkeep.check()


def test_a_file_that_cannot_be_written_is_named_and_left_alone() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        path = Path(directory) / "parley.db"
        store = open_sqlite_store(path)
        say(store, ME, "m1")
        store.close()
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        before = path.read_bytes()
        with as_nobody():
            store = open_sqlite_store(path)
            with pytest.raises(Unavailable, match="STORE_URL"):
                store.upkeep.check()
            with pytest.raises(Unavailable, match="STORE_URL"):
                say(store, ME, "m2")
            store.close()
        assert path.read_bytes() == before
