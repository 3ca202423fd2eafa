"""The envelope: one CloudEvent with typed data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from shared.events.identity import derive_event_id

PROBE = "probe"
"""The purpose of what the observer says to see that there is an answer."""


class Data(Protocol):
    """The data of an event: a frozen dataclass that names its event type."""

    TYPE: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Raw:
    """Data of a type that the reader does not know, as it came."""

    TYPE: ClassVar[str] = ""
    body: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """What a Knative broker adds to an event that it gives up (extensions knativeerror...)."""

    code: str
    """knativeerrorcode: the last HTTP status."""
    destination: str
    """knativeerrordest: the address that did not take it."""
    body: str = ""
    """knativeerrordata, decoded: the beginning of what the destination answered."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A CloudEvent (specification 1.0.2). What people wrote is only ever in `data`, never in an attribute."""

    id: str
    source: str
    subject: str
    """The conversation."""
    data: object
    """An instance of a type of the catalogue, or Raw."""
    type: str
    message: str
    """The id of the message that began the turn; every event of the turn carries it."""
    channel: str = ""
    time: str | None = None
    traceparent: str | None = None
    expirytime: str | None = None
    """After this time (ISO 8601) an answer is late (CloudEvents expirytime extension)."""
    hasreplies: bool = False
    """True where the data carries replies that go out before the turn is decided."""
    timings: str = ""
    """What each stage so far measured, see shared.telemetry."""
    failure: "DeliveryFailure | None" = None
    """Only on what arrives at a dead letter sink."""
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Attributes that have no field here (`dataschema`, `sequence`, another system's own), kept so that the event goes
    on as it came. What a stage answers is another event and has none of them."""
    purpose: str = ""
    """`probe`: nobody said it, it tries the way; `replay`: a dead letter, sent again. Neither counts as a turn does."""
    arm: str = ""
    """`canary` where the conversation is one of those that a canary answers."""
    encoded: "tuple[object, bytes] | None" = field(default=None, compare=False, repr=False)
    """The data and its JSON, where a stage has that already; of no other data than this very object."""

    @property
    def wanted_until(self) -> float | None:
        """`expirytime` in seconds since the epoch; None where it says no time."""
        from datetime import datetime

        try:
            wanted = datetime.fromisoformat(self.expirytime or "")
        except ValueError:
            return None
        return wanted.timestamp() if wanted.tzinfo is not None else None

    def answer(
        self, data: Data, source: str, step: str, *, hasreplies: bool = False, text: str | None = None
    ) -> "Envelope":
        """The event that follows from this one: same conversation, message, channel and trace; derived id. `text` is
        the data as JSON, where that is written already."""
        # Written out, because `replace` takes twice the time, and each stage does this for each event.
        return Envelope(
            derive_event_id(self.id, step),
            source,
            self.subject,
            data,
            data.TYPE,
            self.message,
            self.channel,
            None,
            self.traceparent,
            self.expirytime,
            hasreplies,
            self.timings,
            purpose=self.purpose,
            arm=self.arm,
            encoded=(data, text.encode()) if text is not None else None,
        )
