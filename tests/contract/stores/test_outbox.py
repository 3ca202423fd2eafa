"""The outbox: in order, without gaps, each key once, on every adapter."""

import threading

from shared.stores.ports import Posted, Store
from tests.contract.stores.talking import LATER, ME, YOU


def numbers(store: Store, after: int = 0, now: float = 1.0, limit: int = 100) -> list[int]:
    return [posted.number for posted in store.outbox.read_after(ME, after, now, limit)]


def test_what_is_appended_is_read_in_order(store: Store) -> None:
    store.outbox.append(ME, "e1", [{"text": "a"}, {"text": "b"}], 1.0, LATER)
    store.outbox.append(ME, "e2", [{"text": "c"}], 2.5, LATER)
    store.outbox.append(YOU, "e1", [{"text": "x"}], 1.0, LATER)
    assert list(store.outbox.read_after(ME, 0, 3.0)) == [
        Posted(1, 1.0, {"text": "a"}),
        Posted(2, 1.0, {"text": "b"}),
        Posted(3, 2.5, {"text": "c"}),
    ]
    assert numbers(store, after=1) == [2, 3]
    assert numbers(store, after=1, limit=1) == [2]
    assert numbers(store, after=3) == []
    assert numbers(store, limit=0) == []
    assert list(store.outbox.read_after("web:nobody", 0, 1.0)) == []


def test_the_same_key_again_adds_nothing(store: Store) -> None:
    for _ in range(3):
        store.outbox.append(ME, "e1", [{"text": "a"}], 1.0, LATER)
    store.outbox.append(ME, "e2", [], 1.0, LATER)
    store.outbox.append(ME, "e3", [{"text": "b"}], 1.0, LATER)
    assert [posted.document for posted in store.outbox.read_after(ME, 0, 1.0)] == [{"text": "a"}, {"text": "b"}]


def test_writers_at_once_leave_no_gap_and_no_double(store: Store) -> None:
    barrier = threading.Barrier(8)

    def write(writer: int) -> None:
        barrier.wait()
        for turn in range(3):
            documents = [{"of": [writer, turn, part]} for part in range(2)]
            for _ in range(2):
                store.outbox.append(ME, f"{writer}.{turn}", documents, 1.0, LATER)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted = store.outbox.read_after(ME, 0, 1.0)
    assert [one.number for one in posted] == list(range(1, 49))
    said = [tuple(one.document["of"]) for one in posted]
    assert sorted(said) == [(writer, turn, part) for writer in range(8) for turn in range(3) for part in range(2)]
    for writer in range(8):
        assert [one for one in said if one[0] == writer] == sorted(one for one in said if one[0] == writer)


def test_messages_that_expired_are_shown_no_more(store: Store) -> None:
    store.outbox.append(ME, "e1", [{"text": "old"}], 1.0, 50.0)
    store.outbox.append(ME, "e2", [{"text": "new"}], 2.0, 90.0)
    assert numbers(store, now=49.0) == [1, 2]
    assert numbers(store, now=50.0) == [2]
    assert numbers(store, now=90.0) == []


def test_an_outbox_that_expired_begins_anew(store: Store) -> None:
    store.outbox.append(ME, "e1", [{"text": "a"}, {"text": "b"}], 1.0, 50.0)
    store.outbox.append(ME, "e2", [{"text": "c"}], 60.0, 110.0)
    assert [(posted.number, posted.document) for posted in store.outbox.read_after(ME, 0, 61.0)] == [(1, {"text": "c"})]


def test_a_reader_who_knows_more_than_there_is_starts_from_the_beginning(store: Store) -> None:
    """A page that stayed open while its conversation was forgotten must see what comes after."""
    store.outbox.append(ME, "e1", [{"text": "a"}] * 5, 1.0, LATER)
    store.upkeep.forget(ME)
    store.outbox.append(ME, "e2", [{"text": "b"}], 2.0, LATER)
    assert [posted.document for posted in store.outbox.read_after(ME, 5, 3.0)] == [{"text": "b"}]
