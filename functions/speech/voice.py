"""Texts read aloud where SPEECH_VOICE names a voice of espeak-ng or a Piper voice: POST /say {"text"} -> a WAV file."""

import threading
from pathlib import Path
from typing import Protocol

from functions.speech.espeak import Espeak
from shared.channels.body import read_object, read_optional_text
from shared.errors import Rejected, Unavailable
from shared.serving import Answer, Request, body_of, fail

MAX_CHARACTERS = 1000
MAX_BYTES = 16 * 1024
AT_ONCE = 2


class Reader(Protocol):
    """A port with two adapters: functions.speech.espeak and functions.speech.piper."""

    def read(self, text: str) -> bytes:
        """A WAV file of the text; Unavailable where it cannot be said."""
        ...


def open_reader(voice: str) -> Reader | None:
    """The voice that SPEECH_VOICE names: none, a folder or file of Piper's, or one of espeak-ng's."""
    if not voice:
        return None
    if "/" in voice or voice.endswith(".onnx") or Path(voice).is_dir():
        # Imported here: it brings numpy's and onnxruntime's weight.
        from functions.speech.piper import Piper

        return Piper(Path(voice))
    return Espeak(voice)


class Voice:
    """Answers with a recording; 404 where this stage has no voice."""

    def __init__(self, voice: str) -> None:
        self._reader = open_reader(voice)
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, request: Request) -> Answer:
        if self._reader is None:
            return fail(404, "this stage has no voice; SPEECH_VOICE gives it one")
        text = read_optional_text(read_object(body_of(request, MAX_BYTES)), "text", MAX_CHARACTERS)
        if text is None or not text.strip():
            raise Rejected("text is missing, or empty")
        if not self._slots.acquire(blocking=False):
            raise Unavailable("too much is being read aloud; ask again in a moment")
        try:
            return self._reader.read(text), 200, {"content-type": "audio/wav", "cache-control": "no-store"}
        finally:
            self._slots.release()
