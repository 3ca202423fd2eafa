"""What an assistant's own function gets and gives: the call, the result, and the small words for making one.

    def action_hello(call: Call) -> Result:
        return Result.of(say("utter_hello", name=call.slot("name")), slot("greeted", True))

What it says are responses of the domain, so that each language has its own; sentences are put together of `part`s.

A function is plain and typed: everything that it may know is in the call, and everything that it changes is in the
result. It may be called twice for the same message (an event is delivered at least once), so what it does in the world
is to be keyed by `call.message`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from shared.events.wire import JSON

if TYPE_CHECKING:
    from shared.dates.counting import Span


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action."""

    action: str
    sender: str
    conversation: str
    message: str
    """The id of the person's message: the same when the call is repeated."""
    now: datetime
    """With a time zone (UTC)."""
    slots: Mapping[str, JSON] = field(default_factory=dict)
    latest_message: Mapping[str, JSON] = field(default_factory=dict)
    """As Rasa's tracker shows it: text, intent, entities, metadata."""
    events: tuple[JSON, ...] = ()
    """The recent tracker events, oldest first."""
    active_loop: str | None = None
    """The name of the form that is open."""
    locale: str | None = None
    language: str = "en"
    """In which the person is answered; for words that are looked up, since responses follow it by themselves."""
    assets: Path = Path()
    """The directory of the bundle, with the files that the assistant's package names in `ASSETS`."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The settings that the assistant's package names in `SETTINGS`."""

    def slot(self, name: str) -> JSON:
        return self.slots.get(name)

    def words(self, name: str) -> str:
        """The text in a slot, or an empty one."""
        value = self.slots.get(name)
        return value.strip() if isinstance(value, str) else ""

    @property
    def text(self) -> str:
        text = self.latest_message.get("text")
        return text if isinstance(text, str) else ""

    @property
    def intent(self) -> str | None:
        intent = self.latest_message.get("intent")
        name = intent.get("name") if isinstance(intent, Mapping) else None
        return name if isinstance(name, str) else None

    @property
    def confidence(self) -> float:
        """Of the intent, 0 to 1; 1 where none is told."""
        intent = self.latest_message.get("intent")
        confidence = intent.get("confidence") if isinstance(intent, Mapping) else None
        return float(confidence) if isinstance(confidence, int | float) else 1.0

    def entities(self, name: str) -> tuple[str, ...]:
        """The values of the latest message's entities of that name, in its order."""
        return tuple(str(found["value"]) for found in self.find_entities(name))

    def entity(self, name: str) -> str:
        """The last value of that entity, as a slot would take it; empty where there is none."""
        return next(reversed(self.entities(name)), "")

    def find_entities(self, name: str) -> tuple[Mapping[str, JSON], ...]:
        """The latest message's entities of that name as they came, with their place in the text; not the unwanted."""
        return tuple(item for item in self._entities_named(name) if item.get("polarity") != "unwanted")

    def find_unwanted(self, name: str) -> tuple[str, ...]:
        """The values of that entity that the message excludes: "not horror", "without olives"."""
        return tuple(str(item["value"]) for item in self._entities_named(name) if item.get("polarity") == "unwanted")

    @property
    def task(self) -> str | None:
        """The intent of the task that the message goes on with or repeats, where messages are read in their context."""
        reading = self.latest_message.get("reading")
        task = reading.get("task") if isinstance(reading, Mapping) else None
        return task if isinstance(task, str) else None

    @property
    def is_question(self) -> bool:
        """Whether the message asks something, where messages are read in their context."""
        reading = self.latest_message.get("reading")
        return isinstance(reading, Mapping) and bool(reading.get("question"))

    def _entities_named(self, name: str) -> tuple[Mapping[str, JSON], ...]:
        entities = self.latest_message.get("entities")
        if not isinstance(entities, Sequence):
            return ()
        return tuple(
            item
            for item in entities
            if isinstance(item, Mapping) and item.get("entity") == name and item.get("value") is not None
        )

    def slots_to_validate(self) -> dict[str, JSON]:
        """The slots that a form has just filled and wants to have validated: those set since anything else happened."""
        found: dict[str, JSON] = {}
        for event in reversed(self.events):
            if not _is_slot(event):
                break
            found.setdefault(str(event["name"]), event.get("value"))
        return dict(reversed(found.items()))

    def find_earlier_slot(self, name: str) -> JSON:
        """What a slot held before the latest message, as far as the recent events tell."""
        events = reversed(self.events)
        for event in events:
            if isinstance(event, Mapping) and event.get("event") == "user":
                break
        return next((event.get("value") for event in events if _is_slot(event) and event.get("name") == name), None)

    # Their names until December 2026, by which the actions of assistants that were written before call them.
    candidates = slots_to_validate
    found = find_entities
    unwanted = find_unwanted


