"""The storm at a small size: nothing lost, nothing doubled, nothing out of order, nothing of what was said in a log."""

import os
import shutil
from pathlib import Path

import pytest

from tests.contract.firestore_emulator import HOW_TO_GET_IT, find_jar
from tests.e2e.chaos.__main__ import Storm, render_report, run


def test_nothing_is_lost_doubled_or_out_of_order_while_processes_are_killed(tmp_path: Path) -> None:
    holds(Storm(conversations=40, turns=5, seed=6, calm=0.9, outages=4.0, seconds=120.0, longer=4.0), tmp_path)


def test_the_same_holds_where_stages_share_a_process_and_die_together(tmp_path: Path) -> None:
    storm = Storm(conversations=40, turns=5, seed=6, calm=1.5, outages=4.0, seconds=120.0, longer=4.0, small=True)
    holds(storm, tmp_path)


def test_the_same_holds_on_firestore_while_the_emulator_is_killed(tmp_path: Path) -> None:
    if find_jar() is None or shutil.which("java") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_IT)
    holds(Storm(24, 4, seed=6, calm=0.9, outages=2.5, seconds=180.0, longer=6.0, store="firestore"), tmp_path)


def holds(storm: Storm, home: Path) -> None:
    report = run(storm, home)
    assert report.faults == [], render_report(report)
    assert report.verdict.turns >= report.verdict.accepted == storm.conversations * storm.turns
    assert sum(report.killed.values()) >= 2, render_report(report)
    assert report.outages >= 1, render_report(report)
