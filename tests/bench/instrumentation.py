"""What looking costs: CPU of one event through a stage's serving, with nothing, with log lines, own page and spans.

`python -m tests.bench.instrumentation [--events N]`. The stage itself does nothing, so the difference is what looking
costs.
"""

import argparse
import gc
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared import outbound
from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.serving import Serving
from tests.bench.table import Table
from tests.otlp_receiver import Receiver

EVENT = Envelope(
    id="web:1",
    source="/parley/gateway",
    subject="web:me",
    data=MessageReceived("play some jazz", "me"),
    type=MessageReceived.TYPE,
    message="web:1",
    channel="web",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    timings="gateway=1.2",
)
HOPS = 6
"""Events that stages take of one message with an action: gateway, nlu, dialogue, actions, dialogue, delivery."""


class Nothing:
    CONSUMES = (MessageReceived,)
    PRODUCES = (MessageUnderstood,)
    answer = MessageUnderstood("play some jazz", "me", Intent("play_music", 0.99))

    def __call__(self, envelope: Envelope) -> Envelope:
        return envelope.answer(self.answer, "/parley/nlu", "understood")


@dataclass
class Asked:
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    path: str = "/"
    content_length: int | None = None

    @property
    def stream(self) -> io.BytesIO:
        return io.BytesIO(self.body)


def one(events: int, environ: dict[str, str]) -> float:
    """Microseconds of CPU of one event, in this process, all of its threads."""
    os.environ.update(environ)
    serving = Serving("nlu", Nothing())
    asked = Asked(*encode(EVENT))
    for _ in range(500):
        serving(asked)
    gc.collect()
    began = time.process_time()
    for _ in range(events):
        serving(asked)
    took = time.process_time() - began
    assert (outbound.traced is not None) == bool(environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    return took / events * 1e6


def child(events: int, environ: dict[str, str]) -> float:
    """The same in a new process, so that nothing of one way of looking is left for the next."""
    program = (
        "import sys; from tests.bench.instrumentation import one; from shared.telemetry import configure_logging; "
    )
    program += "configure_logging(); print(one(int(sys.argv[1]), dict(a.split('=', 1) for a in sys.argv[2:])))"
    command = [sys.executable, "-c", program, str(events), *(f"{name}={value}" for name, value in environ.items())]
    done = subprocess.run(
        command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    return float(done.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.instrumentation", description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    with Receiver().running() as receiver:
        quiet = {"LOG_LEVEL": "error"}
        ways: dict[str, dict[str, str]] = {
            "nothing but timings": quiet,
            "a log line": {"LOG_LEVEL": "info"},
            "own page": {**quiet, "METRICS_PORT": "19102", "METRICS_HOST": "127.0.0.1"},
            "a span in ten": {**quiet, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_TRACES_SAMPLER_ARG": "0.1"},
            "a span each": {**quiet, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
        }
        measured: dict[str, list[float]] = {name: [] for name in ways}
        measure: Callable[[dict[str, str]], float] = lambda environ: child(options.events, environ)  # noqa: E731
        for _ in range(options.runs):
            for name, environ in ways.items():
                measured[name].append(measure(environ))
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
