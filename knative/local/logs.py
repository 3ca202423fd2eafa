"""What the stages of a run say: every JSON line goes into a file, and the terminal shows those that matter."""

import json
import logging
import threading
from pathlib import Path
from typing import IO

LOG = "log.jsonl"
LIMIT = 16 * 1024 * 1024
"""Bytes of the file; then it becomes `log.1.jsonl`, in place of the one before, and a new one begins."""
INFO = "info"


def lower_level(level: str | None) -> str:
    """The level for stages whose lines are kept: info, or below it what the person asked for."""
    return level if level and _read_level(level) < logging.INFO else INFO


class Log:
    """Keeps lines; made for one run, and begun anew by the next."""

    def __init__(self, path: Path, level: str) -> None:
        self._path = path
        self._shown = _read_level(level)
        self._lock = threading.Lock()
        find_older_log(path).unlink(missing_ok=True)
        self._file: IO[str] | None = path.open("w", encoding="utf-8")
        self._size = 0

    def take_line(self, line: str) -> bool:
        """Keep the line where it is JSON; whether the terminal shows it. Anything else is shown and not kept."""
        if not line.startswith('{"time"'):
            return True
        try:
            severity = str(json.loads(line)["severity"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return True
        with self._lock:
            if self._file is not None:
                self._file.write(line + "\n")
                self._file.flush()
                self._size += len(line) + 1
                if self._size > LIMIT:
                    self._file.close()
                    self._path.replace(find_older_log(self._path))
                    self._file, self._size = self._path.open("w", encoding="utf-8"), 0
        return _read_level(severity) >= self._shown

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def find_older_log(path: Path) -> Path:
    return path.with_name(f"{path.stem}.1{path.suffix}")


def _read_level(level: str) -> int:
    number = logging.getLevelName(level.upper())
    return number if isinstance(number, int) else logging.WARNING
