"""What Whisper looks at: the logarithm of energy in 80 bands of the mel scale, a hundred times a second.

As OpenAI's whisper/audio.py computes it; a test holds it against the values that faster-whisper's extractor gave.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from functions.speech.preparing import Samples
from functions.speech.recognising import RATE

BANDS = 80
WINDOW, STEP = 400, 160


def log_mel(samples: Samples, tail: float) -> npt.NDArray[np.float32]:
    """The features (80, frames) of samples between -1 and 1, with `tail` seconds of silence behind them."""
    padded = np.pad(np.pad(samples, (0, int(tail * RATE))), WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[:-1:STEP]
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32) ** 2
    energy = np.log10(np.maximum(_make_bands() @ power.T, 1e-10))
    whole: npt.NDArray[np.float32] = ((np.maximum(energy, energy.max() - 8.0) + 4.0) / 4.0).astype(np.float32)
    return np.ascontiguousarray(whole)


@cache
def _make_bands() -> npt.NDArray[np.float32]:
    """The weight of each frequency in each band: triangles, linear up to 1 kHz and logarithmic above (Slaney)."""
    mels = np.linspace(0.0, 45.245640471924965, BANDS + 2)
    edges = 200.0 / 3 * mels
    above = mels >= 15.0
    edges[above] = 1000.0 * np.exp(np.log(6.4) / 27.0 * (mels[above] - 15.0))
    ramps = edges[:, None] - np.fft.rfftfreq(WINDOW, 1 / RATE)[None]
    widths = np.diff(edges)[:, None]
    weights = np.maximum(0.0, np.minimum(-ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]))
    found: npt.NDArray[np.float32] = (weights * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)
    return found
