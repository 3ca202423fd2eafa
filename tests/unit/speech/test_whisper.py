"""Whisper's features are OpenAI's, its hypotheses differ in words, and a folder that is no model says so."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from functions.speech.opening import open_recogniser
from functions.speech.recognising import RATE, Sound
from functions.speech.spectrogram import BANDS, log_mel
from functions.speech.whisper import Whisper, change_pace, choose_language, join_parts, without_repetition
from shared.bundle.manifest import write_manifest
from shared.errors import Unavailable
from tests.unit.speech.models import small_model


def test_a_tone_is_loudest_in_the_band_of_its_frequency() -> None:
    times = np.arange(RATE, dtype=np.float32) / RATE
    for hertz, band in ((200, 4), (1000, 26), (4000, 62)):
        features = log_mel(np.sin(2 * np.pi * hertz * times).astype(np.float32), 0.0)
        assert features.shape == (BANDS, 100)
        assert abs(int(features[:, 50].argmax()) - band) <= 1


def test_the_features_are_those_that_whisper_was_trained_on() -> None:
    # faster-whisper 1.2.1, FeatureExtractor()(samples, padding=0) of the same samples.
    samples = np.random.default_rng(1).standard_normal(RATE).astype(np.float32) * 0.1
    features = log_mel(samples, 0.0)
    for band, frame, value in EXPECTED:
        assert features[band, frame] == pytest.approx(value, abs=1e-3)


EXPECTED = ((0, 0, 0.4173), (5, 17, 0.483), (40, 50, 0.5686), (79, 99, 0.6379))


def test_hypotheses_that_differ_in_case_and_stops_alone_count_once() -> None:
    parts = [[("Play some jazz.", 0.9), ("play some jazz", 0.7), ("Play some chess.", 0.5)]]
    assert [(one.text, one.confidence) for one in join_parts(parts)] == [
        ("Play some jazz.", 0.9),
        ("Play some chess.", 0.5),
    ]


def test_pieces_of_a_long_recording_become_one_text_that_is_as_sure_as_its_least_sure_piece() -> None:
    parts = [[("Play some jazz", 0.9), ("Play some chess", 0.6)], [("", 0.2)], [("by Miles Davis", 0.8)]]
    joined = join_parts(parts)
    assert [one.text for one in joined] == ["Play some jazz by Miles Davis", "Play some chess by Miles Davis"]
    assert [one.confidence for one in joined] == [0.8, 0.6]


@pytest.mark.parametrize("pace", [0.88, 1.0, 1.12])
def test_a_recording_can_be_said_slower_and_faster(pace: float) -> None:
    times = np.arange(RATE, dtype=np.float32) / RATE
    tone = np.sin(2 * np.pi * 1000 * times).astype(np.float32)
    changed = change_pace(tone, pace)
    assert len(changed) == pytest.approx(RATE / pace, abs=2)
    loudest = np.abs(np.fft.rfft(changed)).argmax() * RATE / len(changed)
    assert loudest == pytest.approx(1000 * pace, abs=2)
    assert len(change_pace(tone[:0], pace)) == 0


def test_more_hypotheses_than_are_read_are_not_told() -> None:
    assert len(join_parts([[(f"play {number}", 0.9 - number / 100) for number in range(30)]])) == 8


def test_nothing_heard_is_no_hypothesis() -> None:
    assert join_parts([]) == ()
    assert join_parts([[("", 0.9)], []]) == ()
    assert join_parts([[("...", 0.9)]]) == ()


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("What is it? What is it? What is", "What is it?"),
        ("what is it what is it", "what is it"),
        ("I didn't order that, I didn't", "I didn't order that,"),
        ("no no no", "no no no"),
        ("play it again and play something else", "play it again and play something else"),
        ("the show is the best", "the show is the best"),
        ("yes", "yes"),
        ("", ""),
    ],
)
def test_a_sentence_that_the_decoder_says_again_is_said_once(heard: str, said: str) -> None:
    assert without_repetition(heard) == said


def model_folder(path: Path, **content: bytes) -> Path:
    files = {"config.json": b"{}", "model.bin": header() + b"\0" * 2000, "tokenizer.json": b"{}"}
    for name, found in (files | {name.replace("_", "."): found for name, found in content.items()}).items():
        (path / name).write_bytes(found)
    return path


def header(version: int = 6) -> bytes:
    return struct.pack("<IH", version, 12) + b"WhisperSpec\0" + struct.pack("<II", 3, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"model_bin": b""}, "empty"),
        ({"model_bin": b"#!/bin/sh\nrm -rf /\n" * 200}, "no model of CTranslate2"),
        ({"model_bin": b"version https://git-lfs.github.com/spec/v1\n" * 50}, "no model of CTranslate2"),
        ({"config_json": b"\xff\xfe"}, "not JSON"),
        ({"config_json": b"[" * 100_000}, "not JSON"),
        ({"config_json": b"[]"}, "no model of CTranslate2"),
        ({"tokenizer_json": b"{}"}, "cannot be loaded"),
        ({"tokenizer_json": b"\0\1"}, "cannot be loaded"),
    ],
)
def test_a_damaged_or_hostile_model_is_refused_in_words(tmp_path: Path, content: dict[str, bytes], told: str) -> None:
    with pytest.raises(Unavailable, match=told):
        Whisper(model_folder(tmp_path, **content))


def test_a_folder_with_a_part_of_a_model_says_what_is_missing(tmp_path: Path) -> None:
    (model_folder(tmp_path) / "tokenizer.json").unlink()
    with pytest.raises(Unavailable, match=r"lacks tokenizer\.json"):
        Whisper(tmp_path)


def test_what_was_brought_is_opened_where_no_model_is_named(tmp_path: Path) -> None:
    bundle, brought = tmp_path / "bundle", tmp_path / "models"
    bundle.mkdir()
    (bundle / "speech.json").write_text(json.dumps({"format": 1, "language": "de"}))
    write_manifest(bundle, "other")
    assert open_recogniser("", "", bundle, hashes=True, brought=brought) is None
    for name in ("tiny.en", "tiny"):
        (brought / name).mkdir(parents=True)
        model_folder(brought / name)
    # What is there is no model; the one for all languages was tried, for the assistant speaks German.
    with pytest.raises(Unavailable, match=r"models/tiny cannot be loaded"):
        open_recogniser("", "", bundle, hashes=True, brought=brought)
    with pytest.raises(Unavailable, match=r"models/tiny\.en cannot be loaded"):
        open_recogniser("", "en", bundle, hashes=True, brought=brought)
    assert open_recogniser("embedded", "", bundle, hashes=True, brought=brought) is None


def test_a_model_hears_any_sound_and_each_time_the_same(tmp_path: Path) -> None:
    whisper = Whisper(small_model(tmp_path), ("en", "de"), "play some jazz")
    noise = np.random.default_rng(3).standard_normal(2 * RATE) * 3000
    sounds = [Sound(samples.astype("<i2").tobytes()) for samples in (noise, noise[:10], np.zeros(70 * RATE))]
    for sound in sounds:
        heard = whisper.recognise(sound)
        assert whisper.recognise(sound) == heard
        assert all(0 <= one.confidence <= 1 for one in heard)
        # Stops are never said, so that no two hypotheses differ in them alone.
        assert not any(stop in one.text for one in heard for stop in '.,;:!?$%"()')
        assert [one.confidence for one in heard] == sorted((one.confidence for one in heard), reverse=True)


def test_of_several_languages_the_one_counts_in_which_it_sounds_likeliest() -> None:
    shares = [("<|ru|>", 0.6), ("<|de|>", 0.3), ("<|en|>", 0.1)]
    assert choose_language(("en", "de"), shares) == "de"
    assert choose_language(("en", "xx"), shares) == "en"


def test_an_assistant_of_several_languages_is_listened_to_in_those_that_the_model_knows(tmp_path: Path) -> None:
    (bundle := tmp_path / "bundle").mkdir()
    (bundle / "speech.json").write_text(json.dumps({"format": 1, "language": "de", "languages": ["de", "en"]}))
    write_manifest(bundle, "other")
    (folder := tmp_path / "model").mkdir()
    small_model(folder)
    opened = open_recogniser(str(folder), "", bundle, hashes=True)
    assert isinstance(opened, Whisper)
    assert list(opened._starts) == ["en"]
    with pytest.raises(Unavailable, match="English only, not 'de'"):
        open_recogniser(str(folder), "de", bundle, hashes=True)


def test_a_model_for_english_alone_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="English only, not 'de'"):
        Whisper(small_model(tmp_path), ("de",))
