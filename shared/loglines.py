"""The standard library's logging, in the form of `shared.logs`, for processes that have imported it."""

import logging
import sys

from shared.logs import line


class JsonLines(logging.Formatter):
    """One JSON object a line; only the message and the fields given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        exc_info = record.exc_info[1] if record.exc_info else None
        fields = getattr(record, "fields", {})
        return line(record.created, record.levelname, record.name, record.getMessage(), fields, exc_info)


def configure_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
