"""Log lines: one JSON object a line on standard error, as Cloud Logging and Loki read it, with ids and never content.

`log = logger(__name__)` takes the calls of `logging.getLogger(__name__)`, and hands them on to it where anybody has
imported `logging` (functions-framework does, tests do). In an image nobody has, and the line is written here: importing
`logging` costs each cold start 5 ms of CPU, a twentieth of what a whole stage may take.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40
_NAMES = {DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR"}

_ENCODER = json.JSONEncoder(ensure_ascii=False)

_own: int | None = None
"""The level from which lines are written here; None: `logging` has them all."""
_whole_tracebacks = False
"""Whether a bug's message and traceback are written as Python does; never in an image."""


class Logger:
    """The part of logging.Logger that is used here, without arguments in the message."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def isEnabledFor(self, level: int) -> bool:
        return (
            level >= _own
            if _is_written_here() and _own is not None
            else bool(_find_theirs(self._name).isEnabledFor(level))
        )

    def debug(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(DEBUG, message, extra=extra)

    def info(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(INFO, message, extra=extra)

    def warning(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(WARNING, message, extra=extra)

    def error(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(ERROR, message, extra=extra)

    def exception(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        """With the exception that is being handled, as `describe_exception` writes it."""
        self.log(ERROR, message, exc_info=sys.exc_info()[1], extra=extra)

    def log(
        self,
        level: int,
        message: str,
        *,
        exc_info: BaseException | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """`extra={"fields": {...}}` are the fields of the line."""
        if not _is_written_here():
            _find_theirs(self._name).log(level, message, exc_info=exc_info, extra=extra)
        elif _own is not None and level >= _own:
            fields = (extra or {}).get("fields", {})
            written = format_line(time.time(), _NAMES.get(level, str(level)), self._name, message, fields, exc_info)
            # One write for each line, so that the lines of several threads do not mix.
            sys.stderr.write(written + "\n")
            sys.stderr.flush()


class JsonLines:
    """The same lines for the standard library's logging: only the message and the fields given as `extra`.

    It is no logging.Formatter, because a handler needs its one method alone and `logging` is not imported for it.
    """

    def format(self, record: Any) -> str:
        exc_info = record.exc_info[1] if record.exc_info else None
        fields = getattr(record, "fields", {})
        return format_line(record.created, record.levelname, record.name, record.getMessage(), fields, exc_info)


def get_logger(name: str) -> Logger:
    return Logger(name)


def format_line(
    created: float,
    severity: str,
    name: str,
    message: str,
    fields: Mapping[str, Any],
    exc_info: BaseException | None = None,
) -> str:
    """One line, without its end."""
    whole: dict[str, Any] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created)) + f".{int(created % 1 * 1_000_000):06d}Z",
        "severity": severity,
        "logger": name,
        "message": message,
        **fields,
    }
    if exc_info is not None:
        whole["exception"] = describe_exception(exc_info)
    return _ENCODER.encode(whole)


def describe_exception(exc: BaseException) -> str:
    """Where a bug is, without a single value: `file:line in function > ...: TypeOfException`, its causes after it.

    An exception's message may quote the person, or a secret, so an image never writes it. On a developer's desk, where
    `configure` was told so, it is Python's own traceback with the message.
    """
    if _whole_tracebacks:
        import traceback

        return "".join(traceback.format_exception(exc)).rstrip("\n")
    return "; because of ".join(f"{' > '.join(_list_frames(link))}: {type(link).__name__}" for link in _list_chain(exc))


def _list_chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, each once (a chain may be a circle)."""
    seen: set[int] = set()
    link: BaseException | None = exc
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _list_frames(exc: BaseException) -> Iterator[str]:
    frame = exc.__traceback__
    if frame is None:
        yield "nowhere"
    while frame is not None:
        code = frame.tb_frame.f_code
        yield f"{code.co_filename}:{frame.tb_lineno} in {code.co_name}"
        frame = frame.tb_next


def configure(level: str = "info", *, whole_tracebacks: bool = False) -> None:
    """Log JSON lines to standard error, from `level` on; bugs as `describe_exception` says.

    Also takes over what Python itself writes of exceptions that nobody caught, in this thread and in others.
    """
    global _whole_tracebacks
    _whole_tracebacks = whole_tracebacks
    sys.unraisablehook = _report_unraisable
    if "threading" in sys.modules:
        sys.modules["threading"].excepthook = _report_thread  # type: ignore[attr-defined]
    _open(level)


def _report_unraisable(unraisable: Any) -> None:
    if unraisable.exc_value is not None:
        get_logger("python").log(ERROR, "failed", exc_info=unraisable.exc_value)


def _report_thread(uncaught: Any) -> None:
    if uncaught.exc_value is not None and uncaught.exc_type is not SystemExit:
        get_logger("python").log(ERROR, "a thread failed", exc_info=uncaught.exc_value)


def _open(level: str) -> None:
    global _own
    name = level.upper()
    known = {text: number for number, text in _NAMES.items()}
    if "logging" not in sys.modules and name in known:
        _own = known[name]
        return
    _own = None
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())  # type: ignore[arg-type]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(name)


def _is_written_here() -> bool:
    """Whether lines are written here. Once anybody has imported `logging`, its own lines and ours go one way."""
    if _own is None:
        return False
    if "logging" in sys.modules:
        _open(_NAMES[_own])
        return False
    return True


def _find_theirs(name: str) -> Any:
    import logging

    return logging.getLogger(name)
