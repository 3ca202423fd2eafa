"""What looking costs: CPU of one event through a stage's serving, with nothing, with log lines and spans.

`python -m tests.bench.instrumentation [--events N]`. The stage itself does nothing (looking.py), so the difference is
what looking costs.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

from tests.bench.table import Table
from tests.otlp_receiver import Receiver

HOPS = 6
"""Events that stages take of one message with an action: gateway, nlu, dialogue, actions, dialogue, delivery."""


def child(events: int, environ: dict[str, str], *, framework: bool) -> float:
    """One way of looking in a new process, so that nothing of it is left for the next."""
    before = "import logging; " if framework else ""
    program = f"{before}import sys; from tests.bench.looking import one; print(one(int(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(events)],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.instrumentation", description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    with Receiver().running() as receiver:
        quiet = {"LOG_LEVEL": "error"}
        export = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
        ways: dict[str, tuple[dict[str, str], bool]] = {
            "nothing but timings": (quiet, False),
            "a log line, as in an image": ({"LOG_LEVEL": "info"}, False),
            "a log line, functions-framework": ({"LOG_LEVEL": "info"}, True),
            "a span in ten": ({**quiet, **export, "OTEL_TRACES_SAMPLER_ARG": "0.1"}, False),
            "a span each": ({**quiet, **export}, False),
        }
        measured: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.runs):
            for name, (environ, framework) in ways.items():
                measured[name].append(child(options.events, environ, framework=framework))
    base = statistics.median(measured["nothing but timings"])
    rows: list[tuple[str, ...]] = []
    for name, values in measured.items():
        middle = statistics.median(values)
        more = middle - base
        rows.append((name, f"{middle:.0f}", f"{more:.0f}", f"{more * HOPS / 1000:.3f}"))
    heads = ("looking", "CPU us an event", "more than nothing", f"ms a message ({HOPS} events)")
    print(Table("What looking costs", heads, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
