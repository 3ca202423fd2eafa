"""The review page as a process of its own, beside the running assistant."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from knative.local.ports import find_free_ports
from tests.e2e.conftest import ROOT, Running
from tests.e2e.webchat.conftest import browser, open_page, screenshots

__all__ = ["browser", "open_page", "screenshots"]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    url: str
    token: str
    """Of the address that was printed; empty where a setting says it."""

    @property
    def address(self) -> str:
        """As it was printed."""
        return f"{self.url}/#{self.token}"

    def sign_in(self) -> str:
        """The cookie of a new session."""
        body = json.dumps({"token": self.token}).encode()
        request = urllib.request.Request(f"{self.url}/api/session", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.headers["set-cookie"]).partition(";")[0]


@contextlib.contextmanager
def reviewing(home: Path, output: Path, assistant: str = "default", **settings: str) -> Iterator[ReviewPage]:
    """The page, and the token that its address ends in."""
    (port,) = find_free_ports(1)
    environ = {**os.environ, "PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT), **settings}
    command = [sys.executable, "-m", "monitoring.conversations.review", "--assistant", assistant, "--port", str(port)]
    with output.open("wb") as sink:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=sink, stderr=subprocess.STDOUT)
    try:
        _wait(port, process, output)
        printed = re.search(r"review page at \S+/(?:#(\S+))?", output.read_text(errors="replace"))
        yield ReviewPage(f"http://127.0.0.1:{port}", (printed[1] if printed else None) or "")
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]", output: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the review page did not start:\n{output.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="module")
def review(assistant: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewPage]:
    """The page of the running assistant, for this machine alone."""
    with reviewing(assistant.home, tmp_path_factory.mktemp("review") / "output.txt") as page:
        yield page
