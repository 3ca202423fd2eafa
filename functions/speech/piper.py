"""A Piper voice from a folder: a network (VITS in ONNX) that speaks phonemes, which espeak-ng writes.

The folder has NAME.onnx and NAME.onnx.json as github.com/OHF-Voice/piper1-gpl publishes them. Run here, with
onnxruntime and the program espeak-ng, and not by the package piper-tts, which is GPL-3 and links espeak-ng into the
process (functions/speech/README.md).
"""

import hashlib
import io
import json
import math
import re
import threading
import unicodedata
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from functions.speech.espeak import VOICE, run_espeak
from shared.channels.speaking import SENTENCE
from shared.errors import Unavailable
from shared.logs import get_logger

log = get_logger(__name__)

MOST_BYTES, MOST_DESCRIBED = 256 * 1024 * 1024, 1024 * 1024
RATES = range(8_000, 48_001)
MOST_IDS = 800
"""Of one sentence, which is said at once: some 25 s."""
MOST_SECONDS = 60
PAUSE = 0.2
"""Seconds of silence between two sentences."""
INPUTS = ("input", "input_lengths", "scales", "sid")
CLAUSE = re.compile(r"[^,;:.!?…]*[,;:.!?…]*")
FOREIGN = re.compile(r"\([a-z-]{2,8}\)")
"""Where espeak-ng says that a word is of another language."""
LICENCE = re.compile(r"licen[cs]e\s*:\s*(.{1,120})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Described:
    """What the file beside the network says of it."""

    rate: int
    espeak: str
    ids: Mapping[str, Sequence[int]]
    scales: tuple[float, float, float]
    """How much the voice varies, how slowly it speaks, how much the length of its phonemes varies."""


class Piper:
    """Speaks one sentence at a time; safe for threads."""

    def __init__(self, path: Path) -> None:
        """`path` is the folder, or the .onnx file in it; Unavailable where it has no voice."""
        network = _network_in(path)
        self._described = read_described(network.with_name(network.name + ".json"))
        try:
            import onnxruntime as ort
        except ModuleNotFoundError as exc:
            raise Unavailable("SPEECH_VOICE: a Piper voice needs onnxruntime beside the stage") from exc
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        content = network.read_bytes()
        try:
            # From memory: what names further files beside it, or elsewhere, is refused.
            self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        # onnxruntime raises what its C++ throws.
        except Exception as exc:
            raise Unavailable(f"SPEECH_VOICE: {network} cannot be loaded ({str(exc)[:200]})") from exc
        self._names = [one.name for one in self._session.get_inputs()]
        if not {*INPUTS[:3]} <= {*self._names} <= {*INPUTS}:
            raise Unavailable(f"SPEECH_VOICE: {network} is no Piper voice: it takes {', '.join(self._names)[:200]}")
        self._lock = threading.Lock()
        told = {"voice": network.name, "sha256": hashlib.sha256(content).hexdigest(), "licence": _read_licence(path)}
        log.info("reads aloud with a Piper voice", extra={"fields": told})

    def read(self, text: str) -> bytes:
        """A WAV file of the text; Unavailable where the voice does not say it."""
        rate = self._described.rate
        pause = np.zeros(int(PAUSE * rate), dtype=np.int16)
        found: list[npt.NDArray[np.int16]] = []
        for sentence in SENTENCE.split(text.strip()):
            for ids in self._ids_of(sentence):
                found += [self._say(ids), pause]
                if sum(map(len, found)) > MOST_SECONDS * rate:
                    raise Unavailable(f"the Piper voice speaks for more than {MOST_SECONDS} s")
        return _as_wav(np.concatenate(found[:-1]) if found else pause, rate)

    def _ids_of(self, sentence: str) -> list[list[int]]:
        """The numbers of the sentence's phonemes, in as many pieces as its length asks for."""
        ids, pieces = self._described.ids, []
        begin, between, end = ids["^"], ids["_"], ids["$"]
        for phonemes in _in_pieces(phonemes_of(sentence, self._described.espeak)):
            known = [ids[one] for one in phonemes if one in ids]
            if known:
                pieces.append([*begin, *between, *(number for one in known for number in (*one, *between)), *end])
        return pieces

    def _say(self, ids: Sequence[int]) -> npt.NDArray[np.int16]:
        feeds: dict[str, Any] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": np.array(self._described.scales, dtype=np.float32),
            "sid": np.zeros(1, dtype=np.int64),
        }
        try:
            with self._lock:
                made = self._session.run(None, {name: feeds[name] for name in self._names})[0]
        # As above; a network of other shapes is found out here.
        except Exception as exc:
            raise Unavailable(f"the Piper voice failed ({str(exc)[:200]})") from exc
        sound = np.asarray(made, dtype=np.float32).reshape(-1)
        if not len(sound) or not np.isfinite(sound).all():
            raise Unavailable("the Piper voice gave no sound")
        loudest = max(float(np.abs(sound).max()), 0.01)
        return (sound * (32767 / loudest)).astype(np.int16)


