"""Where somebody speaks is found by level; silence and steady noise are told apart from speech."""

import numpy as np
import pytest

from functions.speech.preparing import spoken_part
from functions.speech.recognising import RATE, NotTranscribed, Sound
from tests.unit.speech.recordings import tone

SPEECH = np.frombuffer(tone(1.0).tobytes(), dtype="<i2").astype(np.float64)


def sound(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Sound:
    return Sound(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


def noise(seconds: float, level: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.random.default_rng(1).standard_normal(int(seconds * RATE)) * level * 32767


@pytest.mark.parametrize("level", [0.0, 0.0005, 0.01, 0.2])
def test_silence_and_steady_noise_are_not_speech(level: float) -> None:
    with pytest.raises(NotTranscribed, match="silence"):
        spoken_part(sound(noise(3.0, level)))


def test_a_constant_offset_is_not_speech() -> None:
    with pytest.raises(NotTranscribed, match="silence"):
        spoken_part(sound(np.full(3 * RATE, 3000.0)))


def test_a_click_is_not_speech() -> None:
    samples = noise(2.0, 0.001)
    samples[RATE : RATE + 200] = 30_000
    with pytest.raises(NotTranscribed, match="silence"):
        spoken_part(sound(samples))


@pytest.mark.parametrize("seconds", [0.0, 0.00001, 0.1])
def test_what_is_shorter_than_a_word_is_silence(seconds: float) -> None:
    with pytest.raises(NotTranscribed, match="silence"):
        spoken_part(sound(SPEECH[: int(seconds * RATE)]))


@pytest.mark.parametrize("room", [0.0, 0.003])
def test_long_silences_before_and_after_speech_are_cut(room: float) -> None:
    samples = np.concatenate([np.zeros(10 * RATE), SPEECH, np.zeros(20 * RATE)]) + noise(31.0, room)
    assert 1.0 <= spoken_part(sound(samples)).seconds < 1.6


def test_quiet_speech_is_heard() -> None:
    assert spoken_part(sound(np.concatenate([SPEECH * 0.02, np.zeros(RATE)]))).seconds > 0.8
