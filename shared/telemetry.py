"""What a stage measures of itself: timings that travel on the event, and one log line for each event taken.

A pod that lives for seconds dies between two scrapes, so what each stage measured rides on the event to `observer`,
in the extension `timings`: `stage=milliseconds` in order, comma-separated. Where the stage had just started, a `c`
follows with the milliseconds from the start of its process until it was ready; then `@` and the revision of its
Knative Service, where there is one: `gateway=1.2,nlu=3.4c412@00004,dialogue=0.8@00007`. Last come `*` and the calls to
the store that the event took, and `!` and the spans that were dropped since the last event, where there are any:
`dialogue=0.8@00007*3!20`.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.digest import hmac_sha256

_HEX = frozenset("0123456789abcdef")
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
    store_calls: int = 0
    spans_dropped: int = 0


def measure_since_start() -> float | None:
    """Seconds since the kernel started this process; None where no /proc says so."""
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def add_timing(
    timings: str,
    stage: str,
    seconds: float,
    start: float | None = None,
    revision: str = "",
    *,
    cold: bool,
    store_calls: int = 0,
    spans_dropped: int = 0,
) -> str:
    """`timings` with one more, or unchanged where it is full. `start`: seconds until the process was ready."""
    ready = f"c{start * 1000:.0f}" if cold and start is not None else "c" if cold else ""
    item = f"{stage}={seconds * 1000:.1f}{ready}{f'@{revision}' if revision else ''}"
    if store_calls:
        item += f"*{store_calls}"
    if spans_dropped:
        item += f"!{spans_dropped}"
    longer = f"{timings},{item}" if timings else item
    return longer if len(longer) <= _LIMIT else timings


def read_timings(timings: str) -> Sequence[Timing]:
    """The timings in the order of the way; items that are none are left out, for they come from outside."""
    found = []
    for item in timings.split(","):
        stage, _, measured = item.partition("=")
        measured, _, dropped = measured.partition("!")
        measured, _, calls = measured.partition("*")
        measured, _, revision = measured.partition("@")
        number, cold, start = measured.partition("c")
        try:
            starting = float(start) if start else None
            counted = max(0, int(calls or 0)), max(0, int(dropped or 0))
            found.append(Timing(stage, float(number), bool(cold), starting, revision, *counted))
        except ValueError:
            continue
    return found


_calls = threading.local()


def count_store_call() -> None:
    """A call to the store was made, for the event that this thread works on."""
    _calls.made = getattr(_calls, "made", 0) + 1


def take_store_calls() -> int:
    """How many were made since this thread last asked."""
    made = int(getattr(_calls, "made", 0))
    _calls.made = 0
    return made


_hash_key = os.urandom(32)
"""Of this process, until it is given the installation's: then all stages and tools write one id."""


def use_hash_key(secret: str) -> None:
    """Key the ids of conversations with the installation's secret, for this whole process."""
    global _hash_key
    _hash_key = hmac_sha256(secret.encode(), b"ids of conversations")


def hash_conversation(conversation: str) -> str:
    """A conversation's name in logs, traces, exports and handles: tells two apart, and tells nobody who it is.

    Keyed, because a telephone number would be found by hashing all there are.
    """
    return hmac_sha256(_hash_key, conversation.encode("utf-8", "surrogatepass")).hex()[:12]


def parse_traceparent(traceparent: str | None) -> tuple[str, str, str] | None:
    """Trace, span and flags of a W3C traceparent (Trace Context, 3.2), or None where it is none."""
    if traceparent is None or len(traceparent) != 55:
        return None
    version, *parts = traceparent.split("-")
    if [len(part) for part in parts] != [32, 16, 2] or version == "ff" or not _HEX.issuperset(version.join(parts)):
        return None
    trace, span, flags = parts
    return None if trace == "0" * 32 or span == "0" * 16 else (trace, span, flags)


def trace_of(traceparent: str | None) -> str | None:
    """The trace's id in a W3C traceparent."""
    return traceparent[3:35] if traceparent is not None and len(traceparent) == 55 else None


def span_of(traceparent: str | None) -> str | None:
    """The id of the span that a W3C traceparent names."""
    return traceparent[36:52] if traceparent is not None and len(traceparent) == 55 else None


_LAST: list[Callable[[], None]] = []


def run_at_end(job: Callable[[], None]) -> None:
    """Do this when the process ends in order: at Python's own end, or when a server that skips that one calls `end`."""
    _LAST.append(job)
    if len(_LAST) == 1:
        atexit.register(end)


def end() -> None:
    """Do what `run_at_end` was told, once."""
    while _LAST:
        _LAST.pop()()
