"""Which stage takes which event in the synchronous pipeline: the same route as the triggers', which a test compares."""

from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    AnswerRated,
    HandoffAnswered,
    MessageArrived,
    MessageReceived,
    MessageUnderstood,
    ReminderDue,
    RepliesDecided,
    TurnRequested,
)

ROUTE = {
    MessageArrived.TYPE: "dialogue",
    MessageReceived.TYPE: "nlu",
    MessageUnderstood.TYPE: "dialogue",
    ReminderDue.TYPE: "dialogue",
    ActionRequested.TYPE: "actions",
    ActionCompleted.TYPE: "dialogue",
    HandoffAnswered.TYPE: "dialogue",
    AnswerRated.TYPE: "dialogue",
    TurnRequested.TYPE: "dialogue",
}

END = RepliesDecided.TYPE
"""The pipeline ends with this event: the turn is decided and recorded."""
