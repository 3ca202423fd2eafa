"""Lookup tables by hash: the same phrases as the tables hold, in a file that a cold start reads as it stands."""

import random
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.nlu.tables import (
    NOTHING,
    REGEX,
    Features,
    Hit,
    Tables,
    find_hits,
    make_tables,
    read_tables,
    split_tokens,
)

LOOKUPS = {
    "title": ["The Thing", "It", "Jazz", "2001: A Space Odyssey", "Ocean's Eleven"],
    "album": ["Jazz", "The Thing  Called Love"],
    "artist": ["Queen"],
}


def find_names(tables: Tables, text: str) -> list[tuple[str, list[str]]]:
    words = split_tokens(text)
    return [(text[words[hit.first][0] : words[hit.last][1]], sorted(hit.entities)) for hit in tables.find(text, words)]


@pytest.fixture
def tables() -> Tables:
    return read_tables(make_tables(LOOKUPS).to_bytes())


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("play the  THING now", [("the  THING", ["title"])]),
        ("jazz by queen", [("jazz", ["album", "title"]), ("queen", ["artist"])]),
        ("2001: a space odyssey", [("2001: a space odyssey", ["title"])]),
        # The longest of each table: the album's name holds a title's.
        ("the thing called love", [("the thing called love", ["album"]), ("the thing", ["title"])]),
        ("ocean's eleven, it", [("ocean's eleven", ["title"]), ("it", ["title"])]),
        ("nothing of it is\ud800 here", [("it", ["title"])]),
        ("ocean’s eleven", [("ocean’s eleven", ["title"])]),
        ("", []),
    ],
)
def test_each_table_finds_its_longest_phrases(tables: Tables, text: str, hits: list[object]) -> None:
    assert find_names(tables, text) == hits


def test_no_tables_find_nothing() -> None:
    assert NOTHING.find("the thing", split_tokens("the thing")) == []
    assert len(read_tables(NOTHING.to_bytes())) == 0


@given(st.lists(st.text("ab c", min_size=1, max_size=6), max_size=12), st.text("ab c", max_size=14))
def test_what_is_found_is_what_a_search_of_every_phrase_finds(phrases: list[str], text: str) -> None:
    tables = make_tables({"x": phrases})
    folded = {" ".join(phrase.split()) for phrase in phrases}
    words = split_tokens(text)
    for hit in tables.find(text, words):
        assert " ".join(text[words[hit.first][0] : words[hit.last][1]].split()) in folded
    covered = {word for hit in tables.find(text, words) for word in range(hit.first, hit.last + 1)}
    for first in range(len(words)):
        for last in range(first, len(words)):
            if " ".join(text[words[first][0] : words[last][1]].split()) in folded:
                assert covered & set(range(first, last + 1))


def test_a_file_that_is_none_or_cut_short_is_refused(tables: Tables) -> None:
    for content in (b"", b"something else", tables.to_bytes()[:-3]):
        with pytest.raises(ValueError, match=r"tables\.bin"):
            read_tables(content)


def test_a_hundred_thousand_phrases_cost_a_cold_start_next_to_nothing() -> None:
    """The aim is 30 ms and 15 MB; reading takes a twentieth of that, as long as it reads no phrase by itself."""
    rng = random.Random(0)
    names = ["".join(rng.choices("abcdefghij", k=6)) for _ in range(20_000)]
    content = make_tables({"name": [f"{rng.choice(names)} {rng.choice(names)}" for _ in range(100_000)]})
    file = content.to_bytes()
    before = time.process_time()
    tables = read_tables(file)
    assert time.process_time() - before < 0.03
    tracemalloc.start()
    again = read_tables(file)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 5_000_000
    assert len(again) == len(tables) > 99_000
    text = "please look for " + " ".join(rng.sample(names, 9))
    words = split_tokens(text)
    before = time.process_time()
    for _ in range(100):
        tables.find(text, words)
    assert (time.process_time() - before) / 100 < 0.002


def test_expressions_hit_whole_words() -> None:
    text = "from 1984x on"
    assert find_hits(NOTHING, [("year", r"\d{4}")], text, split_tokens(text)) == [Hit(1, 1, frozenset({"year"}), REGEX)]


def test_hits_add_what_was_learned_to_both_heads() -> None:
    features = Features(
        {"title": 0, "album": 1},
        tags=[[0, 5, 0], [0, 0, 7], [0, 1, 0], [0, 0, 1]],
        intents=[[1, 0], [10, 0], [100, 0], [0, 1], [0, 10], [0, 100]],
    )
    logits, emissions = [0.5, 0.5], [[1.0, 0.0, 0.0]] * 4
    hits = [Hit(1, 2, frozenset({"title"})), Hit(1, 1, frozenset({"album", "unknown"}))]
    totals, scores = features.add(hits, logits, emissions)
    assert totals == [0.5 + 1 + 10 * 0.5, 0.5 + 1 + 10 * 0.25]
    assert scores == [[1, 0, 0], [1, 6, 0], [1, 0, 7], [1, 0, 0]]
    whole, _ = features.add([Hit(0, 3, frozenset({"album"}))], logits, emissions)
    assert whole == [0.5, 0.5 + 1 + 10 + 100]
    assert features.add([], logits, emissions) == (logits, emissions)