def read_described(path: Path) -> Described:
    """What the .onnx.json says; Unavailable where it is none of a Piper voice."""
    try:
        if path.stat().st_size > MOST_DESCRIBED:
            raise ValueError("it is too large")
        found: Any = json.loads(path.read_bytes())
        inference = found.get("inference") or {}
        numbers = [float(inference.get(name, usual)) for name, usual in SCALES]
        ids = {str(key): [int(one) for one in value] for key, value in found["phoneme_id_map"].items()}
        rate, espeak = int(found["audio"]["sample_rate"]), str(found["espeak"]["voice"])
    except FileNotFoundError as exc:
        raise Unavailable(f"SPEECH_VOICE: {path} is missing; it says which phonemes the voice speaks") from exc
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as exc:
        raise Unavailable(f"SPEECH_VOICE: {path} is not that of a Piper voice ({str(exc)[:100]})") from exc
    sane = all(math.isfinite(one) and 0 <= one <= 5 for one in numbers) and numbers[1] > 0.1
    few = 0 < len(ids) <= 2000 and all(
        len(each) <= 4 and all(0 <= one < 65_536 for one in each) for each in ids.values()
    )
    if rate not in RATES or not VOICE.fullmatch(espeak) or not sane or not few or not {"^", "_", "$"} <= ids.keys():
        raise Unavailable(f"SPEECH_VOICE: {path} is not that of a Piper voice: a value is out of range")
    return Described(rate, espeak, ids, (numbers[0], numbers[1], numbers[2]))


SCALES = (("noise_scale", 0.667), ("length_scale", 1.0), ("noise_w", 0.8))


def phonemes_of(sentence: str, voice: str) -> list[str]:
    """The phonemes of a sentence, with its stops, which say how it is spoken; each sign of IPA by itself."""
    clauses = [clause.strip() for clause in CLAUSE.findall(sentence) if any(map(str.isalnum, clause))]
    if not clauses:
        return []
    # A line for each clause; where it makes others of them, the stops are left out.
    lines = run_espeak(["-q", "--ipa", "-v", voice], "\n\n".join(clauses)).decode("utf-8", "ignore").splitlines()
    said = [" ".join(FOREIGN.sub("", line).split()) for line in lines]
    said = [line for line in said if line]
    stops = [clause[-1] if not clause[-1].isalnum() else "" for clause in clauses]
    if len(said) != len(stops):
        said, stops = [" ".join(said)], stops[-1:]
    text = " ".join(f"{line}{stop}" for line, stop in zip(said, stops, strict=True))
    return list(unicodedata.normalize("NFD", text))


def _in_pieces(phonemes: Sequence[str]) -> list[Sequence[str]]:
    """Cut between words where there are more than the voice says at once."""
    found, most = [], MOST_IDS // 2
    while len(phonemes) > most:
        cut = next((at for at in range(most, most // 2, -1) if phonemes[at] == " "), most)
        found.append(phonemes[:cut])
        phonemes = phonemes[cut:]
    return [*found, phonemes] if phonemes else found


def _as_wav(samples: npt.NDArray[np.int16], rate: int) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return whole.getvalue()


def _network_in(path: Path) -> Path:
    found = sorted(path.glob("*.onnx")) if path.is_dir() else [path] if path.is_file() else []
    if len(found) != 1:
        raise Unavailable(f"SPEECH_VOICE: in {path} are {len(found)} files of a voice; it must be one, NAME.onnx")
    if not 0 < found[0].stat().st_size <= MOST_BYTES:
        raise Unavailable(f"SPEECH_VOICE: {found[0]} is no voice: it is empty, or larger than 256 MB")
    return found[0]


def _read_licence(path: Path) -> str:
    """What the voice's card says of its licence."""
    card = (path if path.is_dir() else path.parent) / "MODEL_CARD"
    try:
        told = LICENCE.search(card.read_text(encoding="utf-8", errors="replace")[:20_000])
    except OSError:
        return "not told: the folder has no MODEL_CARD"
    return told[1].strip() if told else "not told in its MODEL_CARD"
