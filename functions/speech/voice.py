"""Texts read aloud by espeak-ng, where SPEECH_VOICE names a voice: POST /say {"text"} -> a WAV file.

espeak-ng is a program beside this one; it gets the text on its standard input, and no other of its options comes from
outside.
"""

import re
import shutil
import subprocess
import threading

from shared.channels.body import read_object, read_optional_text
from shared.errors import Rejected, Unavailable
from shared.serving import Answer, Request, body_of, fail

PROGRAM = "espeak-ng"
VOICE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,12}){0,3}(\+[a-z]{1,8}[0-9]?)?")
MAX_CHARACTERS = 1000
MAX_BYTES = 16 * 1024
SECONDS = 10.0
AT_ONCE = 2


class Voice:
    """Answers with a recording; 404 where this stage has no voice."""

    def __init__(self, voice: str) -> None:
        if voice and not VOICE.fullmatch(voice):
            raise Unavailable(f"SPEECH_VOICE: {voice!r} is no voice such as en-us or en-gb+f3; `espeak-ng --voices`")
        self._program = shutil.which(PROGRAM) if voice else None
        if voice and self._program is None:
            raise Unavailable("SPEECH_VOICE is set, but espeak-ng is not here; on Debian: apt-get install espeak-ng")
        self._voice = voice
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, request: Request) -> Answer:
        if self._program is None:
            return fail(404, "this stage has no voice; SPEECH_VOICE gives it one")
        text = read_optional_text(read_object(body_of(request, MAX_BYTES)), "text", MAX_CHARACTERS)
        if text is None or not text.strip():
            raise Rejected("text is missing, or empty")
        if not self._slots.acquire(blocking=False):
            raise Unavailable("too much is being read aloud; ask again in a moment")
        try:
            return self._recording(self._program, text), 200, {"content-type": "audio/wav", "cache-control": "no-store"}
        finally:
            self._slots.release()

    def _recording(self, program: str, text: str) -> bytes:
        command = [program, "-v", self._voice, "--stdin", "--stdout"]
        try:
            ended = subprocess.run(  # noqa: S603 - a fixed program, a checked voice, the text as its input
                command, input=text.encode(), capture_output=True, timeout=SECONDS, check=False
            )
        except (subprocess.TimeoutExpired, OSError) as exc:
            raise Unavailable(f"espeak-ng did not answer: {type(exc).__name__}") from exc
        if ended.returncode != 0 or not ended.stdout.startswith(b"RIFF"):
            raise Unavailable(f"espeak-ng ended with {ended.returncode}; is {self._voice} one of `espeak-ng --voices`?")
        return ended.stdout
