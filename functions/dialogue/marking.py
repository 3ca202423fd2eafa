"""Where a turn stood before a step: a step that has to wait is taken back, and runs again from its start."""

from typing import Any

KEPT = ("message", "progress", "session_started_at", "reminders")
"""What a step replaces,"""
GROWING = ("decided_by", "ran", "replies", "added")
"""and the lists that it adds to."""


class Mark:
    """A turn as it is now; its tracker and its lists are the same objects, so they are looked at by their length."""

    __slots__ = ("_kept", "_lengths", "_tracker", "_turn")

    def __init__(self, turn: Any) -> None:
        self._turn = turn
        self._tracker = turn.tracker.copy()
        self._kept = {name: getattr(turn, name) for name in KEPT}
        self._lengths = {name: len(getattr(turn, name)) for name in GROWING}

    def set_back(self) -> None:
        turn = self._turn
        turn.tracker = self._tracker
        for name, value in self._kept.items():
            setattr(turn, name, value)
        for name, length in self._lengths.items():
            del getattr(turn, name)[length:]
