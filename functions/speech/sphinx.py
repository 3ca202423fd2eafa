"""The embedded recogniser: PocketSphinx, whose acoustic model comes with the library, and the assistant's language.

What an assistant can be told is compiled into its bundle (model_artifacts/training/speech): a dictionary, an n-gram
model over words and classes (`[title]`, `[dish]`), and the members of the classes, each one word to the recogniser
(`the_big_lebowski:title`), so that a name is heard as a whole or not at all.
"""

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pocketsphinx

from functions.speech.cepstra import compute_cepstra
from functions.speech.recognising import Hypothesis, Sound
from shared.errors import Unavailable

FORMAT = 1
FILES = ("speech.json", "speech.ctl", "speech.lm", "speech.classes", "speech.dict")
ALTERNATIVES = 5
LOOKED_AT = 40
"""Paths of the lattice that are looked at for alternatives; many differ in silences only."""


@dataclass(frozen=True, slots=True)
class Language:
    """speech.json: how the decoder is set up for this assistant, and what its words are written like."""

    decoder: Mapping[str, Any]
    written: Mapping[str, str]
    """A class's member, as it is written where that is not its words."""
    calibration: Mapping[str, float]
    """Logistic regression from the decoder's scores to the share of words that are right."""
    least: float


def read_language(path: Path) -> Language:
    """The language in the bundle at `path`, or Unavailable."""
    try:
        raw = json.loads((path / "speech.json").read_bytes())
        if raw["format"] != FORMAT:
            raise Unavailable(
                f"{path / 'speech.json'} has format {raw['format']}, this code reads {FORMAT}; run `task compile`"
            )
        return Language(raw["decoder"], raw["written"], raw["calibration"], float(raw["least"]))
    except (OSError, KeyError, ValueError, TypeError) as exc:
        raise Unavailable(f"{path / 'speech.json'} cannot be used ({exc}); run `task compile`") from exc


class Sphinx:
    """PocketSphinx with an assistant's language; decodes one recording at a time."""

    name = "pocketsphinx"

    def __init__(self, path: Path) -> None:
        self._language = read_language(path)
        self._lock = threading.Lock()
        try:
            self._decoder = pocketsphinx.Decoder(
                hmm=pocketsphinx.get_model_path("en-us/en-us"),
                dict=str(path / "speech.dict"),
                lmctl=str(path / "speech.ctl"),
                lmname="assistant",
                loglevel="FATAL",
                **self._language.decoder,
            )
        except (RuntimeError, ValueError, KeyError) as exc:
            raise Unavailable(f"the language in {path} cannot be loaded ({exc}); run `task compile`") from exc

    @property
    def least(self) -> float:
        return self._language.least

    def recognise(self, sound: Sound) -> tuple[Hypothesis, ...]:
        heard = compute_cepstra(sound)
        with self._lock:
            # Nothing of an earlier recording has a say in this one.
            self._decoder.reinit_feat()
            self._decoder.start_utt()
            self._decoder.process_cep(heard, full_utt=True)
            self._decoder.end_utt()
            return self._list_hypotheses()

    def _list_hypotheses(self) -> tuple[Hypothesis, ...]:
        best = self._decoder.hyp()
        if best is None or not best.hypstr.strip():
            return ()
        frames = max(self._decoder.n_frames(), 1)
        confidence = compute_confidence(self._language.calibration, extract_features(best, frames))
        found = {self._spell_text(best.hypstr): confidence}
        for other in islice(self._decoder.nbest() or (), LOOKED_AT):
            if len(found) == ALTERNATIVES or other is None:
                break
            text = self._spell_text(other.hypstr)
            # The calibration knows no more of those than how much less likely they are.
            found.setdefault(text, confidence * min(1.0, other.score / max(best.score, 1e-300)))
        ranked = sorted(found.items(), key=lambda item: -item[1])
        return tuple(Hypothesis(text, round(confidence, 4)) for text, confidence in ranked if text)

    def _spell_text(self, words: str) -> str:
        return " ".join(self._spell_word(word) for word in words.split())

    def _spell_word(self, word: str) -> str:
        return self._language.written.get(word) or word.split(":")[0].replace("_", " ")


def extract_features(best: Any, frames: int) -> Mapping[str, float]:
    """What the decoder says of its best path, in numbers that do not grow with its length."""
    words = len(best.hypstr.split())
    return {"posterior": _log(best.prob) / words, "score": 1000 * _log(best.score) / frames, "words": 1 / words}


def compute_confidence(calibration: Mapping[str, float], found: Mapping[str, float]) -> float:
    total = calibration.get("intercept", 0.0) + sum(calibration.get(name, 0.0) * value for name, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _log(probability: float) -> float:
    return math.log(max(probability, 1e-300))
