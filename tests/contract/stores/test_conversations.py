"""Conversations: guarded commits, idempotent turns, history and reminders, on every adapter."""

from dataclasses import replace

import pytest

from shared.errors import Conflict
from shared.stores.documents import encode, splice
from shared.stores.ports import Due, Loaded, Store, Turn
from tests.contract.stores.talking import ME, YOU, committed, say


def test_an_unknown_conversation_is_empty(store: Store) -> None:
    assert store.conversations.load(ME, "m1", 1.0) == Loaded()
    assert list(store.conversations.history(ME, 1.0)) == []
    assert list(store.conversations.list_ids(1.0)) == []


def test_what_was_committed_is_loaded_with_its_turn(store: Store) -> None:
    store.conversations.commit(ME, None, committed("m1", {"slots": {"a": 1}}, {"replies": ["hello"]}, at=5.5), 6.0)
    loaded = store.conversations.load(ME, "m1", 7.0)
    assert loaded.state == {"slots": {"a": 1}}
    assert loaded.turn == Turn("m1", 5.5, {"replies": ["hello"]}, number=1)
    assert store.conversations.load(ME, "m2", 7.0).turn is None
    assert store.conversations.load(YOU, "m1", 7.0) == Loaded()


def test_a_stale_revision_conflicts_and_changes_nothing(store: Store) -> None:
    say(store, ME, "m1")
    stale = store.conversations.load(ME, "m2", 1.0).revision
    say(store, ME, "m2", due={"tea": (9.0, {"cup": 1})})
    before = (
        store.conversations.load(ME, "m2", 1.0),
        store.conversations.history(ME, 1.0),
        store.conversations.due(10.0),
    )
    for message in ("m2", "m3"):
        with pytest.raises(Conflict):
            store.conversations.commit(ME, stale, committed(message, {"wrong": True}, {"wrong": True}), 1.0)
    assert (
        store.conversations.load(ME, "m2", 1.0),
        store.conversations.history(ME, 1.0),
        store.conversations.due(10.0),
    ) == before
    assert store.conversations.load(ME, "m3", 1.0).turn is None


def test_only_one_of_two_begins_a_conversation(store: Store) -> None:
    store.conversations.commit(ME, None, committed("m1"), 1.0)
    with pytest.raises(Conflict):
        store.conversations.commit(ME, None, committed("m2"), 1.0)
    assert [turn.id for turn in store.conversations.history(ME, 1.0)] == ["m1"]


def test_a_revision_of_a_forgotten_conversation_holds_no_more(store: Store) -> None:
    say(store, ME, "m1")
    stale = store.conversations.load(ME, "m2", 1.0).revision
    store.upkeep.forget(ME)
    with pytest.raises(Conflict):
        store.conversations.commit(ME, stale, committed("m2"), 1.0)
    say(store, ME, "m1")
    with pytest.raises(Conflict):
        store.conversations.commit(ME, stale, committed("m2"), 1.0)
    assert [turn.id for turn in store.conversations.history(ME, 1.0)] == ["m1"]


def test_a_commit_that_changes_nothing_makes_older_revisions_stale_all_the_same(store: Store) -> None:
    say(store, ME, "m1")
    first, second = store.conversations.load(ME, "m1", 1.0), store.conversations.load(ME, "m1", 1.0)
    store.conversations.commit(ME, first.revision, committed("m1"), 1.0)
    with pytest.raises(Conflict):
        store.conversations.commit(ME, second.revision, committed("m1"), 1.0)


def test_a_revision_that_no_store_gave_conflicts(store: Store) -> None:
    say(store, ME, "m1")
    for foreign in ("", "7", "null", "[]", '["x"]', "nonsense"):
        with pytest.raises(Conflict):
            store.conversations.commit(ME, foreign, committed("m2"), 1.0)


def test_a_turn_that_is_written_again_keeps_its_number_and_its_time(store: Store) -> None:
    say(store, ME, "m1", now=1.0)
    say(store, ME, "m2", now=2.0)
    loaded = store.conversations.load(ME, "m1", 3.0)
    store.conversations.commit(ME, loaded.revision, committed("m1", document={"replies": ["later"]}, at=3.0), 3.0)
    say(store, ME, "m3", now=4.0)
    turns = [(turn.number, turn.id, turn.at) for turn in store.conversations.history(ME, 5.0)]
    assert turns == [(1, "m1", 1.0), (2, "m2", 2.0), (3, "m3", 4.0)]
    assert store.conversations.load(ME, "m1", 5.0).turn == Turn("m1", 1.0, {"replies": ["later"]}, number=1)


def test_a_commit_may_write_another_turn_than_the_one_it_loaded(store: Store) -> None:
    say(store, ME, "m1", now=1.0)
    say(store, ME, "m2", now=2.0)
    for message in ("m1", "m3"):
        loaded = store.conversations.load(ME, "m2", 3.0)
        store.conversations.commit(ME, loaded.revision, committed(message, document={"again": 1}, at=3.0), 3.0)
    turns = [(turn.number, turn.id, turn.at) for turn in store.conversations.history(ME, 5.0)]
    assert turns == [(1, "m1", 1.0), (2, "m2", 2.0), (3, "m3", 3.0)]


def test_history_is_in_order_and_comes_in_pages(store: Store) -> None:
    for number in range(1, 26):
        say(store, ME, f"m{number}")
    say(store, YOU, "m1")
    assert [turn.number for turn in store.conversations.history(ME, 1.0)] == list(range(1, 26))
    assert [turn.id for turn in store.conversations.history(ME, 1.0, after=9, limit=3)] == ["m10", "m11", "m12"]
    assert list(store.conversations.history(ME, 1.0, after=25)) == []
    assert list(store.conversations.history(ME, 1.0, limit=0)) == []


