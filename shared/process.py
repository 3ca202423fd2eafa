"""What every stage's process is told and does alike: its log, its revision, its traces. Each main.py opens it first."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING

from shared.config import Misconfigured, read
from shared.errors import Failure
from shared.logs import configure, describe_exception
from shared.settings import EXCEPTIONS, LEVELS, MIN_SECRET, Settings
from shared.telemetry import measure_since_start, use_hash_key

if TYPE_CHECKING:
    from shared.otlp import Tracer


@dataclass(frozen=True, slots=True)
class Process:
    """This process, as log lines, timings and spans name it."""

    name: str = ""
    """The stage's."""
    revision: str = ""
    tracer: "Tracer | None" = None
    """Makes spans of the stage's work; None where nobody said where to send them."""
    whole_errors: bool = False
    """Whether errors quote what was raised: on a developer's desk alone."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Of the installation; the first is in use, those after it still count."""
    start: float | None = None
    """Seconds from its start until it was ready; None where that is not known."""

    def mark_ready(self) -> "Process":
        """The same, which is ready now."""
        return replace(self, start=measure_since_start())


def open_process(name: str, environ: Mapping[str, str]) -> Process:
    """The process of a stage, with its log open; or Misconfigured.

    A stage that cannot start for a reason that its message explains (a missing bundle, a store that is down) leaves
    with that message and without a traceback.
    """
    settings = read(Settings, environ)
    mistakes = []
    if settings.log_level.lower() not in LEVELS:
        mistakes.append(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, not {settings.log_level!r}")
    if settings.log_exceptions not in EXCEPTIONS:
        mistakes.append(f"LOG_EXCEPTIONS must be one of {', '.join(EXCEPTIONS)}, not {settings.log_exceptions!r}")
    if any(len(secret) < MIN_SECRET for secret in settings.installation_secret):
        mistakes.append(
            f"INSTALLATION_SECRET must have at least {MIN_SECRET} characters; `openssl rand -hex 32` makes one"
        )
    if mistakes:
        raise Misconfigured("\n".join(f"parley: {mistake}" for mistake in mistakes))
    sys.excepthook = _explain
    configure(settings.log_level, whole_tracebacks=settings.log_exceptions == "full")
    if settings.installation_secret:
        use_hash_key(settings.installation_secret[0])
    return describe_process(name, settings)


def describe_process(name: str, settings: Settings) -> Process:
    """The process; without an address for spans nothing is imported, measured or sent for them."""
    tracer = None
    if settings.otlp_endpoint or settings.otlp_traces_endpoint:
        from shared.otlp import tracer_of

        tracer = tracer_of(name, settings)
    return Process(
        name, _read_revision(settings), tracer, settings.log_exceptions == "full", settings.installation_secret
    )


def _read_revision(settings: Settings) -> str:
    """The revision without its service's name, which the stage is."""
    revision = settings.revision.removeprefix(f"{settings.configuration}-")
    return revision if revision.replace("-", "").replace(".", "").isalnum() else ""


def _explain(kind: type[BaseException], exc: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(exc, Failure):
        print(f"parley: cannot start: {exc}", file=sys.stderr)  # noqa: T201 - for the person who starts it
    elif issubclass(kind, Exception):
        print(f"parley: failed: {describe_exception(exc)}", file=sys.stderr)  # noqa: T201 - the same
    else:
        sys.__excepthook__(kind, exc, traceback)
