"""Dead letters: kept once, listed oldest first, on every adapter."""

from dataclasses import replace

from shared.stores.ports import Store
from tests.contract.stores.talking import LATER, letter


def test_a_letter_is_kept_once(store: Store) -> None:
    assert store.dead_letters.keep(letter("l1"), LATER)
    assert not store.dead_letters.keep(letter("l1", at=2.0, cause="another"), LATER)
    assert store.dead_letters.get("l1", 2.0) == letter("l1")
    assert store.dead_letters.get("l2", 2.0) is None


def test_letters_come_oldest_first_and_in_pages(store: Store) -> None:
    for number in (3, 1, 5, 2, 4):
        store.dead_letters.keep(letter(f"l{number}", at=number + 0.25), LATER)
    assert [one.id for one in store.dead_letters.list_kept(9.0)] == ["l1", "l2", "l3", "l4", "l5"]
    assert [one.id for one in store.dead_letters.list_kept(9.0, after=2.25, limit=2)] == ["l3", "l4"]
    assert list(store.dead_letters.list_kept(9.0, limit=0)) == []


def test_letters_of_one_moment_are_never_split_between_pages(store: Store) -> None:
    """The next page begins after a time; what was kept at that very time would be skipped."""
    for number in range(4):
        store.dead_letters.keep(letter(f"l{number}", at=7.0), LATER)
    store.dead_letters.keep(letter("l9", at=8.0), LATER)
    assert [one.id for one in store.dead_letters.list_kept(9.0, limit=2)] == ["l0", "l1", "l2", "l3"]
    assert [one.id for one in store.dead_letters.list_kept(9.0, after=7.0, limit=2)] == ["l9"]


def test_a_replay_is_noted(store: Store) -> None:
    store.dead_letters.keep(letter("l1"), LATER)
    store.dead_letters.mark_replayed("l1", 5.0)
    store.dead_letters.mark_replayed("unknown", 5.0)
    assert store.dead_letters.get("l1", 6.0) == replace(letter("l1"), replayed_at=5.0)
    assert [one.id for one in store.dead_letters.list_kept(6.0)] == ["l1"]


def test_a_replay_that_was_not_leaves_the_letter_as_it_was(store: Store) -> None:
    store.dead_letters.keep(letter("l1"), LATER)
    store.dead_letters.mark_replayed("l1", 5.0)
    store.dead_letters.mark_replayed("l1", None)
    assert store.dead_letters.get("l1", 6.0) == letter("l1")
    assert not store.dead_letters.keep(letter("l1", at=7.0, cause="another"), LATER)


def test_a_letter_that_comes_back_after_its_replay_is_open_again(store: Store) -> None:
    store.dead_letters.keep(letter("l1"), LATER)
    store.dead_letters.mark_replayed("l1", 5.0)
    again = letter("l1", at=7.0, cause="nlu answered 500")
    assert store.dead_letters.keep(again, LATER)
    assert store.dead_letters.get("l1", 8.0) == again


def test_a_letter_that_expired_is_shown_no_more_and_can_be_kept_again(store: Store) -> None:
    store.dead_letters.keep(letter("l1", at=1.0), 50.0)
    assert store.dead_letters.get("l1", 49.0) is not None
    assert store.dead_letters.get("l1", 50.0) is None
    assert list(store.dead_letters.list_kept(50.0)) == []
    assert store.dead_letters.keep(letter("l1", at=51.0), 100.0)
    assert [one.kept_at for one in store.dead_letters.list_kept(60.0)] == [51.0]
