"""Known weaknesses are asked for by exact version, and a place that does not answer is said to have said nothing."""

import json
import re

import pytest

from knative.images import audit
from shared.errors import Unavailable
from tests.contract.stores.standin import answering, stand_in

LIBRARIES = {"alpha": "1.0", "beta": "2.5.1"}


def test_each_library_is_asked_for_with_its_version_and_each_weakness_is_named() -> None:
    found = {"results": [{}, {"vulns": [{"id": "GHSA-1"}, {"id": "PYSEC-2"}]}]}
    with stand_in(answering(200, found)) as osv:
        assert list(audit.find_weaknesses(LIBRARIES, osv=f"http://{osv.host}")) == [
            ("beta", "GHSA-1"),
            ("beta", "PYSEC-2"),
        ]
    assert json.loads(osv.asked[0].body)["queries"] == [
        {"package": {"name": "alpha", "ecosystem": "PyPI"}, "version": "1.0"},
        {"package": {"name": "beta", "ecosystem": "PyPI"}, "version": "2.5.1"},
    ]


def test_a_place_that_fails_is_no_clean_bill() -> None:
    with stand_in(answering(500, b"")) as osv, pytest.raises(Unavailable, match="answered 500"):
        list(audit.find_weaknesses(LIBRARIES, osv=f"http://{osv.host}"))


def test_the_task_fails_where_something_is_known_and_says_so_where_nobody_was_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "find_weaknesses", lambda libraries: iter([(next(iter(libraries)), "GHSA-1")]))
    assert audit.main([]) == 1
    assert "https://osv.dev/vulnerability/GHSA-1" in capsys.readouterr().out

    def unreachable(libraries: object) -> None:
        raise Unavailable("no network")

    monkeypatch.setattr(audit, "find_weaknesses", unreachable)
    assert audit.main([]) == 0
    printed = capsys.readouterr()
    assert "was NOT reached (no network)" in printed.err
    assert re.search(r"advisories of 20\d\d-\d\d-\d\d, \d+ days old; \d+ of \d+ libraries", printed.out)
