"""Log lines: one JSON object a line on standard error, as Cloud Logging and Loki read it, with ids and never content.

`log = logger(__name__)` takes the calls of `logging.getLogger(__name__)`, and hands them on to it where anybody has
imported `logging` (functions-framework does, tests do). In an image nobody has, and the line is written here: importing
`logging` costs each cold start 5 ms of CPU, a twentieth of what a whole stage may take.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40
_NAMES = {DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR"}

_ENCODER = json.JSONEncoder(ensure_ascii=False)

_own: int | None = None
"""The level from which lines are written here; None: `logging` has them all."""


class Logger:
    """The part of logging.Logger that is used here, without arguments in the message."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def isEnabledFor(self, level: int) -> bool:
        return level >= _own if _here() and _own is not None else bool(_theirs(self._name).isEnabledFor(level))

    def debug(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(DEBUG, message, extra=extra)

    def info(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(INFO, message, extra=extra)

    def warning(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(WARNING, message, extra=extra)

    def error(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        self.log(ERROR, message, extra=extra)

    def exception(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        """With the traceback of the exception that is being handled."""
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
        if not _here():
            _theirs(self._name).log(level, message, exc_info=exc_info, extra=extra)
        elif _own is not None and level >= _own:
            fields = (extra or {}).get("fields", {})
            written = line(time.time(), _NAMES.get(level, str(level)), self._name, message, fields, exc_info)
            # One write for each line, so that the lines of several threads do not mix.
            sys.stderr.write(written + "\n")
            sys.stderr.flush()


def logger(name: str) -> Logger:
    return Logger(name)


def line(
    created: float,
    severity: str,
    name: str,
    message: str,
    fields: Mapping[str, Any],
    exc_info: BaseException | None = None,
) -> str:
    """One line, without its end."""
    whole = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created)) + f".{int(created % 1 * 1_000_000):06d}Z",
        "severity": severity,
        "logger": name,
        "message": message,
        **fields,
    }
    if exc_info is not None:
        import traceback

        whole["exception"] = "".join(traceback.format_exception(exc_info)).rstrip("\n")
    return _ENCODER.encode(whole)


def configure(level: str | None = None) -> None:
    """Log JSON lines to standard error, from LOG_LEVEL on (info by default)."""
    global _own
    name = (level or os.environ.get("LOG_LEVEL") or "info").upper()
    known = {text: number for number, text in _NAMES.items()}
    if "logging" not in sys.modules and name in known:
        _own = known[name]
        return
    _own = None
    from shared.loglines import configure_logging

    configure_logging(name)


def _here() -> bool:
    """Whether lines are written here. Once anybody has imported `logging`, its own lines and ours go one way."""
    if _own is None:
        return False
    if "logging" in sys.modules:
        configure(_NAMES[_own])
        return False
    return True


def _theirs(name: str) -> Any:
    import logging

    return logging.getLogger(name)
