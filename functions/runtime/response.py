"""The head of an HTTP/1.1 answer."""

import time

from shared.http1 import join_lines

REASONS = {
    100: "Continue",
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def render_head(status: int, fields: dict[str, str], keep: bool) -> bytes:
    """The status line and these headers; ValueError where one would break the line and become two."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", f"date: {_read_clock()}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    if not keep:
        lines.append("connection: close")
    return join_lines(lines)


_date = (0, "")


def _read_clock() -> str:
    """The time in the form of HTTP, made once a second."""
    global _date
    second = int(time.time())
    date = _date
    if date[0] != second:
        date = _date = (second, time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(second)))
    return date[1]