def test_the_order_of_turns_is_that_of_the_commits_whatever_the_clocks_say(store: Store) -> None:
    for number, skewed in enumerate((5000.0, 10.0, 9000.0, 1.0, 700.0), start=1):
        say(store, ME, f"m{number}", now=skewed, expire_at=skewed + 50_000)
    assert [turn.id for turn in store.conversations.history(ME, 9000.0)] == ["m1", "m2", "m3", "m4", "m5"]
    assert [turn.at for turn in store.conversations.history(ME, 9000.0)] == [5000.0, 10.0, 9000.0, 1.0, 700.0]


def test_conversations_are_listed_in_order_and_in_pages(store: Store) -> None:
    names = sorted([f"web:{number:02}" for number in range(25)] + ["web:Z", "rest:~a", "web:h~1@x.y"])
    for conversation in reversed(names):
        say(store, conversation, "m1")
    assert list(store.conversations.list_ids(1.0)) == names
    assert list(store.conversations.list_ids(1.0, after=names[3], limit=5)) == names[4:9]
    assert list(store.conversations.list_ids(1.0, after=names[-1])) == []
    assert list(store.conversations.list_ids(1.0, after="web:0", limit=2)) == ["web:00", "web:01"]


def test_reminders_come_when_they_are_due_and_earliest_first(store: Store) -> None:
    say(store, ME, "m1", due={"tea": (30.0, {"cup": 1}), "call": (10.0, {}), "sleep": (99.0, {})})
    say(store, YOU, "m1", due={"run": (20.0, {"km": [5]})})
    assert list(store.conversations.due(9.9)) == []
    assert list(store.conversations.due(30.0)) == [
        Due(ME, "call", 10.0, {}),
        Due(YOU, "run", 20.0, {"km": [5]}),
        Due(ME, "tea", 30.0, {"cup": 1}),
    ]
    assert [due.name for due in store.conversations.due(30.0, limit=2)] == ["call", "run"]


def test_each_commit_replaces_the_reminders_before(store: Store) -> None:
    say(store, ME, "m1", due={"tea": (30.0, {}), "call": (10.0, {})})
    say(store, ME, "m2", due={"tea": (40.0, {"cup": 2})})
    assert list(store.conversations.due(50.0)) == [Due(ME, "tea", 40.0, {"cup": 2})]
    say(store, ME, "m3")
    assert list(store.conversations.due(50.0)) == []


def test_ids_of_any_shape_are_kept_apart(store: Store) -> None:
    names = [".", "..", "__all__", "a/b", "a%2Fb", "a b", "é", "%", "__"]
    for conversation in names:
        say(store, conversation, conversation, document={"of": conversation})
    for conversation in names:
        turn = store.conversations.load(conversation, conversation, 1.0).turn
        assert turn is not None
        assert turn.document == {"of": conversation}
        assert [turn.id for turn in store.conversations.history(conversation, 1.0)] == [conversation]
    assert sorted(store.conversations.list_ids(1.0)) == sorted(names)


def test_a_turn_that_begins_must_not_be_there(store: Store) -> None:
    revision = store.conversations.commit(ME, None, committed("m1"), 1.0)
    revision = store.conversations.commit(ME, revision, replace(committed("m2"), begins=True), 2.0)
    for message in ("m1", "m2"):
        again = replace(committed(message, {"wrong": True}, {"wrong": True}), begins=True)
        with pytest.raises(Conflict):
            store.conversations.commit(ME, revision, again, 3.0)
    assert store.conversations.load(ME, "m1", 4.0).state == {"last": "m2"}
    store.conversations.commit(ME, revision, replace(committed("m3"), begins=True), 5.0)
    turns = [(turn.number, turn.id, turn.document) for turn in store.conversations.history(ME, 6.0)]
    assert turns == [(number, ident, {"said": ident}) for number, ident in enumerate(("m1", "m2", "m3"), 1)]


def test_a_revision_of_ones_own_commit_holds_as_long_as_one_that_was_loaded(store: Store) -> None:
    known = store.conversations.commit(ME, None, committed("m1"), 1.0)
    say(store, ME, "m2")
    with pytest.raises(Conflict):
        store.conversations.commit(ME, known, replace(committed("m3"), begins=True), 2.0)
    store.upkeep.forget(ME)
    with pytest.raises(Conflict):
        store.conversations.commit(ME, known, replace(committed("m3"), begins=True), 3.0)
    assert store.conversations.load(ME, "m3", 4.0) == Loaded()


def test_a_commit_goes_on_from_the_revision_of_the_one_before(store: Store) -> None:
    revision = store.conversations.commit(ME, None, committed("m1"), 1.0)
    revision = store.conversations.commit(ME, revision, committed("m2"), 2.0)
    store.conversations.commit(ME, revision, committed("m2", document={"again": 1}), 3.0)
    turns = [(turn.number, turn.id, turn.document) for turn in store.conversations.history(ME, 4.0)]
    assert turns == [(1, "m1", {"said": "m1"}), (2, "m2", {"again": 1})]


def test_a_document_that_was_written_by_its_parts_is_a_document(store: Store) -> None:
    items = [{"text": 'a "b" \ud83c', "deep": [[{}]]}, 1, None]
    written = splice(encode({"bundle": "x"}), "events", [encode(item) for item in items])
    store.conversations.commit(ME, None, committed("m1", written, splice("{}", "events", [])), 1.0)
    loaded = store.conversations.load(ME, "m1", 1.0)
    assert loaded.state == {"bundle": "x", "events": items} == written
    assert loaded.turn is not None
    assert loaded.turn.document == {"events": []}
