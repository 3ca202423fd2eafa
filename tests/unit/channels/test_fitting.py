"""Splitting and numbering lose nothing; what a platform answers always has a verdict; addresses are ours or not."""

import hashlib
import uuid
from typing import Any

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.fitting import count_utf8, count_utf16, label_buttons, list_buttons, retry_key, split
from shared.channels.reading import is_on_hosts
from shared.events.catalogue import Button


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=400), st.integers(4, 60), st.sampled_from([len, count_utf16, count_utf8]))
def test_every_piece_fits_and_only_blanks_are_left_out(text: str, limit: int, size: Any) -> None:
    pieces = split(text, limit, size)
    assert all(piece.strip() and size(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("one two. three four", 12, ["one two.", "three four"]),
        ("the first\n\nsecond part", 16, ["the first", "second part"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("aaa 👨‍👩‍👧 bbb", 8, ["aaa", "👨‍👩‍👧 bb", "b"]),
        ("", 5, []),
    ],
)
def test_a_text_is_split_where_it_reads_best(text: str, limit: int, pieces: list[str]) -> None:
    found = split(text, limit)
    assert "".join(found).replace(" ", "") == "".join(pieces).replace(" ", "")
    assert len(found) <= len(pieces) + 1
    if "👨" not in text:
        assert found == pieces


EMOJI = "👨‍👩‍👧‍👦 👍🏽 👩🏽‍🚀 ❤️‍🔥 🇩🇪 1️⃣ 🏴󠁧󠁢󠁿"
SCRIPTS = "e\u0301\u0323 น้ำ क्षि বাংলা தமிழ் ശ്രീ ශ්‍රී မြန်မာ ខ្មែរ བོད་ཡིག \u1112\u1161\u11ab שָׁלוֹם العَرَبِيَّة \u0600\u0661"


@pytest.mark.parametrize("character", [*EMOJI.split(), *SCRIPTS.split()])
@pytest.mark.parametrize(("size", "limit"), [(len, 40), (count_utf16, 60), (count_utf8, 90)])
def test_no_character_is_torn_apart_wherever_the_limit_falls(character: str, size: Any, limit: int) -> None:
    """Against the clusters of UAX 29 as the library `regex` has them."""
    for lead in range(30):
        text = "x" * lead + character * 60
        ends = {found.end() for found in regex.finditer(r"\X", text)}
        place = 0
        for piece in split(text, limit, size):
            place += len(piece)
            assert size(piece) <= limit
            assert place in ends, piece[-4:]


def test_short_titles_are_labels_and_long_ones_numbers_with_the_titles_in_the_text() -> None:
    yes, long = Button("Yes", "/a"), Button("A much longer title", "/b")
    assert label_buttons("Sure?", [yes], 20) == ("Sure?", [("Yes", yes)])
    text, labels = label_buttons("Sure?", [yes, long], 10)
    assert text == "Sure?\n\n1. Yes\n2. A much longer title"
    assert [label for label, _ in labels] == ["1", "2"]
    assert list_buttons("Sure?", [yes, long]) == "Sure?\n• Yes\n• A much longer title"


def test_a_retry_key_is_a_uuid_that_repeats() -> None:
    assert retry_key("m", 0, 1) == retry_key("m", 0, 1)
    assert len({retry_key("m", said, part) for said in range(3) for part in range(3)}) == 9
    assert {uuid.UUID(retry_key("m", 0, part)).version for part in range(20)} == {4}
    # As it was made before, so that an answer that is sent again over an upgrade is taken once.
    assert retry_key("m", 0, 1) == str(uuid.UUID(bytes=hashlib.sha256(b"m/0/1").digest()[:16], version=4))


@pytest.mark.parametrize("name", PLATFORMS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text(max_size=10)),
    st.binary(max_size=60)
    | st.sampled_from([b'{"ok":false}', b'{"error":{"code":1e9}}', b'{"code":{}}', b'{"retry_after":"x"}', b"[]"]),
)
def test_any_answer_of_a_platform_has_a_verdict(name: str, status: int, headers: dict[str, str], body: bytes) -> None:
    verdict = find_channel(name).judge(status, headers, body)
    assert verdict.retry_after is None or verdict.retry_after >= 0
    assert verdict.cause.isascii()
    if 200 <= status < 300 and name not in ("slack", "telegram"):
        assert verdict.outcome == "taken"
    if status >= 500:
        assert verdict.outcome in ("later", "denied")


HOSTS = ("files.example.com", "*.cdn.example.com")


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("https://files.example.com/a", True),
        ("https://FILES.example.com:443/a", True),
        ("https://a.b.cdn.example.com/a", True),
        ("https://cdn.example.com/a", False),
        ("http://files.example.com/a", False),
        ("https://files.example.com:8443/a", False),
        ("https://files.example.com@evil.example/a", False),
        ("https://evil.example/files.example.com", False),
        ("https://files.example.com.evil.example/", False),
        ("https://evilcdn.example.com/", False),
        ("https://files.example.com\\@evil.example/", False),
        ("https://169.254.169.254/latest", False),
        ("file:///etc/passwd", False),
        ("https://files.example.com/\r\nx: y", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_an_address_is_the_platforms_own_or_not(address: str, ours: bool) -> None:
    assert is_on_hosts(address, HOSTS) is ours


def test_a_stand_in_from_the_settings_counts_as_the_platform_at_exactly_its_place() -> None:
    assert is_on_hosts("http://127.0.0.1:8099/x", (), "http://127.0.0.1:8099/slack")
    assert not is_on_hosts("http://127.0.0.1:8100/x", (), "http://127.0.0.1:8099/slack")
    assert not is_on_hosts("https://127.0.0.1:8099/x", (), "http://127.0.0.1:8099/slack")
