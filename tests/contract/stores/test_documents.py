"""Documents: whatever JSON can say survives, and nobody changes from outside what is kept, on every adapter."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.errors import Rejected
from shared.events.wire import JSON
from shared.stores.documents import LIMIT, decode, encode
from shared.stores.ports import Loaded, Store
from tests.contract.stores.talking import LATER, ME, committed, letter, say

ODD: dict[str, Any] = {
    "": "an empty key",
    "a.b": {"": {"": [[], [[1, [2, [3]]]], {}]}},
    "__name__": None,
    "`quoted`/path": True,
    "numbers": [0, -1, 2**63, -(2**70), 0.1, 1e300, 5e-324],
    "text": ["", "\x00\x1f\x7f", "שלום", "👩‍👩‍👧", "e\u0301", "\ud83d", "\u2028", '"\\'],
    "mixed": [[1, "a"], None, {"k": [[]]}],
}


def test_odd_documents_come_back_as_they_went_in(store: Store) -> None:
    store.conversations.commit(ME, None, committed("m1", ODD, ODD, due={"\u00fc.ber/": (1.0, ODD)}), 1.0)
    loaded = store.conversations.load(ME, "m1", 1.0)
    assert loaded.state == ODD
    assert loaded.turn is not None
    assert loaded.turn.document == ODD
    (due,) = store.conversations.due(2.0)
    assert (due.name, due.document) == ("\u00fc.ber/", ODD)
    store.outbox.append(ME, "e1", [ODD, {}], 1.0, LATER)
    assert [posted.document for posted in store.outbox.read_after(ME, 0, 1.0)] == [ODD, {}]
    kept = letter("l1", cause="שלום \x00")
    store.dead_letters.keep(kept, LATER)
    assert store.dead_letters.get("l1", 1.0) == kept


def test_whole_numbers_stay_whole_and_others_exact(store: Store) -> None:
    say(store, ME, "m1", document={"whole": 1, "not": 1.0, "long": 0.1 + 0.2})
    turn = store.conversations.load(ME, "m1", 1.0).turn
    assert turn is not None
    assert [type(value) for value in turn.document.values()] == [int, float, float]
    assert turn.document["long"] == 0.1 + 0.2


def test_times_come_back_to_the_last_digit(store: Store) -> None:
    at = 1_700_000_000.123456789
    say(store, ME, "m1", now=at, expire_at=at + 3600)
    turn = store.conversations.load(ME, "m1", at).turn
    assert turn is not None
    assert turn.at == at


def test_a_document_of_900_kilobytes_is_kept(store: Store) -> None:
    large = {"text": "a\u00fc\U0001f600" * 128_000}
    assert 890_000 < len(encode(large).encode()) < 910_000
    say(store, ME, "m1", document=large)
    loaded = store.conversations.load(ME, "m1", 1.0)
    store.conversations.commit(ME, loaded.revision, committed("m2", large, large), 1.0)
    loaded = store.conversations.load(ME, "m2", 1.0)
    assert loaded.state == large
    assert loaded.turn is not None
    assert loaded.turn.document == large


def test_a_document_that_is_too_large_is_refused_with_a_sentence_and_changes_nothing(store: Store) -> None:
    say(store, ME, "m1")
    loaded, large = store.conversations.load(ME, "m2", 1.0), {"text": "\u00fc" * (LIMIT // 2)}
    reminders = {str(number): (9.0, {"text": "x" * 300_000}) for number in range(4)}
    for refused in (committed("m2", large), committed("m2", document=large), committed("m2", due=reminders)):
        with pytest.raises(Rejected, match="larger than a store keeps"):
            store.conversations.commit(ME, loaded.revision, refused, 1.0)
    with pytest.raises(Rejected, match="larger than a store keeps"):
        store.outbox.append(ME, "e1", [{"text": "x" * 600_000}] * 2, 1.0, LATER)
    with pytest.raises(Rejected, match="larger than a store keeps"):
        store.dead_letters.keep(letter("l1", cause="x" * LIMIT), LATER)
    assert store.conversations.load(ME, "m2", 1.0) == loaded
    assert list(store.outbox.read_after(ME, 0, 1.0)) == []
    assert store.dead_letters.get("l1", 1.0) is None


def test_what_json_cannot_say_is_refused(store: Store) -> None:
    with pytest.raises(Rejected, match="cannot be kept as JSON"):
        store.conversations.commit(ME, None, committed("m1", {"confidence": float("nan")}), 1.0)
    assert list(store.conversations.list_ids(1.0)) == []


def test_a_document_that_is_nested_too_deeply_is_refused_before_it_is_kept(store: Store) -> None:
    """Python's json goes only so deep: what could be written and not be read would block its conversation for ever."""

    def nested(depth: int) -> dict[str, Any]:
        document: list[Any] = []
        for _ in range(depth):
            document = [document]
        return {"metadata": document}

    with pytest.raises(Rejected, match="cannot be kept as JSON"):
        store.conversations.commit(ME, None, committed("m1", nested(100_000)), 1.0)
    for depth in range(1200, 500, -1):
        try:
            store.conversations.commit(ME, None, committed("m1", nested(depth)), 1.0)
        except Rejected:
            continue
        break

    def deeper(levels: int) -> Loaded:
        return deeper(levels - 1) if levels else store.conversations.load(ME, "m1", 1.0)

    # Comparing nested lists takes a level of the stack each, too, so they are counted.
    state = deeper(50).state
    assert state is not None
    inner, levels = state["metadata"], 0
    while inner:
        [inner], levels = inner, levels + 1
    assert levels == depth


def test_changing_what_went_in_or_came_out_changes_nothing_kept(store: Store) -> None:
    state: dict[str, Any] = {"slots": {"size": "large"}}
    document: dict[str, Any] = {"replies": [{"text": "hello"}]}
    store.conversations.commit(ME, None, committed("m1", state, document), 1.0)
    state["slots"]["size"] = document["replies"][0]["text"] = "changed"
    for _ in range(2):
        loaded = store.conversations.load(ME, "m1", 1.0)
        assert loaded.state == {"slots": {"size": "large"}}
        assert loaded.turn is not None
        assert loaded.turn.document == {"replies": [{"text": "hello"}]}
        loaded.state["slots"]["size"] = "changed"
        loaded.turn.document["replies"].append("changed")


def test_read_only_mappings_and_tuples_are_documents_too(store: Store) -> None:
    frozen = MappingProxyType({"slots": MappingProxyType({"sizes": ("s", "m")})})
    store.conversations.commit(ME, None, committed("m1", frozen), 1.0)
    assert store.conversations.load(ME, "m1", 1.0).state == {"slots": {"sizes": ["s", "m"]}}


scalars = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False)
texts = some.text(some.characters(codec=None))
values = some.recursive(scalars | texts, lambda inner: some.lists(inner) | some.dictionaries(texts, inner))


@given(some.dictionaries(texts, values))
def test_every_json_object_survives_its_text(document: dict[str, JSON]) -> None:
    text = encode(document)
    assert decode(text) == document
    assert decode(text.encode().decode()) == document
