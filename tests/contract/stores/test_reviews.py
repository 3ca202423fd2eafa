"""What authors say of turns: the last word counts, in order, on every adapter."""

import pytest

from shared.errors import Rejected
from shared.stores.ports import Review, Store
from tests.contract.stores.talking import LATER, ME, YOU


def review(message: str, conversation: str = ME, intent: str = "greet", at: float = 1.0) -> Review:
    return Review(conversation, message, at, {"intent": intent, "entities": [{"entity": "genre", "start": 0}]})


def test_the_last_word_on_a_turn_counts(store: Store) -> None:
    store.reviews.put(review("m1"), LATER)
    store.reviews.put(review("m1", intent="goodbye", at=2.0), LATER)
    assert list(store.reviews.list_of(ME, 3.0)) == [review("m1", intent="goodbye", at=2.0)]
    assert list(store.reviews.list_of(YOU, 3.0)) == []


def test_reviews_come_in_order_and_in_pages(store: Store) -> None:
    pairs = [(conversation, f"m{number}") for conversation in ("web:a", "web:a.b", "web:b") for number in (1, 2, 10)]
    for conversation, message in reversed(pairs):
        store.reviews.put(review(message, conversation), LATER)
    every = [(one.conversation, one.message) for one in store.reviews.list_all(2.0)]
    assert every == sorted(pairs)
    after, paged = ("", ""), []
    while page := store.reviews.list_all(2.0, after, limit=2):
        assert len(page) <= 2
        paged += [(one.conversation, one.message) for one in page]
        after = paged[-1]
    assert paged == sorted(pairs)
    assert list(store.reviews.list_all(2.0, limit=0)) == []


def test_pairs_that_look_alike_are_two(store: Store) -> None:
    store.reviews.put(review("b:c", "web:a"), LATER)
    store.reviews.put(review("c", "web:a.~.b"), LATER)
    store.reviews.put(review("~.b", "web:a"), LATER)
    assert len(store.reviews.list_all(2.0)) == 3
    assert [one.message for one in store.reviews.list_of("web:a", 2.0)] == ["b:c", "~.b"]


def test_a_review_can_be_withdrawn(store: Store) -> None:
    store.reviews.put(review("m1"), LATER)
    store.reviews.put(review("m2"), LATER)
    store.reviews.withdraw(ME, "m1")
    store.reviews.withdraw(ME, "unknown")
    assert [one.message for one in store.reviews.list_all(2.0)] == ["m2"]


def test_a_review_that_expired_is_shown_no_more_and_is_pruned(store: Store) -> None:
    store.reviews.put(review("m1"), 50.0)
    assert store.reviews.list_all(49.0)
    assert not store.reviews.list_all(50.0)
    assert not store.reviews.list_of(ME, 50.0)
    store.upkeep.prune(60.0)
    store.reviews.put(review("m1", at=61.0), 99.0)
    assert [one.at for one in store.reviews.list_all(62.0)] == [61.0]


def test_a_review_that_is_too_large_is_refused(store: Store) -> None:
    with pytest.raises(Rejected):
        store.reviews.put(Review(ME, "m1", 1.0, {"text": "x" * 1_100_000}), LATER)
    assert not store.reviews.list_all(2.0)
