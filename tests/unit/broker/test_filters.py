"""Trigger filters: each dialect, how they combine, and what is refused at load."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knative.local.filters import compile_filter

EVENT = {"type": "com.example.order", "source": "/shop", "id": "1", "tier": "gold"}


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ({"exact": {"type": "com.example.order"}}, True),
        ({"exact": {"type": "com.example"}}, False),
        ({"exact": {"type": "com.example.order", "tier": "silver"}}, False),
        ({"prefix": {"type": "com.", "source": "/"}}, True),
        ({"prefix": {"type": "order"}}, False),
        ({"suffix": {"type": ".order"}}, True),
        ({"suffix": {"type": "com"}}, False),
        ({"not": {"exact": {"tier": "silver"}}}, True),
        ({"not": {"exact": {"absent": "x"}}}, True),
        ({"any": [{"exact": {"tier": "silver"}}, {"prefix": {"tier": "go"}}]}, True),
        ({"all": [{"exact": {"tier": "gold"}}, {"prefix": {"tier": "si"}}]}, False),
        ({"all": [{"any": [{"not": {"suffix": {"tier": "d"}}}, {"exact": {"id": "1"}}]}]}, True),
    ],
)
def test_each_dialect_matches_what_knative_matches(expression: dict[str, Any], matches: bool) -> None:
    assert compile_filter({"filters": [expression]})(EVENT) is matches


@pytest.mark.parametrize("dialect", ["exact", "prefix", "suffix"])
def test_a_missing_attribute_matches_nothing(dialect: str) -> None:
    assert not compile_filter({"filters": [{dialect: {"absent": "x"}}]})(EVENT)


def test_several_filters_must_all_match() -> None:
    both = [{"exact": {"tier": "gold"}}, {"exact": {"source": "/elsewhere"}}]
    assert not compile_filter({"filters": both})(EVENT)


def test_a_trigger_without_filters_takes_every_event() -> None:
    assert compile_filter({})(EVENT)
    assert compile_filter({"filter": {}, "filters": []})(EVENT)


def test_legacy_attributes_are_compared_exactly_and_an_empty_value_only_asks_for_presence() -> None:
    assert compile_filter({"filter": {"attributes": {"tier": "gold"}}})(EVENT)
    assert not compile_filter({"filter": {"attributes": {"tier": "silver"}}})(EVENT)
    assert compile_filter({"filter": {"attributes": {"tier": ""}}})(EVENT)
    assert not compile_filter({"filter": {"attributes": {"absent": ""}}})(EVENT)


def test_filters_override_the_legacy_filter_unless_they_are_empty() -> None:
    legacy = {"filter": {"attributes": {"tier": "silver"}}}
    assert compile_filter({**legacy, "filters": [{"exact": {"tier": "gold"}}]})(EVENT)
    assert not compile_filter({**legacy, "filters": []})(EVENT)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"filters": [{"cesql": "type = 'x'"}]}, "cesql is not supported by the local broker"),
        ({"filters": [{"any": [{"not": {"cesql": "TRUE"}}]}]}, "cesql is not supported by the local broker"),
        ({"filters": [{}]}, "a filter holds one of"),
        ({"filters": [{"exact": {"type": "a"}, "prefix": {"type": "a"}}]}, "a filter holds one of"),
        ({"filters": [{"regex": {"type": "a"}}]}, "a filter holds one of"),
        ({"filters": [{"any": []}]}, "a filter holds one of"),
        ({"filters": [{"all": {"exact": {"type": "a"}}}]}, "a filter holds one of"),
        ({"filters": {"exact": {"type": "a"}}}, "a filter holds one of"),
        ({"filters": ["type"]}, "a filter holds one of"),
        ({"filters": [{"exact": {}}]}, "a filter holds one of"),
        ({"filters": [{"exact": {"type": ""}}]}, "a filter holds one of"),
        ({"filters": [{"exact": {"type": 5}}]}, "with a string"),
        ({"filters": [{"prefix": {"Type": "a"}}]}, "lower-case letters and digits"),
        ({"filter": {"attributes": {"ty_pe": "a"}}}, "lower-case letters and digits"),
        ({"filter": {"attributes": {"hasreplies": True}}}, "with a string"),
    ],
)
def test_a_filter_that_cannot_be_kept_is_refused_with_what_to_write(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compile_filter(spec)


@given(value=st.text(min_size=1), length=st.integers(min_value=1, max_value=5))
def test_every_value_matches_itself_its_prefixes_and_its_suffixes(value: str, length: int) -> None:
    event = {"subject": value}
    assert compile_filter({"filters": [{"exact": {"subject": value}}]})(event)
    assert compile_filter({"filters": [{"prefix": {"subject": value[:length]}}]})(event)
    assert compile_filter({"filters": [{"suffix": {"subject": value[-length:]}}]})(event)
    assert not compile_filter({"filters": [{"not": {"exact": {"subject": value}}}]})(event)
