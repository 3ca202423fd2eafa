"""What the acoustic model is given of a sound: cepstra, at the level and of the spread that it was trained on.

PocketSphinx's own front end is not used, because two things have to be done before its search and cannot be done in
it: its noise removal, which deepens the gaps of a clean recording, has to stay off (feat.params turns it on, and no
option turns it off again), and the cepstra of voices that are sharper than people's have to be brought back to what
the model knows.
"""

import numpy as np
import numpy.typing as npt

from functions.speech.preparing import Samples, convert_to_floats
from functions.speech.recognising import RATE, Sound

LEVEL = 0.1
"""Root mean square of speech after levelling."""
FLOOR, OF_ROOM = 0.0006, 0.2
"""That of the noise that is added, at least and as a share of the room's: where a recording is digitally silent, or
was cleaned, the acoustic model, which was trained in rooms, takes silence for speech (tests/bench/README.md)."""

FRAME, HOP, POINTS = 410, 160, 512
"""Samples of a frame, between two frames, and of a spectrum."""
FILTERS, CEPSTRA, LIFTER = 25, 13, 22
LOWEST, HIGHEST = 130.0, 6800.0
"""As feat.params of the model has them, and the window, the step and the emphasis as its library has."""
EMPHASIS = 0.97
SPREAD: npt.NDArray[np.float32] = np.array(
    [12.06, 15.82, 13.55, 18.28, 16.98, 14.78, 16.10, 15.55, 14.91, 14.87, 13.55, 12.81, 11.97], np.float32
)
"""The standard deviation of each cepstrum over all the model's Gaussians, all phones alike."""
ROOM = 1.15
"""How much wider than that a recording may be; people are not, espeak-ng's formants are, up to twice."""
PRIOR = 20
"""Frames of that spread that count beside the recording's own: a short one does not say much of its speaker."""


def compute_cepstra(sound: Sound) -> bytes:
    """The sound as 13 numbers, in 32 bits each, a hundredth of a second; the same for the same."""
    return narrow_spread(mel_cepstra(level_sound(sound))).astype("<f4").tobytes()


def narrow_spread(frames: Samples) -> Samples:
    """The frames, each cepstrum but the level brought down to the spread that the model was trained on.

    Nothing is widened: that would make noise of what a quiet recording does not have.
    """
    middle = frames.mean(axis=0)
    apart = frames - middle
    most = SPREAD * ROOM
    variance = (np.square(apart).sum(axis=0) + PRIOR * most**2) / (len(frames) + PRIOR)
    factor = np.minimum(1, most / np.sqrt(variance))
    factor[0] = 1
    narrow: Samples = (apart * factor + middle).astype(np.float32)
    return narrow


def mel_cepstra(samples: Samples) -> Samples:
    """Mel-frequency cepstra as SphinxBase computes them (fe_sigproc.c), of samples between -1 and 1."""
    scaled = np.round(samples * 32767)
    sharpened = scaled - EMPHASIS * np.concatenate([scaled[:1] * 0, scaled[:-1]])
    count = 1 + max(0, -(-(len(sharpened) - FRAME) // HOP))
    sharpened = np.pad(sharpened, (0, max(0, FRAME + (count - 1) * HOP - len(sharpened))))
    frames = np.lib.stride_tricks.sliding_window_view(sharpened, FRAME)[::HOP][:count] * HAMMING
    power = np.square(np.abs(np.fft.rfft(frames, POINTS)))
    found: Samples = (np.log(np.maximum(power @ MEL.T, 1e-4)) @ COSINES.T).astype(np.float32)
    return found


def level_sound(sound: Sound) -> Samples:
    """The sound at the level that the acoustic model expects, over a floor of pink noise; the same for the same."""
    recorded = convert_to_floats(sound)
    samples = subtract_noise(recorded)
    loud = np.abs(samples) > 0.01 * max(float(np.abs(samples).max(initial=0.0)), 1e-4)
    power = float(np.mean(np.square(samples[loud]))) if loud.any() else 0.0
    louder = LEVEL / max(power**0.5, 1e-4)
    quiet = np.zeros(RATE // 5, dtype=np.float32)
    samples = np.concatenate([quiet, louder * samples, quiet])
    samples += max(FLOOR, OF_ROOM * louder * _add_room(recorded)) * np.resize(PINK, len(samples))
    clipped: Samples = np.clip(samples, -1, 1)
    return clipped


def _add_room(samples: Samples) -> float:
    """How loud the quietest tenth of the recording is."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return float(np.percentile(frames.std(axis=1), 10)) if len(frames) else 0.0


WINDOW = 512
"""Samples of a spectrum: 32 ms."""
NOISE = 2.5
"""How much of the noise is taken off; chosen on validation examples."""
KEPT = 0.1
"""What is left of a frequency in which there is only noise; less would leave a gurgling that sounds like speech."""


def subtract_noise(samples: Samples) -> Samples:
    """The samples with what is always there taken out of each frequency: spectral subtraction (Boll 1979)."""
    hop = WINDOW // 2
    if len(samples) < 4 * WINDOW:
        return samples
    window = np.hanning(WINDOW + 1)[:WINDOW].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, WINDOW), WINDOW)[::hop] * window
    spectra = np.fft.rfft(frames, axis=1)
    power = np.abs(spectra) ** 2
    # The quietest fifth of the frames is the room; its mean would be the noise, and this is a little above.
    noise = np.percentile(power, 20, axis=0) * NOISE
    spectra *= np.sqrt(np.maximum(1 - noise / np.maximum(power, 1e-12), KEPT**2))
    parts = np.fft.irfft(spectra, WINDOW, axis=1)
    whole = np.zeros(len(parts) * hop + hop, dtype=np.float32)
    for at, part in enumerate(parts):
        whole[at * hop : at * hop + WINDOW] += part
    return whole[WINDOW : WINDOW + len(samples)]


def _make_pink_noise(count: int) -> Samples:
    white = np.random.default_rng(0).standard_normal(count)
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = np.fft.irfft(spectrum, count)
    pink: Samples = (noise / noise.std()).astype(np.float32)
    return pink


def _make_mel_filters() -> Samples:
    """Triangles of equal area and equal width in mel, their corners on points of the spectrum."""
    step = RATE / POINTS
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (LOWEST, HIGHEST))
    corners = np.linspace(lowest, highest, FILTERS + 2)
    corners = step * np.floor(700 * (10 ** (corners / 2595) - 1) / step + 0.5)
    low, middle, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    hertz = np.arange(POINTS // 2 + 1) * step
    rising, falling = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
    found: Samples = (np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)).astype(np.float32)
    return found


def _make_cosines() -> Samples:
    """The orthonormal cosine transform, with the lifter in it."""
    order = np.arange(CEPSTRA)[:, None]
    turned = np.cos(np.pi * order * (np.arange(FILTERS) + 0.5) / FILTERS) * np.sqrt(2 / FILTERS)
    turned[0] /= np.sqrt(2)
    found: Samples = (turned * (1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER))).astype(np.float32)
    return found


PINK = _make_pink_noise(2 * RATE)
HAMMING = np.hamming(FRAME).astype(np.float32)
MEL = _make_mel_filters()
COSINES = _make_cosines()
