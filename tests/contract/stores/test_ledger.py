"""The ledger: one at a time, leases that end, progress that stays, on every adapter."""

import threading

import pytest

from shared.errors import Conflict
from shared.stores.ports import Claim, Store
from tests.contract.stores.talking import LATER, ME


def claim(store: Store, owner: str, now: float, key: str = "e1", expire_at: float = LATER) -> Claim:
    return store.ledger.claim(key, ME, owner, now, 10.0, expire_at)


def test_one_owner_at_a_time(store: Store) -> None:
    assert claim(store, "a", 1.0) == Claim("claimed")
    assert claim(store, "b", 2.0).state == "busy"
    assert claim(store, "a", 2.0).state == "claimed"
    assert claim(store, "b", 2.0, key="e2").state == "claimed"


def test_work_that_is_settled_stays_settled(store: Store) -> None:
    claim(store, "a", 1.0)
    store.ledger.settle("e1", "a", "delivered")
    for owner in ("a", "b"):
        assert claim(store, owner, 5000.0).state == "settled"
    store.ledger.settle("e1", "a", "delivered")
    store.ledger.release("e1", "a")
    assert claim(store, "b", 5000.0).state == "settled"


def test_a_lease_that_is_over_is_taken_over_with_its_progress(store: Store) -> None:
    claim(store, "a", 1.0)
    store.ledger.advance("e1", "a", 2)
    assert claim(store, "b", 10.9) == Claim("busy", 2)
    assert claim(store, "b", 11.0) == Claim("claimed", 2)
    with pytest.raises(Conflict):
        store.ledger.advance("e1", "a", 3)
    with pytest.raises(Conflict):
        store.ledger.settle("e1", "a", "delivered")
    store.ledger.release("e1", "a")
    assert claim(store, "c", 12.0) == Claim("busy", 2)
    store.ledger.advance("e1", "b", 3)
    store.ledger.settle("e1", "b", "delivered")
    assert claim(store, "c", 12.0) == Claim("settled", 3)


def test_what_is_given_back_can_be_claimed_at_once(store: Store) -> None:
    claim(store, "a", 1.0)
    store.ledger.advance("e1", "a", 4)
    store.ledger.release("e1", "a")
    assert claim(store, "b", 1.5) == Claim("claimed", 4)
    with pytest.raises(Conflict):
        store.ledger.advance("e1", "a", 5)


def test_nobody_advances_or_settles_what_he_never_claimed(store: Store) -> None:
    with pytest.raises(Conflict):
        store.ledger.advance("e1", "a", 1)
    with pytest.raises(Conflict):
        store.ledger.settle("e1", "a", "delivered")
    store.ledger.release("e1", "a")
    assert claim(store, "b", 1.0) == Claim("claimed")


def test_a_second_claim_keeps_an_entry_for_no_shorter_time(store: Store) -> None:
    """Or what was settled under it would be forgotten, and done again, before its time."""
    store.ledger.claim("e1", ME, "a", 1.0, 10.0, 1000.0)
    store.ledger.release("e1", "a")
    store.ledger.claim("e1", ME, "b", 2.0, 10.0, 50.0)
    store.ledger.settle("e1", "b", "delivered")
    assert store.ledger.claim("e1", ME, "c", 999.0, 10.0, 2000.0).state == "settled"


def test_an_entry_that_expired_counts_as_none(store: Store) -> None:
    claim(store, "a", 1.0, expire_at=100.0)
    store.ledger.advance("e1", "a", 3)
    store.ledger.settle("e1", "a", "delivered")
    assert claim(store, "b", 99.0, expire_at=200.0).state == "settled"
    assert claim(store, "b", 100.0, expire_at=200.0) == Claim("claimed")
    store.ledger.advance("e1", "b", 1)
    store.ledger.settle("e1", "b", "delivered")


def test_of_many_who_claim_at_once_one_gets_it(store: Store) -> None:
    answers: list[str] = []
    barrier = threading.Barrier(16)

    def compete(owner: str) -> None:
        barrier.wait()
        answers.append(claim(store, owner, 1.0).state)

    threads = [threading.Thread(target=compete, args=(f"o{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["busy"] * 15 + ["claimed"]


def test_an_owner_elsewhere_learns_that_the_work_was_taken(store: Store) -> None:
    """Two pods, one of which was paused for longer than its lease, with steps in any order."""
    claim(store, "a", 1.0)
    claim(store, "b", 20.0)
    store.ledger.advance("e1", "b", 1)
    with pytest.raises(Conflict):
        store.ledger.advance("e1", "a", 1)
    store.ledger.release("e1", "b")
    assert claim(store, "a", 21.0) == Claim("claimed", 1)
    store.ledger.settle("e1", "a", "delivered")
    with pytest.raises(Conflict):
        store.ledger.settle("e1", "b", "delivered")
