"""The whole assistant as `task up` runs it: a real process for each stage, the broker, the store, on free ports."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from knative.local.assistants import ASSISTANTS, list_typical_sentences
from knative.local.ports import find_free_ports
from monitoring.conversations.history import conversations_of, turns_of
from shared.stores.opening import open_store

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 180.0
OURS = ("EXTERNAL: EXTERNAL_", *list_typical_sentences(ASSISTANTS / "default" / "bundle"))
"""Texts that nobody said, or that the runner itself proposes to say, which may stand in a log."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running assistant."""

    url: str
    """Of the gateway."""
    addresses: Mapping[str, str]
    """Of each stage, the broker and the metrics, by name."""
    process: "subprocess.Popen[bytes]"
    home: Path
    output: Path
    """What the runner printed."""


@contextlib.contextmanager
def running(home: Path, port: int | None = None, arguments: Sequence[str] = (), **settings: str) -> Iterator[Running]:
    """Start an assistant and wait until it says that it is ready; stop it as Ctrl-C does."""
    port = port or find_free_ports(1)[0]
    output = home / f"output-{port}.txt"
    # A test's process serves stand-ins, so it is no local program in the sense of REST_AUTH=loopback.
    environ = {**os.environ, "PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT), "REST_AUTH": "open", **settings}
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "knative.local.up", "--port", str(port), *arguments],
            cwd=ROOT,
            env=environ,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(f"http://127.0.0.1:{port}", _addresses(process, home, port, output), process, home, output)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            pytest.fail(f"the assistant did not stop on Ctrl-C:\n{output.read_text(errors='replace')[-3000:]}")
        logged = words_in_logs(home)
        assert not logged, f"what people wrote is in a log: {logged[:5]}"


def words_in_logs(home: Path) -> list[str]:
    """What was said in any conversation below `home`, or answered, and stands in a log of those who heard it.

    Every assistant that a test starts is looked at after it stopped, whatever the test was about.
    """
    logs = {
        path: without_examples(path.read_text(errors="replace"))
        for path in home.rglob("*")
        if path.suffix in (".txt", ".log", ".jsonl")
    }
    found, words = [], set()
    for path in home.glob("*/store.db"):
        store = open_store(f"sqlite:{path}")
        for conversation in conversations_of(store, time.time()):
            words.add(conversation)
            for turn in turns_of(store, conversation, time.time()):
                words.add(str(turn.document.get("text")))
                words |= {str(reply.get("text")) for reply in turn.document.get("replies", ())}
        store.close()
    for said in (one for one in words if len(one) >= 12 and one not in OURS):
        found += [f"{said!r} in {path.name}" for path, content in logs.items() if said in content]
    return found


def without_examples(log: str) -> str:
    """What `task up` prints for whoever started it has an example of what people say."""
    return "\n".join(line for line in log.splitlines() if "curl -d" not in line)


def _addresses(process: "subprocess.Popen[bytes]", home: Path, port: int, output: Path) -> dict[str, str]:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        for run in home.glob(f"*/{port}/run.json"):
            return dict(json.loads(run.read_text())["addresses"])
        time.sleep(0.05)
    pytest.fail(f"the assistant did not start:\n{output.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def shared_assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The default assistant, a process for each stage, shared by the tests that leave it as it is."""
    with running(tmp_path_factory.mktemp("parley")) as started:
        yield started


@pytest.fixture(scope="session")
def assistant(shared_assistant: Running) -> Running:
    return shared_assistant
