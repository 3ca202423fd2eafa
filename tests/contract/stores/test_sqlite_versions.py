"""Files of another program, of a newer version and of older ones."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.stores import sqlite_schema
from tests.contract.stores.sqlite_files import Opened
from tests.contract.stores.talking import ME, say


@pytest.fixture
def url(sqlite_path: Path) -> str:
    return f"sqlite:{sqlite_path}"


def test_a_database_of_another_program_is_left_alone(url: str, sqlite_path: Path, open_url: Opened) -> None:
    sqlite_path.parent.mkdir()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute("CREATE TABLE conversations (id)")
        connection.commit()
    before = sqlite_path.read_bytes()
    with pytest.raises(Unavailable, match="another program"):
        open_url(url).upkeep.check()
    assert sqlite_path.read_bytes() == before


def test_a_file_of_a_newer_version_is_left_alone(url: str, sqlite_path: Path, open_url: Opened) -> None:
    store = open_url(url)
    store.upkeep.check()
    store.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match="newer Parley"):
        open_url(url).upkeep.check()


def test_an_older_file_is_brought_to_this_version_once(
    url: str, sqlite_path: Path, open_url: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_url(url)
    say(store, ME, "m1")
    store.close()
    added = "ALTER TABLE turns ADD COLUMN mood TEXT; UPDATE turns SET mood = 'calm';"
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, added))
    for _ in range(2):
        again = open_url(url)
        assert [turn.id for turn in again.conversations.history(ME, 1.0)] == ["m1"]
        again.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("SELECT mood FROM turns").fetchall() == [("calm",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_schema.MIGRATIONS),)


def test_an_added_table_is_made_once_and_an_older_parley_still_reads_the_file(
    url: str, sqlite_path: Path, open_url: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_url(url)
    say(store, ME, "m1")
    store.close()
    with monkeypatch.context() as newer:
        script = "CREATE TABLE notes (id TEXT PRIMARY KEY); CREATE INDEX notes_id ON notes (id);"
        newer.setattr(sqlite_schema, "ADDITIONS", {**sqlite_schema.ADDITIONS, "notes": script})
        for _ in range(2):
            again = open_url(url)
            say(again, ME, "m2")
            again.close()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    say(open_url(url), ME, "m3")
    assert [turn.id for turn in open_url(url).conversations.history(ME, 1.0)] == ["m1", "m2", "m3"]


def test_a_migration_that_fails_leaves_the_file_at_its_version(
    url: str, sqlite_path: Path, open_url: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_url(url)
    say(store, ME, "m1")
    store.close()
    broken = "ALTER TABLE turns ADD COLUMN mood TEXT; UPDATE turns SET nonsense = 1;"
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, broken))
        with pytest.raises(sqlite3.OperationalError):
            open_url(url).upkeep.check()
    with closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_schema.MIGRATIONS),)
    assert [turn.id for turn in open_url(url).conversations.history(ME, 1.0)] == ["m1"]
