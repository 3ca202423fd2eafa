"""Which of the texts that may have been said was meant: by its sound, as a sentence of the assistant's, by its meaning.

A recogniser gives a few hypotheses with their confidence. Each is read as if it had been written; their ratings become
probabilities, and those of hypotheses that mean the same (intent and values) are added up: what is in doubt is what the
person wants and not how it is spelt. Only what was spoken comes here.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from functions.nlu.figures import as_figures
from functions.nlu.gazetteer import fold
from functions.nlu.intent import REJECTED
from functions.nlu.language_model import FILES, LanguageModel
from functions.nlu.spoken import list_spoken_words
from functions.nlu.understanding import Understanding
from shared.events.catalogue import MessageReceived
from shared.events.meaning import Heard, Hypothesis
from shared.events.wire import JSON

MOST = 8
"""Hypotheses that are read."""
TOLD = 0.1
"""How likely another meaning must be for the dialogue to be told of it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much; chosen on training sentences that were left out of everything (tests/bench)."""

    sound: float = 4.0
    """Of the logarithm of the recogniser's confidence."""
    language: float = 2.0
    """Of log10 of the probability of a word after those before it."""
    meaning: float = 6.0
    """Of the confidence of the intent, where it is one that the assistant has."""


Chosen = tuple[MessageReceived, tuple[Heard, ...] | None]
"""The message with the text that was chosen, and without hypotheses; and where it may mean different things, the
likeliest of two meanings, the one that was chosen first."""


class Hearing:
    """Chooses among hypotheses, with the language model of a bundle where it has one (in English alone)."""

    def __init__(
        self,
        path: Path,
        language: str = "en",
        weights: Weights | None = None,
        detect: Callable[[str, str | None], str] | None = None,
    ) -> None:
        """`detect` tells in which of several languages a text is, with the person's locale as a hint.

        Raises Unavailable where the language model in `path` cannot be read.
        """
        known = language == "en" and all((path / name).exists() for name in FILES)
        self._language = LanguageModel(path) if known else None
        self._detect = detect or (lambda _text, _locale: language)
        self._weights = weights or Weights()

    def choose(self, message: MessageReceived, read: Callable[[str], Understanding]) -> Chosen:
        """The message with what was likeliest meant; `read` says what a text means."""
        heard_as = (message.hypotheses or ())[:MOST] or (Hypothesis(message.text, 1.0),)
        language = self._detect(heard_as[0].text, message.locale)
        hypotheses = [Hypothesis(_in_figures(one.text, language), one.confidence) for one in heard_as]
        if len(hypotheses) == 1:
            return _with_text(message, hypotheses, 0), None
        readings = [read(hypothesis.text) for hypothesis in hypotheses]
        ratings = [self.rate(one, reading, language) for one, reading in zip(hypotheses, readings, strict=True)]
        order = _by_meaning(readings, compute_probabilities(ratings))
        heard = [
            Heard(hypotheses[at].text, round(share, 4), readings[at].intent, readings[at].entities)
            for at, share in order
        ]
        best = order[0][0]
        doubtful = len(heard) > 1 and heard[1].confidence >= TOLD
        return _with_text(message, hypotheses, best), tuple(heard[:2]) if doubtful else None

    def rate(self, hypothesis: Hypothesis, understood: Understanding, language: str = "en") -> float:
        """How well the hypothesis fits; differences of two ratings are logarithms of how much likelier one is."""
        weights = self._weights
        rating = weights.sound * math.log(max(hypothesis.confidence, 1e-4))
        if self._language is not None and language == "en":
            words = list_spoken_words(hypothesis.text)
            rating += weights.language * self._language.score(words) / (len(words) + 1)
        return rating + weights.meaning * _measure_sureness(understood)


def _in_figures(text: str, language: str) -> str:
    if language == "en":
        return as_figures(text)
    # Imported here: an assistant in English pays for none of it.
    from functions.nlu import foreign_figures

    return foreign_figures.as_figures(text, language)


def compute_probabilities(ratings: Sequence[float]) -> list[float]:
    top = max(ratings)
    shares = [math.exp(rating - top) for rating in ratings]
    return [share / sum(shares) for share in shares]


def _measure_sureness(understood: Understanding) -> float:
    intent = understood.intent
    return 0.0 if intent is None or intent.name in REJECTED else intent.confidence


def _by_meaning(readings: Sequence[Understanding], shares: Sequence[float]) -> list[tuple[int, float]]:
    """For each meaning, the likeliest first, its likeliest hypothesis and how likely all of them are together."""
    groups: dict[object, list[int]] = {}
    for at, reading in enumerate(readings):
        groups.setdefault(meaning_of(reading), []).append(at)
    found = [(max(group, key=lambda at: shares[at]), sum(shares[at] for at in group)) for group in groups.values()]
    return sorted(found, key=lambda one: -one[1])


def meaning_of(understood: Understanding) -> tuple[str, frozenset[tuple[str, str, str | None, bool]]]:
    """What two texts have in common that ask for the same."""
    intent = understood.intent
    name = "" if intent is None or intent.name in REJECTED else intent.name
    found = ((one.entity, fold(str(one.value)), one.role, one.negated) for one in understood.entities)
    return name, frozenset(found)


def _with_text(message: MessageReceived, hypotheses: Sequence[Hypothesis], chosen: int) -> MessageReceived:
    """The message as one of this text, wherever it says what was heard."""
    best = hypotheses[chosen]
    if best.text == message.text:
        return replace(message, hypotheses=None)
    metadata, address = dict(message.metadata), dict(message.address)
    if isinstance(metadata.get("speech"), Mapping):
        others: list[JSON] = [
            {"text": one.text, "confidence": one.confidence} for at, one in enumerate(hypotheses) if at != chosen
        ]
        metadata["speech"] = {**metadata["speech"], "confidence": best.confidence, "alternatives": others}
    if isinstance(address.get("heard"), Mapping):
        address["heard"] = {**address["heard"], "text": best.text}
    return replace(message, text=best.text, metadata=metadata, address=address, hypotheses=None)
