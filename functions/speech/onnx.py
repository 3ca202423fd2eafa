"""Recognisers that a person brings: Whisper, Moonshine or Zipformer in ONNX, run by sherpa-onnx.

SPEECH_MODEL names a folder in the form in which sherpa-onnx publishes its models; what lies in it says what it is.
"""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sherpa_onnx

from functions.speech.preparing import convert_to_floats, split_samples
from functions.speech.recognising import RATE, Hypothesis, Sound
from shared.errors import Unavailable

PAGE = "functions/speech/README.md"
LONGEST = {"whisper": 30.0}
"""Seconds that a model hears at once; a longer recording is cut where it is quietest."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a kind of model consists of: for each part the names that it is published under."""

    kind: str
    parts: Mapping[str, Sequence[str]]


KINDS = (
    Files("moonshine", {
        "preprocessor": ("preprocess",),
        "encoder": ("encode",),
        "uncached_decoder": ("uncached_decode",),
        "cached_decoder": ("cached_decode",),
    }),
    Files("moonshine_v2", {"encoder": ("encoder_model",), "decoder": ("decoder_model_merged",)}),
    Files("transducer", {"encoder": ("encoder",), "decoder": ("decoder",), "joiner": ("joiner",)}),
    Files("whisper", {"encoder": ("-encoder", "encoder"), "decoder": ("-decoder", "decoder")}),
)  # fmt: skip
"""In the order in which they are tried: what has a joiner is no Whisper."""


def find(folder: Path) -> tuple[str, dict[str, str]]:
    """The kind of model in the folder and its files, or Unavailable that says what is missing."""
    if not folder.is_dir():
        raise Unavailable(f"SPEECH_MODEL: there is no folder {folder}; {PAGE} says where to get a model")
    names = sorted(path.name for path in folder.iterdir() if path.suffix in (".onnx", ".ort"))
    tokens = next((path for path in sorted(folder.iterdir()) if path.name.endswith("tokens.txt")), None)
    for kind in KINDS:
        found = {part: _find_file(names, stems) for part, stems in kind.parts.items()}
        if all(found.values()):
            if tokens is None:
                raise Unavailable(f"SPEECH_MODEL: {folder} has a {kind.kind} model, but no tokens.txt")
            return kind.kind, {part: str(folder / str(name)) for part, name in found.items()} | {"tokens": str(tokens)}
    raise Unavailable(
        f"SPEECH_MODEL: {folder} has no model that is known here (Whisper, Moonshine, Zipformer), "
        f"but {', '.join(names) or 'no .onnx file'}; {PAGE} says which files each consists of"
    )


def _find_file(names: Sequence[str], stems: Sequence[str]) -> str | None:
    """The file of a part: quantised where there is one, for it loads and runs faster."""
    for stem in stems:
        of_part = [
            name
            for name in names
            if name.startswith(stem) or (stem.startswith("-") and stem in name) or f"-{stem}." in name
        ]
        if of_part:
            return min(of_part, key=lambda name: ("int8" not in name, name))
    return None


class Onnx:
    """A model that a person brought."""

    least = 0.0
    """sherpa-onnx gives no confidence for most models; what they hear is passed on, and nlu judges it."""

    def __init__(self, folder: Path, language: str = "en") -> None:
        self._kind, files = find(folder)
        self.name = self._kind
        self._lock = threading.Lock()
        try:
            self._recogniser = _open_recogniser(self._kind, files, language)
        except (RuntimeError, ValueError, OSError) as exc:
            raise Unavailable(f"SPEECH_MODEL: the {self._kind} model in {folder} cannot be loaded ({exc})") from exc

    def recognise(self, sound: Sound) -> tuple[Hypothesis, ...]:
        with self._lock:
            heard = [
                self._transcribe(part)
                for part in split_samples(convert_to_floats(sound), LONGEST.get(self._kind, math.inf))
            ]
        text = " ".join(text for text, _ in heard if text)
        return (Hypothesis(text, min(confidence for _, confidence in heard)),) if text else ()

    def _transcribe(self, samples: Any) -> tuple[str, float]:
        stream = self._recogniser.create_stream()
        stream.accept_waveform(RATE, samples)
        self._recogniser.decode_stream(stream)
        result = stream.result
        logs = list(getattr(result, "ys_log_probs", ()) or ())
        return result.text.strip(), math.exp(sum(logs) / len(logs)) if logs else 1.0


def _open_recogniser(kind: str, files: Mapping[str, str], language: str) -> Any:
    match kind:
        case "whisper":
            return sherpa_onnx.OfflineRecognizer.from_whisper(**files, language=language)
        case "moonshine":
            return sherpa_onnx.OfflineRecognizer.from_moonshine(**files)
        case "moonshine_v2":
            return sherpa_onnx.OfflineRecognizer.from_moonshine_v2(**files)
        case _:
            return sherpa_onnx.OfflineRecognizer.from_transducer(**files)
