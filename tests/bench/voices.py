"""Who speaks in the bench of the speech stage: programs that read a text aloud, as the stage decodes them."""

import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.speech.decoding import decode
from functions.speech.recognising import Sound


@dataclass(frozen=True, slots=True)
class Voice:
    name: str
    command: tuple[str, ...]
    """What is run; it reads the text from standard input and writes to the file that is named last."""

    @property
    def installed(self) -> bool:
        return shutil.which(self.command[0]) is not None

    def says(self, text: str) -> Sound:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            # Festival reads Latin-1, and a sentence ends for it at a line's end.
            content = text.encode("latin-1", "ignore") if "festival" in self.name else text.encode()
            subprocess.run([*self.command, file.name], input=content, check=True, capture_output=True, timeout=600)
            return _decoded(Path(file.name).read_bytes())


def _espeak(voice: str, speed: int) -> Voice:
    return Voice(voice, ("espeak-ng", "-v", voice, "-s", str(speed), "--stdin", "-w"))


def _flite(voice: str) -> Voice:
    return Voice(f"flite {voice}", ("flite", "-voice", voice, "-f", "/dev/stdin", "-o"))


def _festival(voice: str) -> Voice:
    return Voice(f"festival {voice}", ("text2wave", "-eval", f"(voice_{voice})", "-o"))


SYNTHETIC = (
    _espeak("en-us", 150),
    _espeak("en-gb", 160),
    _espeak("en-us+f3", 170),
    _espeak("en-gb-x-rp", 140),
    _espeak("en-gb-scotland", 150),
    _espeak("en-us+m3", 180),
)
"""Voices of espeak-ng, which makes vowels of formants, with the words a minute that each speaks."""
RECORDED = (
    _flite("slt"),
    _flite("rms"),
    _flite("awb"),
    _flite("kal16"),
    _festival("cmu_us_slt_arctic_hts"),
    _festival("kal_diphone"),
)
"""Voices built from recordings of people; on Debian: flite, festival, festvox-us-slt-hts, festvox-kallpc16k."""


def missing(voices: Sequence[Voice]) -> list[str]:
    """The programs that these voices would need."""
    return sorted({voice.command[0] for voice in voices if not voice.installed})


def _decoded(content: bytes) -> Sound:
    with wave.open(io.BytesIO(content)) as file:
        # A header may count more than there is.
        rate, samples = file.getframerate(), file.readframes(10**8)
    whole = io.BytesIO()
    with wave.open(whole, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(samples)
    return decode(whole.getvalue())
