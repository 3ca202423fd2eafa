"""The assistant's own documents as a message sees them: which messages are questions to them.

Apart from functions.nlu.knowledge, because that imports SQLite: the first question pays for it, not each cold start.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from functions.nlu.intent import REJECTED
from functions.nlu.interpretation import Understanding
from functions.nlu.layers import keep_layers
from functions.nlu.model import Model
from functions.nlu.words import words_of
from shared.events.meaning import Passage

if TYPE_CHECKING:
    from functions.nlu.knowledge import Knowledge

OWN_ENCODER = "knowledge.bin"
"""In a bundle whose questions are read by an encoder of their own."""
ASK = "ask"
"""The intent of a question to the documents; `/ask{"passage": "p0123456789a"}` asks for all of one passage."""
UNCERTAIN = 0.8
"""Below this confidence of its intent, a question is one to the documents as well."""


class Documents:
    """The documents of a bundle, opened by the first question to them."""

    def __init__(self, path: Path, model: Model | None = None) -> None:
        self._path = path
        self._model = model
        if model is not None and not (path / OWN_ENCODER).exists():
            # So that the first question finds what the network made of it for its intent.
            keep_layers(model)
        self._opened: Knowledge | None = None
        self._lock = threading.Lock()

    def find_passages(self, text: str, understood: Understanding) -> tuple[Passage, ...] | None:
        """What the documents have on a message; None where it is no question to them."""
        intent = understood.intent
        if intent is None:
            return None
        wanted = next((entity.value for entity in understood.entities if entity.entity == "passage"), None)
        if intent.name == ASK and isinstance(wanted, int | str):
            passage = self._open().read(str(wanted))
            return (passage,) if passage is not None else ()
        asks = understood.evidence is not None and understood.evidence.question
        if intent.name in (ASK, *REJECTED) or (
            asks and (intent.confidence < UNCERTAIN or self._goes_on(text, understood))
        ):
            return self._open().answer(text)
        return None

    def _goes_on(self, text: str, understood: Understanding) -> bool:
        """Whether it may go on with a question before it, whatever its intent: "and Slack?"."""
        if understood.entities or self._model is None:
            return False
        table = words_of(self._model.specification.language)
        return table is not None and text.split(maxsplit=1)[0].casefold() in table.joins

    def _open(self) -> "Knowledge":
        with self._lock:
            if self._opened is None:
                from functions.nlu.knowledge import Knowledge

                self._opened = Knowledge(self._path, self._model)
            return self._opened
