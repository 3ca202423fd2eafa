"""The embedded recogniser hears the assistant's sentences, and an ONNX folder is told apart by what lies in it."""

import json
from pathlib import Path

import numpy as np
import pytest

from functions.speech.decoding import decode
from functions.speech.onnx import Onnx, find
from functions.speech.opening import open_recogniser
from functions.speech.preparing import split_samples
from functions.speech.recognising import RATE, Hypothesis, Sound
from functions.speech.sphinx import Sphinx
from functions.speech.voice_activity import VoiceActivity
from shared.bundle.manifest import write_manifest
from shared.errors import Unavailable
from tests.architecture.code import ROOT
from tests.unit.speech.recordings import encoded, spoken, tone

BUNDLE = ROOT / "model_artifacts" / "assistants" / "default" / "bundle"


@pytest.fixture(scope="module")
def sphinx() -> Sphinx:
    return Sphinx(BUNDLE)


@pytest.mark.parametrize("text", ["play some jazz", "show me films with Tom Hanks", "what can you do"])
def test_it_hears_what_the_assistant_is_told(sphinx: Sphinx, tmp_path: Path, text: str) -> None:
    heard = sphinx.recognise(VoiceActivity()(decode(spoken(text, tmp_path))))
    assert heard[0].text.casefold() == text.casefold()
    assert len(heard) <= 5
    assert len({hypothesis.text for hypothesis in heard}) == len(heard)


def test_the_same_sound_is_heard_the_same(sphinx: Sphinx, tmp_path: Path) -> None:
    sound = VoiceActivity()(decode(spoken("find a film", tmp_path)))
    first = sphinx.recognise(sound)
    sphinx.recognise(Sound(tone(1.0).tobytes()))
    assert sphinx.recognise(sound) == first


def test_confidences_fall_and_lie_between_0_and_1(sphinx: Sphinx, tmp_path: Path) -> None:
    heard = sphinx.recognise(decode(spoken("I would like a large pizza with mushrooms", tmp_path)))
    confidences = [hypothesis.confidence for hypothesis in heard]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 5.0])
def test_sounds_that_are_no_speech_raise_nothing(sphinx: Sphinx, seconds: float) -> None:
    noise = np.random.default_rng(3).standard_normal(int(seconds * RATE)) * 3000
    sphinx.recognise(Sound(noise.astype("<i2").tobytes()))


def test_a_bundle_without_a_language_has_no_recogniser(tmp_path: Path) -> None:
    write_manifest(tmp_path, "other")
    assert open_recogniser("", "en", tmp_path, hashes=True, brought=tmp_path) is None


def test_a_damaged_language_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "speech.json").write_text("{")
    with pytest.raises(Unavailable, match="task compile"):
        Sphinx(tmp_path)
    (tmp_path / "speech.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(Unavailable, match="format 99"):
        Sphinx(tmp_path)


def folder(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).write_bytes(b"no model")
    return path


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("whisper", ["tiny.en-encoder.int8.onnx", "tiny.en-decoder.int8.onnx", "tiny.en-tokens.txt"]),
        ("transducer", ["encoder-epoch-99.onnx", "decoder-epoch-99.onnx", "joiner-epoch-99.onnx", "tokens.txt"]),
        (
            "moonshine",
            [
                "preprocess.onnx",
                "encode.int8.onnx",
                "uncached_decode.int8.onnx",
                "cached_decode.int8.onnx",
                "tokens.txt",
            ],
        ),
        ("moonshine_v2", ["encoder_model.ort", "decoder_model_merged.ort", "tokens.txt"]),
    ],
)
def test_a_folder_is_told_apart_by_what_lies_in_it(tmp_path: Path, kind: str, names: list[str]) -> None:
    found, files = find(folder(tmp_path, *names))
    assert found == kind
    assert sorted(Path(file).name for file in files.values()) == sorted(names)


def test_the_quantised_file_is_preferred(tmp_path: Path) -> None:
    names = ["base-encoder.onnx", "base-encoder.int8.onnx", "base-decoder.onnx", "base-decoder.int8.onnx"]
    _, files = find(folder(tmp_path, *names, "base-tokens.txt"))
    assert Path(files["encoder"]).name == "base-encoder.int8.onnx"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], "no .onnx file"),
        (["tiny-encoder.onnx", "tokens.txt"], "Whisper, Moonshine, Zipformer"),
        (["tiny-encoder.onnx", "tiny-decoder.onnx"], "no tokens.txt"),
    ],
)
def test_a_folder_without_a_whole_model_says_what_is_missing(tmp_path: Path, names: list[str], told: str) -> None:
    with pytest.raises(Unavailable, match=told):
        Onnx(folder(tmp_path, *names))


def test_a_folder_that_is_not_there_says_where_to_get_a_model(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="README"):
        open_recogniser(str(tmp_path / "nowhere"), "en", BUNDLE, hashes=True)


def test_a_long_recording_is_cut_where_it_is_quietest() -> None:
    samples = np.ones(70 * RATE, dtype=np.float32)
    for pause in (27, 52):
        samples[pause * RATE : pause * RATE + RATE // 2] = 0
    parts = split_samples(samples, 30.0)
    assert [round(len(part) / RATE) for part in parts] == [27, 25, 18]
    assert sum(map(len, parts)) == len(samples)


def test_hypotheses_keep_what_was_said_out_of_logs() -> None:
    assert "secret" not in repr(Hypothesis("secret", 0.5))
    assert "RIFF" not in repr(Sound(encoded("wav", tone(0.1))))
