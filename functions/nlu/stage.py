"""The nlu stage: a message received becomes a message understood."""

from functions.nlu.reading import Reader, tell_understanding
from shared.errors import Rejected
from shared.events.catalogue import MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope


class Nlu:
    """Reads the text of a message; keeps nothing."""

    CONSUMES = (MessageReceived,)
    PRODUCES = (MessageUnderstood,)

    def __init__(self, reader: Reader, bundle: str) -> None:
        self._reader = reader
        self._bundle = bundle

    def __call__(self, envelope: Envelope) -> Envelope:
        message = envelope.data
        if not isinstance(message, MessageReceived):
            raise Rejected(f"nlu takes {MessageReceived.TYPE}, not {envelope.type}")
        heard = None
        if message.hypotheses:
            message, heard = self._reader.hear(message)
        told = tell_understanding(message, self._reader.read(message), self._bundle, heard)
        return envelope.answer(told, source="/parley/nlu", step="understood")
