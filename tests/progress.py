"""How `task test` shows a run: where it is and how long it will take, and at the end what was skipped, in one line.

A pytest plugin (`-p tests.progress`); pytest without it reports as always.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from _pytest.terminal import TerminalReporter

EVERY_SECONDS = 10.0
"""Between two lines where the output is no terminal, on which one line is written over."""
LONGEST_REASON = 70


class Progress:
    """Counts the tests of a run and tells of them."""

    def __init__(self, reporter: TerminalReporter) -> None:
        self._reporter = reporter
        self._total = self._done = self._failed = 0
        self._skipped: Counter[str] = Counter()
        self._since = self._told = time.monotonic()
        self._over = sys.stdout.isatty()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._begin(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: Sequence[str]) -> None:  # noqa: ARG002
        """Each process of pytest-xdist has found all tests; this one finds none itself."""
        if not self._total:
            self._begin(len(ids))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: object) -> tuple[str, str, str] | None:
        """No letter for each test; what failed is counted and shown at the end as pytest does."""
        outcome = getattr(report, "outcome", "")
        if not isinstance(report, pytest.TestReport) or outcome == "rerun":
            return None
        if report.passed:
            return ("passed" if report.when == "call" else "", "", "PASSED")
        if report.skipped:
            return ("skipped", "", "SKIPPED")
        return ("failed", "", "FAILED") if report.when == "call" else ("error", "", "ERROR")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed += 1
            self._line(f"FAILED {report.nodeid}\n")
        if report.skipped and isinstance(report.longrepr, tuple):
            self._skipped[str(report.longrepr[2]).removeprefix("Skipped: ")] += 1

    def pytest_runtest_logfinish(self, location: tuple[str, int | None, str]) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._told < (0.2 if self._over else EVERY_SECONDS) and self._done < self._total:
            return
        self._told = now
        spent = now - self._since
        # The first folders wait for real processes; what they took says nothing about the thousands after them.
        share = self._done / self._total
        left = f", about {spent / share * (1 - share):.0f} s left" if share > 0.3 else ""
        folder = location[0].rpartition("/")[0]
        failed = f", {self._failed} failed" if self._failed else ""
        told = f"{self._done} of {self._total}{failed}, {spent:.0f} s{left}: {folder}"
        self._line(told if self._over else told + "\n")

    def pytest_terminal_summary(self) -> None:
        if self._over:
            self._line("")
        if self._skipped:
            reasons = [f"{count} x {reason[:LONGEST_REASON]}" for reason, count in self._skipped.most_common()]
            self._reporter.write_line(f"{self._skipped.total()} skipped: {'; '.join(reasons)}")

    def _begin(self, total: int) -> None:
        self._total = total
        self._since = time.monotonic()
        if total:
            self._reporter.write_line(f"{total} tests")

    def _line(self, text: str) -> None:
        if self._over:
            # Over the line before, whatever its length.
            text = f"\r\x1b[K{text}"
        self._reporter.write(text, flush=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if isinstance(reporter, TerminalReporter):
        reporter.showfspath = False
        reporter._show_progress_info = False
        config.pluginmanager.register(Progress(reporter), "parley-progress")
