"""When a conversation's session ends."""

from functions.dialogue.table import Table
from functions.dialogue.tracker import Tracker


def is_over(table: Table, tracker: Tracker, now: float) -> bool:
    """Whether the person last spoke longer ago than a session lasts."""
    minutes = table.domain.session_minutes
    if minutes <= 0:
        return False
    last = next((event for event in reversed(tracker.applied) if event["event"] == "user"), None)
    if last is None and tracker.base.message is not None:
        last = tracker.base.message
    return last is not None and now - float(last.get("timestamp") or now) > minutes * 60
