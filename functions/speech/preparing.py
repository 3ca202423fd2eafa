"""Recordings as numbers: at one loudness, and in pieces that a recogniser hears at once."""

import math

import numpy as np
import numpy.typing as npt

from functions.speech.recognising import RATE, Sound

FRAME = RATE // 50
"""20 ms."""
LOUDNESS = -20.0
"""dB of full scale at which the loudest parts of a recording are heard."""
MOST_GAIN = 100.0
"""Times that a recording is made louder; what is quieter still is mostly the recorder's own noise."""

Samples = npt.NDArray[np.float32]


def convert_to_floats(sound: Sound) -> Samples:
    """The samples between -1 and 1."""
    return np.frombuffer(sound.samples, dtype="<i2").astype(np.float32) / np.float32(32768)


def at_one_loudness(samples: Samples) -> Samples:
    """The samples with their loudest twentieth at LOUDNESS, without a recorder's constant offset; peaks are cut."""
    centred: Samples = samples - np.float32(samples.mean()) if len(samples) else samples
    frames = centred[: len(centred) // FRAME * FRAME].reshape(-1, FRAME)
    level = math.sqrt(float(np.percentile(np.var(frames, axis=1), 95))) if len(frames) else 0.0
    if not level:
        return centred
    gain = min(10 ** (LOUDNESS / 20) / level, MOST_GAIN)
    louder: Samples = np.clip(centred * np.float32(gain), -1.0, 1.0).astype(np.float32)
    return louder


def split_samples(samples: Samples, longest: float) -> list[Samples]:
    """The samples in pieces of at most `longest` seconds, cut in the quietest tenth of a second of their last third."""
    found, most, step = [], longest * RATE, RATE // 10
    while len(samples) > most:
        begin = int(most * 2 / 3)
        windows = range(begin, int(most) - step, step)
        cut = min(windows, key=lambda at: float(abs(samples[at : at + step]).sum())) + step // 2
        found.append(samples[:cut])
        samples = samples[cut:]
    return [*found, samples]
