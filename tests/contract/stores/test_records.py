"""What is kept beside a conversation, on every adapter."""

import pytest

from shared.errors import Rejected
from shared.stores.ports import Store
from tests.contract.stores.talking import LATER, ME, YOU


def test_a_record_is_kept_and_a_later_one_takes_its_place(store: Store) -> None:
    store.records.put(ME, "rating.m1", {"helpful": True}, LATER)
    store.records.put(ME, "rating.m1", {"helpful": False}, LATER)
    assert store.records.get(ME, ["rating.m1"], 3.0) == {"rating.m1": {"helpful": False}}
    assert store.records.get(YOU, ["rating.m1"], 3.0) == {}


def test_of_the_keys_that_are_asked_for_those_come_that_there_are(store: Store) -> None:
    for number in range(5):
        store.records.put(ME, f"file.{number}", {"number": number}, LATER)
    found = store.records.get(ME, ["file.4", "file.9", "file.0"], 3.0)
    assert found == {"file.0": {"number": 0}, "file.4": {"number": 4}}
    assert store.records.get(ME, [], 3.0) == {}


def test_a_conversation_and_a_key_are_kept_apart_however_they_are_written(store: Store) -> None:
    store.records.put("web:a", "b:c", {"n": 1}, LATER)
    store.records.put("web:a.~.b", "c", {"n": 2}, LATER)
    assert store.records.get("web:a", ["b:c", "c"], 3.0) == {"b:c": {"n": 1}}
    assert store.records.get("web:a.~.b", ["c"], 3.0) == {"c": {"n": 2}}


def test_a_record_that_expired_is_shown_no_more(store: Store) -> None:
    store.records.put(ME, "file.1", {"n": 1}, 50.0)
    assert store.records.get(ME, ["file.1"], 49.0)
    assert not store.records.get(ME, ["file.1"], 50.0)
    store.records.put(ME, "file.1", {"n": 2}, LATER)
    assert store.records.get(ME, ["file.1"], 60.0) == {"file.1": {"n": 2}}


def test_a_record_that_is_too_large_is_refused(store: Store) -> None:
    with pytest.raises(Rejected):
        store.records.put(ME, "file.1", {"content": "x" * 1_100_000}, LATER)
    assert not store.records.get(ME, ["file.1"], 3.0)
