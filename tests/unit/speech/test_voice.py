"""Texts are read aloud by espeak-ng, or by a Piper voice, where a voice is set, and by nobody else."""

import io
import shutil
import wave
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from functions.speech.voice import AT_ONCE, MAX_CHARACTERS, Voice
from shared.errors import Unavailable
from shared.serving import Endpoint
from tests.loopback import endpoint

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not here; apt-get install espeak-ng"
)


def request(json: Any = None, method: str = "POST", data: bytes | None = None) -> Request:
    builder = (
        EnvironBuilder("/say", method=method, data=data) if data else EnvironBuilder("/say", method=method, json=json)
    )
    return builder.get_request(Request)


def saying(voice: str) -> Endpoint:
    return endpoint({"POST /say": Voice(voice)}, "speech")


@needs_espeak
def test_a_text_becomes_a_recording() -> None:
    body, status, headers = saying("en-gb+f3")(request({"text": 'Two <b>large</b> pizzas; "-v" --help & done?'}))
    assert (status, headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(body)) as file:
        assert file.getnchannels() == 1
        assert len(file.readframes(10_000_000)) > file.getframerate()


def test_without_a_voice_nobody_reads() -> None:
    assert saying("")(request({"text": "hello"}))[1] == 404


@needs_espeak
@pytest.mark.parametrize("json", [{}, {"text": ""}, {"text": 7}, {"text": "x" * (MAX_CHARACTERS + 1)}, []])
def test_what_cannot_be_read_is_refused(json: Any) -> None:
    assert saying("en-us")(request(json))[1] == 400


@needs_espeak
def test_other_bodies_and_methods_are_refused() -> None:
    speak = saying("en-us")
    assert speak(request(data=b"x" * 20_000))[1] == 413
    assert speak(request(method="GET"))[1] == 405


@needs_espeak
def test_too_many_at_once_are_told_to_come_again() -> None:
    voice = Voice("en-us")
    for _ in range(AT_ONCE):
        voice._slots.acquire()
    assert endpoint({"POST /say": voice}, "speech")(request({"text": "hello"}))[1] == 503


@pytest.mark.parametrize("voice", ["--help", "en us", "../voices", "en;ls", "EN", "-v"])
def test_a_voice_is_a_name_and_nothing_else(voice: str) -> None:
    with pytest.raises(Unavailable, match="SPEECH_VOICE"):
        Voice(voice)


def test_a_voice_without_the_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="apt-get install espeak-ng"):
        Voice("en-us")


@needs_espeak
def test_a_voice_that_espeak_does_not_have_is_told() -> None:
    body, status, _ = saying("xx-nowhere")(request({"text": "hello"}))
    assert status == 503
    assert "--voices" in body
