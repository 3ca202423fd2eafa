"""Reminders: intents that a conversation asked to be told later, kept with it until they are due."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from functions.dialogue.state import Reminder
from functions.dialogue.tracker import Event
from shared.events.wire import JSON


def update_reminders(
    reminders: Mapping[str, Reminder], events: Iterable[Event], origin: Mapping[str, JSON]
) -> Mapping[str, Reminder]:
    """The reminders after these events: scheduled, cancelled, or gone with a restart or a message of the person."""
    kept = dict(reminders)
    for event in events:
        match event["event"]:
            case "reminder":
                if (reminder := _make_reminder(event, origin)) is not None:
                    kept[_name(event)] = reminder
            case "cancel_reminder":
                kept = {name: reminder for name, reminder in kept.items() if not _is_cancelled(event, name, reminder)}
            case "restart":
                kept = {}
            case "user" if (event.get("metadata") or {}).get("is_external"):
                kept.pop(str((event.get("metadata") or {}).get("reminder")), None)
            case "user" if event.get("text"):
                kept = {name: reminder for name, reminder in kept.items() if not reminder.kill_on_user_message}
    return kept


def _name(event: Event) -> str:
    return str(event.get("name") or f"{event['intent']}@{event['date_time']}")


def _make_reminder(event: Event, origin: Mapping[str, JSON]) -> Reminder | None:
    try:
        at = datetime.fromisoformat(str(event["date_time"]))
    except ValueError:
        return None
    # Rasa takes a time without a zone for UTC.
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    killed = bool(event.get("kill_on_user_msg", True))
    return Reminder(at.timestamp(), str(event["intent"]), _make_entities(event.get("entities")), killed, origin)


def _make_entities(entities: JSON) -> tuple[JSON, ...]:
    if isinstance(entities, Mapping):
        return tuple({"entity": name, "value": value} for name, value in entities.items())
    return tuple(entities or ())


def _is_cancelled(event: Event, name: str, reminder: Reminder) -> bool:
    if event.get("name") is not None and event["name"] != name:
        return False
    if event.get("intent") is not None and event["intent"] != reminder.intent:
        return False
    return event.get("entities") is None or _make_entities(event["entities"]) == reminder.entities
