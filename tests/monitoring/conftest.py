"""A real run that is watched from all sides: by a Prometheus, and by a receiver of its spans."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.candidates import candidate
from tests.e2e.conftest import Running, running
from tests.loopback import served
from tests.monitoring.prometheus import Server, asking, eventually, tool, value
from tests.monitoring.traffic import SECRET, Platform, talk
from tests.otlp_receiver import Receiver


@dataclass(frozen=True, slots=True)
class Watched:
    assistant: Running
    server: Server
    receiver: Receiver


@contextlib.contextmanager
def observed(home: Path) -> Iterator[Watched]:
    """A running assistant with everything that looks at it, and nobody who talks yet."""
    for name in ("assistant", "prometheus", "bundle"):
        (home / name).mkdir()
    shadow = ("--shadow", str(candidate(home / "bundle")))
    with (
        Receiver().running() as receiver,
        served(Platform()) as platform,
        running(
            home / "assistant",
            arguments=shadow,
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            TELEGRAM_API_URL=platform,
            TELEGRAM_BOT_TOKEN="1:made-up",
            TELEGRAM_SECRET_TOKEN=SECRET,
            # As in a cluster: so that `increase` sees what a series counted first.
            METRICS_ZERO_SECONDS="2.5",
            PROBE_TOKEN="made-up-token-of-a-probe",
            PROBE_SECONDS="2",
        ) as assistant,
    ):
        places = {name: url.removeprefix("http://") for name, url in assistant.addresses.items()}
        with asking(places["metrics"], home / "prometheus", places["gateway"]) as server:
            yield Watched(assistant, server, receiver)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Two rounds of talk: `increase` sees a series only from its second value on."""
    tool("prometheus")
    with observed(tmp_path_factory.mktemp("observed")) as watched:
        _rounds(watched.assistant, watched.server)
        yield watched


@pytest.fixture(scope="session")
def watched(run: Watched) -> Server:
    """The Prometheus that watched."""
    return run.server


def _rounds(assistant: Running, server: Server) -> None:
    dead, last = "sum(parley_dead_letters_total)", "parley:intent_confidence:mean1d"
    for number in (1, 2):
        talk(assistant, f"round{number}")
        eventually(lambda number=number: value(server, dead) == number)  # type: ignore[misc]
        time.sleep(2.5)
    eventually(lambda: server.ask(last))
