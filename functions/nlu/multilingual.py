"""Understanding a message of an assistant of several languages: in its own language, and in others where that is in
doubt.

The network reads all of them alike and runs once; words, dates and prebuilt entities are read by each language's own
tables.
"""

from collections.abc import Sequence
from dataclasses import replace

from functions.nlu.interpretation import Understanding, understand_in
from functions.nlu.languages import Detector, read_language
from functions.nlu.model import Model
from functions.nlu.normalise import Sent
from functions.nlu.onnx_runtime import Session
from shared.events.meaning import Otherwise

SURE = 0.95
"""From here on a text with words enough is read in one language only."""


class _Once:
    """A session that answers the same pieces from memory."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[int, ...], tuple[list[float], list[list[float]]]] = {}

    def run(self, ids: Sequence[int]) -> tuple[list[float], list[list[float]]]:
        key = tuple(ids)
        if key not in self._known:
            self._known[key] = self._session.run(ids)
        return self._known[key]


def understand_languages(model: Model, detector: Detector, text: str, sent: Sent | None) -> Understanding:
    """What `text` means, and in which language it says so."""
    specification = model.specification
    if text.startswith("/") or not text.strip():
        return understand_in(model, text, sent)
    once = replace(model, session=_Once(model.session))
    first = understand_in(once, text, sent)
    names = [(entity.start or 0, entity.end or 0) for entity in first.entities if entity.start is not None]
    hints = {} if sent is None else {"locale": sent.locale or "", "chosen": sent.language or ""}
    spoken = read_language(detector, specification.languages, text, names, hints)
    read = {specification.language: first}

    def reading(language: str) -> Understanding:
        if language not in read:
            read[language] = understand_in(model.in_language(language, once.session), text, sent)
        return read[language]

    chosen = reading(spoken.code)
    otherwise: list[Otherwise] = []
    if not (spoken.enough and spoken.confidence >= SURE):
        for language in specification.languages:
            other = reading(language)
            if language != spoken.code and (other.entities, other.evidence) != (chosen.entities, chosen.evidence):
                otherwise.append(Otherwise(language, other.entities, other.evidence))
    return replace(chosen, language=spoken, otherwise=tuple(otherwise))
