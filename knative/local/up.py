"""Runs the whole assistant on one machine: each stage as its own process, the local broker, an embedded store."""

import argparse
import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knative.local import served
from knative.local.assistants import ASSISTANTS, list_typical_sentences
from knative.local.logs import LOG, Log, lower_level
from knative.local.ports import find_free_ports
from knative.local.processes import CannotRun, Process, Stopped, Together, run_together
from knative.local.stages import (
    ALL_IN_ONE,
    ROOT,
    SHARING,
    STAGES,
    Place,
    build_environment,
    find_place,
    name_service,
    process_of,
    running_stages,
)
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
    parser.add_argument("--small", action="store_true", help="run five of the stages in one process")
    parser.add_argument("--watch", action="store_true", help="let the stages follow the assistant's sources")
    parser.add_argument("--languages", default="", help="further languages to understand, by their codes: de,es")
    parser.add_argument("--shadow", type=Path, help="a candidate bundle that reads along and answers nobody")
    parser.add_argument("--canary", type=Path, help="a candidate bundle that understands a share of the messages")
    parser.add_argument("--percent", type=int, default=10, help="the canary's share")
    options = parser.parse_args(arguments)
    # Whatever is written from here on, by any process of the run, is for this user alone.
    os.umask(0o077)
    try:
        assistant = options.assistant
        if options.languages:
            assistant = make_in_languages(find_place(assistant, options.port).assistant, options.languages.split(","))
        where = find_place(assistant, options.port)
        train_where_missing(where.assistant)
        bundle = read_bundle(where.assistant / "bundle")
        candidates = Candidates(options.shadow, options.canary, options.percent)
        candidates.check()
        where.run.mkdir(parents=True, exist_ok=True)
        for folder in (where.directory, where.run):
            folder.chmod(0o700)
        # A canary shares a stage's traffic, which is what the activator can do.
        idle = options.idle if options.scale_to_zero or options.canary else None
        if options.small and idle is not None:
            raise CannotRun("one process has no stages to start and stop one by one: leave out SMALL, or the other")
        shape = Shape(options.port, small=options.small, shadow=candidates.shadow is not None)
        run(where, shape, bundle, idle, candidates, watched=options.watch and not os.environ.get("BUNDLE"))
    except (CannotRun, FileNotFoundError, Unavailable) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    return 0


def make_in_languages(assistant: Path, languages: Sequence[str]) -> str:
    """The folder of the assistant in these languages too, its bundle up to date; CannotRun where it cannot be made."""
    from knative.local.translated import copy_in_languages

    copy, changed = copy_in_languages(assistant, languages)
    if changed and (copy / "bundle" / MANIFEST).is_file():
        _train(copy, "--dialogue-only")
    return str(copy)


def train_where_missing(assistant: Path) -> None:
    """Make a bundle in quick mode where an assistant has none yet; CannotRun where that fails."""
    if not (assistant / "bundle" / MANIFEST).is_file():
        print(f"parley: {assistant.name} has no bundle yet; quick training makes one", flush=True)
        _train(assistant, "--quick")


def _train(assistant: Path, how: str) -> None:
    # A process of its own: what training imports is not to stay in the runner's memory.
    command = [sys.executable, "-m", "model_artifacts.training", "--assistant", str(assistant), how]
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


class Shape:
    """Which processes a run has, and where they listen."""

    def __init__(self, port: int, *, small: bool = False, shadow: bool = False) -> None:
        self.small = small
        self.names = tuple(dict.fromkeys(process_of(stage, small) for stage in running_stages()))
        """The processes of the stages, the gateway's first, because a port in use is its port."""
        other = ("broker", "metrics", "activator", *(("shadow",) if shadow else ()))
        apart = [stage for stage in STAGES if process_of(stage, small) == stage and stage != "gateway"]
        self.ports = {
            "gateway": port,
            **dict(zip((*apart, *other), find_free_ports(len(apart) + len(other)), strict=True)),
        }
        if small:
            self.ports[ALL_IN_ONE] = port
        self.token = secrets.token_hex(32) if small else ""
        """What the broker shows at the endpoints of stages that share a process."""

    def url(self, name: str) -> str:
        """Where a stage takes events, or another process listens."""
        if self.small and name in SHARING and name != "gateway":
            return f"http://127.0.0.1:{self.ports[ALL_IN_ONE]}/stages/{name}?token={self.token}"
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def urls(self) -> dict[str, str]:
        return {name: self.url(name) for name in dict.fromkeys((*self.ports, *STAGES)) if name != ALL_IN_ONE}


