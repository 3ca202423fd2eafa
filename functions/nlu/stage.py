"""The nlu stage: a message received becomes a message understood."""

from typing import TYPE_CHECKING

from functions.nlu.model import Model
from functions.nlu.normalise import sent_of
from functions.nlu.understanding import understand
from shared.errors import Rejected
from shared.events.catalogue import MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope

if TYPE_CHECKING:
    from functions.nlu.components import Components
    from functions.nlu.knowledge import Documents


class Nlu:
    """Reads the text of a message; keeps nothing."""

    CONSUMES = (MessageReceived,)
    PRODUCES = (MessageUnderstood,)

    def __init__(
        self,
        model: Model,
        bundle: str,
        documents: "Documents | None" = None,
        components: "Components | None" = None,
    ) -> None:
        self._model = model
        self._bundle = bundle
        self._documents = documents
        self._components = components

    def __call__(self, envelope: Envelope) -> Envelope:
        message = envelope.data
        if not isinstance(message, MessageReceived):
            raise Rejected(f"nlu takes {MessageReceived.TYPE}, not {envelope.type}")
        understood = understand(self._model, message.text, sent_of(message))
        if self._components is not None and not message.text.startswith("/"):
            understood = self._components.apply(message.text, understood)
        return envelope.answer(
            MessageUnderstood(
                message=message,
                intent=understood.intent,
                ranking=understood.ranking,
                entities=understood.entities,
                alternatives=understood.alternatives or None,
                bundle=self._bundle,
                truncated=understood.truncated,
                evidence=understood.evidence,
                language=understood.language,
                otherwise=understood.otherwise or None,
                passages=self._documents.find_passages(message.text, understood) if self._documents else None,
            ),
            source="/parley/nlu",
            step="understood",
        )
