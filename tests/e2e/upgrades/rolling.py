"""Two revisions of the whole assistant on one store, and traffic that moves from one to the other and back."""

import contextlib
import itertools
import os
import random
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from functions.dialogue.state import WRITABLE
from knative.local import served
from knative.local.activator.ingress import Ingress, Revision
from knative.local.activator.instance import Command
from knative.local.ports import find_free_ports
from knative.local.stages import ROOT, STAGES, Place, build_environment, name_service
from tests.contract.activator.hosting import Hosting, hosted

OLD, NEW = "old", "new"
GOING_BACK = {NEW: {"STATE_FORMAT": str(WRITABLE[0])}}
"""What the new revision is told while the old one is to read what it writes."""
STEP_SECONDS = 0.2
"""Between two changes of the traffic."""
MOVES: tuple[Mapping[str, int], ...] = ({OLD: 1, NEW: 1}, {NEW: 1}, {OLD: 1, NEW: 1}, {OLD: 1})
"""How a stage's traffic goes over to the new revision, and back."""


class NoSuchRevision(Exception):
    """The repository does not hold that commit, as in a shallow clone."""


def checkout(revision: str, into: Path) -> Path:
    """The files of a commit, without touching the work tree."""
    into.mkdir(parents=True)
    packed = into.parent / f"{into.name}.tar"
    done = subprocess.run(
        ["git", "archive", "--output", str(packed), revision], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise NoSuchRevision(f"git has no {revision} here: {done.stderr.strip()}")
    with tarfile.open(packed) as archive:
        archive.extractall(into, filter="data")
    packed.unlink()
    return into


@dataclass(slots=True)
class Rolling:
    """A running assistant whose stages have two revisions each."""

    ingresses: Mapping[str, Ingress]
    hosting: Hosting
    ports: Mapping[str, int]
    store: Path
    logs: Path
    moved: Counter[str] = field(default_factory=Counter)
    """How often each stage's traffic changed."""

    def send(self, traffic: Mapping[str, int], *stages: str) -> None:
        """Let these stages' traffic go there; revisions that get none any more are stopped, as Knative does."""
        for stage in stages:
            ingress = self.ingresses[stage]
            # A stage that the old revision did not have yet stays as it is.
            ingress.traffic = {name: traffic[name] for name in traffic if name in ingress.revisions} or ingress.traffic
            self.moved[stage] += 1
            for name, revision in ingress.revisions.items():
                if name not in ingress.traffic and not revision.asleep:
                    self.hosting.run(revision.stop())

    def roll(self, until: threading.Event, seed: int) -> None:
        """Move all stages over and back, one after the other, each time in another order, until told to end."""
        chance = random.Random(seed)
        for move in itertools.cycle(MOVES):
            for stage in chance.sample(STAGES, len(STAGES)):
                if until.wait(STEP_SECONDS):
                    return
                self.send(move, stage)


@contextlib.contextmanager
def rolling(
    home: Path, roots: Mapping[str, Path], settings: Mapping[str, str], extra: Mapping[str, Mapping[str, str]]
) -> Iterator[Rolling]:
    """The old revision's assistant, run by the revisions at `roots`; `extra` has settings of one revision alone.

    The assistant is its owner's and stays while Parley is replaced under it: what its actions say must be known to its
    domain, so that two assistants that take each other's calls would be silent now and then.
    """
    names = (*STAGES, "broker", "metrics")
    ports = dict(zip(names, find_free_ports(len(names)), strict=True))
    logs = home / "logs"
    logs.mkdir(parents=True)
    said = {name: _Log(logs / f"{name}.log") for name in roots}
    ingresses = {}
    where = Place(roots[OLD] / "model_artifacts" / "assistants" / "default", home, home)
    for stage in STAGES:
        revisions = {}
        for name, root in roots.items():
            given = {"PATH": os.environ["PATH"], "LOG_LEVEL": "info", "K_REVISION": name, "METRICS_PORT": "0"}
            environ = build_environment(stage, where, ports, {**given, **settings, **extra.get(name, {})})
            command = Command(served.build_command(root), served.build_environment(stage, environ, root=root))
            if (root / "functions" / stage).is_dir():
                revisions[name] = Revision(f"{stage} ({name})", command, idle=3600, tell=said[name].tell)
        ingresses[stage] = Ingress(revisions)
    broker = [sys.executable, "-m", "knative.local.broker", "--port", str(ports["broker"])]
    broker += ["--manifests", str(ROOT / "knative" / "base"), "--journal", str(home / "journal.db")]
    for stage in STAGES:
        broker += ["--service", f"{name_service(stage)}=http://127.0.0.1:{ports[stage]}"]
    with hosted(ingresses, ports) as hosting, (logs / "broker.log").open("wb") as log:
        process = subprocess.Popen(
            broker, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
        )
        try:
            yield Rolling(ingresses, hosting, ports, home / "store.db", logs)
        finally:
            process.terminate()
            process.wait(30)


class _Log:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def tell(self, line: str) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{time.time():.3f} {line}\n")