def run(
    where: Place,
    shape: Shape,
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
    addresses = where.run / "run.json"
    addresses.unlink(missing_ok=True)
    log = Log(where.run / LOG, os.environ.get("LOG_LEVEL") or "warning")
    wanted = list(
        list_processes(where, shape) if idle is None else list_scaled_processes(where, shape, idle, candidates)
    )
    if candidates.shadow is not None:
        wanted.append(_make_shadow(where, shape.ports, candidates.shadow))
    with contextlib.closing(log), run_together(wanted, heard=log.take_line) as started:
        try:
            started.wait_until_ready()
            _announce(addresses, shape.urls, bundle)
            watcher = _make_watcher(where, shape, bundle, started) if idle is None and watched else None
            port, metrics = shape.ports["gateway"], shape.url("metrics")
            started.tell(_write_welcome(where.assistant, bundle, port, metrics, idle, watcher is not None))
            with contextlib.closing(watcher) if watcher is not None else contextlib.nullcontext():
                started.watch()
        except Stopped:
            pass
        finally:
            addresses.unlink(missing_ok=True)
        started.tell("stopping")


def list_processes(where: Place, shape: Shape) -> Sequence[Process]:
    """The one with the gateway first, then the broker and the others."""
    stages = [make_stage_process(name, where, shape) for name in shape.names]
    return [stages[0], _make_broker(where, shape, TICK), *stages[1:]]


def _make_watcher(where: Place, shape: Shape, bundle: Bundle, started: Together) -> Watcher:
    """What lets the stages follow the sources, begun."""
    current = [bundle.path]

    def restart(stages: Sequence[str], made: Path | None) -> None:
        done: list[str] = []
        wanted = dict.fromkeys(process_of(stage, shape.small) for stage in stages)
        try:
            for name in (name for name in wanted if name in shape.names):
                # Code that cannot be loaded does not take the place of code that runs.
                started.replace(make_stage_process(name, where, shape, made or current[0], ACTIONS_MUST_LOAD="true"))
                done.append(name)
        except CannotRun:
            for name in done:
                started.replace(make_stage_process(name, where, shape, current[0]))
            raise
        if made is not None:
            current[0] = made
            _announce(where.run / "run.json", shape.urls, read_bundle(made, needs=()))

    store = os.environ.get("STORE_URL") or f"sqlite:{where.directory / 'store.db'}"
    builder = Builder(where.assistant, bundle.path, where.run / "live")
    watcher = Watcher(where.assistant, builder, restart, started.tell, store)
    watcher.start()
    return watcher


def make_stage_process(name: str, where: Place, shape: Shape, bundle: Path | None = None, **settings: str) -> Process:
    """The process under the server of its image, which starts and ends at once; with another bundle than its own, and
    with settings that count where the environment has none."""
    ports = shape.ports
    # All that a stage says is kept for `task trace`; the terminal shows what LOG_LEVEL asks for.
    given = {**settings, **os.environ, "LOG_LEVEL": lower_level(os.environ.get("LOG_LEVEL"))}
    if bundle is not None:
        given["BUNDLE"] = str(bundle)
    environ = served.build_environment(name, build_environment(name, where, ports, given))
    environ["PORT"] = str(ports[name])
    if name == ALL_IN_ONE:
        environ["STAGES_TOKEN"] = shape.token
    also = (ports["metrics"],) if name == "observer" else ()
    return Process(name, served.build_command(), ports[name], environ, also=also, handed=True)


def list_scaled_processes(where: Place, shape: Shape, idle: float, candidates: Candidates = NONE) -> Sequence[Process]:
    """The broker, and the activator in the place of the stages, which it starts when they are asked."""
    ports = shape.ports
    activator = [sys.executable, "-m", "knative.local.activator", "--assistant", str(where.assistant)]
    activator += ["--port", str(ports["activator"]), "--idle", str(idle)]
    for name, port in ports.items():
        activator += ["--at", f"{name}={port}"]
    if candidates.canary is not None:
        activator += ["--canary", str(candidates.canary), "--percent", str(candidates.percent)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": lower_level(os.environ.get("LOG_LEVEL"))}
    asked = tuple(ports[stage] for stage in running_stages())
    # Each tick wakes dialogue, which is to sleep most of the time.
    tick = max(60.0, 5 * idle)
    return [Process("activator", activator, ports["activator"], environ, also=asked), _make_broker(where, shape, tick)]


def _make_shadow(where: Place, ports: dict[str, int], bundle: Path) -> Process:
    """The stage that understands, with the candidate's bundle, and told to answer nobody."""
    chosen = {"BUNDLE": str(bundle.resolve()), "LOG_LEVEL": lower_level(os.environ.get("LOG_LEVEL"))}
    environ = build_environment("nlu", where, {"broker": ports["broker"]}, {**os.environ, **chosen})
    environ["SHADOW_BROKER_URL"] = environ["BROKER_URL"]
    environ = {**served.build_environment("nlu", environ), "PORT": str(ports["shadow"])}
    return Process("shadow", served.build_command(), ports["shadow"], environ)


def _make_broker(where: Place, shape: Shape, tick: float) -> Process:
    ports = shape.ports
    broker = [
        *(sys.executable, "-m", "knative.local.broker", "--port", str(ports["broker"])),
        *("--manifests", str(ROOT / "knative" / "base"), "--journal", str(where.run / "journal.db")),
        # What was delivered is of no use any more, and holds what people wrote.
        *("--retention", "60"),
    ]
    # Looks for due reminders, as the PingSource of knative/components/reminders does in a cluster.
    broker += ["--ping", f"{name_service('dialogue')}/tick={os.environ.get('TICK_SECONDS') or tick}"]
    # Sends again what was given up because something was away (knative/components/replay).
    broker += ["--ping", f"{name_service('dead_letter')}/tick=60"]
    names = [*STAGES, *(["shadow"] if "shadow" in ports else [])]
    if "shadow" in ports:
        broker += ["--also", str(ROOT / "knative" / "components" / "shadow-model")]
    quiet = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "warning"}
    # Not on the command line, which everybody on this machine can read: the addresses may hold the token.
    quiet["BROKER_SERVICES"] = " ".join(f"{name_service(name)}={shape.url(name)}" for name in names)
    return Process("broker", broker, ports["broker"], quiet)


def _announce(addresses: "os.PathLike[str]", urls: dict[str, str], bundle: Bundle) -> None:
    """Tell other tools where this run listens; the file is there exactly while the assistant is ready."""
    part = f"{os.fspath(addresses)}.part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "bundle": bundle.id, "addresses": urls}, file, indent=1)
    os.replace(part, addresses)


def _write_welcome(assistant: Path, bundle: Bundle, port: int, metrics: str, idle: float | None, watched: bool) -> str:
    asleep = f"\n  A message wakes the stages; {idle:g} s without one ends them.\n" if idle is not None else ""
    if watched:
        asleep = "\n  Edit the assistant while it runs: what you save is live.\n"
    given = "" if assistant == ASSISTANTS / "default" else f" ASSISTANT={assistant}"
    said = next(iter(list_typical_sentences(bundle.path, 1)), "hello")
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
