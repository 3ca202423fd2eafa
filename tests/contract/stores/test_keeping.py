"""Expiry, pruning and forgetting, on every adapter."""

import pytest

from shared.errors import Conflict
from shared.stores.ports import Review, Store
from tests.contract.stores.talking import LATER, ME, YOU, committed, letter, say

SECRET = "my-secret-street-17"


def test_a_conversation_that_expired_is_shown_no_more(store: Store) -> None:
    say(store, ME, "m1", expire_at=50.0, due={"tea": (20.0, {})})
    assert store.conversations.load(ME, "m1", 49.9).state is not None
    loaded = store.conversations.load(ME, "m1", 50.0)
    assert (loaded.state, loaded.turn, loaded.expired) == (None, None, True)
    assert list(store.conversations.history(ME, 50.0)) == []
    assert list(store.conversations.list_ids(50.0)) == []
    assert list(store.conversations.due(50.0)) == []


def test_a_conversation_that_expired_begins_anew_and_its_numbers_go_on(store: Store) -> None:
    for message in ("m1", "m2", "m3"):
        say(store, ME, message, expire_at=50.0, due={"tea": (20.0, {})})
    say(store, ME, "m2", now=60.0, expire_at=110.0)
    assert [(turn.number, turn.id, turn.at) for turn in store.conversations.history(ME, 61.0)] == [(4, "m2", 60.0)]
    say(store, ME, "m4", now=62.0, expire_at=112.0)
    assert [turn.number for turn in store.conversations.history(ME, 63.0)] == [4, 5]
    assert list(store.conversations.due(63.0)) == []


def test_of_two_who_find_it_expired_one_begins_anew(store: Store) -> None:
    say(store, ME, "m1", expire_at=50.0)
    first, second = store.conversations.load(ME, "m2", 60.0), store.conversations.load(ME, "m3", 60.0)
    store.conversations.commit(ME, first.revision, committed("m2"), 60.0)
    with pytest.raises(Conflict):
        store.conversations.commit(ME, second.revision, committed("m3"), 60.0)
    assert [turn.id for turn in store.conversations.history(ME, 61.0)] == ["m2"]


def test_turns_expire_one_by_one_while_the_conversation_goes_on(store: Store) -> None:
    for number in range(1, 6):
        say(store, ME, f"m{number}", now=number, expire_at=number * 10.0)
    assert [turn.number for turn in store.conversations.history(ME, 30.0)] == [4, 5]
    assert store.conversations.load(ME, "m3", 30.0).turn is None
    assert store.conversations.load(ME, "m4", 30.0).state == {"last": "m5"}
    assert [turn.number for turn in store.conversations.history(ME, 30.0, limit=1)] == [4]
    say(store, ME, "m6", now=30.0, expire_at=90.0)
    assert [turn.number for turn in store.conversations.history(ME, 31.0)] == [4, 5, 6]


def test_a_writer_whose_clock_is_behind_shortens_no_conversation(store: Store) -> None:
    say(store, ME, "m1", now=1000.0, expire_at=2000.0)
    say(store, ME, "m2", now=10.0, expire_at=1010.0)
    assert store.conversations.load(ME, "m1", 1500.0).state == {"last": "m2"}
    assert [turn.id for turn in store.conversations.history(ME, 1500.0)] == ["m1", "m2"]
    assert store.conversations.load(ME, "m2", 1500.0).turn is not None, "decided once, not again"
    assert list(store.conversations.list_ids(1999.0)) == [ME]


def test_a_clock_that_was_a_month_ahead_takes_no_turn_away_and_gives_no_number_twice(store: Store) -> None:
    for number in (1, 2, 3):
        say(store, ME, f"m{number}", now=number, expire_at=number + 30 * 86400.0)
    wrong = 31 * 86400.0
    assert store.conversations.load(ME, "m4", wrong).expired
    say(store, ME, "m4", now=wrong, expire_at=wrong + 30 * 86400.0)
    turns = store.conversations.history(ME, 10.0)
    assert [(turn.number, turn.id) for turn in turns] == [(1, "m1"), (2, "m2"), (3, "m3"), (4, "m4")]
    assert store.conversations.load(ME, "m1", 10.0).turn is not None


def test_expired_leftovers_never_fill_a_page(store: Store) -> None:
    for number in range(60):
        kept = number % 20 == 19
        say(store, f"web:{number:02}", "m1", expire_at=LATER if kept else 50.0, due={"tea": (number / 100, {})})
        # A turn ends no sooner than the conversation did before it.
        say(store, ME, f"m{number}", expire_at=LATER if number >= 50 else 50.0)
        store.outbox.append(ME, f"e{number}", [{"n": number}], 1.0, LATER if kept else 50.0)
        store.dead_letters.keep(letter(f"l{number:02}", at=number / 100), LATER if kept else 50.0)
    assert list(store.conversations.list_ids(60.0, limit=2)) == ["web:19", "web:39"]
    assert [due.conversation for due in store.conversations.due(60.0, limit=2)] == ["web:19", "web:39"]
    assert [turn.number for turn in store.conversations.history(ME, 60.0, limit=2)] == [51, 52]
    assert [posted.number for posted in store.outbox.read_after(ME, 0, 60.0, limit=2)] == [20, 40]
    assert [one.id for one in store.dead_letters.list_kept(60.0, after=0.0, limit=2)] == ["l19", "l39"]


