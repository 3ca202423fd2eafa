"""Runs the whole assistant on one machine: each stage as its own process, the local broker, an embedded store."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knative.local import served
from knative.local.assistants import ASSISTANTS, typical_sentences
from knative.local.logs import LOG, Log, lower
from knative.local.ports import free_ports
from knative.local.processes import CannotRun, Process, Stopped, Together, together
from knative.local.stages import ROOT, STAGES, Place, environment, find_place, running_stages, service
from knative.local.watching import Builder, Watcher
from shared.bundle.manifest import NAME as MANIFEST
from shared.bundle.manifest import Bundle, read_bundle
from shared.errors import Unavailable

TICK = 5.0
"""Seconds between two looks for due reminders; TICK_SECONDS says otherwise."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task up", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--port", type=int, default=8080, help="of the gateway; the other ports are any free ones")
    parser.add_argument(
        "--scale-to-zero", action="store_true", help="start a stage when it is asked, stop it when idle"
    )
    parser.add_argument("--idle", type=float, default=60.0, help="seconds without a request before a stage is stopped")
    parser.add_argument("--watch", action="store_true", help="let the stages follow the assistant's sources")
    parser.add_argument("--shadow", type=Path, help="a candidate bundle that reads along and answers nobody")
    parser.add_argument("--canary", type=Path, help="a candidate bundle that understands a share of the messages")
    parser.add_argument("--percent", type=int, default=10, help="the canary's share")
    options = parser.parse_args(arguments)
    # Whatever is written from here on, by any process of the run, is for this user alone.
    os.umask(0o077)
    try:
        where = find_place(options.assistant, options.port)
        train_where_missing(where.assistant)
        bundle = read_bundle(where.assistant / "bundle")
        candidates = Candidates(options.shadow, options.canary, options.percent)
        candidates.check()
        where.run.mkdir(parents=True, exist_ok=True)
        for folder in (where.directory, where.run):
            folder.chmod(0o700)
        # A canary shares a stage's traffic, which is what the activator can do.
        idle = options.idle if options.scale_to_zero or options.canary else None
        run(where, options.port, bundle, idle, candidates, watched=options.watch and not os.environ.get("BUNDLE"))
    except (CannotRun, FileNotFoundError, Unavailable) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    return 0


def train_where_missing(assistant: Path) -> None:
    """Make a bundle in quick mode where an assistant has none yet; CannotRun where that fails."""
    if (assistant / "bundle" / MANIFEST).is_file():
        return
    print(f"parley: {assistant.name} has no bundle yet; quick training makes one", flush=True)
    # A process of its own: what training imports is not to stay in the runner's memory.
    command = [sys.executable, "-m", "model_artifacts.training", "--assistant", str(assistant), "--quick"]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode != 0:
        raise CannotRun(f"{assistant.name} cannot be trained, for the reasons above")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Other bundles that take part in a run."""

    shadow: Path | None = None
    canary: Path | None = None
    percent: int = 0

    def check(self) -> None:
        """CannotRun where they do not exist or cannot share."""
        for bundle in (self.shadow, self.canary):
            if bundle is not None:
                read_bundle(bundle)
        if not 0 <= self.percent <= 100:
            raise CannotRun(f"a canary takes 0 to 100 percent of the messages, not {self.percent}")


NONE = Candidates()


def run(
    where: Place,
    port: int,
    bundle: Bundle,
    idle: float | None = None,
    candidates: Candidates = NONE,
    *,
    watched: bool = False,
) -> None:
    """Start everything, say where it is, and return when a signal asked for the end and all is stopped.

    With `idle` stages are started by the first request, and stopped after so many seconds without one; otherwise they
    follow the assistant's sources where these are `watched`.
    """
    names = ["broker", *(stage for stage in STAGES if stage != "gateway"), "metrics", "activator"]
    names += ["shadow"] if candidates.shadow is not None else []
    ports = {"gateway": port, **dict(zip(names, free_ports(len(names)), strict=True))}
    addresses = where.run / "run.json"
    addresses.unlink(missing_ok=True)
    log = Log(where.run / LOG, os.environ.get("LOG_LEVEL") or "warning")
    wanted = list(processes(where, ports) if idle is None else scaled(where, ports, idle, candidates))
    if candidates.shadow is not None:
        wanted.append(_shadow(where, ports, candidates.shadow))
    with contextlib.closing(log), together(wanted, heard=log.take_line) as started:
        try:
            started.ready()
            urls = {name: f"http://127.0.0.1:{number}" for name, number in ports.items()}
            _announce(addresses, urls, bundle)
            watcher = _watcher(where, ports, bundle, started) if idle is None and watched else None
            started.tell(_welcome(where.assistant, bundle, port, urls["metrics"], idle, watcher is not None))
            with contextlib.closing(watcher) if watcher is not None else contextlib.nullcontext():
                started.watch()
        except Stopped:
            pass
        finally:
            addresses.unlink(missing_ok=True)
        started.tell("stopping")


def processes(where: Place, ports: dict[str, int]) -> Sequence[Process]:
    """The gateway first, because a port in use is its port; then the broker and the other stages."""
    stages = [stage_process(stage, where, ports) for stage in running_stages()]
    return [stages[0], _broker(where, ports, TICK), *stages[1:]]


def _watcher(where: Place, ports: Mapping[str, int], bundle: Bundle, started: Together) -> Watcher:
    """What lets the stages follow the sources, begun."""
    current = [bundle.path]

    def restart(stages: Sequence[str], made: Path | None) -> None:
        done: list[str] = []
        try:
            for stage in (stage for stage in stages if stage in running_stages()):
                started.replace(stage_process(stage, where, ports, made or current[0]))
                done.append(stage)
        except CannotRun:
            for stage in done:
                started.replace(stage_process(stage, where, ports, current[0]))
            raise
        if made is not None:
            current[0] = made
            urls = {name: f"http://127.0.0.1:{number}" for name, number in ports.items()}
            _announce(where.run / "run.json", urls, read_bundle(made, needs=()))

    store = os.environ.get("STORE_URL") or f"sqlite:{where.directory / 'store.db'}"
    builder = Builder(where.assistant, bundle.path, where.run / "live")
    watcher = Watcher(where.assistant, builder, restart, started.tell, store)
    watcher.start()
    return watcher


def stage_process(stage: str, where: Place, ports: Mapping[str, int], bundle: Path | None = None) -> Process:
    """The stage under the server of its image, which starts and ends at once; with another bundle than its own."""
    # All that a stage says is kept for `task trace`; the terminal shows what LOG_LEVEL asks for.
    given = {**os.environ, "LOG_LEVEL": lower(os.environ.get("LOG_LEVEL"))}
    if bundle is not None:
        given["BUNDLE"] = str(bundle)
    environ = served.environment(stage, environment(stage, where, ports, given))
    environ["PORT"] = str(ports[stage])
    also = (ports["metrics"],) if stage == "observer" else ()
    return Process(stage, served.command(), ports[stage], environ, also=also, handed=True)


def scaled(where: Place, ports: dict[str, int], idle: float, candidates: Candidates = NONE) -> Sequence[Process]:
    """The broker, and the activator in the place of the stages, which it starts when they are asked."""
    compiled = where.run / "compiled"
    served.precompile(running_stages(), compiled)
    activator = [sys.executable, "-m", "knative.local.activator", "--assistant", str(where.assistant)]
    activator += ["--port", str(ports["activator"]), "--idle", str(idle), "--compiled", str(compiled)]
    for name, port in ports.items():
        activator += ["--at", f"{name}={port}"]
    if candidates.canary is not None:
        activator += ["--canary", str(candidates.canary), "--percent", str(candidates.percent)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": lower(os.environ.get("LOG_LEVEL"))}
    asked = tuple(ports[stage] for stage in running_stages())
    # Each tick wakes dialogue, which is to sleep most of the time.
    tick = max(60.0, 5 * idle)
    return [Process("activator", activator, ports["activator"], environ, also=asked), _broker(where, ports, tick)]


def _shadow(where: Place, ports: dict[str, int], bundle: Path) -> Process:
    """The stage that understands, with the candidate's bundle, and told to answer nobody."""
    chosen = {"BUNDLE": str(bundle.resolve()), "LOG_LEVEL": lower(os.environ.get("LOG_LEVEL"))}
    environ = environment("nlu", where, {"broker": ports["broker"]}, {**os.environ, **chosen})
    environ["SHADOW_BROKER_URL"] = environ["BROKER_URL"]
    environ = {**served.environment("nlu", environ), "PORT": str(ports["shadow"])}
    return Process("shadow", served.command(), ports["shadow"], environ)


