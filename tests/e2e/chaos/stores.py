"""The stores that a storm runs on, and what befalls them: SQLite is locked; Firestore hangs, fails and is killed.

The emulator keeps its documents in memory, and Firestore does not. So before it is killed (-9) its documents are
exported, between two calls, and it comes back with them: with what it had confirmed, and with no connection, no cache
and other update times than before. That is an outage of Firestore, as far as one machine can have one.
"""

import json
import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.stores.firestore.rest import RestDatabase
from shared.stores.firestore.store import open_firestore_store
from shared.stores.opening import open_store
from shared.stores.ports import Store
from tests.contract.firestore_emulator import PROJECT, command, find_jar, free_port, ready
from tests.e2e.chaos.faults import FORWARDED, Chances, Faults, Handler, forward, served

EXPORTED = 300.0
"""Seconds that the emulator may take to write down all that it holds."""
AWAY = 5.5
"""Seconds for which a store hangs: longer than the 5 s for which a stage waits for it, so that it answers 503."""


@dataclass(frozen=True, slots=True)
class Crash:
    """A time in which a reply may have been sent and its mark not be written."""

    since: float
    until: float
    conversation: str | None = None
    """None where it may have hit any conversation."""


class Disturbed(Protocol):
    """A store that things befall."""

    crashes: list[Crash]
    outages: int
    settings: dict[str, str]
    """What the stages are told to find it."""

    def disturb(self, over: threading.Event, every: float, seed: int) -> None:
        """Let it fail every so many seconds on average, until it is over."""
        ...

    def calm(self) -> None:
        """Nothing befalls it any more."""
        ...

    def count_faults(self) -> Counter[str]:
        """What befell it besides outages."""
        ...

    def open_store(self) -> Store:
        """The store itself, undisturbed."""
        ...


class Sqlite:
    """One file; somebody holds its write lock for longer than stages wait for it."""

    def __init__(self, home: Path) -> None:
        self.crashes: list[Crash] = []
        self.outages = 0
        self._path = home / "store.db"
        self.settings = {"STORE_URL": f"sqlite:{self._path}"}

    def disturb(self, over: threading.Event, every: float, seed: int) -> None:
        chance = random.Random(seed)
        while not over.wait(chance.expovariate(1 / every)):
            with closing(sqlite3.connect(self._path, timeout=20, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                self.outages += 1
                since = time.time()
                over.wait(AWAY)
                db.execute("ROLLBACK")
                self.crashes.append(Crash(since, time.time()))

    def calm(self) -> None:
        pass

    def count_faults(self) -> Counter[str]:
        return Counter()

    def open_store(self) -> Store:
        return open_store(self.settings["STORE_URL"])


class Firestore:
    """The emulator behind a proxy that refuses calls, loses answers, hangs, and closes while the emulator is killed."""

    def __init__(self, home: Path, faults: Faults) -> None:
        self.crashes: list[Crash] = []
        self.outages = 0
        self.settings: dict[str, str] = {}
        self.faults = faults
        self._home = home / "emulator"
        self._home.mkdir(parents=True)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._state = "open"
        self._on_their_way = 0
        self._changed = threading.Condition()

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            # Within: one that does not come up in time is ended, too.
            self._start()
            with served(self._proxy()) as address:
                host = address.removeprefix("http://")
                self.settings = {"STORE_URL": f"firestore:{PROJECT}", "FIRESTORE_EMULATOR_HOST": host}
                yield
        finally:
            self._kill()

    def disturb(self, over: threading.Event, every: float, seed: int) -> None:
        chance, took = random.Random(seed), 0.0
        # An emulator that is slow to come back is left in peace for longer, or the storm would be one outage.
        while not over.wait(max(chance.expovariate(1 / every), 2 * took)):
            self.outages += 1
            since = time.time()
            if chance.random() < 0.3:
                self._become("hanging")
                over.wait(AWAY)
            else:
                self._kill_and_restart()
            self._become("open")
            took = time.time() - since
            self.crashes.append(Crash(since, time.time()))

    def calm(self) -> None:
        self.faults.chances = Chances(0, 0, 0, 0)

    def count_faults(self) -> Counter[str]:
        return Counter({f"store {name}": count for name, count in self.faults.counted.items() if count})

    def open_store(self) -> Store:
        environ = {"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{self._port}"}
        return open_firestore_store(RestDatabase(PROJECT, "(default)", 60.0, environ=environ))

    def _become(self, state: str) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _kill_and_restart(self) -> None:
        """Nothing is confirmed after the export: new calls are refused, and those on their way lose their answers."""
        with self._changed:
            self._state = "closed"
            if not self._changed.wait_for(lambda: self._on_their_way == 0, FORWARDED):
                # It was away for that long; it goes on as it is.
                return
        name = f"export{self.outages}"
        database = f"projects/{PROJECT}/databases/(default)"
        body = {"database": database, "export_directory": str(self._home), "export_name": name}
        path, owner = f"/emulator/v1/projects/{PROJECT}:export", {"Authorization": "Bearer owner"}
        asked = json.dumps(body).encode()
        answered = forward("127.0.0.1", self._port, path, {**owner, **JSON}, asked, seconds=EXPORTED)
        if answered is None or answered[0] != 200:
            raise RuntimeError(f"the emulator does not export what it holds: {answered and answered[:1]}")
        self._kill()
        self._start(f"--seed_from_export={self._home / name / f'{name}.overall_export_metadata'}")
        shutil.rmtree(self._home / name)

    def _start(self, *more: str) -> None:
        jar = find_jar()
        assert jar is not None, "the Firestore emulator is not installed (tests/contract/firestore_emulator.py)"
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command(jar, self._port), *more], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        ready(f"127.0.0.1:{self._port}", self._process, self._home / "log")

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _proxy(self) -> type[Handler]:
        store = self

        class Proxy(Handler):
            def do_POST(self) -> None:
                headers, body = dict(self.headers.items()), self.body()
                if store.faults.happens("delayed"):
                    time.sleep(store.faults.draw_seconds(0.3))
                if not store._enter():
                    self.close_connection = True
                    return None
                try:
                    if store.faults.happens("refused"):
                        store._failed(body)
                        return self.answer(503, JSON, REFUSED)
                    answered = forward("127.0.0.1", store._port, self.path, headers, body)
                finally:
                    store._leave()
                if answered is None or store._state != "open" or store.faults.happens("lost"):
                    store._failed(body)
                    self.close_connection = True
                    return None
                return self.answer(*answered)

        return Proxy

    def _enter(self) -> bool:
        """Wait while it hangs; False where it is down."""
        with self._changed:
            self._changed.wait_for(lambda: self._state != "hanging", 2 * AWAY)
            if self._state != "open":
                return False
            self._on_their_way += 1
            return True

    def _leave(self) -> None:
        with self._changed:
            self._on_their_way -= 1
            self._changed.notify_all()

    def _failed(self, body: bytes) -> None:
        """Remember whose claim it was that could not be written, or was written and nobody was told."""
        if b"/ledger/" not in body:
            return
        with suppress(KeyError, ValueError):
            for write in json.loads(body)["writes"]:
                conversation = write["update"]["fields"]["conversation"]["stringValue"]
                self.crashes.append(Crash(time.time(), time.time(), conversation))


JSON = {"Content-Type": "application/json"}
REFUSED = json.dumps({"error": {"code": 503, "status": "UNAVAILABLE", "message": "the storm"}}).encode()
