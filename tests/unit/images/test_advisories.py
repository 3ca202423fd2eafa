"""Without a network, advisories come from a snapshot: it judges any version, and says how old and how whole it is."""

from datetime import date
from pathlib import Path

import pytest

from knative.images import audit
from knative.images.advisories import Snapshot, read_pinned, read_snapshot, take_snapshot, write_snapshot
from knative.local.stages import ROOT
from shared.errors import Unavailable
from tests.contract.stores.standin import answering, stand_in

VULNS = {
    "vulns": [
        {
            "id": "GHSA-1",
            "affected": [
                {
                    "package": {"name": "Alpha", "ecosystem": "PyPI"},
                    "ranges": [
                        {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "abc"}]},
                        {
                            "type": "ECOSYSTEM",
                            "events": [
                                {"introduced": "0"},
                                {"fixed": "1.2"},
                                {"introduced": "2.0"},
                                {"fixed": "2.1.3"},
                                {"introduced": "3.0"},
                            ],
                        },
                    ],
                    "versions": ["0.1"],
                },
                {"package": {"name": "other", "ecosystem": "PyPI"}, "versions": ["1.5"]},
            ],
        },
        {"id": "PYSEC-2", "affected": [{"package": {"name": "alpha"}, "versions": ["1.5"]}]},
        {"id": "GHSA-3", "withdrawn": "2024-01-01T00:00:00Z", "affected": [{"package": {"name": "alpha"}}]},
    ]
}


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("0.1", ["GHSA-1"]),
        ("1.1.9", ["GHSA-1"]),
        ("1.2", []),
        ("1.5", ["PYSEC-2"]),
        ("2.0", ["GHSA-1"]),
        ("2.1.3rc1", ["GHSA-1"]),
        ("2.1.3", []),
        ("2.10", []),
        ("4", ["GHSA-1"]),
    ],
)
def test_any_version_is_judged_by_what_osv_says(tmp_path: Path, version: str, known: list[str]) -> None:
    with stand_in(answering(200, VULNS)) as osv:
        taken = take_snapshot({"alpha": "1.0"}, date(2026, 11, 29), f"http://{osv.host}")
    write_snapshot(taken, tmp_path / "snapshot.json")
    snapshot = read_snapshot(tmp_path / "snapshot.json")
    assert [ident for _, ident in snapshot.find_hits({"Alpha": version})] == known


def test_it_says_how_old_it_is_and_what_it_lacks() -> None:
    snapshot = Snapshot("2026-10-30", "osv", {"alpha": []})
    assert snapshot.count_days(date(2026, 11, 29)) == 30
    assert snapshot.list_missing({"alpha": "1", "Beta": "1"}) == ["Beta"]


def test_a_place_that_fails_makes_no_snapshot() -> None:
    with stand_in(answering(503, b"")) as osv, pytest.raises(Unavailable, match="answered 503"):
        take_snapshot({"alpha": "1.0"}, date(2026, 11, 29), f"http://{osv.host}")


def test_what_is_pinned_is_in_no_advisory_of_the_snapshot() -> None:
    assert list(read_snapshot().find_hits(read_pinned(ROOT / "constraints.txt"))) == []


def test_an_advisory_makes_the_task_fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    name, version = next(iter(read_pinned(ROOT / "constraints.txt").items()))
    bad = Snapshot("2020-01-01", "osv", {name.lower(): [{"id": "GHSA-9", "ranges": [["0", None]], "versions": []}]})
    monkeypatch.setattr(audit, "read_snapshot", lambda: bad)
    assert audit.main(["--offline"]) == 1
    printed = capsys.readouterr()
    assert f"{name} {version}: https://osv.dev/vulnerability/GHSA-9" in printed.out
    assert "task audit:snapshot" in printed.err
