"""Whisper in CTranslate2's form, 8 bits: the recommended recogniser. It gives several hypotheses with scores.

Used directly and not through faster-whisper, which wraps the same library: that keeps the best text only, pads each
recording to 30 s before it is encoded, and imports onnxruntime and the client of a hub (functions/speech/README.md).
"""

import json
import math
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from tokenizers import Tokenizer

from functions.speech.preparing import Samples, convert_to_floats, split_samples
from functions.speech.recognising import RATE, Hypothesis, Sound
from functions.speech.spectrogram import log_mel
from shared.errors import Unavailable

PAGE = "functions/speech/README.md"
FILES = ("config.json", "model.bin", "tokenizer.json")
LONGEST = 28.0
"""Seconds that are heard at once; Whisper knows 30. A longer recording is cut where it is quietest."""
BEAM = 8
"""Paths that are followed, and hypotheses that come out."""
SHORTEST, TAIL = 6.0, 1.5
"""Seconds that are heard at least, and seconds of silence behind the speech: with less it says each sentence twice, and
with the 30 s that it was trained on it takes five times the CPU (tests/bench/README.md)."""
AGAIN, PACES = 20.0, ((0.88, 0.7), (1.12, 0.7), (0.78, 0.65))
"""Seconds of a recording that it listens to again; how many times as fast in turn, each below which mean probability of
a token: 1.3 times a recording, for 4 to 6 points more right intents (tests/bench/README.md)."""
TOKENS_A_SECOND = 12
"""Nobody speaks faster; what goes on longer is the decoder repeating itself."""
STOPS = re.compile(r"Ġ?(?!['-]$)[!-/:-@\[-`{-~]+|Ġ?(?:Â[¿¡«»]|âĢ[¦ĵĶ])+")
"""Pieces of text without a letter or figure, as the tokenizer writes them, which are never said: hypotheses that differ
in stops alone took the place of others (tests/bench/README.md), and "25 dollars" needs no second form as $25."""
MOST_PROMPT = 120
"""Tokens of the assistant's words that it is told before it listens."""
MOST_BYTES = 4 * 1024**3


class Whisper:
    """A Whisper model; listens to one recording at a time."""

    name = "whisper"
    least = 0.3
    """Mean probability of a token below which what was heard is not worth passing on: of 660 recordings, most under
    noise, 28 had less, of which 7 were understood rightly; from here to 0.4 it was 30 of 93 (tests/bench/README.md)."""

    def __init__(self, folder: Path, languages: Sequence[str] = ("en",), prompt: str = "") -> None:
        """Of several `languages` it takes the one in which each recording sounds likeliest."""
        _check_files(folder)
        self._lock = threading.Lock()
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._model = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
            )
        # The tokenizer's library raises bare exceptions, CTranslate2 what its C++ throws.
        except Exception as exc:
            raise Unavailable(f"SPEECH_MODEL: the Whisper model in {folder} cannot be loaded ({exc})") from exc
        if not self._model.is_multilingual and "en" in languages:
            languages = ("en",)
        pieces = self._tokenizer.get_vocab(with_added_tokens=False)
        # -1: what the model's own configuration leaves out.
        self._unsaid = [
            -1,
            *(number for piece, number in pieces.items() if not piece[-1:].isalnum() and STOPS.fullmatch(piece)),
        ]
        self._starts = {language: self._start_sequence(folder, language, prompt) for language in languages}

    def recognise(self, sound: Sound) -> tuple[Hypothesis, ...]:
        with self._lock:
            parts = [self._hear(part) for part in split_samples(convert_to_floats(sound), LONGEST)]
        return join_parts(parts)

    def _hear(self, samples: Samples) -> list[tuple[str, float]]:
        """What may have been said in one piece, likeliest first; in doubt it is heard again, slower and faster."""
        found = self._transcribe(samples)
        for pace, sure in PACES if len(samples) <= AGAIN * RATE else ():
            if max((confidence for _, confidence in found), default=0.0) >= sure:
                break
            found += self._transcribe(change_pace(samples, pace))
        return sorted(found, key=lambda one: -one[1])

    def _transcribe(self, samples: Samples) -> list[tuple[str, float]]:
        """What may have been said in one piece, with the mean probability of a token, likeliest first."""
        tail = max(TAIL, SHORTEST - len(samples) / RATE)
        encoded = self._model.encode(ctranslate2.StorageView.from_array(log_mel(samples, tail)[None]))
        start = self._starts[self._language_of(encoded)]
        most = 8 + int(TOKENS_A_SECOND * len(samples) / RATE)
        result = self._model.generate(
            encoded,
            [start],
            beam_size=BEAM,
            num_hypotheses=BEAM,
            # By the whole probability: by that of a token, a sentence that is said twice is the surer one.
            length_penalty=0,
            return_scores=True,
            suppress_tokens=self._unsaid,
            max_length=len(start) + most,
        )[0]
        return [
            (without_repetition(self._tokenizer.decode(ids).strip()), math.exp(score / (len(ids) + 1)))
            for ids, score in zip(result.sequences_ids, result.scores, strict=True)
        ]

    def _language_of(self, encoded: Any) -> str:
        """The language, of those that are listened for, in which the recording sounds likeliest."""
        languages = tuple(self._starts)
        return (
            languages[0] if len(languages) == 1 else choose_language(languages, self._model.detect_language(encoded)[0])
        )

    def _start_sequence(self, folder: Path, language: str, prompt: str) -> list[int]:
        """The tokens before the first word: what was said before, language, task."""
        names = ["<|startoftranscript|>"]
        if self._model.is_multilingual:
            names += [f"<|{language}|>", "<|transcribe|>"]
        elif language != "en":
            raise Unavailable(f"SPEECH_MODEL: the Whisper model in {folder} knows English only, not {language!r}")
        names.append("<|notimestamps|>")
        found = {name: self._tokenizer.token_to_id(name) for name in names}
        ids = [number for number in found.values() if number is not None]
        if len(ids) < len(names):
            lacking = ", ".join(name for name, number in found.items() if number is None)
            raise Unavailable(f"SPEECH_MODEL: the Whisper model in {folder} does not know {lacking}")
        before = self._tokenizer.token_to_id("<|startofprev|>")
        if not prompt or before is None:
            return ids
        words = self._tokenizer.encode(" " + prompt, add_special_tokens=False).ids
        return [before, *words[:MOST_PROMPT], *ids]


