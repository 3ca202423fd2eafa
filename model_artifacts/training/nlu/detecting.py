"""`languages.bin`: what of py3langid's model tells an assistant's languages apart, and from the most spoken others.

py3langid (BSD-3-Clause, Adrien Barbaresi and Marco Lui) scores 100,000 n-grams of bytes for 142 languages with numpy:
its import and model cost 0.9 s of CPU. Of these the most frequent 16,000 for the assistant's languages, and some for
each of the others, are kept as they are, rounded to whole sixteenths: functions.nlu.languages adds them up in plain
Python.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from functions.nlu.languages import FILE, LONGEST, SEPARATOR, SHORTEST, STEPS, known_words

KEPT = 16_000
"""N-grams that are kept for the assistant's own languages."""
KEPT_EACH = 150
"""And for each of the others."""
OTHERS = (
    "en", "de", "es", "fr", "it", "pt", "nl", "pl", "cs", "sk", "sv", "da", "no", "fi", "ro", "hu", "el", "tr", "ru",
    "uk", "hr", "ca", "ar", "he", "fa", "ur", "hi", "bn", "ta", "th", "vi", "id", "zh", "ja", "ko",
)  # fmt: skip
"""The languages that people of an assistant may write in besides its own."""

Numbers = npt.NDArray[Any]


def write_detector(out: Path, languages: Sequence[str]) -> None:
    """Write `languages.bin` into the directory `out`; raises ModuleNotFoundError where py3langid is not installed, and
    ValueError naming the languages that it does not know."""
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

    identifier = LanguageIdentifier.from_model_file("data/model.npz.xz")
    classes = list(identifier.nb_classes)
    if unknown := [code for code in languages if code not in classes]:
        raise ValueError(f"the detector of languages does not know {', '.join(unknown)}")
    others = [code for code in OTHERS if code not in languages]
    chances = np.asarray(identifier.nb_ptc, dtype=np.float32)[
        :, [classes.index(code) for code in (*languages, *others)]
    ]
    grams = _read_grams(identifier)
    usable = np.array([SHORTEST <= len(gram) <= LONGEST and SEPARATOR not in gram for gram in grams])
    kept = _choose(chances, usable, len(languages))
    relative = chances[kept] - chances[kept].mean(axis=1, keepdims=True)
    weights = np.clip(np.round(relative * STEPS), -127, 127).astype(np.int8)
    joined = SEPARATOR.join(grams[place] for place in kept)
    words = dict(sorted(known_words(languages).items()))
    head = {"languages": list(languages), "others": others, "grams": len(joined), "words": words}
    (out / FILE).write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + joined + weights.tobytes())


def _choose(chances: Numbers, usable: Numbers, own: int) -> Numbers:
    """The places of the n-grams that are kept, in order."""
    chances = np.where(usable[:, None], chances, -np.inf)
    kept = set(np.argsort(-chances[:, :own].max(axis=1), kind="stable")[:KEPT].tolist())
    for column in range(own, chances.shape[1]):
        kept.update(np.argsort(-chances[:, column], kind="stable")[:KEPT_EACH].tolist())
    return np.array(sorted(place for place in kept if usable[place]))


def _read_grams(identifier: Any) -> list[bytes]:
    """The n-gram of each feature: the shortest way through py3langid's automaton to a state that has it."""
    rows = np.array(identifier.tk_nextmove, dtype=np.int64).reshape(-1, 256)
    row, features = np.array(identifier.tk_row, dtype=np.int64), np.array(identifier.tk_output, dtype=np.int64)
    ways: dict[int, bytes] = {0: b""}
    seen = np.zeros(len(row), dtype=bool)
    seen[0] = True
    front = np.array([0])
    found: list[bytes] = [b""] * (int(features.max()) + 1)
    while len(front):
        reached = rows[row[front]]
        states, firsts = np.unique(reached.ravel(), return_index=True)
        new = ~seen[states]
        states, firsts = states[new], firsts[new]
        seen[states] = True
        for state, first in zip(states.tolist(), firsts.tolist(), strict=True):
            ways[state] = ways[int(front[first // 256])] + bytes([first % 256])
            feature = int(features[state])
            if feature >= 0 and not found[feature]:
                found[feature] = ways[state]
        front = states
    return found
