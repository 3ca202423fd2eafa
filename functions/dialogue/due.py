"""Reminders whose time has come: each becomes an event, and the event a turn in which nobody said anything.

A tick (a PingSource in a cluster, the local broker on one machine) looks for what is due in the store and publishes one
event for each reminder, whose id derives from the reminder: told twice it is one turn. What the turn does with it is
decided like everything else, in order with the person's messages; only then the reminder is gone from the store.
"""

from collections.abc import Callable

from functions.dialogue.incoming import Incoming
from functions.dialogue.state import Reminder
from shared.events.catalogue import ReminderDue
from shared.events.envelope import Envelope
from shared.events.identity import to_token
from shared.stores.ports import Conversations, Due, Upkeep

SOURCE = "/parley/dialogue"
EXTERNAL = "EXTERNAL: "
"""What stands before the intent in the text of a message that nobody said, as in Rasa."""
AT_ONCE = 200
"""Reminders that one tick tells of; the rest is still due at the next."""
PRUNED = 2000
"""Expired documents that one tick removes: a few milliseconds in which others wait to write."""


class Ticking:
    """Tells the broker of each reminder that is due; has the store remove what has expired, if it does not itself."""

    def __init__(
        self,
        conversations: Conversations,
        upkeep: Upkeep,
        publish: Callable[[Envelope], None],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._conversations = conversations
        self._upkeep = upkeep
        self._publish = publish
        self._clock = clock

    def __call__(self) -> None:
        for due in self._conversations.due(self._clock(), AT_ONCE):
            self._publish(event_of(due))
        self._upkeep.prune(self._clock(), PRUNED)


def event_of(due: Due) -> Envelope:
    """The event of a reminder: the same for the same reminder, always."""
    # The line break makes it no token, so that the id is a hash: a name may hold what nobody should log.
    ident = to_token(f"reminder\n{due.conversation}\n{due.name}\n{due.at!r}")
    origin = due.document.get("origin") or {}
    return Envelope(
        id=ident,
        source=SOURCE,
        subject=due.conversation,
        data=ReminderDue(due.name, due.at),
        type=ReminderDue.TYPE,
        message=ident,
        channel=str(origin.get("channel") or ""),
    )


def make_reminder_message(name: str, reminder: Reminder, ident: str) -> Incoming:
    """The message that a reminder becomes, for the person and the place that asked for it."""
    origin = reminder.origin
    locale = origin.get("locale")
    return Incoming(
        id=ident,
        text=f"{EXTERNAL}{reminder.intent}",
        sender=str(origin.get("sender") or ""),
        intent=reminder.intent,
        confidence=1.0,
        ranking=({"name": reminder.intent, "confidence": 1.0},),
        entities=reminder.entities,
        channel=str(origin.get("channel") or ""),
        metadata={"is_external": True, "reminder": name},
        locale=str(locale) if locale is not None else None,
        address=origin.get("address") or {},
        external=True,
    )
