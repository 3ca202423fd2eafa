"""A W3C traceparent is read as the specification writes it down (Trace Context, section 3.2)."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.telemetry import parse_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARTS = ("00", "ff", TRACE, SPAN, "0" * 32, "0" * 16, "01", "", "G1")
FORM = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})")
"""HEXDIGLC only; the version ff is none, and neither are ids of zeros alone."""


@given(
    st.one_of(
        st.text(max_size=60),
        st.from_regex(FORM, fullmatch=True),
        st.lists(st.sampled_from(["00", "ff", TRACE, SPAN, "0" * 32, "0" * 16, "01", "", "G1"]), max_size=6).map(
            "-".join
        ),
    )
)
@example(f"00-{TRACE.upper()}-{SPAN}-01")
@example(f"-00{TRACE}-{SPAN}-01")
@example(f"00-{TRACE}-{SPAN}-0\n")
def test_what_has_the_form_is_read_and_nothing_else(text: str) -> None:
    found = FORM.fullmatch(text)
    assert parse_traceparent(text) == (found.groups() if found else None)


@pytest.mark.parametrize("text", [None, "", f"00-{TRACE}-{SPAN}-01-more"])
def test_what_is_missing_or_longer_is_none(text: str | None) -> None:
    assert parse_traceparent(text) is None
