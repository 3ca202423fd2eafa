"""Action requests as the dialogue sends them."""

from datetime import UTC, datetime
from typing import Any

from shared.events.catalogue import ActionCompleted, ActionRequested
from shared.events.envelope import Envelope

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def requested(action: str = "action_hello", **fields: Any) -> Envelope:
    return Envelope(
        id="rest:m1.understood.requested",
        source="/parley/dialogue",
        subject="rest:somebody",
        type=ActionRequested.TYPE,
        message="rest:m1",
        channel="rest",
        data=ActionRequested(action=action, sender="somebody", **fields),
    )


def completed(envelope: Envelope | None) -> ActionCompleted:
    assert envelope is not None
    assert isinstance(envelope.data, ActionCompleted)
    return envelope.data
