"""What an answer of a platform's interface says of a call, where the platform has no rules of its own."""

import re
from collections.abc import Mapping

from shared.channels.port import Verdict


def judge_by_status(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:  # noqa: ARG001 - platforms read the body
    """The verdict where a platform says everything with its status, as HTTP defines it; the status is the cause."""
    if 200 <= status < 300:
        return Verdict("taken")
    if status >= 500 or status in (408, 425, 429):
        return Verdict("later", read_retry_seconds(headers.get("retry-after")), str(status))
    return Verdict("refused", cause=str(status))


def judge_by_status_and_token(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """As `judge_by_status`, where 401 says that our token is not valid."""
    return Verdict("denied", cause="401") if status == 401 else judge_by_status(status, headers, body)


def read_retry_seconds(retry_after: str | None) -> float | None:
    """Retry-After in its form of seconds, also broken ones; its form of a date is not worth a parser here."""
    if retry_after is None or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", retry_after):
        return None
    return float(retry_after)
