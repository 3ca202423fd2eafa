"""Where in a recording somebody speaks: by its level alone, so that it holds for every language and recogniser."""

import numpy as np
import numpy.typing as npt

from functions.speech.recognising import RATE, NotTranscribed, Sound

FRAME = RATE // 50
"""20 ms."""
QUIETEST = -60.0
"""dB of full scale; below this nothing is speech, and no room is quieter."""
ABOVE = 8.0
"""dB by which speech stands out of what is always there."""
FEWEST = 8
"""Frames of speech in the shortest word."""
AROUND = RATE // 4
"""Samples that are kept before and after."""

Samples = npt.NDArray[np.float32]


def spoken_part(sound: Sound) -> Sound:
    """The recording from shortly before to shortly after speech; NotTranscribed where it is silence or noise."""
    samples = floats(sound)
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    if len(frames) < FEWEST:
        raise NotTranscribed("silence")
    # The mean is taken off, or a recorder's constant offset would count as sound.
    level = 10 * np.log10(np.maximum(np.var(frames, axis=1), 10 ** (QUIETEST / 10)))
    floor = max(QUIETEST, float(np.percentile(level, 10)))
    active = np.flatnonzero(level > floor + ABOVE)
    if len(active) < FEWEST:
        raise NotTranscribed("silence")
    first = max(0, int(active[0]) * FRAME - AROUND)
    last = (int(active[-1]) + 1) * FRAME + AROUND
    return Sound(sound.samples[2 * first : 2 * last])


def floats(sound: Sound) -> Samples:
    """The samples between -1 and 1."""
    return np.frombuffer(sound.samples, dtype="<i2").astype(np.float32) / np.float32(32768)


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
