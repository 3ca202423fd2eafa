"""Where a cold start goes: CPU of each phase of each stage, as its image runs it: `task coldstart`, printed and drawn.

Without the image itself: the same server, flags and code, byte-code compiled, on the interpreter that `--python` names
(the official images' Python is built with profile-guided optimisation, a hand-built one often is not).
"""

import argparse
import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from functions.runtime.precompiled import list_imports
from knative.local.assistants import find_assistant
from knative.local.send import find_sample
from knative.local.served import choose_allocator
from knative.local.stages import ROOT, STAGES, build_environment, find_place
from tests.bench.table import Table
from tests.contract.firestore_emulator import HOW_TO_GET_IT, PROJECT, emulator, find_jar

PHASES = ("interpreter", "server", "imports", "bundle, wiring", "listen", "first event")
PACKAGES = f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"
STORED = ("dialogue", "delivery", "dead_letter")
"""Stages with a store."""
DRAWN = "#=+.:*"
"""One mark for each phase, in the bars."""


def start(
    stage: str, assistant: str, python: str, compiled: Path, given: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """One cold start; `compiled` is where `write_compiled` wrote, `given` are settings besides the usual."""
    path, body = (
        ("/webhooks/webchat/conversations", "") if stage == "gateway" else ("/", find_sample(stage).read_text())
    )
    names = list_imports(stage, ROOT / "functions")
    with tempfile.TemporaryDirectory() as scratch:
        usual = {"STORE_URL": f"sqlite:{scratch}/store.db", "BUNDLE_HASHES": "false"}
        chosen = build_environment(stage, find_place(assistant, 0), {}, {**usual, **given})
        chosen["PYTHONPATH"] = PACKAGES
        chosen |= choose_allocator(stage)
        done = subprocess.run(
            [
                python,
                "-S",
                "-P",
                str(ROOT / "tests/bench/phases.py"),
                stage,
                ",".join(names),
                path,
                body,
                str(compiled),
            ],
            env=chosen,
            capture_output=True,
            text=True,
            cwd=scratch,
        )
    if done.returncode != 0:
        raise SystemExit(f"{stage} did not start:\n{done.stderr[-2000:]}")
    measured = json.loads(done.stdout.splitlines()[-1])
    if not all(status.startswith("2") for status in measured["statuses"]):
        raise SystemExit(f"{stage} answered {measured['statuses']}")
    return dict(measured)


def write_compiled(python: str, stage: str, into: Path, assistant: str) -> None:
    """Write what knative/images/seal.sh leaves in the stage's image."""
    for tool, ending in (("precompiled", "bin"), ("packed_modules", "modules")):
        command = [
            python,
            "-S",
            "-P",
            str(ROOT / f"functions/runtime/{tool}.py"),
            stage,
            str(into / f"{stage}.{ending}"),
            str(find_assistant(assistant)),
        ]
        environ = {**os.environ, "PYTHONPATH": PACKAGES}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)


def measured(
    stages: Sequence[str], assistant: str, python: str, runs: int, firestore: str | None = None
) -> dict[str, list[dict[str, float]]]:
    """Stage -> runs, taken in turns, so that what else the machine does falls on all alike.

    Where an emulator of Firestore runs at `firestore`, the stages with a store are measured on it as well.
    """
    rows: dict[str, tuple[str, dict[str, str]]] = {stage: (stage, {}) for stage in stages}
    if firestore is not None:
        settings = {"STORE_URL": f"firestore:{PROJECT}", "FIRESTORE_EMULATOR_HOST": firestore}
        rows |= {f"{stage}, Firestore": (stage, settings) for stage in stages if stage in STORED}
    found: dict[str, list[dict[str, float]]] = {row: [] for row in rows}
    with tempfile.TemporaryDirectory() as scratch:
        for stage in stages:
            write_compiled(python, stage, Path(scratch), assistant)
        for _ in range(runs):
            for row, (stage, given) in rows.items():
                one = start(stage, assistant, python, Path(scratch), given)
                found[row].append({**one["cpu"], "rss": one["rss"]["first event"] / 1e6})
    return found


def table(found: dict[str, list[dict[str, float]]]) -> Table:
    runs = len(next(iter(found.values())))
    made = Table(
        f"Cold start by phase, CPU ms (image's server, median of {runs}; min of the sum)",
        ("stage", *PHASES, "sum", "min", "second event", "RSS MB"),
    )
    for stage, starts in found.items():
        cells = [statistics.median(one[phase] for one in starts) for phase in PHASES]
        sums = [sum(one[phase] for phase in PHASES) for one in starts]
        others = [statistics.median(one[name] for one in starts) for name in ("second event", "rss")]
        made.add(stage, *(f"{value:.1f}" for value in (*cells, statistics.median(sums), min(sums), *others)))
    return made


def drawn(found: dict[str, list[dict[str, float]]], width: int = 90) -> str:
    """A bar for each stage, the phases in their order."""
    medians = {stage: [statistics.median(one[phase] for one in starts) for phase in PHASES]
               for stage, starts in found.items()}  # fmt: skip
    scale = width / max(sum(values) for values in medians.values())
    lines = ["  ".join(f"{mark} {phase}" for mark, phase in zip(DRAWN, PHASES, strict=True)), ""]
    for stage, values in medians.items():
        bar = "".join(mark * round(value * scale) for mark, value in zip(DRAWN, values, strict=True))
        lines.append(f"{stage:<22}{bar} {sum(values):.0f} ms")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task coldstart", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default=os.environ.get("ASSISTANT") or "default")
    parser.add_argument("--stage", choices=STAGES, action="append", help="only this one (repeat for more)")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--python", default=sys.executable, help="the interpreter to measure")
    parser.add_argument("--firestore", action="store_true", help="the stages with a store on Firestore's emulator, too")
    options = parser.parse_args(arguments)
    for folder in ("functions", "shared"):
        compileall.compile_dir(ROOT / folder, quiet=1)
    version = subprocess.run([options.python, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {version}, {platform.machine()}, {os.cpu_count()} CPUs, "
          f"load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    chosen = (options.stage or STAGES, options.assistant, options.python, options.runs)
    if options.firestore:
        jar = find_jar()
        if jar is None:
            raise SystemExit(HOW_TO_GET_IT)
        with tempfile.TemporaryDirectory() as scratch, emulator(jar, Path(scratch) / "log") as running:
            found = measured(*chosen, running.host)
    else:
        found = measured(*chosen)
    print(table(found))
    print(drawn(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
