"""The real Firestore emulator, started for the tests that need it and stopped after them."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = "demo-parley"
"""Projects named demo-... exist in no cloud, so nothing can go astray."""
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
FOLDER = Path("platform/cloud-firestore-emulator")
PATIENCE = 60.0
HOW_TO_GET_IT = (
    "the Firestore emulator is not installed: it comes with the Google Cloud CLI (gcloud components install "
    "cloud-firestore-emulator, or the Debian package google-cloud-cli-firestore-emulator) and needs Java; "
    "FIRESTORE_EMULATOR_JAR may name its jar"
)


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator; FIRESTORE_EMULATOR_HOST=`host` sends the clients there."""

    host: str
    pid: int

    def wipe(self, project: str = PROJECT, database: str = "(default)") -> None:
        """Remove every document of a database."""
        path = f"/emulator/v1/projects/{project}/databases/{database}/documents"
        _call(urllib.request.Request(f"http://{self.host}{path}", method="DELETE"), 30.0)


@pytest.fixture(scope="session")
def firestore_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests of a run. Without it they are skipped, and in CI they fail."""
    jar = find_jar()
    if jar is None or shutil.which("java") is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    with emulator(jar, tmp_path_factory.mktemp("emulator") / "log") as running:
        yield running


@contextmanager
def emulator(jar: Path, log: Path, port: int | None = None) -> Iterator[Emulator]:
    """An emulator on a free port (or this one) that has answered a first write."""
    port = port or free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(jar, port), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        running = Emulator(f"127.0.0.1:{port}", process.pid)
        ready(running.host, process, log)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def command(jar: Path, port: int) -> list[str]:
    """How it is started: Java directly, for gcloud's wrapper takes four seconds and leaves Java behind when stopped."""
    options = ["-Xmx512m", "-Duser.language=en", "-cp", str(jar)]
    return ["java", *options, MAIN, "start", "--host=127.0.0.1", f"--port={port}"]


def find_jar() -> Path | None:
    """The emulator's jar: where FIRESTORE_EMULATOR_JAR says, else in the Google Cloud CLI."""
    if named := os.environ.get("FIRESTORE_EMULATOR_JAR"):
        return Path(named) if Path(named).is_file() else None
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    root = Path(gcloud).resolve().parent.parent
    if not (root / FOLDER).is_dir():
        # Four seconds; only where gcloud is a wrapper that lies outside of its SDK.
        asked = subprocess.run(
            [gcloud, "info", "--format=value(installation.sdk_root)"], capture_output=True, text=True, check=False
        )
        root = Path(asked.stdout.strip() or "/nonexistent")
    return next(iter(sorted((root / FOLDER).glob("*.jar"))), None)


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def ready(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until a document was written: the first call after the port opens loads half of the emulator."""
    deadline = time.monotonic() + PATIENCE
    write = urllib.request.Request(
        f"http://{host}/v1/projects/{PROJECT}/databases/(default)/documents/warm",
        json.dumps({"fields": {"up": {"booleanValue": True}}}).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer owner"},
    )
    while True:
        try:
            _call(write, 20.0)
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the Firestore emulator does not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        else:
            return


def _call(request: urllib.request.Request, timeout: float) -> None:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=timeout) as answer:
        answer.read()
