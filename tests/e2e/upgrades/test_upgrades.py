"""Every stage goes from an earlier revision to this one and back under load, and nobody notices."""

from pathlib import Path

import pytest

from knative.local.stages import ROOT
from tests.e2e.upgrades.rehearsal import rehearse, render_report
from tests.e2e.upgrades.rolling import GOING_BACK, NEW, OLD, NoSuchRevision, checkout

EARLIER = "da7eb54b5aa3e5ac14bd06683f14622356734338"
"""Keeps conversations in their first form, and knows none of the events and stages that came later."""


def test_old_and_new_revisions_serve_one_conversation_and_a_rollback_loses_nothing(tmp_path: Path) -> None:
    try:
        old = checkout(EARLIER, tmp_path / "old")
    except NoSuchRevision as exc:
        pytest.skip(f"{exc}; fetch the history to try an upgrade")
    report = rehearse(tmp_path / "home", {OLD: old, NEW: ROOT}, conversations=8, turns=4, extra=GOING_BACK)
    assert report.faults == [], render_report(report)
    assert report.verdict.accepted == 12 * 4
    assert report.rest == 18
    assert min(report.moved.values()) >= 3
    assert all(counts["requests"] > 50 for counts in report.counted.values())
