"""The storm at a small size: nothing lost, nothing doubled, nothing out of order, nothing of what was said in a log."""

from pathlib import Path

from tests.e2e.chaos.__main__ import Storm, run, shown


def test_nothing_is_lost_doubled_or_out_of_order_while_processes_are_killed(tmp_path: Path) -> None:
    storm = Storm(conversations=40, turns=5, seed=6, calm=0.9, locks=4.0, seconds=120.0)
    report = run(storm, tmp_path)
    assert report.faults == [], shown(report)
    assert report.verdict.turns >= report.verdict.accepted == 200
    assert sum(report.killed.values()) >= 3, shown(report)
    assert report.locks >= 1, shown(report)
