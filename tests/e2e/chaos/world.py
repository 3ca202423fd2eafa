"""The assistant's processes under a supervisor that kills and restarts them, each on a port of its own for good."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from knative.local.ports import find_free_ports
from knative.local.stages import ALL_IN_ONE, ASSISTANTS, ROOT, SHARING, Place, build_environment, name_service

STAGES = ("gateway", "speech", "nlu", "dialogue", "actions", "delivery", "dead_letter", "observer")
TOKEN = "0123456789abcdef" * 4
"""Of the endpoints of stages that share a process."""
MARK = "PARLEY_CHAOS"
"""In the environment of every process of a run, so that none is overlooked at its end."""


class World:
    """Runs until `stop`; every process can be killed and comes back on the same port."""

    def __init__(
        self, home: Path, proxied: Mapping[str, str], settings: Mapping[str, str], *, small: bool = False
    ) -> None:
        """`proxied` says where the broker finds a stage, where that is not the stage itself. `small`: five stages share
        a process, named all_in_one."""
        self.home = home
        self.killed: Counter[str] = Counter()
        self.kills: list[tuple[str, float]] = []
        """Which, and when (time.time)."""
        names = ("broker", *(stage for stage in STAGES if not small or stage not in SHARING), "metrics")
        names = (*names, ALL_IN_ONE) if small else names
        self.ports = dict(zip(names, find_free_ports(len(names)), strict=True))
        if small:
            self.ports["gateway"] = self.ports[ALL_IN_ONE]
        self._small = small
        self._proxied = proxied
        self._settings = settings
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        (home / "logs").mkdir(parents=True, exist_ok=True)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def endpoint(self, stage: str) -> str:
        """Where a stage takes events."""
        shared = self._small and stage in SHARING
        return f"{self.url(ALL_IN_ONE)}/stages/{stage}?token={TOKEN}" if shared else self.url(stage)

    def start(self, *names: str) -> None:
        for name in names:
            with (self.home / "logs" / f"{name}.log").open("ab") as log, self._lock:
                self._running[name] = subprocess.Popen(
                    self._command(name),
                    env=self._environment(name),
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def ready(self, *names: str, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        for name in names:
            while self._status(name) != 200:
                assert time.monotonic() < end, f"{name} is not ready; see {self.home / 'logs'}"
                time.sleep(0.05)

    def runs(self, name: str) -> bool:
        with self._lock:
            return name in self._running

    def kill(self, name: str) -> None:
        """kill -9, and everything that it started."""
        with self._lock:
            process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.killed[name] += 1
        self.kills.append((name, time.time()))

    def stats(self) -> Any:
        return json.loads(self._get("broker", "/stats"))

    def stop(self) -> list[str]:
        """End all as a person would; the processes of this run that are still there afterwards."""
        with self._lock:
            running, self._running = self._running, {}
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return self._left()

    def _left(self) -> list[str]:
        left = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get(MARK) == str(self.home) and process.status() != psutil.STATUS_ZOMBIE
            except psutil.Error:
                continue
            if mine:
                left.append(" ".join(process.cmdline()))
                process.kill()
        return left

    def _status(self, name: str) -> int:
        try:
            return 200 if self._get(name, "/healthz") else 0
        except (OSError, http.client.HTTPException):
            return 0

    def _get(self, name: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            content = answer.read()
            return content if answer.status == 200 else b""
        finally:
            connection.close()

    def _command(self, name: str) -> list[str]:
        if name != "broker":
            return [sys.executable, "-m", "functions.runtime.serve"]
        command = [sys.executable, "-m", "knative.local.broker", "--port", str(self.ports["broker"])]
        command += ["--manifests", str(ROOT / "knative" / "base"), "--journal", str(self.home / "journal.db")]
        for stage in STAGES:
            command += ["--service", f"{name_service(stage)}={self._proxied.get(stage) or self.endpoint(stage)}"]
        return command

    def _environment(self, name: str) -> dict[str, str]:
        where = Place(ASSISTANTS / "default", self.home, self.home)
        given = {"PATH": os.environ["PATH"], MARK: str(self.home), "LOG_LEVEL": "debug", **self._settings}
        own = {"STAGE": name, "HOST": "127.0.0.1", "PORT": str(self.ports[name]), "STAGES_TOKEN": TOKEN}
        return {**build_environment(name, where, self.ports, given), **own}
