"""Prometheus and its tools for tests: where they are, a server of our own on a free port, and its answers."""

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from knative.local.ports import find_free_ports

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "monitoring"
DEADLINE = 60.0


def tool(name: str) -> str:
    """The path of `prometheus` or `promtool`. Without it the test is skipped, and in CI it fails."""
    path = shutil.which(name)
    if path is None:
        missing = f"{name} is not here; install it (Debian: apt-get install prometheus; no service needs to run)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


@dataclass(frozen=True, slots=True)
class Server:
    """A Prometheus that asks one observer every second and computes our rules as often."""

    url: str

    def get(self, path: str, **query: Any) -> Any:
        """The data of an answer of its HTTP API."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as exc:
            with exc:
                pytest.fail(f"{query}: {json.load(exc)['error']}")

    def ask(self, expr: str) -> list[Any]:
        """The samples that the expression has now."""
        return list(self.get("query", query=expr)["result"])


def value(server: Server, expr: str) -> float:
    """The sum of all samples."""
    return sum(float(sample["value"][1]) for sample in server.ask(expr))


def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What the check says as soon as that is true."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"still {found!r}"
        time.sleep(0.3)
    return found


@contextlib.contextmanager
def asking(target: str, home: Path, gateway: str) -> Iterator[Server]:
    """Run a Prometheus with our rules that asks the observer at `target` (host:port), and the gateway."""
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(MONITORING / "rules" / "*.yml")],
        "scrape_configs": [
            {"job_name": "parley", "static_configs": [{"targets": [target]}]},
            {"job_name": "parley-gateway", "static_configs": [{"targets": [gateway]}]},
        ],
    }
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    (port,) = find_free_ports(1)
    output = home / "prometheus.txt"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [
                tool("prometheus"),
                f"--config.file={home / 'prometheus.yml'}",
                f"--storage.tsdb.path={home / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--enable-feature=exemplar-storage",
                "--log.level=warn",
            ],
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        server = Server(f"http://127.0.0.1:{port}")
        _wait(server, process, output)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server, process: "subprocess.Popen[bytes]", output: Path) -> None:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/-/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"Prometheus did not start:\n{output.read_text(errors='replace')[-2000:]}")
