"""The client that widgets made for Rasa use (socket.io-client from npm), against the gateway and its outbox."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.webchat.standin import Standin

CLIENT = "socket.io-client@4.8.4"
TALK = Path(__file__).parent / "talk.mjs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which node finds the client."""
    place = tmp_path_factory.mktemp("client")
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no node and npm on this machine")
    made = [npm, "install", "--prefix", str(place), "--prefer-offline", "--no-audit", "--no-fund", CLIENT]
    try:
        installed = subprocess.run(made, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not answer")
    if installed.returncode:
        pytest.skip(f"npm does not give {CLIENT}: {installed.stderr[:200]}")
    shutil.copy(TALK, place)
    return place


@pytest.fixture
def standin() -> Iterator[Standin]:
    with Standin().running() as found:
        yield found


def talk(folder: Path, standin: Standin, session: str = "") -> dict[str, list[Any]]:
    """What the client heard, by what it was."""
    words = ["node", str(folder / TALK.name), standin.url, session]
    environ = {"PATH": os.environ["PATH"]}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ, check=True)
    heard: dict[str, list[Any]] = {}
    for line in done.stdout.splitlines():
        what, data = json.loads(line)
        heard.setdefault(what, []).append(data)
    return heard


def test_a_real_client_talks_and_comes_back_to_its_session(folder: Path, standin: Standin) -> None:
    first = talk(folder, standin)
    assert [message["text"] for message in first["uttered"]] == [
        "You said: hello",
        "What kind of film would you like?",
    ]
    assert first["uttered"][1]["quick_replies"][0] == {
        "content_type": "text",
        "title": "Horror",
        "payload": "/inform_horror",
    }
    (session,) = first["session"]
    assert talk(folder, standin, session)["session"] == [session]
    assert {message.sender for message in standin.received} == {session}
    assert standin.received[0].metadata == {"language": "en"}
    # Who guesses a session would read along.
    assert talk(folder, standin, "made-up-by-the-client")["session"] != ["made-up-by-the-client"]
