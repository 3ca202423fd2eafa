"""A Piper voice in a folder reads texts aloud; a folder that has none, or a hostile one, says so and harms nobody."""

import io
import logging
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.speech.piper import MOST_IDS, Piper, phonemes_of
from functions.speech.voice import open_reader
from shared.errors import Unavailable
from tests.unit.speech.voices import A_PHONEME, PHONEMES, RATE, small_voice

pytestmark = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not here; apt-get install espeak-ng"
)


def samples(content: bytes) -> Any:
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(10**8), dtype="<i2")


def test_each_phoneme_is_heard_between_the_marks_that_the_network_was_trained_with(tmp_path: Path) -> None:
    said = samples(Piper(small_voice(tmp_path)).read("hello"))
    phonemes = [one for one in phonemes_of("hello", "en-us") if one in PHONEMES]
    # Begin, a blank, each phoneme with a blank behind it, end.
    assert len(said) == (2 * len(phonemes) + 3) * A_PHONEME
    numbers = [PHONEMES.index(one) for one in ("^", "_", phonemes[0])]
    for at, number in enumerate(numbers):
        heard = said[at * A_PHONEME : (at + 1) * A_PHONEME].astype(float)
        expected = np.sin(number * 0.02 * np.arange(A_PHONEME))
        assert np.abs(heard / np.abs(said).max() - expected).max() < 0.02


def test_stops_are_spoken_and_sentences_are_parted_by_a_pause(tmp_path: Path) -> None:
    assert phonemes_of("Well, yes!", "en-us")[-1] == "!"
    assert "," in phonemes_of("Well, yes!", "en-us")
    voice = Piper(small_voice(tmp_path))
    one, two = (len(samples(voice.read(text))) for text in ("Hello.", "Hello. Hello."))
    assert two == 2 * one + RATE // 5


def test_a_long_sentence_is_said_in_pieces(tmp_path: Path) -> None:
    pieces = Piper(small_voice(tmp_path))._ids_of("and then some more " * 50)
    assert len(pieces) > 1
    assert all(len(piece) <= MOST_IDS + 3 for piece in pieces)


@pytest.mark.parametrize(
    "text", ["...", "🎉", "你好", "<speak>&</speak>", "-v --help", "a" * 900, "\u202eabc", "' \" ; ls"]
)
def test_any_text_is_answered_with_a_recording(tmp_path: Path, text: str) -> None:
    assert len(samples(Piper(small_voice(tmp_path)).read(text))) > 0


def test_what_the_voice_is_goes_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert open_reader(str(small_voice(tmp_path) / "hum.onnx")) is not None
    (told,) = [record.fields for record in caplog.records if hasattr(record, "fields")]
    assert told["licence"] == "CC0"
    assert len(told["sha256"]) == 64


@pytest.mark.parametrize(
    "described",
    [
        {"phoneme_id_map": {}},
        {"phoneme_id_map": {"^": [1], "_": [0]}},
        {"phoneme_id_map": {"^": [1], "_": [0], "$": [2**70]}},
        {"phoneme_id_map": {"^": [1], "_": [0], "$": ["x"]}},
        {"phoneme_id_map": [1, 2]},
        {"audio": {"sample_rate": 10**9}},
        {"audio": {}},
        {"espeak": {"voice": "en --path=/etc"}},
        {"espeak": None},
        {"inference": {"length_scale": 1e308}},
        {"inference": {"length_scale": float("nan")}},
        {"inference": [1]},
    ],
)
def test_what_is_told_of_a_voice_is_checked(tmp_path: Path, described: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="SPEECH_VOICE"):
        Piper(small_voice(tmp_path, **described))


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"#!/bin/sh\n" * 500, b"version https://git-lfs\n" * 90])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    (small_voice(tmp_path) / "hum.onnx").write_bytes(content)
    with pytest.raises(Unavailable, match="SPEECH_VOICE"):
        Piper(tmp_path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"null", b"\xff", b" " * 2_000_000])
def test_a_description_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (small_voice(tmp_path) / "hum.onnx.json").write_bytes(content)
    with pytest.raises(Unavailable, match="SPEECH_VOICE"):
        Piper(tmp_path)


def test_a_folder_without_a_voice_or_with_two_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Unavailable, match="0 files of a voice"):
            open_reader(str(folder))
    shutil.copyfile(small_voice(tmp_path) / "hum.onnx", tmp_path / "two.onnx")
    with pytest.raises(Unavailable, match="2 files"):
        open_reader(str(tmp_path))


def test_a_network_that_names_files_elsewhere_is_refused(tmp_path: Path) -> None:
    import onnx

    (tmp_path / "secret").write_bytes(b"\0" * 4 * A_PHONEME)
    network = onnx.load(small_voice(tmp_path) / "hum.onnx")
    times = next(one for one in network.graph.initializer if one.name == "times")
    times.ClearField("float_data")
    times.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", str(tmp_path / "secret")), ("length", str(4 * A_PHONEME))):
        times.external_data.add(key=key, value=value)
    network.doc_string = "x" * 2000
    (tmp_path / "hum.onnx").write_bytes(network.SerializeToString())
    with pytest.raises(Unavailable, match="cannot be loaded"):
        Piper(tmp_path)


def test_a_network_that_does_not_know_its_own_phonemes_fails_in_words(tmp_path: Path) -> None:
    import onnx
    from onnx import helper

    network = onnx.load(small_voice(tmp_path) / "hum.onnx")
    network.graph.node.insert(4, helper.make_node("Log", ["tones"], ["logs"]))
    network.graph.node[5].input[0] = "logs"
    onnx.save(network, tmp_path / "hum.onnx")
    with pytest.raises(Unavailable, match="gave no sound"):
        Piper(tmp_path).read("hello")
