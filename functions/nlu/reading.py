"""How a bundle reads a message: its model, then the assistant's own components, then its documents.

Whatever reads a message as the stage does (a shadow model, a replay, a test of stories) reads it here, so that no part
of it is left out.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from functions.nlu.interpretation import Understanding
from functions.nlu.model import Model, load_model
from functions.nlu.normalise import sent_of
from functions.nlu.understanding import understand
from shared.bundle.manifest import Bundle
from shared.events.catalogue import Heard, MessageReceived, MessageUnderstood

if TYPE_CHECKING:
    from functions.nlu.components import Components
    from functions.nlu.documents import Documents
    from functions.nlu.hearing import Chosen, Hearing
    from functions.nlu.languages import Detector


class Reader:
    """All of one assistant that reads messages. Keeps nothing; safe for threads."""

    def __init__(
        self,
        model: Model,
        documents: "Documents | None" = None,
        components: "Components | None" = None,
        spoken: Path | None = None,
    ) -> None:
        """`spoken` is where the language lies by which spoken messages are chosen; without it the first text counts."""
        self.model = model
        self._documents = documents
        self._components = components
        self._spoken = spoken
        self._hearing: Hearing | None = None

    def read(self, message: MessageReceived) -> Understanding:
        """What the message means, with what the documents have on it."""
        text = message.text
        understood = understand(self.model, text, sent_of(message))
        if self._components is not None and not text.startswith("/"):
            understood = self._components.apply(text, understood)
        if self._documents is None:
            return understood
        return replace(understood, passages=self._documents.find_passages(text, understood))

    def hear(self, message: MessageReceived) -> "Chosen":
        """The message with what was likeliest meant of what may have been said, and what else it may mean."""
        if self._spoken is None:
            return replace(message, hypotheses=None), None
        if self._hearing is None:
            # Imported here: what is written pays for none of it. Two first messages at once open it twice.
            from functions.nlu.hearing import Hearing

            detect = None if self.model.detector is None else partial(_language_of, self.model.detector)
            self._hearing = Hearing(self._spoken, self.model.specification.language, detect=detect)
        sent = sent_of(message)
        return self._hearing.choose(message, lambda text: understand(self.model, text, sent))


def _language_of(detector: "Detector", text: str, locale: str | None) -> str:
    from functions.nlu.languages import base_of

    return detector.detect(text, base_of(locale or "")).code


def open_reader(
    bundle: Bundle,
    *,
    package: bool = False,
    tokenizers: bool = False,
    component_seconds: float = 1.0,
    components: Path | None = None,
) -> Reader:
    """The reader of a bundle. The assistant's components are in the folder beside the bundle, or in `components`."""
    model = load_model(bundle.path, package=package, tokenizers=tokenizers)
    documents = found = None
    if bundle.manifest.files.keys() >= {"knowledge.sqlite"}:
        # Imported here, because an assistant without documents pays for none of it.
        from functions.nlu.documents import Documents

        documents = Documents(bundle.path, model)
    if model.specification.components:
        # Imported here, for the same reason.
        from functions.nlu.components import FOLDER, load_components

        folder = bundle.path.resolve().parent / FOLDER
        if components is not None and not folder.is_dir():
            folder = components
        found = load_components(folder, model.specification.components, component_seconds)
    return Reader(model, documents, found, bundle.path)


def tell_understanding(
    message: MessageReceived, understood: Understanding, bundle: str, heard: tuple[Heard, ...] | None = None
) -> MessageUnderstood:
    """The event that says how `bundle` understood a message."""
    return MessageUnderstood(
        message=message,
        intent=understood.intent,
        ranking=understood.ranking,
        entities=understood.entities,
        alternatives=understood.alternatives or None,
        bundle=bundle,
        truncated=understood.truncated,
        evidence=understood.evidence,
        language=understood.language,
        otherwise=understood.otherwise or None,
        heard=heard,
        passages=understood.passages,
    )