def fill(store: Store, conversation: str, word: str, expire_at: float = LATER) -> None:
    """Something of this conversation in every port."""
    for message in ("m1", "m2"):
        say(store, conversation, message, expire_at=expire_at, due={"tea": (5.0, {"w": word})}, document={"w": word})
    for key in ("settled", "open"):
        store.ledger.claim(f"{key}.{conversation}", conversation, "a", 1.0, 10.0, expire_at)
    store.ledger.settle(f"settled.{conversation}", "a", "delivered")
    store.outbox.append(conversation, "e1", [{"w": word}, {"w": word}], 1.0, expire_at)
    store.dead_letters.keep(letter(f"l.{conversation}", conversation, cause=f"nlu answered 400: {word}"), expire_at)
    store.reviews.put(Review(conversation, "m1", 1.0, {"w": word}), expire_at)
    store.records.put(conversation, "file.1", {"w": word}, expire_at)


def list_all_of(store: Store, conversation: str, now: float = 6.0) -> list[object]:
    """Everything that the ports show of a conversation."""
    loaded = store.conversations.load(conversation, "m1", now)
    return [
        loaded.state,
        loaded.turn,
        list(store.conversations.history(conversation, now)),
        [due for due in store.conversations.due(now) if due.conversation == conversation],
        conversation in store.conversations.list_ids(now),
        list(store.outbox.read_after(conversation, 0, now)),
        [one for one in store.dead_letters.list_kept(now) if one.conversation == conversation],
        list(store.reviews.list_of(conversation, now)),
        store.records.get(conversation, ["file.1"], now),
    ]


def test_forgetting_removes_everything_of_a_conversation_and_nothing_else(store: Store) -> None:
    fill(store, YOU, "innocent")
    before = list_all_of(store, YOU)
    fill(store, ME, SECRET)
    assert all(list_all_of(store, ME))
    assert store.upkeep.forget(ME) >= 8
    assert not any(list_all_of(store, ME))
    assert store.conversations.load(ME, "m1", 6.0).revision is None
    assert store.dead_letters.get(f"l.{ME}", 6.0) is None
    for key in ("settled", "open"):
        assert store.ledger.claim(f"{key}.{ME}", ME, "b", 2.0, 10.0, LATER).state == "claimed"
    assert list_all_of(store, YOU) == before
    assert store.ledger.claim(f"settled.{YOU}", YOU, "b", 2.0, 10.0, LATER).state == "settled"


def test_forgetting_twice_or_a_stranger_removes_nothing(store: Store) -> None:
    fill(store, ME, SECRET)
    store.upkeep.forget(ME)
    assert store.upkeep.forget(ME) == 0
    assert store.upkeep.forget("web:nobody") == 0


def test_forgetting_removes_what_expired_but_lies_there_still(store: Store) -> None:
    fill(store, ME, SECRET, expire_at=5.0)
    assert store.upkeep.forget(ME) >= 8


def test_a_long_conversation_is_forgotten_as_a_whole(store: Store) -> None:
    for number in range(400):
        say(store, ME, f"m{number}")
    assert store.upkeep.forget(ME) == 401
    assert store.upkeep.forget(ME) == 0


def test_a_forgotten_person_starts_from_the_beginning(store: Store) -> None:
    fill(store, ME, SECRET)
    store.upkeep.forget(ME)
    say(store, ME, "m9")
    assert [(turn.number, turn.id) for turn in store.conversations.history(ME, 6.0)] == [(1, "m9")]


@pytest.mark.parametrize("url", ["memory", "sqlite"], indirect=True)
def test_pruning_removes_what_expired_in_bounded_steps(store: Store) -> None:
    for number in range(10):
        fill(store, f"web:{number}", SECRET, expire_at=50.0)
    fill(store, YOU, "innocent")
    before = list_all_of(store, YOU, 60.0)
    assert store.upkeep.prune(49.0) == 0
    steps = []
    while step := store.upkeep.prune(60.0, limit=7):
        steps.append(step)
    assert steps[:-1] == [7] * (len(steps) - 1)
    # Per conversation: itself, two turns, two claims, the outbox with two posts, a dead letter, a review, a record.
    assert sum(steps) == 10 * 11
    assert list_all_of(store, YOU, 60.0) == before
    assert store.upkeep.forget("web:3") == 0
    assert store.upkeep.prune(60.0, limit=0) == 0


@pytest.mark.parametrize("url", ["firestore", "firestore+grpc"], indirect=True)
def test_firestore_prunes_by_itself(store: Store) -> None:
    fill(store, ME, SECRET, expire_at=5.0)
    assert store.upkeep.prune(60.0) == 0
