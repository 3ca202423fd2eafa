"""Passes all tests in two runs side by side: python -m tests.side_by_side [OPTIONS OF PYTEST] (task test:all).

Most of the time goes to tests that start, kill and wait for real processes, a browser and images; thousands of tests
of functions pass meanwhile, at a lower priority, so that they take no time from those that have a clock.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

FUNCTIONS = ("tests/unit", "tests/architecture")
"""What computes; all else waits for processes."""
NICE = 10
NO_TESTS = 5
"""How pytest ends where nothing was to be run, as of --last-failed in the run in which nothing failed."""
_PRINTING = threading.Lock()


def main(options: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if options is None else options)
    runs = [
        _start("functions", [*given, *FUNCTIONS], NICE),
        _start("processes", [*given, *(f"--ignore={folder}" for folder in FUNCTIONS)], 0),
    ]
    printers = [threading.Thread(target=_print_output, args=(run,)) for run in runs]
    for printer in printers:
        printer.start()
    for printer in printers:
        printer.join()
    return max(0 if run.returncode == NO_TESTS else run.returncode for run in runs)


def _start(name: str, options: Sequence[str], nice: int) -> subprocess.Popen[str]:
    # Each keeps its own record of what failed.
    own = ["-o", f"cache_dir=.pytest_cache/{name}"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.progress", "-rfE", "--all", *own, *options]
    return subprocess.Popen(
        ["nice", "-n", str(nice), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def _print_output(run: subprocess.Popen[str]) -> None:
    """Progress as it comes; the report in one piece, when the run has ended."""
    assert run.stdout is not None
    report: list[str] = []
    for line in run.stdout:
        if not report and not line.startswith("="):
            with _PRINTING:
                print(line, end="", flush=True)
        else:
            report.append(line)
    run.wait()
    with _PRINTING:
        print("".join(report), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
