"""The journal: what was written is there after it is opened again, and a damaged file is left alone."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from knative.local.broker.events import Event
from knative.local.broker.journal import Journal
from shared.errors import Unavailable

EVENT = Event({"id": "1", "type": "t", "subject": "é"}, b"\0\xff", {"x-request-id": "r"})


def test_an_accepted_event_is_pending_for_each_trigger_after_the_journal_is_opened_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "journal.db")
    accepted = journal.accept(EVENT, ["a", "b"], 5.0)
    assert [delivery.trigger for delivery in accepted] == ["a", "b"]
    journal.close()
    assert Journal(tmp_path / "new" / "journal.db").list_pending() == accepted


def test_how_far_a_delivery_came_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    [delivery] = journal.accept(EVENT, ["a"], 5.0)
    later = replace(delivery, attempts=3, due=9.5, failure={"knativeerrorcode": "503"})
    journal.go_on(later)
    assert journal.list_pending() == [later]


def test_a_finished_delivery_is_no_longer_pending_and_its_reply_is(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    [first, second] = journal.accept(EVENT, ["a", "b"], 5.0)
    reply = replace(EVENT, attributes={"id": "2", "type": "u"})
    begun = journal.finish(first, "delivered", 6.0, reply, ["c"])
    assert journal.list_pending() == [second, *begun]
    assert [(delivery.event, delivery.trigger, delivery.due) for delivery in begun] == [(reply, "c", 6.0)]


def test_a_reply_that_cannot_be_written_leaves_its_delivery_pending(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    [delivery] = journal.accept(EVENT, ["a"], 5.0)
    unwritable = replace(EVENT, body="not bytes \ud800")  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        journal.finish(delivery, "delivered", 6.0, unwritable, ["c"])
    assert journal.list_pending() == [delivery]


def test_pruning_forgets_what_was_finished_before_and_nothing_that_is_pending(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    [old] = journal.accept(EVENT, ["a"], 1.0)
    [recent, pending] = journal.accept(EVENT, ["a", "b"], 1.0)
    journal.finish(old, "delivered", 2.0, None, [])
    journal.finish(recent, "delivered", 8.0, None, [])
    journal.prune(before=5.0)
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        assert db.execute("SELECT id FROM deliveries ORDER BY id").fetchall() == [(recent.id,), (pending.id,)]
        assert db.execute("SELECT count(*) FROM events").fetchone() == (1,)
    db.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, but a text of some length " * 40, b"SQLite format 3\0garbage" * 300]
)
def test_a_damaged_journal_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match=r"journal\.db cannot be used .*move it away"):
        Journal(path)
    assert path.read_bytes() == content


def test_a_journal_with_damaged_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    for _ in range(200):
        journal.accept(replace(EVENT, body=b"x" * 500), ["a"], 1.0)
    journal.close()
    content = bytearray(path.read_bytes())
    content[8192:20480] = b"\x55" * 12288
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="cannot be used"):
        Journal(path)
    assert path.read_bytes() == content


def test_one_journal_serves_one_broker_at_a_time(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db")
    with pytest.raises(Unavailable, match="end the broker that has it open"):
        Journal(tmp_path / "journal.db")
    first.close()


def test_a_journal_that_cannot_be_written_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.close()
    with pytest.raises(Unavailable, match="cannot write its journal"):
        journal.accept(EVENT, ["a"], 1.0)