def _is_slot(event: JSON) -> TypeGuard[Mapping[str, JSON]]:
    return isinstance(event, Mapping) and event.get("event") == "slot"


@dataclass(frozen=True, slots=True)
class Response:
    """Something to say, in the form of rasa_sdk's dispatcher."""

    body: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class TrackerEvent:
    """Something that changes the conversation, in the form of rasa_sdk.events."""

    body: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Result:
    """What an action says and changes."""

    responses: tuple[Mapping[str, JSON], ...] = ()
    events: tuple[Mapping[str, JSON], ...] = ()

    @classmethod
    def of(cls, *parts: Response | TrackerEvent) -> "Result":
        """A result of any number of responses and events, each kind in the order given."""
        return cls(
            tuple(part.body for part in parts if isinstance(part, Response)),
            tuple(part.body for part in parts if isinstance(part, TrackerEvent)),
        )

    def __add__(self, other: "Result") -> "Result":
        return Result(self.responses + other.responses, self.events + other.events)


class Rejection(Exception):
    """Raised by an action that declines to run, so that the dialogue tries something else (ActionExecutionRejected)."""


Action = Callable[[Call], Result]


Said = JSON
"""Something that a response says within another one, in the person's language: see `part`."""


def say(response: str, buttons: Sequence[Mapping[str, JSON]] = (), /, **variables: JSON) -> Response:
    """A response of the domain (`utter_...`), with variables besides the slots, and buttons besides its own."""
    return Response(
        {"response": response, **variables, **({"buttons": [dict(one) for one in buttons]} if buttons else {})}
    )


def part(response: str, /, otherwise: JSON = None, **variables: JSON) -> Said:
    """What a response says, as a variable of another one, a slot's value or a button's title; `otherwise` where the
    domain has none of that name."""
    return {"response": response, **variables, **({"otherwise": otherwise} if otherwise is not None else {})}


def join_parts(parts: Sequence[Said], sign: str = " ") -> Said:
    """Parts as one, with a sign between them; what says nothing is left out."""
    return {"parts": list(parts), "sign": sign}


def text(words: str, buttons: Sequence[Mapping[str, JSON]] = (), image: str | None = None) -> Response:
    """Words made up on the spot."""
    body: dict[str, JSON] = {"text": words}
    if buttons:
        body["buttons"] = [dict(item) for item in buttons]
    if image:
        body["image"] = image
    return Response(body)


def button(title: Said, payload: str) -> dict[str, JSON]:
    return {"title": title, "payload": payload}


def offer(title: Said, intent: str, /, **entities: str) -> dict[str, JSON]:
    """A button that says this in the person's place; values may hold quotes and any letters."""
    return button(title, f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}")


def custom(payload: Mapping[str, JSON]) -> Response:
    """Anything that only the channel understands."""
    return Response({"custom": dict(payload)})


def slot(name: str, value: JSON) -> TrackerEvent:
    return TrackerEvent({"event": "slot", "name": name, "value": value})


def reminder(
    intent: str,
    at: datetime,
    *,
    name: str | None = None,
    entities: Mapping[str, JSON] | None = None,
    kill_on_user_message: bool = True,
) -> TrackerEvent:
    """Take this intent for said at that time, by nobody; `at` has a time zone. The same name again moves it.

    With `kill_on_user_message` it is dropped as soon as the person says something. Raises ValueError where `at` has no
    time zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time of a reminder needs a time zone")
    return TrackerEvent(
        {
            "event": "reminder",
            "intent": intent,
            "date_time": at.isoformat(),
            "name": name,
            "entities": dict(entities or {}),
            "kill_on_user_msg": kill_on_user_message,
        }
    )


def cancel_reminder(name: str | None = None, intent: str | None = None) -> TrackerEvent:
    """Drop the reminders of that name and intent; all of them where neither is given."""
    return TrackerEvent({"event": "cancel_reminder", "name": name, "intent": intent, "entities": None})


def followup(action: str) -> TrackerEvent:
    """Run this action or form next, whatever rules and stories say."""
    return TrackerEvent({"event": "followup", "name": action})


def read_span(said: str, today: date, language: str = "en") -> "Span | None":
    """The days or the time that words name, seen from the beginning of `today`: "friday to monday"; None for none.

    Reads the ISO form that understanding gives, too. An action that asks for no days does not pay for the reader.
    """
    from shared.dates.reading import read_span as read
    from shared.dates.reference_time import ReferenceTime

    return read(said, ReferenceTime(datetime(today.year, today.month, today.day, tzinfo=UTC), language))
