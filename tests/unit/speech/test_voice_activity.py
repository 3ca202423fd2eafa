"""Where somebody speaks is found; silence, noise, music and a cough are told apart from speech, at any loudness."""

import base64
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from functions.speech.decoding import decode
from functions.speech.preparing import at_one_loudness, convert_to_floats
from functions.speech.recognising import RATE, NotTranscribed, Sound
from functions.speech.voice_activity import VoiceActivity, find_loudest, speech_of
from tests.architecture.code import ROOT
from tests.unit.speech.recordings import spoken

Wave = npt.NDArray[np.float64]
FIND = VoiceActivity()
SAMPLE = json.loads((ROOT / "functions" / "speech" / "sample.json").read_bytes())["data"]["audio"]
SPEECH = convert_to_floats(decode(base64.b64decode(SAMPLE))).astype(np.float64)
""" "Play some jazz", by espeak-ng."""


def sound(samples: Wave) -> Sound:
    return Sound(np.clip(samples * 32767, -32768, 32767).astype("<i2").tobytes())


def noise(seconds: float, level: float) -> Wave:
    return np.random.default_rng(1).standard_normal(int(seconds * RATE)) * level


def music(seconds: float) -> Wave:
    """A chord progression of plucked strings with overtones, and a drum on each beat."""
    at = np.arange(int(seconds * RATE)) / RATE
    found = np.zeros(len(at))
    for beat in range(int(seconds * 2)):
        since = at - beat / 2
        ring = np.where(since >= 0, np.exp(-4 * np.maximum(since, 0)), 0.0)
        root = (220.0, 174.6, 261.6, 196.0)[beat // 2 % 4]
        for ratio in (1.0, 1.25, 1.5, 2.0, 3.0):
            found += ring * np.sin(2 * np.pi * root * ratio * at) / (5 * ratio)
        found += np.where((since >= 0) & (since < 0.05), noise(seconds, 0.2), 0.0)
    return 0.4 * found


def cough() -> Wave:
    """Two bursts of noise that die away, with silence around."""
    burst = noise(0.25, 0.5) * np.exp(-np.arange(int(0.25 * RATE)) / (0.06 * RATE))
    gap = np.zeros(RATE // 2)
    return np.concatenate([gap, burst, gap, burst, gap])


def engine(seconds: float) -> Wave:
    at = np.arange(int(seconds * RATE)) / RATE
    throb = 1 + 0.5 * np.sin(2 * np.pi * 11 * at)
    return 0.2 * throb * sum(np.sin(2 * np.pi * 55 * over * at) / over for over in range(1, 12)) + noise(seconds, 0.01)


def why(samples: Wave) -> str:
    with pytest.raises(NotTranscribed) as raised:
        FIND(sound(samples))
    return raised.value.reason


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(10), np.zeros(3 * RATE), noise(3.0, 0.0005)])
def test_nothing_and_hardly_anything_is_silence(samples: Wave) -> None:
    assert why(samples) == "silence"


def test_a_constant_offset_is_silence() -> None:
    assert why(np.full(3 * RATE, 0.1)) == "silence"


@pytest.mark.parametrize(
    "samples",
    [noise(3.0, 0.02), noise(3.0, 0.2), music(4.0), cough(), engine(4.0), 0.3 * np.sin(np.arange(3 * RATE) / 6)],
    ids=["hiss", "loud hiss", "music", "a cough", "an engine", "a tone"],
)
def test_what_is_no_speech_is_noise(samples: Wave) -> None:
    assert why(samples) == "noise"


def test_a_click_is_no_speech() -> None:
    samples = noise(2.0, 0.001)
    samples[RATE : RATE + 200] = 0.9
    assert why(samples) == "noise"


@pytest.mark.parametrize("room", [0.0, 0.001])
def test_long_silences_before_and_after_speech_are_cut(room: float) -> None:
    long = (
        np.concatenate([np.zeros(10 * RATE), SPEECH, np.zeros(20 * RATE)])
        + noise(30.0 + len(SPEECH) / RATE, room)[: 30 * RATE + len(SPEECH)]
    )
    found = FIND(sound(long))
    assert 0.5 * len(SPEECH) / RATE < found.seconds < len(SPEECH) / RATE + 0.7


@pytest.mark.parametrize("gain", [0.01, 0.1, 1.0, 3.0])
def test_speech_is_heard_at_one_loudness_however_loud_it_was(gain: float) -> None:
    quiet = np.concatenate([np.zeros(RATE), np.clip(SPEECH * gain, -1, 1), np.zeros(RATE)])
    found = FIND(sound(quiet))
    assert found.seconds > 0.5 * len(SPEECH) / RATE
    assert -20 < find_loudest(convert_to_floats(found)) < -5


def test_a_voice_in_the_background_is_left_out_and_words_that_trail_off_are_not(tmp_path: Path) -> None:
    other = convert_to_floats(decode(spoken("and now the news", tmp_path, voice="en-gb+f3"))).astype(np.float64)
    other *= np.sqrt(np.mean(np.square(SPEECH)) / np.mean(np.square(other)))
    gap = np.zeros(RATE)
    alone = FIND(sound(np.concatenate([gap, SPEECH, gap])))
    for far, heard in ((0.05, False), (0.4, True)):
        for parts in ((SPEECH, gap, far * other), (far * other, gap, SPEECH)):
            both = FIND(sound(np.concatenate([gap, *parts, gap])))
            assert (both.seconds > alone.seconds + 1.0) == heard
    between = FIND(sound(np.concatenate([gap, SPEECH, gap, 0.05 * other, gap, SPEECH, gap])))
    # Nothing is to be heard where the other voice was.
    middle = convert_to_floats(between)[len(SPEECH) + RATE : len(SPEECH) + RATE + len(other) // 2]
    assert float(np.abs(middle).max()) < 0.01


def test_how_loud_the_room_is_is_measured() -> None:
    long = np.concatenate([np.zeros(RATE), SPEECH, np.zeros(RATE)])
    power = float(np.mean(np.square(SPEECH[np.abs(SPEECH) > 0.01])))
    for decibels in (30.0, 20.0, 10.0):
        level = np.sqrt(power / 10 ** (decibels / 10))
        found = FIND(sound(0.5 * (long + noise(len(long) / RATE, 1.0)[: len(long)] * level)))
        assert found.signal_to_noise == pytest.approx(decibels, abs=6)


def test_the_same_recording_is_the_same_whatever_was_heard_before() -> None:
    long = sound(np.concatenate([np.zeros(RATE), SPEECH, np.zeros(RATE)]))
    first = FIND(long)
    assert why(music(2.0)) == "noise"
    assert FIND(long) == first


def test_words_go_on_while_they_may_and_begin_where_they_surely_do() -> None:
    probabilities = np.array([0.4, 0.6, 0.4, 0.2, 0.4, 0.9], dtype=np.float32)
    assert speech_of(probabilities).tolist() == [False, True, True, False, False, True]


def test_one_loudness_of_nothing_is_nothing() -> None:
    assert not at_one_loudness(np.zeros(0, dtype=np.float32)).any()
    assert not at_one_loudness(np.zeros(100, dtype=np.float32)).any()


@pytest.mark.parametrize("voice", ["en-us", "en-gb+f3", "de", "fr"])
def test_a_short_word_is_heard_in_any_language(voice: str, tmp_path: Path) -> None:
    assert FIND(decode(spoken("no", tmp_path, voice=voice))).seconds > 0.2
