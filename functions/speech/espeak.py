"""The program espeak-ng beside this one: it gets texts on its standard input; nothing else of it comes from outside."""

import re
import shutil
import subprocess
from collections.abc import Sequence

from shared.errors import Unavailable

PROGRAM = "espeak-ng"
VOICE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,12}){0,3}(\+[a-z]{1,8}[0-9]?)?")
SECONDS = 10.0


def find_espeak() -> str:
    """Where the program is; Unavailable where it is not."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise Unavailable("SPEECH_VOICE is set, but espeak-ng is not here; on Debian: apt-get install espeak-ng")
    return program


def run_espeak(arguments: Sequence[str], text: str) -> bytes:
    """What it writes for the text; Unavailable where it fails or takes too long."""
    try:
        ended = subprocess.run(  # noqa: S603 - a fixed program and checked arguments, the text as its input
            [find_espeak(), *arguments, "--stdin"],
            input=text.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as exc:
        raise Unavailable(f"espeak-ng did not answer: {type(exc).__name__}") from exc
    if ended.returncode != 0:
        raise Unavailable(f"espeak-ng ended with {ended.returncode}; is the voice one of `espeak-ng --voices`?")
    return ended.stdout


class Espeak:
    """One of its voices."""

    def __init__(self, voice: str) -> None:
        if not VOICE.fullmatch(voice):
            raise Unavailable(
                f"SPEECH_VOICE: {voice!r} is no voice such as en-us or en-gb+f3 (`espeak-ng --voices`), nor a folder"
            )
        find_espeak()
        self._voice = voice

    def read(self, text: str) -> bytes:
        """A WAV file of the text. Unavailable where espeak-ng gives none."""
        found = run_espeak(["-v", self._voice, "--stdout"], text)
        if not found.startswith(b"RIFF"):
            raise Unavailable(f"espeak-ng gave no sound; is {self._voice} one of `espeak-ng --voices`?")
        return found