def change_pace(samples: Samples, pace: float) -> Samples:
    """The samples said so many times as fast, and as high."""
    places = np.arange(0, max(len(samples) - 1, 0), pace)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32) if len(places) else samples


def choose_language(languages: Sequence[str], shares: Sequence[tuple[str, float]]) -> str:
    """Of `languages` the one with the largest share; marks are those of the model, such as `<|de|>`."""
    found = {mark.strip("<|>"): share for mark, share in shares}
    return max(languages, key=lambda language: found.get(language, 0.0))


def without_repetition(text: str) -> str:
    """The text up to where it begins again from its first words, as the decoder's do after the end of what was said.

    Only behind a sentence's end, or where all of it is said twice: people repeat words, too.
    """
    words = text.split()
    bare = ["".join(character for character in word.casefold() if character.isalnum()) for word in words]
    for end in range(2, len(words)):
        rest = bare[end:]
        again = rest == bare[: len(rest)] if len(rest) <= end else rest[:end] == bare[:end]
        if again and (len(rest) >= end or (len(rest) > 1 and words[end - 1][-1] in ".?!,")):
            return " ".join(words[:end])
    return text


def join_parts(parts: Sequence[Sequence[tuple[str, float]]]) -> tuple[Hypothesis, ...]:
    """The hypotheses of a recording from those of its pieces: what differs in case and stops alone counts once."""
    found: dict[str, Hypothesis] = {}
    spoken = [part for part in parts if part and part[0][0]]
    for rank in range(max(map(len, spoken), default=0)):
        # Behind the likeliest, each further one is as unlikely as its least likely piece.
        chosen = [part[min(rank, len(part) - 1)] for part in spoken]
        text = " ".join(text for text, _ in chosen if text)
        key = "".join(character for character in text.casefold() if character.isalnum())
        if key:
            found.setdefault(key, Hypothesis(text, round(min(score for _, score in chosen), 4)))
    return tuple(sorted(found.values(), key=lambda one: -one.confidence)[:BEAM])


def _check_files(folder: Path) -> None:
    """Unavailable where the folder is no whole model, before a library of C++ reads a byte of it."""
    lacking = [name for name in FILES if not (folder / name).is_file()]
    if lacking:
        raise Unavailable(f"SPEECH_MODEL: {folder} lacks {', '.join(lacking)}; `task speech:model` brings a model")
    if not 1024 < (folder / "model.bin").stat().st_size <= MOST_BYTES:
        raise Unavailable(f"SPEECH_MODEL: {folder / 'model.bin'} is no model: it is empty, or larger than 4 GB")
    try:
        described: Any = json.loads((folder / "config.json").read_bytes())
    except (ValueError, RecursionError) as exc:
        raise Unavailable(f"SPEECH_MODEL: {folder / 'config.json'} is not JSON; `task speech:model` brings it") from exc
    with (folder / "model.bin").open("rb") as file:
        head = np.frombuffer(file.read(6), dtype="<u2")
    # Format version (32 bits), then the length of the name of what it is: "WhisperSpec" with its final zero.
    if not isinstance(described, dict) or head[1] != 0 or not 0 < head[0] < 100 or head[2] > 100:
        raise Unavailable(f"SPEECH_MODEL: what is in {folder} is no model of CTranslate2; {PAGE} says which are")
