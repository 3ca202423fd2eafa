"""What a stage measures of itself: timings that travel on the event, and one log line for each event taken.

A pod that lives for seconds dies between two scrapes, so what each stage measured rides on the event to `observer`,
in the extension `timings`: `stage=milliseconds` in order, comma-separated. Where the stage had just started, a `c`
follows with the milliseconds from the start of its process until it was ready; then `@` and the revision of its
Knative Service, where there is one: `gateway=1.2,nlu=3.4c412@00004,dialogue=0.8@00007`.
"""

import atexit
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from shared.digest import sha256
from shared.errors import Failure
from shared.logs import configure

if TYPE_CHECKING:
    from shared.otlp import Tracer

_LIMIT = 900
"""Characters of the extension; beyond it no more timings are added, the event itself is never refused for them."""


@dataclass(frozen=True, slots=True)
class Timing:
    stage: str
    milliseconds: float
    cold: bool
    start: float | None = None
    """Milliseconds from the start of the process until it could answer; only where it is cold, and known."""
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """What this process is, as timings tell it."""

    start: float | None = None
    """Seconds from its start until now, when it is ready."""
    revision: str = ""


UNKNOWN = Process()


def this_process(environ: Mapping[str, str]) -> Process:
    """This process, asked once it is ready. The revision is told without the service's name, which the stage is."""
    revision = environ.get("K_REVISION", "").removeprefix(f"{environ.get('K_CONFIGURATION', '')}-")
    return Process(since_start(), revision if revision.replace("-", "").replace(".", "").isalnum() else "")


def since_start() -> float | None:
    """Seconds since the kernel started this process; None where no /proc says so."""
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def add_timing(timings: str, stage: str, seconds: float, *, cold: bool, process: Process = UNKNOWN) -> str:
    """`timings` with one more, or unchanged where it is full."""
    start = f"c{process.start * 1000:.0f}" if cold and process.start is not None else "c" if cold else ""
    item = f"{stage}={seconds * 1000:.1f}{start}{f'@{process.revision}' if process.revision else ''}"
    longer = f"{timings},{item}" if timings else item
    return longer if len(longer) <= _LIMIT else timings


def read_timings(timings: str) -> Sequence[Timing]:
    """The timings in the order of the way; items that are none are left out, for they come from outside."""
    found = []
    for item in timings.split(","):
        stage, _, measured = item.partition("=")
        measured, _, revision = measured.partition("@")
        number, cold, start = measured.partition("c")
        try:
            found.append(Timing(stage, float(number), bool(cold), float(start) if start else None, revision))
        except ValueError:
            continue
    return found


def hashed(conversation: str) -> str:
    """A conversation's name in logs: tells two apart, tells nobody who it is."""
    return sha256(conversation.encode())[:12]


def trace_of(traceparent: str | None) -> str | None:
    """The trace's id in a W3C traceparent."""
    return traceparent[3:35] if traceparent is not None and len(traceparent) == 55 else None


def open_tracer(stage: str, environ: Mapping[str, str]) -> "Tracer | None":
    """What makes spans of the stage's work, where OpenTelemetry's variables say where to send them; else None.

    Without an address nothing is imported, measured or sent.
    """
    if not (environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return None
    from shared.otlp import tracer_of

    return tracer_of(stage, environ)


_LAST: list[Callable[[], None]] = []


def at_end(job: Callable[[], None]) -> None:
    """Do this when the process ends in order: at Python's own end, or when a server that skips that one calls `end`."""
    _LAST.append(job)
    if len(_LAST) == 1:
        atexit.register(end)


def end() -> None:
    """Do what `at_end` was told, once."""
    while _LAST:
        _LAST.pop()()


def configure_logging(level: str | None = None) -> None:
    """Log JSON lines to standard error, from LOG_LEVEL on (info by default).

    A stage that cannot start for a reason that its message explains (a missing bundle, a store that is down) leaves
    with that message and without a traceback.
    """
    sys.excepthook = _explain
    configure(level)


def _explain(kind: type[BaseException], exc: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(exc, Failure):
        print(f"parley: cannot start: {exc}", file=sys.stderr)  # noqa: T201 - for the person who starts it
    else:
        sys.__excepthook__(kind, exc, traceback)
