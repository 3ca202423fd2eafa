"""How long the inspector's page takes to load in Chromium, and how much of a core: python -m tests.bench.inspector

From the address to the page that can be written on (its first call answered), a new tab each time, nothing cached by
the browser. Needs `playwright` with Chromium.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from knative.local.ports import find_free_ports
from knative.local.stages import ROOT
from tests.e2e.conftest import running
from tests.e2e.webchat.conftest import FLAGS


@contextlib.contextmanager
def inspecting(home: Path, gateway: int) -> Iterator[tuple[str, int]]:
    """The address of the page of a running assistant, and the process that serves it."""
    (port,) = find_free_ports(1)
    environ = {**os.environ, "PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "monitoring.conversations.inspector", "--assistant", "default"]
    process = subprocess.Popen(
        [*command, "--of", str(gateway), "--port", str(port)], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0], process.pid
                return
        raise SystemExit("the inspector did not say where it is")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def chromium() -> str | None:
    """The machine's own; None: what playwright brought."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def cpu_seconds(pid: int) -> float:
    """What the process has used of its core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.inspector", description=__doc__)
    parser.add_argument("--loads", type=int, default=20)
    options = parser.parse_args(arguments)
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as place,
        running(Path(place)) as assistant,
        inspecting(Path(place), int(assistant.url.rpartition(":")[2])) as (address, pid),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        took: list[float] = []
        empty: list[float] = []
        before = cpu_seconds(pid)
        for _ in range(options.loads):
            context = browser.new_context()
            page = context.new_page()
            began = time.perf_counter()
            with page.expect_response("**/api/assistant"):
                page.goto(address)
            took.append((time.perf_counter() - began) * 1000)
            context.close()
            context = browser.new_context()
            page = context.new_page()
            began = time.perf_counter()
            page.goto(f"{address.partition('#')[0].rstrip('/')}/inspector.css")
            empty.append((time.perf_counter() - began) * 1000)
            context.close()
        used = (cpu_seconds(pid) - before) / options.loads * 1000
        browser.close()
    ordered = sorted(took)
    bare, middle = statistics.median(empty), statistics.median(took)
    print(f"{options.loads} loads: least {ordered[0]:.0f} ms, median {middle:.0f} ms, most {ordered[-1]:.0f} ms")
    print(f"of which a new tab with its style sheet alone takes: least {min(empty):.0f} ms, median {bare:.0f} ms")
    print(f"the page's server: {used:.1f} ms of CPU a load; load average {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
