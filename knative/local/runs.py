"""What the tools know of an assistant on this machine: its store, and where a run of it listens."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from knative.local.stages import STAGES, find_place, installation_secret
from shared.stores.opening import open_store
from shared.stores.ports import Store
from shared.telemetry import use_hash_key


class NotThere(Exception):
    """What the tool needs is not there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Run:
    """A running assistant."""

    addresses: Mapping[str, str]
    """Of the stages and the broker, by name."""

    @property
    def broker(self) -> str:
        return f"{self.addresses['broker']}/parley/default"

    def stage_at(self, address: str) -> str | None:
        """The stage that listens at this host and port."""
        return next((name for name in STAGES if self.addresses.get(name, "").endswith(f"//{address}")), None)


def store_of(assistant: str) -> Store:
    """The store that STORE_URL names, else the embedded one of this assistant's runs; NotThere where there is none."""
    if url := os.environ.get("STORE_URL"):
        use_installation(None)
        return open_store(url)
    directory = find_place(assistant, 0).directory
    use_installation(directory)
    path = directory / "store.db"
    if not path.exists():
        raise NotThere(f"{assistant} has no store yet ({path}): run it with `task up`, or set STORE_URL")
    return open_store(f"sqlite:{path}")


def use_installation(directory: Path | None) -> None:
    """Name conversations in this process as the stages' logs do: with INSTALLATION_SECRET, or that of the directory."""
    secret = (os.environ.get("INSTALLATION_SECRET") or "").split(",")[0].strip()
    if not secret and directory is not None and directory.exists():
        secret = installation_secret(directory)
    if secret:
        use_hash_key(secret)


def store_file(assistant: str) -> Path | None:
    """The file of the store, where it is one."""
    url = os.environ.get("STORE_URL") or f"sqlite:{find_place(assistant, 0).directory / 'store.db'}"
    scheme, _, rest = url.partition(":")
    return Path(rest) if scheme == "sqlite" else None


def run_of(assistant: str, port: int | None) -> Run | None:
    """The run at this port of the gateway, else the only or the latest one; None where the assistant does not run."""
    directory = find_place(assistant, 0).directory
    found = directory.glob("*/run.json") if port is None else [directory / str(port) / "run.json"]
    for path in sorted((path for path in found if path.exists()), key=lambda path: path.stat().st_mtime, reverse=True):
        if (run := read_run(path)) is not None:
            return run
    return None


def read_run(path: Path) -> Run | None:
    """The run that this file tells of; None where it is over."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Run(run["addresses"]) if _is_alive(int(run["pid"])) else None


def broker_of(assistant: str, port: int | None) -> str:
    """Where events are published: BROKER_URL, else the running assistant's broker; NotThere where there is none."""
    if url := os.environ.get("BROKER_URL"):
        return url
    run = run_of(assistant, port)
    if run is None:
        raise NotThere(f"{assistant} does not run: start it with `task up`, or set BROKER_URL to a broker's ingress")
    return run.broker


def wait_for(condition: Callable[[], str | None], seconds: float, pause: float = 0.1) -> str | None:
    """What `condition` says as soon as it says something, or None after so many seconds."""
    end = time.monotonic() + seconds
    while (said := condition()) is None and time.monotonic() < end:
        time.sleep(pause)
    return said


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
