"""The assistant that is attacked: the stages of a REST message, as their images start them."""

import contextlib
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import Started, first_answer
from tests.bench.served import served

MESSAGE = json.dumps({"sender": "honest", "message": "hello"}).encode()


@dataclass(frozen=True)
class Target:
    started: Mapping[str, Started]

    @property
    def port(self) -> int:
        """The gateway's."""
        return self.started["gateway"].port

    def peak_bytes(self, stage: str = "gateway") -> int:
        """The most memory that the stage's process ever had."""
        status = Path(f"/proc/{self.started[stage].process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def honest(self, count: int) -> list[float]:
        """Seconds that so many honest messages took, each on a connection of its own; a failure raises."""
        seconds = []
        for _ in range(count):
            since = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                headers = {"content-type": "application/json"}
                connection.request("POST", "/webhooks/rest/webhook", MESSAGE, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
            finally:
                connection.close()
            seconds.append(time.perf_counter() - since)
        return sorted(seconds)


def share(seconds: list[float], part: float) -> float:
    """The value below which this part of the sorted values lies."""
    return seconds[min(len(seconds) - 1, int(len(seconds) * part))]


@contextlib.contextmanager
def target() -> Iterator[Target]:
    """The default assistant, warm: what an attack costs is not what a cold start costs."""
    with tempfile.TemporaryDirectory() as scratch, served("default", sys.executable, Path(scratch)) as started:
        for one in started.values():
            first_answer(one.port, "/wake", b"", {})
        whole = Target(started)
        whole.honest(30)
        yield whole
