"""Last stop: keeps an event that nobody took, with its cause, and announces that it did."""

from collections.abc import Callable
from urllib.parse import urlsplit

from shared.events.catalogue import EventDeadlettered
from shared.events.envelope import DeliveryFailure, Envelope
from shared.events.http import encode_structured
from shared.events.identity import derive_event_id
from shared.stores.ports import DeadLetter, DeadLetters

SOURCE = "/parley/dead_letter"
STAGES = "/stages/"
"""Begins the paths of stages that share a process."""


class DeadLetterStage:
    """Takes any event. Keeps it first and announces it then, so that a broker that is down loses none.

    It answers nothing: a broker does not re-enter what a dead letter sink answers (knative/eventing, dispatcher), so
    the announcement is published. A dead letter about a dead letter is kept and not announced: that would be a loop.
    """

    CONSUMES = ()
    PRODUCES = (EventDeadlettered,)

    def __init__(
        self,
        dead_letters: DeadLetters,
        publish: Callable[[Envelope], None],
        *,
        clock: Callable[[], float],
        keep_seconds: float,
    ) -> None:
        self._dead_letters = dead_letters
        self._publish = publish
        self._clock = clock
        self._keep_seconds = keep_seconds

    def __call__(self, envelope: Envelope) -> None:
        dead_letter, event = decide(envelope, self._clock())
        self._dead_letters.keep(dead_letter, dead_letter.kept_at + self._keep_seconds)
        if envelope.type != EventDeadlettered.TYPE:
            self._publish(envelope.answer(event, SOURCE, f"deadlettered.{event.destination}"))


def decide(envelope: Envelope, now: float) -> tuple[DeadLetter, EventDeadlettered]:
    """The dead letter to keep and the event that says so; the same ones for the same event and cause."""
    failure = envelope.failure or DeliveryFailure("", "", "")
    destination = _name(failure.destination)
    code = failure.code or "unknown"
    answered = f": {failure.body}" if failure.body else ""
    dead_letter = DeadLetter(
        id=derive_event_id(envelope.id, f"at.{destination}"),
        type=envelope.type,
        conversation=envelope.subject,
        cause=f"{destination} answered {code}{answered}",
        kept_at=now,
        event=encode_structured(envelope),
    )
    return dead_letter, EventDeadlettered(envelope.id, envelope.type, destination, code)


def _name(address: str) -> str:
    """The stage in an address such as http://parley-nlu.parley.svc.cluster.local/, or .../stages/nlu where stages share
    a process, else host and port. The query, which may hold a token, is never kept."""
    if (path := urlsplit(address).path).startswith(STAGES):
        return path.removeprefix(STAGES).partition("/")[0] or "unknown"
    place = urlsplit(address).netloc or address or "unknown"
    host = place.split(".", 1)[0]
    return host.removeprefix("parley-") if host.startswith("parley-") else place
