"""Texts are read aloud by espeak-ng where a voice is set, and by nobody else."""

import io
import shutil
import wave
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from functions.speech.saying import AT_ONCE, MOST_CHARACTERS, Saying
from shared.errors import Unavailable

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not here; apt-get install espeak-ng"
)


def request(json: Any = None, method: str = "POST", data: bytes | None = None) -> Request:
    builder = (
        EnvironBuilder("/say", method=method, data=data) if data else EnvironBuilder("/say", method=method, json=json)
    )
    return builder.get_request(Request)


@needs_espeak
def test_a_text_becomes_a_recording() -> None:
    body, status, headers = Saying("en-gb+f3")(request({"text": 'Two <b>large</b> pizzas; "-v" --help & done?'}))
    assert (status, headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(body)) as file:
        assert file.getnchannels() == 1
        assert len(file.readframes(10_000_000)) > file.getframerate()


def test_without_a_voice_nobody_reads() -> None:
    assert Saying("")(request({"text": "hello"}))[1] == 404


@needs_espeak
@pytest.mark.parametrize("json", [{}, {"text": ""}, {"text": 7}, {"text": "x" * (MOST_CHARACTERS + 1)}, []])
def test_what_cannot_be_read_is_refused(json: Any) -> None:
    assert Saying("en-us")(request(json))[1] == 400


@needs_espeak
def test_other_bodies_and_methods_are_refused() -> None:
    saying = Saying("en-us")
    assert saying(request(data=b"x" * 20_000))[1] == 413
    assert saying(request(method="GET"))[1] == 405


@needs_espeak
def test_too_many_at_once_are_told_to_come_again() -> None:
    saying = Saying("en-us")
    for _ in range(AT_ONCE):
        saying._places.acquire()
    assert saying(request({"text": "hello"}))[1] == 503


@pytest.mark.parametrize("voice", ["--help", "en us", "../voices", "en;ls", "EN", "-v"])
def test_a_voice_is_a_name_and_nothing_else(voice: str) -> None:
    with pytest.raises(Unavailable, match="SPEECH_VOICE"):
        Saying(voice)


def test_a_voice_without_the_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="apt-get install espeak-ng"):
        Saying("en-us")


@needs_espeak
def test_a_voice_that_espeak_does_not_have_is_told() -> None:
    body, status, _ = Saying("xx-nowhere")(request({"text": "hello"}))
    assert status == 503
    assert "--voices" in body