def _broker(where: Place, ports: dict[str, int], tick: float) -> Process:
    broker = [
        *(sys.executable, "-m", "knative.local.broker", "--port", str(ports["broker"])),
        *("--manifests", str(ROOT / "knative" / "base"), "--journal", str(where.run / "journal.db")),
        # What was delivered is of no use any more, and holds what people wrote.
        *("--retention", "60"),
    ]
    # Looks for due reminders, as the PingSource of knative/components/reminders does in a cluster.
    broker += ["--ping", f"{service('dialogue')}/tick={os.environ.get('TICK_SECONDS') or tick}"]
    # Sends again what was given up because something was away (knative/components/replay).
    broker += ["--ping", f"{service('dead_letter')}/tick=60"]
    for stage in STAGES:
        broker += ["--service", f"{service(stage)}=http://127.0.0.1:{ports[stage]}"]
    if "shadow" in ports:
        broker += ["--also", str(ROOT / "knative" / "components" / "shadow-model")]
        broker += ["--service", f"{service('shadow')}=http://127.0.0.1:{ports['shadow']}"]
    quiet = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "warning"}
    return Process("broker", broker, ports["broker"], quiet)


def _announce(addresses: "os.PathLike[str]", urls: dict[str, str], bundle: Bundle) -> None:
    """Tell other tools where this run listens; the file is there exactly while the assistant is ready."""
    part = f"{os.fspath(addresses)}.part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "bundle": bundle.id, "addresses": urls}, file, indent=1)
    os.replace(part, addresses)


def _welcome(assistant: Path, bundle: Bundle, port: int, metrics: str, idle: float | None, watched: bool) -> str:
    asleep = f"\n  A message wakes the stages; {idle:g} s without one ends them.\n" if idle is not None else ""
    if watched:
        asleep = "\n  Edit the assistant while it runs: what you save is live.\n"
    given = "" if assistant == ASSISTANTS / "default" else f" ASSISTANT={assistant}"
    said = next(iter(typical_sentences(bundle.path, 1)), "hello")
    example = json.dumps({"sender": "me", "message": said}, ensure_ascii=False, separators=(",", ":"))
    return f"""
  {assistant.name} (bundle {bundle.id}) is ready

    web chat   http://127.0.0.1:{port}/
    terminal   task chat PORT={port}
    inspector  task inspect PORT={port}{given}
    REST       curl -d '{example}' localhost:{port}/webhooks/rest/webhook
    metrics    {metrics}/metrics
{asleep}
  Ctrl-C stops everything.
"""


if __name__ == "__main__":
    sys.exit(main())
